"""A sweep as a file, and its results as one."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import msgspec
import pandas as pd
import pyarrow.parquet as pq
import pytest

from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError, RlmError
from rlm_core.core.paths import ASSETS
from rlm_core.evaluation.sweep import Strategy, Sweep
from rlm_core.jobs.sweep import SweepJob
from rlm_core.jobs.sweep_file import read_strategies, read_sweep, write_sweep
from rlm_core.jobs.sweep_results import read_parquet, results_frame, write_parquet
from rlm_core.problems import make
from tests.sweeps import BEST_OF_N, BUDGETS, MAJORITY, SPEC, TREE, searched, sweep

JOB = SweepJob("A sweep", f"{SPEC},n=6", (MAJORITY, BEST_OF_N, TREE), BUDGETS, seed=3)
EXAMPLE = ASSETS / "sweeps" / "example.yaml"


def test_a_sweep_that_is_written_is_read_again():
    mixed = replace(JOB, budgets=(Budget(16), Budget(None, tokens=64, seconds=2.5)), stop_within=0.05, alone=True)
    for job in (JOB, mixed):
        assert read_sweep(write_sweep(job), "a.yaml") == job


def test_a_reward_may_hold_its_settings_in_parentheses():
    text = "problems: chain:n=3\nbudgets: [{tokens: 64}]\nstrategies: [{search: mcts, reward: 'prm:nano(aggregate=prod)'}]"
    assert read_sweep(text, "a.yaml").strategies[0] == Strategy(search="mcts", reward="prm:nano", reward_parameters={"aggregate": "prod"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("problems: [", "no YAML file"),
        ("- 3", "does not describe a sweep"),
        ("problems: chain:n=3\nstrategies: [{search: mcts}]", "gives no budgets"),
        ("problems: chain:n=3\nstrategy: 3", "strategies"),
        ("problems: chain:n=3\nstrategies: mcts\nbudgets: [{tokens: 3}]", "must be a list"),
        ("problems: chain:n=3\nstrategies: [mcts]\nbudgets: [{tokens: 3}]", "write for example"),
        ("problems: chain:n=3\nstrategies: [{serch: mcts}]\nbudgets: [{tokens: 3}]", "serch"),
        ("problems: chain:n=3\nstrategies: [{search: nothing}]\nbudgets: [{tokens: 3}]", "nothing"),
        ("problems: chain:n=3\nstrategies: [{search_parameters: {w: 3}}]\nbudgets: [{tokens: 3}]", "w"),
        ("problems: chain:n=3\nstrategies: [{reward: nothing}]\nbudgets: [{tokens: 3}]", "nothing"),
        ("problems: chain:n=3\nstrategies: [{search: mcts}]\nbudgets: [{token: 3}]", "token"),
        ("problems: chain:n=3\nstrategies: [{search: mcts}]\nbudgets: [64]", "Allowed are"),
        ("problems: chain:n=3\nstrategies: [{search: mcts}]\nbudgets: [{tokens: 0}]", "allows nothing"),
    ],
)
def test_a_file_that_is_no_sweep_is_refused_in_a_sentence(text, said):
    with pytest.raises(RlmError, match=said):
        read_sweep(text, "a.yaml")


def test_strategies_alone_are_read_as_they_are_written():
    strategies = (MAJORITY, BEST_OF_N, TREE)
    assert read_strategies(msgspec.json.encode(strategies).decode(), "the address") == strategies


@pytest.mark.parametrize("text", ["[", "[]", "mcts", "[mcts]", "{search: mcts}", "[{serch: mcts}]", "[{search: nothing}]"])
def test_what_is_no_list_of_strategies_is_refused_in_a_sentence(text):
    with pytest.raises(RlmError, match=r"\.$"):
        read_strategies(text, "the address")


def test_the_published_example_is_a_sweep_of_200_problems_6_strategies_and_4_budgets():
    job = read_sweep(EXAMPLE.read_bytes(), EXAMPLE.name)
    Sweep((make("chain:steps=7,seed=0"),), job.strategies, job.budgets).check()
    assert job.problems == "chain:n=200,steps=7"
    assert (len(job.strategies), len(job.budgets)) == (6, 4)


# -- results -----------------------------------------------------------------------------------------

PLANNED = Sweep(sweep(6).problems, JOB.strategies, JOB.budgets, JOB.seed)
RESULTS = searched(PLANNED)


def written(job=JOB, planned=PLANNED, results=RESULTS) -> bytes:
    file = io.BytesIO()
    write_parquet(file, job, planned, results)
    return file.getvalue()


def test_results_that_are_written_are_read_again():
    assert read_parquet(io.BytesIO(written()), "a.parquet") == (JOB, PLANNED, RESULTS)


def test_results_of_half_a_sweep_are_read_with_all_its_problems():
    half = {c: r for c, r in RESULTS.items() if c.problem < 3}
    _, planned, results = read_parquet(io.BytesIO(written(results=half)), "a.parquet")
    assert planned == PLANNED
    assert results == half


def test_results_of_an_earlier_version_are_read_without_what_they_lack():
    earlier = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(written())).drop_columns(["cut"]), earlier)
    assert read_parquet(earlier, "earlier.parquet")[2] == RESULTS


def test_results_open_without_the_problem_set_they_came_from():
    job = replace(JOB, problems="set:not here:n=6")
    assert read_parquet(io.BytesIO(written(job)), "a.parquet") == (job, PLANNED, RESULTS)


def test_the_table_has_a_row_per_search_that_says_all_about_it():
    frame = results_frame(PLANNED, RESULTS)
    assert len(frame) == PLANNED.size
    row = frame[(frame.problem_index == 2) & (frame.strategy_index == 1) & (frame.budget_index == 0)].iloc[0]
    assert (row.strategy, row.search, row.reward, row.budget_tokens, row.seed) == ("Best-of-N", "best_of_n", "prm:nano", 128, 5)
    assert len(json.loads(row.candidates)) == 4


@pytest.mark.parametrize("content", [b"", b"nothing", b"PAR1"])
def test_a_file_that_holds_no_results_is_refused_by_its_name(content):
    with pytest.raises(ConfigError, match="other.parquet"):
        read_parquet(io.BytesIO(content), "other.parquet")


def test_a_parquet_file_of_something_else_is_refused():
    file = io.BytesIO()
    pd.DataFrame({"a": [1]}).to_parquet(file)
    with pytest.raises(ConfigError, match="does not hold the results of a sweep"):
        read_parquet(file, "other.parquet")


def test_results_of_searches_outside_their_sweep_are_refused():
    with pytest.raises(ConfigError, match="not in its sweep"):
        read_parquet(io.BytesIO(written(job=replace(JOB, strategies=JOB.strategies[:1]))), "changed.parquet")


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        write_parquet(tmp_path / "not" / "there.parquet", JOB, PLANNED, RESULTS)
