"""The strategies of a comparison on a problem set."""

from __future__ import annotations

import pytest

from pages.shared.problem_form import WORDS
from rlm_core.core.config import Budget, RunConfig
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.sweep import SweepJob
from tests.helpers import best_of_n_log, random_log
from tests.pages.app import open_tab, opened, press, text
from tests.saved import save

TREE, FAN = random_log(3, 40), best_of_n_log(3, 6)


@pytest.fixture
def shown(store):
    budget = Budget(None, tokens=700)
    runs = [save(store, log, RunConfig(search=search, budget=budget)) for search, log in (("mcts", TREE), ("best_of_n", FAN))]
    at = opened("compare", runs=",".join(runs))
    return open_tab(at, "compare.tab", "On a problem set")


def test_the_strategies_of_the_comparison_are_measured_on_problems_of_its_kind(store, shown):
    press(shown, "Start the sweep")
    (row,) = Jobs(store).list("sweep")
    assert [s.search for s in row.job.strategies] == ["mcts", "best_of_n"]
    assert row.job.problems.startswith("countdown:")
    assert row.job.budgets == (Budget(None, tokens=700),)


def test_a_sweep_of_other_strategies_is_not_shown_as_its_result(store, shown):
    Jobs(store).create(SweepJob("Other", "chain:n=2", (Strategy("Elsewhere", search="mcts"),), (Budget(None, tokens=50),)))
    shown.run()
    assert not [b for b in shown.selectbox if b.label == "Shown"]


def test_a_wrong_set_is_said_at_once(store, shown):
    key = next(c.key for c in shown.segmented_control if c.label == "Problems")
    shown.segmented_control(key=key).set_value(WORDS).run()
    next(t for t in shown.text_input if t.label == "Problems").set_value("chain").run()
    assert "does not say how many problems" in text(shown)
    assert next(b for b in shown.button if b.label == "Start the sweep").disabled
    assert Jobs(store).list("sweep") == []
