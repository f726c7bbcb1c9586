"""Links from a finding to what it is about: a click selects the node, or shows the moment of the event."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.explore import address
from pages.shared import links
from pages.shared.escape import markdown_text
from pages.shared.language import told, tr
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import name, shorten, words
from rlm_core.figures.palette import in_words

MAX_CHARACTERS = 44
"""Of a step on a link."""


def node_links(tree: SearchTree, nodes: Sequence[int], key: str, notes: Sequence[str] = ()) -> None:
    """One link per node with its step and state, or with its note. key: of the buttons."""
    with st.container(horizontal=True, gap="small"):
        for i, n in enumerate(nodes):
            note = notes[i] if notes else told(in_words, tree.nodes[n])
            text = f"{name(n)} · {shorten(words(tree, tree.nodes[n]), MAX_CHARACTERS)} · {note}"
            st.button(
                markdown_text(text),
                key=f"{key}.{n}",
                icon=":material/my_location:",
                on_click=_select,
                args=(n,),
                help=tr("Select this node at the end of the run."),
            )


def event_link(event: int, key: str, node: int | None = None) -> None:
    """A link to the moment of an event. node: selected there, if one is given."""
    st.button(
        tr("Go to event {event:,}", event=event), key=f"{key}.{event}", icon=":material/history:", on_click=_go_to, args=(event, node)
    )


def _select(node: int) -> None:
    links.begin(None)
    address.select(node)


def _go_to(event: int, node: int | None) -> None:
    links.begin(event)
    if node is not None:
        address.select(node)
