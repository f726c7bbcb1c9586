"""The predictions of the data folder, and those that were made in this browser."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import words_of
from pages.shared.services import store
from pages.shared.visitor import visitor
from rlm_core.core.errors import LogError
from rlm_core.lessons.predictions import Prediction, Predictions
from rlm_core.lessons.reading import Lesson


def _book() -> Predictions:
    return Predictions(store().folder)


def keep(lesson: Lesson, step: int, place: int, language: str, option: int) -> None:
    """Keep a prediction made in this browser. step, place, option: as in Prediction."""
    _book().add(lesson, step, place, language, option, visitor())


def own() -> list[Prediction]:
    """Those made in this browser, and those of an earlier version, which did not tell browsers apart."""
    return [p for p in predictions() if p.by in ("", visitor())]


def predictions() -> list[Prediction]:
    """Those of everybody; a file that cannot be read is said once, and counts as none."""
    try:
        return _book().all()
    except LogError as error:
        st.warning(words_of(error), icon=":material/broken_image:")
        return []
