"""The Compare page: presets, panes at equal compute, saved comparisons, and what goes wrong."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from pages.compare.addressed import Addressed, titles_of
from pages.compare.export import comparison_html
from pages.compare.pane import Pane
from pages.compare.panes import MAX_MOMENTS, live_amount, positions
from pages.compare.summary import figures, settings_frame
from pages.shared.escape import markdown_text
from rlm_core import catalogue
from rlm_core.core.config import Branch, Budget, RunConfig
from rlm_core.core.tree import replay
from rlm_core.core.words import RunStatus
from rlm_core.evaluation.presets import PRESETS
from rlm_core.figures.palette import LIGHT
from rlm_core.narrate.sentences import sentence
from rlm_core.problems import make
from rlm_core.runs.comparisons import Comparisons
from rlm_core.runs.run_diff import diff
from rlm_core.runs.store import Store
from tests.helpers import best_of_n_log, random_log
from tests.pages.app import click, go_to, html, open_tab, opened, text
from tests.saved import save
from tests.searching import run_to_end

SMALL = Budget(None, tokens=150)
"""Enough for every strategy to write something."""
TREE, FAN = random_log(3, 40), best_of_n_log(3, 6)


@pytest.fixture
def runs(store) -> tuple[str, str]:
    return save(store, TREE, RunConfig()), save(store, FAN, RunConfig(search="best_of_n"))


def pane(store: Store, run: str, title: str) -> Pane:
    return Pane.of(store.get(run), title, store.events(run))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
@pytest.mark.slow
def test_every_strategy_of_a_preset_is_searched_and_drawn_within_the_budget(preset, store, nano, pool):
    problem, found = make(preset.problem), []
    for strategy in preset.strategies:
        config = catalogue.checked(strategy.config(preset.problem, SMALL, 0))
        found.append((store, run_to_end(config, nano.policy(), source=pool)[1], config))
    runs = [save(*run) for run in found]
    at = opened("compare", id=Comparisons(store).create(preset.title, runs, [s.title for s in preset.strategies]))
    page = html(at)
    assert problem.question in page
    assert re.findall(r'<div class="rlm-pane"><b>(.*?)</b>', page) == [s.title for s in preset.strategies]
    spent = [int(n.replace(",", "")) for n in re.findall(r"ended at ([\d,]+) tokens?</span>", page)]
    assert spent == [replay(records).totals.generated for _, records, _ in found]
    assert all(0 < n <= SMALL.tokens for n in spent)
    assert len(at.get("bidi_component")) >= len(runs)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
def test_a_preset_gives_every_strategy_the_same_and_no_other_budget(preset):
    assert preset.budget == Budget(None, tokens=preset.budget.tokens)
    assert len({s.title for s in preset.strategies}) == len(preset.strategies)


def test_a_preset_is_one_click_and_then_a_saved_comparison(store):
    at = click(opened("compare"), f"preset.{PRESETS[0].name}")
    (saved,) = Comparisons(store).list()
    assert saved.titles == tuple(s.title for s in PRESETS[0].strategies)
    assert [store.get(r).config.search for r in saved.runs] == [s.search for s in PRESETS[0].strategies]
    assert all(store.get(r).problem == make(PRESETS[0].problem) for r in saved.runs)
    assert not at.exception


def test_runs_named_in_the_address_stand_side_by_side(runs):
    at = opened("compare", runs=",".join(runs))
    assert html(at).count('<div class="rlm-pane">') == 2
    assert "ended at" in text(at)


def test_runs_put_side_by_side_can_be_saved(store, runs):
    at = opened("compare", runs=",".join(runs))
    at.text_input(key=f"compare.name.{'-'.join(runs)}").set_value("My comparison").run()
    next(b for b in at.button if b.label == "Save").click().run()
    (saved,) = Comparisons(store).list()
    assert (saved.name, saved.runs) == ("My comparison", runs)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"runs": "nothere,neither"}, "There is no run 'nothere'"),
        ({"runs": "one"}, "The address names 1 runs; from 2 to 4 can stand side by side."),
        ({"id": "gone"}, "There is no comparison 'gone'"),
    ],
)
def test_an_address_of_nothing_is_said_and_the_page_goes_on(store, query, sentence):
    at = opened("compare", **query)
    assert sentence in text(at).replace("\\", "")
    assert any(b.key == f"preset.{PRESETS[0].name}" for b in at.button)


def test_two_runs_of_one_strategy_have_titles_that_tell_them_apart(store):
    rows = tuple(store.get(save(store, TREE, RunConfig(seed=seed))) for seed in (0, 1))
    titles = titles_of(rows)
    assert titles == tuple(f"Monte-Carlo tree search ({i}: other seed)" for i in (1, 2))


def test_a_branch_beside_its_parent_says_at_which_step_it_was_branched_off(store, runs):
    parent = store.get(runs[0])
    begun = structs.replace(parent.config, branch=Branch(parent.id, 1, True, ("1+1=2",)))
    titles = titles_of((parent, store.get(store.create(begun, parent.problem))))
    assert titles == ("Monte-Carlo tree search (1)", "Monte-Carlo tree search (2, branched off at “1+1=2”)")


def test_while_a_run_is_live_no_pane_is_ahead_of_it(store, runs):
    ended, live = pane(store, runs[0], "a"), pane(store, runs[1], "b")
    store.set_status(runs[1], RunStatus.RUNNING)
    half = live.records[: len(live.records) // 2]
    live = Pane.of(store.get(runs[1]), "b", half)
    assert live_amount([ended, live]) == live.clock.end
    assert max(positions([ended, live])) <= live.clock.end


def test_every_position_of_the_timeline_is_an_amount_and_there_are_not_too_many(store):
    long = random_log(5, 900)
    there = [pane(store, save(store, log, RunConfig()), "x") for log in (long, TREE)]
    found = positions(there)
    assert len(found) <= MAX_MOMENTS
    assert found == sorted(set(found))
    assert found[-1] == max(p.clock.end for p in there)


def test_the_figures_are_those_of_the_runs(store, runs):
    there = [pane(store, runs[0], "tree"), pane(store, runs[1], "fan")]
    frame = figures(there)
    assert list(frame["Tokens"]) == [p.full_tree.totals.generated for p in there]
    assert list(frame["Right ones"]) == [sum(bool(n.correct) for n in p.full_tree.candidates()) for p in there]


def test_the_settings_are_those_that_differ(store):
    rows = [pane(store, save(store, TREE, RunConfig(seed=seed)), str(seed)) for seed in (0, 1)]
    assert list(settings_frame(rows)["Setting"]) == ["Sampling: Seed"]


def test_every_tab_draws_what_its_title_says(store, runs):
    at = opened("compare", runs=",".join(runs))
    (table,) = [d.value for d in at.dataframe]
    assert list(table["Tokens"]) == [replay(log).totals.generated for log in (TREE, FAN)]
    open_tab(at, "compare.tab", "Differences")
    assert markdown_text(diff(TREE, FAN).sentence) in text(at)
    open_tab(at, "compare.tab", "Settings")
    (table,) = [d.value for d in at.dataframe]
    assert list(table[table["Setting"] == "Strategy"].iloc[0, 1:]) == ["Monte-Carlo tree search", "Best-of-N"]
    open_tab(at, "compare.tab", "On a problem set")
    assert any(b.label == "Start the sweep" for b in at.button)
    open_tab(at, "compare.tab", "Export")
    assert "One file that loads nothing" in text(at)


def test_the_open_tab_is_open_again_after_another_page(runs):
    at = open_tab(opened("compare", runs=",".join(runs)), "compare.tab", "Settings")
    go_to(at, "runs")
    at.query_params["runs"] = ",".join(runs)
    go_to(at, "compare")
    assert at.session_state["compare.tab"] == "Settings"


def test_a_moment_of_a_pane_has_the_sentence_of_its_event(store, runs):
    there = pane(store, runs[0], "tree")
    half = there.at(there.clock.end / 2)
    assert 0 < half.count < len(TREE)
    assert half.tree == replay(TREE[: half.count])
    assert half.sentence == sentence(TREE[half.count - 1], replay(TREE[: half.count - 1]))
    assert there.at(there.clock.end) is there.end


def test_presets_are_called_examples_and_no_evidence(store):
    assert "it is an example, no evidence" in text(opened("compare"))


def test_the_export_is_one_page_that_loads_nothing_and_runs_no_text_of_a_model(store):
    hostile = "<script>alert(1)</script>"
    there = [pane(store, save(store, log, RunConfig()), hostile) for log in (TREE, FAN)]
    found = Addressed("", hostile, tuple(p.row for p in there), (hostile, hostile))
    page = comparison_html(found, there, figures(there), LIGHT)
    assert hostile not in page
    assert 'src="http' not in page
    assert "<link" not in page
    assert page.count("plotly-graph-div") == 2
