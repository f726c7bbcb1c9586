"""The glossary as a dialog over the page."""

from __future__ import annotations

import streamlit as st

from rlm_core.core.paths import ROOT

FILE = ROOT / "docs" / "glossary.md"


@st.dialog("Glossary", width="medium")
def glossary() -> None:
    """The text of `docs/glossary.md`, without its heading."""
    st.markdown(FILE.read_text(encoding="utf-8").partition("\n")[2])
