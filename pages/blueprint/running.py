"""The button that queues a run and opens it."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import tr, words_of
from pages.shared.links import go_to_run
from pages.shared.services import store
from rlm_core import catalogue, problems
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.models.packaged import refuse_not_installed


def run_button(config: RunConfig | None, key: str) -> None:
    """config: of the run; None while there is none that can be run."""
    pressed = st.button(
        tr("Run it"),
        icon=":material/play_arrow:",
        type="primary",
        key=key,
        disabled=config is None,
        help=tr("Queues a run with these settings and opens it on the page Explore, whose controls take them over."),
    )
    if not pressed or config is None:
        return
    try:
        if not store().url:  # workers on other machines have other packages
            refuse_not_installed(config.model)
        run = store().create(catalogue.checked(config), problems.make(config.problem))
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    go_to_run(run)
