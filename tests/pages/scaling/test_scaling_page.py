"""The Scaling page: what can be shown is listed, results are drawn while they come, and each tab says what the numbers say."""

from __future__ import annotations

import io

import pytest

from pages.scaling import sources
from pages.scaling.page import CONTENTS, NEW, RESULT_TAB, RESULTS, TAB
from pages.scaling.sources import SHOWN, open_file
from rlm_core.core.errors import ConfigError
from rlm_core.core.words import RunStatus
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.cost import prices
from rlm_core.evaluation.sweep import Cell
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.sweep import SweepJob
from rlm_core.jobs.sweep_results import write_parquet
from tests.pages.app import click, open_tab, opened, press, text
from tests.sweeps import BEST_OF_N, BUDGETS, MAJORITY, SPEC, TREE, result, searched, sweep

JOB = SweepJob("Mine <b>", f"{SPEC},n=12", (MAJORITY, BEST_OF_N, TREE), BUDGETS)
PLANNED = sweep(12)


def started(store, cells=None, status: RunStatus | None = RunStatus.FINISHED) -> str:
    """The id of a sweep with results. status: None while it runs."""
    jobs = Jobs(store)
    job = jobs.create(JOB)
    jobs.claim("test")
    found = searched(PLANNED) if cells is None else cells
    CellStore(store).put(job, [(cell, r, "") for cell, r in found.items()])
    if status is not None:
        jobs.finish(job, status, "" if status == RunStatus.FINISHED else "stopped <i>by hand")
    return job


@pytest.fixture(autouse=True)
def no_example(monkeypatch, tmp_path):
    """The lists of these tests hold what the test made."""
    monkeypatch.setattr(sources, "PUBLISHED", {})


@pytest.fixture
def kept(store) -> str:
    return started(store)


# -- what is shown -----------------------------------------------------------------------------------


def test_before_there_is_a_sweep_the_page_says_what_to_do(store):
    at = opened("scaling")
    assert "There is no sweep yet" in text(at)
    assert not at.error


@pytest.mark.parametrize("title", [*CONTENTS, "Export"])
def test_every_tab_is_drawn(store, kept, title):
    at = open_tab(opened("scaling", sweep=kept), RESULT_TAB, title)
    assert "12 problems, 3 strategies, 3 budgets, 108 searches" in text(at)
    assert not at.error


def test_the_newest_sweep_is_shown_and_the_address_names_another(store, kept):
    newest = started(store)
    at = opened("scaling")
    assert at.selectbox(key=SHOWN).value == newest
    assert at.query_params["sweep"] == newest
    assert opened("scaling", sweep=kept).selectbox(key=SHOWN).value == kept


def test_a_sweep_that_runs_shows_its_whole_problems_and_says_how_many(store):
    half = {c: r for c, r in searched(PLANNED).items() if c.problem < 5 or (c.problem == 5 and c.strategy == 0)}
    at = opened("scaling", sweep=started(store, half, status=None))
    assert "**5 of 12 problems**" in text(at)
    assert "Only problems that every strategy has searched at every budget are shown" in text(at)
    assert any(b.label == "Cancel" for b in at.button)


def test_a_sweep_that_ended_early_says_why_shows_what_there_is_and_goes_on(store):
    half = {c: r for c, r in searched(PLANNED).items() if c.problem < 5}
    job = started(store, half, RunStatus.INTERRUPTED)
    at = opened("scaling", sweep=job)
    assert "stopped \\<i\\>by hand" in at.warning[0].value
    assert "**5 of 12 problems**" in text(at)
    press(at, "Go on")
    assert Jobs(store).get(job).status == "queued"


def test_a_sweep_without_a_whole_problem_says_so(store):
    at = opened("scaling", sweep=started(store, {Cell(0, 0, 0): result(True)}, RunStatus.FAILED))
    assert "No problem of this sweep was searched by every strategy" in text(at)
    assert at.error


def test_a_sweep_of_which_nothing_is_known_is_shown_without_a_curve(store):
    unknown = {c: result(None) for c in PLANNED.cells()}
    at = opened("scaling", sweep=started(store, unknown))
    assert "no problem is known at every budget" in text(at)
    for title in ("Difficulty", "Failures", "Cost", "Table"):
        open_tab(at, RESULT_TAB, title)


# -- what the tabs say -------------------------------------------------------------------------------


def test_a_wrong_answer_that_was_cut_off_says_so_and_by_which_limit(store):
    cut = result(False, cause="budget", cut="4 of 4 candidates were cut off at the limit of 20 tokens per solution")
    at = open_tab(opened("scaling", sweep=started(store, dict.fromkeys(PLANNED.cells(), cut))), RESULT_TAB, "Failures")
    (ended,) = set(at.dataframe[0].value["How it ended"])
    assert ended == "4 of 4 candidates were cut off at the limit of 20 tokens per solution; the strategy is complete"


def test_a_search_whose_candidates_state_no_answer_is_told_from_a_wrong_one(store):
    silent = "4 of 4 candidates finished without stating an answer"
    cells = {c: result(False, **({"answer": None, "unanswered": silent} if c.problem % 2 else {})) for c in PLANNED.cells()}
    at = open_tab(opened("scaling", sweep=started(store, cells)), RESULT_TAB, "Failures")
    table = at.dataframe[0].value
    assert set(table["How it ended"][table["Answer"] == ""]) == {f"{silent}; the strategy is complete"}
    assert set(table["How it ended"][table["Answer"] == "1"]) == {"the strategy is complete"}


