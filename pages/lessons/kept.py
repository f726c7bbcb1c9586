"""The predictions of the data folder, for the page."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import words_of
from pages.shared.services import store
from rlm_core.core.errors import LogError
from rlm_core.lessons.predictions import Prediction, Predictions


def book() -> Predictions:
    return Predictions(store().folder)


def predictions() -> list[Prediction]:
    """All of them; a file that cannot be read is said once, and counts as none."""
    try:
        return book().all()
    except LogError as error:
        st.warning(words_of(error), icon=":material/broken_image:")
        return []
