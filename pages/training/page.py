"""The Training page: from the cold start to reinforcement learning, watched; what it costs, and what it changes in a search."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import deferred, tr
from pages.shared.links import NEW_TRAINING
from pages.shared.services import supervisor
from pages.shared.state import remember, restore, set_value
from pages.shared.tabs import tabs
from pages.training.adapters import adapters
from pages.training.answers import answers
from pages.training.cost import cost
from pages.training.curves import curves
from pages.training.lens import lens
from pages.training.pipeline import pipeline
from pages.training.progress import progress
from pages.training.search import search
from pages.training.sources import Source, safely, sources
from pages.training.start import start
from rlm_core.jobs.train_policy import JOB

TAB, SHOWN = "training.tab", "training.shown"
NEW, ADAPTERS = deferred("New training"), deferred("Adapters")
SHEET = Path(__file__).with_name("training.css")
STARTED = "training.started"
"""In the session's state: the name of a training that was just asked for."""
QUERY = "training"
"""Parameter of the address: the id of the training."""
CONTENTS: dict[str, Callable[[Source], None]] = {
    deferred("Pipeline"): pipeline,
    deferred("Curves"): curves,
    deferred("A group"): lambda source: lens(source.folder),
    deferred("Answers over time"): answers,
    deferred("What it costs"): cost,
    deferred("Training and search"): search,
}


def training() -> None:
    supervisor()
    style(SHEET)
    st.markdown(tr("### Training"))
    st.caption(
        tr("How a reasoning model is made: each stage of the pipeline with what it learned, what it cost and what it changed in a search.")
    )
    if st.query_params.pop(next(iter(NEW_TRAINING)), None):
        set_value(TAB, NEW)
    found = {s.id: s for s in sources()}
    started = st.session_state.get(STARTED, "")
    if started in found:
        del st.session_state[STARTED]
        set_value(SHOWN, started)
        set_value(TAB, next(iter(CONTENTS)))
        started = ""
    if started and progress({started}, begun=False):
        st.info(
            tr("The training {started} has not begun yet; it is shown here as soon as it has.", started=markdown_text(started)),
            icon=":material/hourglass_top:",
        )
    elif not found:
        st.info(
            tr("There is no training yet: press {title} for a first one.", title=tr(JOB.description.title)),
            icon=":material/model_training:",
        )
        start(_started)
    else:
        source = _picked(found)
        progress(set() if source.bundled else {source.id})
        own = {title: partial(safely, draw, source) for title, draw in CONTENTS.items()}
        tabs(own | {NEW: partial(start, _started), ADAPTERS: adapters}, key=TAB)
    shortcuts({})


def _started(name: str) -> None:
    """A training was asked for: it is to be shown once its files are there."""
    st.session_state[STARTED] = name


def _picked(found: dict[str, Source]) -> Source:
    """The training that is shown, which the address names."""
    asked = st.query_params.get(QUERY)
    restore(SHOWN, asked if asked in found else next(iter(found)))
    if st.session_state[SHOWN] not in found:
        set_value(SHOWN, next(iter(found)))
    chosen = st.selectbox(tr("Training"), list(found), format_func=lambda i: found[i].title, key=SHOWN, label_visibility="collapsed")
    if asked and asked not in found:
        st.warning(
            tr("There is no training “{asked}” here; the newest is shown.", asked=markdown_text(asked)), icon=":material/search_off:"
        )
    st.query_params[QUERY] = remember(SHOWN, chosen)
    return found[chosen]
