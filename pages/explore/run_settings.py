"""The settings of the run that is shown: all of them as a table, and how they differ from the controls."""

from __future__ import annotations

import msgspec
import streamlit as st

from pages.explore.control_values import fill
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import table_html
from pages.shared.language import listed, told, tr
from pages.shared.services import logs
from rlm_core.core.config import SHARED_BATCHES, RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import RunStarted
from rlm_core.runs.settings import different, settings
from rlm_core.runs.store import RunRow

MAX_NAMED = 3
"""Settings that the notice of a difference names."""


def difference(row: RunRow, wanted: RunConfig) -> None:
    """If the run has other settings than the controls, name them and offer to take them over."""
    others = different(msgspec.structs.replace(row.config, problem=row.problem.spec), wanted)
    if others:
        st.caption(
            tr(
                ":material/tune: The run shown was made with other settings: {listed}.",
                listed=markdown_text(listed([tr(o) for o in others], MAX_NAMED)),
            )
        )
        st.button(tr("Use its settings"), key="use_settings", icon=":material/undo:", type="tertiary", on_click=fill, args=(row,))


def run_settings(row: RunRow) -> None:
    """All settings of the run, by group."""
    with st.expander(tr("Settings of this run"), icon=":material/tune:", key="settings"):
        rows, group = [], ""
        for s in told(settings, row.config):
            rows.append((tr(s.group) if s.group != group else "", tr(s.name), s.value, "" if s.usual else tr("not the default")))
            group = s.group
        taken = tr("All of them are put into the sidebar; press Run there to run them again.")
        st.button(tr("Use these settings"), key="take_settings", icon=":material/undo:", help=taken, on_click=fill, args=(row,))
        st.html(table_html(("", tr("Setting"), tr("Value"), ""), rows, text_columns=(1, 2)))
        if said := computation(row):
            st.html(f'<div class="rlm-status">{tr("The model is {said}", said=html_text(said))}</div>')
        if row.config.shares_batches:
            st.html(f'<div class="rlm-status">{html_text(tr(SHARED_BATCHES))}</div>')


def computation(row: RunRow) -> str:
    """How the run's model was computed, as the end of a sentence; empty for the bundled model, and before the run has begun."""
    try:
        first = next(iter(logs().records(row.id)), None)
    except LogError:  # the run's own view says so
        return ""
    return first.event.computation or "" if first is not None and isinstance(first.event, RunStarted) else ""
