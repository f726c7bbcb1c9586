"""The address of the page: it names the run, the moment and the node shown, so that it is a link to this view."""

from __future__ import annotations

import streamlit as st

from rlm_core.core.tree import ROOT, SearchTree


def moment() -> int | None:
    """Number of the event that the address names; None for the end of the run."""
    return _whole(st.query_params.get("t"))


def set_moment(event: int, last: int) -> None:
    """Name the event in the address; the last one is not named."""
    if event == last:
        st.query_params.pop("t", None)
    else:
        st.query_params["t"] = str(event)


def selected(tree: SearchTree) -> int:
    """The node that the address names, if it is in the tree at this moment; else the root."""
    node = _whole(st.query_params.get("node"))
    return node if node in tree.nodes else ROOT


def select(node: int) -> None:
    """Name a node in the address."""
    st.query_params["node"] = str(node)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
