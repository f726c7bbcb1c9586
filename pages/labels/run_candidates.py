"""Solutions taken from saved runs: the finished candidates of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared.language import counted, tr
from pages.shared.run_picker import ended_runs, pick_runs
from pages.shared.services import book, logs
from rlm_core.core.tree import replay
from rlm_core.labels.base import Solution
from rlm_core.labels.from_tree import solutions
from rlm_core.runs.store import RunRow

PICKER_KEY = "labels.runs"


def candidates(row: RunRow) -> list[Solution]:
    """The finished candidates of a saved run."""
    return solutions(replay(logs().records(row.id)), row.problem, run=row.id, model=row.config.model)


def most_telling(runs: Sequence[RunRow]) -> RunRow | None:
    """The first of the runs with several different candidates, else the first with one; None if none has any."""
    some = None
    for row in runs:
        count = len(candidates(row))
        if count > 1:
            return row
        some = some or (row if count else None)
    return some


def from_runs(added: Callable[[list[Solution]], None]) -> None:
    """Pick one saved run or all of them, and add the candidates to the label book; `added` is called with them."""
    picked = pick_runs(tr("Saved runs"), ended_runs(), PICKER_KEY)
    label = tr("Add their candidates") if len(picked) > 1 else tr("Add its candidates")
    if not st.button(label, icon=":material/add:", disabled=not picked, key="labels.add_runs"):
        return
    found = [s for row in picked for s in candidates(row)]
    new = book().add(found)
    if not found:
        st.warning(tr("None of these runs has a finished candidate."), icon=":material/warning:")
        return
    already = tr(", {n:,} already there", n=len(found) - new) if len(found) > new else ""
    st.toast(
        tr(
            "{new_solutions}{already}; solutions with the same steps count once.",
            new_solutions=counted(new, "new solution"),
            already=already,
        ),
        icon=":material/check:",
    )
    added(found)