def test_the_place_where_a_curve_flattens_is_said_in_words(store):
    found = {c: result(c.problem < (1, 10, 10)[c.budget], tokens=BUDGETS[c.budget].tokens) for c in PLANNED.cells()}
    at = opened("scaling", sweep=started(store, found))
    assert "flattens after 256 tokens: the gains after it are not distinguishable from 0" in text(at)


def test_a_price_gives_the_runs_a_cost_and_is_kept(store, kept):
    at = open_tab(opened("scaling", sweep=kept), RESULT_TAB, "Cost")
    assert "At a price of 0 every answer costs nothing" in text(at)
    at.selectbox(key="scaling.cost.as").set_value("DeepSeek-R1").run()
    assert "At a price of 0" not in text(at)
    next(n for n in at.number_input if n.label.startswith("This machine")).set_value(0.5).run()
    assert prices(store.folder).local == 0.5


def test_published_costs_are_unknown_where_no_tokens_are_known(store, kept):
    at = open_tab(opened("scaling", sweep=kept), RESULT_TAB, "Cost")
    published = next(d.value for d in at.dataframe if "Benchmark" in d.value.columns and "Source" in d.value.columns)
    assert set(published["$ per solved problem"]) == {"unknown"}


def test_a_problem_that_one_strategy_alone_solved_opens_as_a_tree(store):
    found = {c: result(c.strategy == 0 and c.problem == 3, tokens=10) for c in PLANNED.cells()}
    job = started(store, found)
    at = open_tab(opened("scaling", sweep=job), RESULT_TAB, "Table")
    table = at.dataframe[-1]
    assert list(table.value["", "Problem"]) == [4]
    assert list(table.value["", "Right answer"]) == [PLANNED.problems[3].reference]
    assert list(table.value["Majority at 512 tokens", "Tokens"]) == [10]
    at.session_state["scaling.wins.table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert [b.label for b in at.button if b.label.startswith("Open ")] == [
        "Open problem 4 by Majority at 512 tokens",
        "Open problem 4 by Best\\-of\\-N at 512 tokens",
    ]


def test_the_form_of_a_new_sweep_leads_to_one_that_runs(store, kept):
    job = started(store, status=None)
    at = opened("scaling", sweep=kept)
    open_tab(at, TAB, NEW)
    assert "The sweep “Mine \\<b\\>” is running." in text(at)
    click(at, f"scaling.running.{job}")
    assert at.session_state[TAB] == RESULTS
    assert at.selectbox(key=SHOWN).value == job


# -- managing ----------------------------------------------------------------------------------------


def test_a_sweep_is_renamed(store, kept):
    at = opened("scaling", sweep=kept)
    at.text_input(key=f"scaling.name.{kept}.{JOB.name}").set_value("Chains, again").run()
    assert Jobs(store).get(kept).job.name == "Chains, again"
    assert "Chains, again" in at.selectbox(key=SHOWN).options[0]


def test_a_deleted_sweep_can_be_put_back(store, kept):
    at = opened("scaling", sweep=kept)
    click(at, "scaling.delete")
    assert Jobs(store).list("sweep") == []
    click(at, f"scaling.back.{kept}")
    assert [r.id for r in Jobs(store).list("sweep")] == [kept]
    assert len(CellStore(store).results(kept)) == PLANNED.size


def test_results_of_the_command_line_are_listed_once_they_are_opened(store):
    file = io.BytesIO()
    write_parquet(file, JOB, PLANNED, searched(PLANNED))
    opened_file = open_file("results.parquet", file.getvalue())
    at = opened("scaling", sweep=opened_file)
    assert at.selectbox(key=SHOWN).value == opened_file
    assert "12 problems" in text(at)
    click(at, "scaling.delete")
    assert "There is no sweep yet" in text(at)


def test_a_file_of_something_else_is_refused_by_its_name(store):
    with pytest.raises(ConfigError, match="notes.parquet does not hold the results of a sweep"):
        open_file("notes.parquet", b"not parquet")


def test_a_file_that_can_no_longer_be_read_is_not_listed(store, kept):
    folder = store.folder / "sweeps"
    folder.mkdir()
    (folder / "file-0.parquet").write_bytes(b"PAR1 cut off")
    assert len(opened("scaling").selectbox(key=SHOWN).options) == 1


def test_a_new_sweep_like_this_one_begins_with_its_settings(store, kept):
    at = press(opened("scaling", sweep=kept), "New one like it")
    assert at.session_state[TAB] == NEW
    assert at.text_input(key="scaling.new.name").value == "Mine <b>"
    assert at.number_input(key="scaling.new.problems.n").value == 12
    press(at, "Start the sweep")
    newest, first = Jobs(store).list("sweep")
    assert first.id == kept
    assert [s.title for s in newest.job.strategies] == ["Majority", "Best-of-N", "MCTS"]
    assert newest.job.budgets == BUDGETS
