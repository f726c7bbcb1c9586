"""Measurements of strategies: every row against the greedy chain on the same problems, kept problem by problem."""

from __future__ import annotations

import asyncio
import random
from itertools import combinations

import pytest

from rlm_core import problems
from rlm_core.cli.kept import Kept
from rlm_core.cli.tables import forcing_table, strategies_table
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.evaluation.searches import GREEDY_CHAIN, evaluate_strategies, forcing_figures, settings
from rlm_core.evaluation.statistics import compared, holm, mcnemar
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.runs.runner import NoOtherModels
from rlm_core.search import search

CHOSEN = [problems.make(f"text:question=What is 4*{k}?,answer={4 * k}") for k in (5, 6, 7)]
CONFIG = RunConfig(model="scripted", reward="logprob", budget=Budget(4))


def row(search: str, right: list[bool], **rest) -> dict:
    share = sum(right) / len(right)
    row = {"search": search, "settings": "", "accuracy": [share, share, share], "right": right, "oracle": False}
    return row | {"tokens_per_problem": 10.0, "reward_passes_per_problem": 0.0, "seconds": 1.0} | rest


def measured(names, done=()):
    async def rows():
        policy = lambda: ScriptedPolicy({(): ("1<answer>24",)})  # noqa: E731
        return [r async for r in evaluate_strategies(names, CONFIG, CHOSEN, policy, NoOtherModels(), done)]

    return asyncio.run(rows())


def test_the_greedy_chain_is_measured_first_and_once_whatever_was_asked_for():
    rows = measured(["best_of_n", "chain_of_thought"])
    names = [(r["search"], r["settings"]) for r in rows]
    assert names[0] == (GREEDY_CHAIN[0], settings(GREEDY_CHAIN[1]))
    assert len(set(names)) == len(names)
    assert len(names) == len(search("best_of_n").variants) + len(search("chain_of_thought").variants)
    assert all(r["right"] == [False, True, False] for r in rows), "which problems were solved, in their order"


def test_rows_that_are_there_are_not_measured_again():
    rows = measured(["best_of_n"])
    done = {(r["search"], r["settings"]) for r in rows[:2]}
    assert [r["settings"] for r in measured(["best_of_n"], done)] == [r["settings"] for r in rows[2:]]


def test_holms_correction_keeps_the_order_and_is_the_closed_test_over_all_subsets():
    """Holm's adjusted p is Bonferroni's over every intersection of hypotheses that holds this one (closure principle)."""
    rng = random.Random(3)
    for _ in range(30):
        ps = [rng.random() ** 3 for _ in range(5)]
        for i, corrected in enumerate(holm(ps)):
            others = [j for j in range(5) if j != i]
            subsets = [(i, *c) for size in range(5) for c in combinations(others, size)]
            assert corrected == pytest.approx(max(min(1.0, len(s) * min(ps[j] for j in s)) for s in subsets))


def test_each_row_is_tested_on_the_problems_where_it_and_the_base_differ():
    base = [True] * 4 + [False] * 8
    better, same = [True] * 12, list(base)
    one, two = compared([better, same], base)
    assert (one.wins, one.losses, two.wins, two.losses) == (8, 0, 0, 0)
    assert one.p == mcnemar(better, base)
    assert one.corrected == pytest.approx(2 * one.p)
    assert two.corrected == 1.0


def test_the_table_says_how_a_row_does_against_greedy():
    lines = strategies_table([row("chain_of_thought", [False] * 12), row("dvts", [True] * 12), row("x", [False] * 12, oracle=True)])
    assert lines[2].split(" | ")[3:5] == ["–", "–"]
    assert lines[3].startswith("| dvts |")
    assert "| +12 −0 | 0.0010 |" in lines[3]
    assert lines[4].startswith("| x (oracle) |")
    assert "| +0 −0 | 1.0000 |" in lines[4]
    assert len({line.count("|") for line in lines}) == 1


def test_thinking_is_compared_with_no_thinking_and_with_free_thinking():
    points = [
        {"most": most, "waits": waits, "thinking_tokens": used, "within": 1.0, "accuracy": [0.5, 0.4, 0.6], "right": right}
        for most, waits, used, right in (
            (0, 0, 20.0, [True, True, False, False] * 3),
            (16, 0, 10.0, [False] * 12),
            (0, 2, 60.0, [True] * 12),
        )
    ]
    lines = forcing_table(points, row("chain_of_thought", [True] * 12))
    assert lines[3].startswith("| no limit | 0 | 20.0 |")
    assert lines[3].endswith("| – | – |")
    assert "+0 −6" in lines[3]
    assert "| +0 −12 |" in lines[4]
    assert "| +0 −6 |" in lines[4]
    assert lines[5].count("+0 −0") == 1
    assert "+6 −0" in lines[5]
    assert len({line.count("|") for line in lines}) == 1
    figures = forcing_figures(points)
    assert figures["control"] == 1.0
    assert figures["performance"] == 1.0
    assert figures["waits_scaling_per_token"] == pytest.approx(0.5 / 40)
    assert figures["scaling_per_token"] is None


def test_kept_results_are_read_again_and_belong_to_one_measurement(tmp_path):
    path = tmp_path / "kept.jsonl"
    Kept(path, {"n": 3}).add({"right": [True, False, True]})
    assert Kept(path, {"n": 3}).rows == [{"right": [True, False, True]}]
    with pytest.raises(ConfigError, match=r"kept\.jsonl holds the results of another measurement; name another file\."):
        Kept(path, {"n": 4})
    path.write_text("no results\n")
    with pytest.raises(ConfigError, match="holds something else"):
        Kept(path, {"n": 3})
    with pytest.raises(ConfigError, match="cannot be used to keep the results in"):
        Kept(tmp_path, {"n": 3})
    assert Kept(None, {"n": 3}).rows == []
