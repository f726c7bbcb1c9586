"""The example that records a search of TreeQuest: the same tree as TreeQuest's own, with its arithmetic."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest

import rlm_core
from rlm_core.core.events import Selected
from rlm_core.core.paths import ROOT
from rlm_core.runs.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def example() -> Any:
    spec = importlib.util.spec_from_file_location("treequest_search", ROOT / "docs" / "examples" / "treequest_search.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Scripted:
    """Scores for TreeQuest without a model: the recorder's tree must agree with TreeQuest's whatever they are."""

    def __init__(self, example: Any) -> None:
        self.step = example.Step
        self.count = 0

    def __call__(self, parent: Any) -> tuple[Any, float]:
        self.count += 1
        return (self.step(f"solution {self.count}", finished=True),), (self.count * 7 % 10) / 10


def told(example: Any, algorithm: Any, steps: int) -> tuple[rlm_core.Recorder, Any]:
    """The recorder and TreeQuest's own state after a search."""
    rec = rlm_core.Recorder("2 + 2 = ?", "4", source="TreeQuest", store=False)
    recorded, write, state = example.Recorded(algorithm, rec), Scripted(example), algorithm.init_tree()
    for _ in range(steps):
        state = recorded.step(state, write)
    return rec, (state, recorded.nodes)


def test_the_recorded_tree_has_the_visits_and_values_of_treequest(example):
    rec, (state, nodes) = told(example, example.treequest.StandardMCTS(), 21)
    for node in state.tree.get_nodes():
        mine = rec.tree.nodes[nodes[node.expand_idx]]
        assert mine.visits == state.visit_counts[node.expand_idx]
        assert mine.total == pytest.approx(state.value_sums[node.expand_idx])
        assert [nodes[c.expand_idx] for c in node.children] == mine.children


def test_the_chosen_child_has_the_largest_total_of_treequests_arithmetic(example):
    rec, _ = told(example, example.treequest.StandardMCTS(), 21)
    choices = [c for r in rec.records if isinstance(r.event, Selected) for c in r.event.choices]
    assert len(choices) > 10
    for choice in choices:
        totals = {t.node: t.total or 0.0 for t in choice.terms}
        assert totals[choice.chosen] == max(totals.values())


@pytest.mark.parametrize("algorithm", ["mcts", "ab_mcts"])
def test_a_search_with_the_bundled_model_is_a_run_of_the_app(example, tmp_path, algorithm):
    rec = example.search("countdown:numbers=3,seed=7", algorithm, 8, store=tmp_path, log=tmp_path / "run.jsonl")
    row = Store(tmp_path).get(rec.run)
    run = rlm_core.load(tmp_path / "run.jsonl")
    assert (row.status, row.elsewhere) == ("finished", "TreeQuest")
    assert len(run.nodes) == 9
    assert run.summary["simulations"] == 8
    assert run.summary["generated"] > 0
    assert run.tree.answered is not None
    assert run.tree.answered.correct == (run.nodes["correct"] == True).any()  # noqa: E712
    assert ("no selection arithmetic" in run.missing) == (algorithm == "ab_mcts")
