"""Choosing the model whose solutions a job is about."""

from __future__ import annotations

import streamlit as st

from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.models.address import EXAMPLE
from rlm_core.models.listed import NANO, OTHER

ANY_OTHER = f"Any Hugging Face id, folder, .gguf file or address of a server, such as {EXAMPLE}, can be typed in."


def pick_model(key: str, label: str = "Model", default: str = NANO.name, help: str = "Whose solutions are judged.") -> str:
    """A listed model by name, or any other as a person types it."""
    titles = {name: d.title for name, d in catalogue.models().items() if name != OTHER.name}
    chosen = remembered(
        st.selectbox,
        label,
        list(titles),
        key=key,
        default=default,
        format_func=lambda name: titles.get(name, name),
        accept_new_options=True,
        help=f"{help} {ANY_OTHER}",
    )
    return str(chosen or "").strip()
