"""Choosing the model whose solutions a job is about."""

from __future__ import annotations

import streamlit as st

from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.models.listed import NANO, OTHER


def pick_model(key: str) -> str:
    """A listed model by name."""
    titles = {name: d.title for name, d in catalogue.models().items() if name != OTHER.name}
    return remembered(
        st.selectbox, "Model", list(titles), key=key, default=NANO.name, format_func=titles.__getitem__, help="Whose solutions are judged."
    )
