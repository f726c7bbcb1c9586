"""Breakpoints on the page: chosen in the sidebar, obeyed by a live run, and looked for in the recorded events of any run."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.escape import html_text
from pages.shared.language import deferred, tr
from pages.shared.links import begin
from pages.shared.parameters import parameters
from pages.shared.services import store
from pages.shared.state import remembered
from rlm_core.core.events import AnyEvent, Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.store import RunRow
from rlm_core.search.breakpoints import KINDS, hit, next_hit, next_simulation, read, written

CHOSEN = "breakpoints"
"""In the session's state: the breakpoints chosen in the sidebar, as text."""
FOLLOWED = "pauses"
"""In the session's state: by run, the event of its last pause to which the timeline was moved."""
RESUMED = "resumed"
"""In the session's state: by run, when it was paused or resumed last."""
SOLVER, SOLVER_HELP = deferred("⚑ EXACT SOLVER"), deferred("The exact solver says so; the search cannot see it")
STEP_HELP = deferred(
    "To the next event. A run pauses when it next asks a model, so some events behind a breakpoint are recorded already, and these are "
    "stepped through first; after the last of them the run works on until it logs another event."
)
SIMULATION_HELP = deferred("To the event that completes the next simulation; the run works on if none is recorded.")


def breakpoint_controls(shown: RunRow | None) -> tuple[str, ...]:
    """The breakpoints that a person has chosen, as text; a change reaches the shown run at once if it has not ended."""
    chosen: list[str] = []
    with st.expander(tr("Breakpoints"), icon=":material/pause_circle:"):
        st.caption(tr("The run pauses at the first event that meets one of these. In a saved run they are places to go to."))
        for name, kind in KINDS.items():
            label = f"{tr(kind.description.title)} ⚑" if kind.oracle else tr(kind.description.title)
            if remembered(st.toggle, label, key=f"break.{name}", default=False, help=tr(kind.description.sentence)):
                chosen.append(written(name, parameters(kind.description, "break")))
    before = st.session_state.get(CHOSEN)
    st.session_state[CHOSEN] = tuple(chosen)
    if shown is not None and shown.active and before is not None and before != tuple(chosen):
        store().set_breakpoints(shown.id, chosen)
    return tuple(chosen)


def breakpoints(row: RunRow) -> tuple[str, ...]:
    """Those of the run and those chosen in the sidebar; for a live run, its own."""
    return row.breakpoints if row.active else tuple(dict.fromkeys((*row.breakpoints, *st.session_state.get(CHOSEN, ()))))


def opened(row: RunRow) -> None:
    """The run was just opened: a pause that it left behind moves nothing; a present one does."""
    if not (row.active and row.request == "pause"):
        st.session_state.setdefault(FOLLOWED, {})[row.id] = row.paused_at


def follow_pause(row: RunRow, last: int) -> None:
    """Before the timeline is drawn: move it, once, to the event at which the run has paused by itself. last: events so far."""
    followed = st.session_state.setdefault(FOLLOWED, {})
    if row.paused_at is not None and row.paused_at <= last and followed.get(row.id) != row.paused_at:
        followed[row.id] = row.paused_at
        begin(row.paused_at)


def go_on(row: RunRow, records: Sequence[Record], moment: int, request: str) -> None:
    """Show the next recorded event at which to pause; where there is none, ask the run to work on.

    request: "go" (to the next breakpoint), "step" or "simulation".
    """
    after = moment if moment < len(records) or row.active else 0  # at the end of a saved run, from its beginning
    recorded = {
        "go": lambda: next_hit(breakpoints(row), records, after),
        "step": lambda: after + 1 if after < len(records) else None,
        "simulation": lambda: next_simulation(records, after),
    }[request]()
    begin(recorded)
    if recorded is None and row.active:
        store().request(row.id, request)
        st.session_state.setdefault(RESUMED, {})[row.id] = time.time()  # the clock leaves the pause out


def step_buttons(row: RunRow, records: Sequence[Record], moment: int, places: Sequence[DeltaGenerator]) -> None:
    """For a run that is paused: to the next event, and to the end of the next simulation. places: a column for each button."""
    given = (row, records, moment)
    step_at, simulation_at = places
    step_at.button(
        tr("Step"), icon=":material/step:", width="stretch", key="step", help=tr(STEP_HELP), on_click=go_on, args=(*given, "step")
    )
    _simulation(simulation_at, *given)


def saved_buttons(row: RunRow, records: Sequence[Record], moment: int) -> None:
    """For a run that has ended: to the next recorded event that meets a breakpoint, if any is chosen."""
    if not breakpoints(row) or not records:
        return
    hit_at, simulation_at, _ = st.columns([5, 5, 6])
    none = next_hit(breakpoints(row), records, 0) is None
    help = (
        tr("No event of this run meets a breakpoint.")
        if none
        else tr("To the next event that meets a breakpoint; from the end, to the first.")
    )
    icon, given = ":material/pause_circle:", (row, records, moment, "go")
    hit_at.button(
        tr("Next breakpoint"), icon=icon, width="stretch", key="next_breakpoint", disabled=none, help=help, on_click=go_on, args=given
    )
    _simulation(simulation_at, row, records, moment)


def _simulation(place: DeltaGenerator, row: RunRow, records: Sequence[Record], moment: int) -> None:
    icon, given = ":material/skip_next:", (row, records, moment, "simulation")
    help = tr(SIMULATION_HELP)
    place.button(tr("Next simulation"), icon=icon, width="stretch", key="next_simulation", help=help, on_click=go_on, args=given)


def why_paused(row: RunRow, before: SearchTree, event: AnyEvent) -> None:
    """The breakpoints that the event meets, each in a sentence. before: the tree before the event."""
    for text in breakpoints(row):
        if why := hit([text], before, event):
            badge = f'<span class="rlm-oracle" title="{html_text(tr(SOLVER_HELP))}">{html_text(tr(SOLVER))}</span>'
            st.html(f'<div class="rlm-break"><b>{tr("Breakpoint")}</b>{html_text(why)} {badge if read(text)[0].oracle else ""}</div>')
