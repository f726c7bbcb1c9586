"""The tables of a sweep: what is unknown is in no accuracy, and any search opens as a tree."""

from __future__ import annotations

import zlib
from base64 import b64encode

import pandas as pd
import pytest

from pages.shared.sweep_results import SweepView, figures_frame, figures_of, pairs_frame, pairs_of, run_of
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.sweep import Cell
from rlm_core.runs import logfile
from tests.helpers import random_log
from tests.sweeps import BUDGETS, result, searched, sweep

PLANNED = sweep(8)


def view(results=None, logs: str = "") -> SweepView:
    return SweepView(PLANNED, searched(PLANNED) if results is None else results, logs, "test")


def test_the_table_has_a_row_per_strategy_and_budget(store):
    shown = view()
    frame = figures_frame(shown, figures_of("all", shown))
    assert len(frame) == len(PLANNED.settings())
    assert list(frame["Budget"][:3]) == ["128 tokens", "256 tokens", "512 tokens"]


def test_unknown_and_failed_searches_are_counted_apart_and_are_in_no_accuracy(store):
    cells = [Cell(0, 0, p) for p in range(4)]
    shown = view(dict(zip(cells, [result(True), result(False), result(None), result(None, stop="failed", detail="out of memory")])))
    row = figures_frame(shown, figures_of("unknown", shown)).iloc[0]
    assert row["Accuracy"] == 0.5
    assert row["Not checked"] == 1
    assert row["Errors"] == 1


def test_an_accuracy_of_which_nothing_is_known_is_empty(store):
    shown = view({Cell(0, 0, 0): result(None)})
    row = figures_frame(shown, figures_of("nothing", shown)).iloc[0]
    assert pd.isna(row["Accuracy"])
    assert pd.isna(row["Tokens per solved"])
    assert row["95 % interval"] == ""


def test_every_two_strategies_are_compared_at_each_budget(store):
    shown = view()
    frame = pairs_frame(shown, pairs_of("pairs", shown))
    assert len(frame) == 3 * len(BUDGETS)
    first = frame.iloc[0]
    assert (first["First"], first["Second"]) == ("Majority", "Best-of-N")
    assert first["Difference"] == pytest.approx((first["Only the first"] - first["Only the second"]) / first["Problems"], abs=1e-4)


def test_a_kept_log_becomes_one_run_however_often_it_is_opened(store):
    log = b64encode(zlib.compress(logfile.write(random_log(1, 20)))).decode()
    CellStore(store).put("kept", [(Cell(0, 0, 0), result(True), log)])
    shown = view(logs="kept")
    run = run_of(shown, Cell(0, 0, 0))
    assert run_of(shown, Cell(0, 0, 0)) == run
    assert [r.id for r in store.list()] == [run]
    assert len(store.events(run)) == len(random_log(1, 20))


def test_a_search_without_a_log_is_run_again_with_the_same_configuration(store):
    run = store.get(run_of(view(), Cell(2, 1, 3)))
    assert run.status == "queued"
    assert run.config == PLANNED.config(Cell(2, 1, 3))
    assert run.problem == PLANNED.problems[3]
