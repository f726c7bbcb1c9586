"""Choosing the model whose solutions a job is about."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import deferred, tr
from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.models.address import EXAMPLE
from rlm_core.models.listed import NANO, OTHER

ANY_OTHER = deferred("Any Hugging Face id, folder, .gguf file or address of a server, such as {example}, can be typed in.")


def pick_model(
    key: str, label: str = deferred("Model"), default: str = NANO.name, help: str = deferred("Whose solutions are judged.")
) -> str:
    """A listed model by name, or any other as a person types it. label, help: in English."""
    titles = {name: tr(d.title) for name, d in catalogue.models().items() if name != OTHER.name}
    chosen = remembered(
        st.selectbox,
        tr(label),
        list(titles),
        key=key,
        default=default,
        format_func=lambda name: titles.get(name, name),
        accept_new_options=True,
        help=f"{tr(help)} {tr(ANY_OTHER, example=EXAMPLE)}",
    )
    return str(chosen or "").strip()
