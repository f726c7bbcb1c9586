"""What jobs took is recorded part by part, and foretells what the same work will take."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ProblemError
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import job_of
from rlm_core.jobs.forecast import CostHistory, WorkUnit, run_forecast
from rlm_core.jobs.label import LabelJob
from rlm_core.jobs.label_cost import CostJob
from rlm_core.jobs.measure import MeasureJob
from rlm_core.jobs.score import ScoreJob
from rlm_core.jobs.score_run import RunScoreJob
from rlm_core.jobs.train import TrainJob
from rlm_core.labels.base import solution
from rlm_core.labels.book import LabelBook
from rlm_core.problems import make, task
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.runner import run_search
from rlm_core.runs.store import RunRow
from tests.runs.at_once import done


def fill(book: LabelBook, seeds: range) -> None:
    for seed in seeds:
        problem = make(f"chain:steps=3,seed={seed}")
        book.add([solution(problem, task("chain").solution(problem))])


def foretold(job, store) -> str:
    return CostHistory(store).forecast(job_of(job).parts(job, store, LabelBook(store)))


def saved_run(store, nano, pool) -> str:
    config = RunConfig(model="nano", problem="chain:seed=1", search="best_of_n", search_parameters={"n": 2})
    run, records = store.create(config, make(config.problem)), []
    tree = asyncio.run(run_search(config, nano.policy(), records.append, source=pool))
    store.append(run, records, {"nodes": len(tree.nodes)})
    return run


def test_what_a_part_took_is_scaled_by_its_pieces_and_what_is_not_known_is_named(store):
    history = CostHistory(store)
    assert history.forecast([WorkUnit("sampling", "nano", 0)]) == ""
    assert "not known yet" in history.forecast([WorkUnit("sampling", "nano", 10)])
    history.put(WorkUnit("sampling", "nano", 10), tokens=500, seconds=2.0)
    assert history.forecast([WorkUnit("sampling", "nano", 30)]) == "About 6.0 s and 1,500 tokens, going by earlier work on this machine."
    assert "not known yet" in history.forecast([WorkUnit("sampling", "smollm2", 30)])
    partly = history.forecast([WorkUnit("sampling", "nano", 5), WorkUnit("judging solutions by judge", "nano", 5)])
    assert partly.startswith("At least 1.0 s and 250 tokens, going by earlier work on this machine; not timed yet")
    assert partly.endswith(": judging solutions by Language model as judge.")
    history.put(WorkUnit("sampling", "nano", 10), tokens=700, seconds=1.0)
    assert history.forecast([WorkUnit("sampling", "nano", 20)]).startswith("About 2.0 s and 1,400 tokens")  # the last time counts


def test_the_nearest_in_size_foretells_and_nothing_far_larger_is_foretold(store):
    history = CostHistory(store)
    history.put(WorkUnit("sampling", "nano", 10), tokens=500, seconds=2.0)
    history.put(WorkUnit("sampling", "nano", 1000), tokens=50_000, seconds=20.0)
    assert history.forecast([WorkUnit("sampling", "nano", 500)]).startswith("About 10 s")
    assert history.forecast([WorkUnit("sampling", "nano", 20)]).startswith("About 4.0 s")
    assert history.forecast([WorkUnit("sampling", "nano", 1)]).startswith("About 0.2 s")
    assert "not known yet" in history.forecast([WorkUnit("sampling", "nano", 5000)])


@pytest.mark.slow
def test_after_a_job_the_same_job_is_foretold_whole(store, nano, pool):
    fill(LabelBook(store), range(12))
    first = [
        ScoreJob("chain:seed=3", ("logprob", "rollouts"), samples=2),
        RunScoreJob(saved_run(store, nano, pool), ("logprob", "oracle")),
        MeasureJob("chain:n=3", ("logprob", "entropy"), samples=2),
        CostJob(("hard", "soft"), "chain:n=12,steps=4", "chain:n=4", sizes=(12,), samples=2, rollouts=2),
        LabelJob("noisy", noise=0.4),
        TrainJob(HeadRecipe("prm", "booked", labels={"noisy": 1.0}), book=True),
        TrainJob(HeadRecipe("prm", "fresh", problems=("chain:n=20,steps=5",), measure=("chain:n=2",), measure_samples=2)),
    ]
    for job in first:
        assert "not known yet" in foretold(job, store) or "not timed yet" in foretold(job, store)
        done(job, store, pool)
        if isinstance(job, LabelJob):
            assert foretold(job, store) == ""  # all of them are labelled now
            fill(LabelBook(store), range(12, 14))
        assert foretold(job, store).startswith("About ")


def test_the_tokens_that_are_foretold_are_those_that_were_counted(store, pool):
    job = ScoreJob("chain:steps=3,seed=3", ("rollouts",), samples=3)
    result = done(job, store, pool)
    tokens = sum(s["tokens"] for s in result["solutions"]) + result["scores"]["rollouts"]["generated"]
    assert tokens > 0
    assert f" and {tokens:,} tokens" in foretold(job, store)


def test_what_failed_foretells_nothing(store, pool):
    job = ScoreJob("chain:seed=3", ("hub_prm",), samples=2)
    assert "error" in done(job, store, pool)["scores"]["hub_prm"]
    assert foretold(job, store).endswith("not timed yet at this size: judging solutions by PRM from the hub.")


def test_a_set_that_there_is_not_has_no_price(store):
    with pytest.raises(ProblemError, match="does not say how many"):
        foretold(MeasureJob("chain:steps=3", ("logprob",)), store)


def run_row(config: RunConfig, tokens: int, seconds: float, status: RunStatus = RunStatus.FINISHED) -> RunRow:
    summary = {"generated": tokens, "seconds": seconds, "simulations": 64, "stop": "simulations"}
    return RunRow("r", 0.0, status, "go", "", config, make(config.problem), summary)


def forecast_of(config: RunConfig, *rows: RunRow) -> str:
    return run_forecast(config, make(config.problem), rows).sentence


def test_a_run_is_foretold_by_runs_of_the_same_settings_on_the_same_kind_of_problem():
    done = run_row(RunConfig(problem="countdown:numbers=4,seed=31"), 1719, 5.7)
    said = forecast_of(RunConfig(problem="countdown:numbers=4,seed=99", seed=3), done)
    assert said.startswith("About 1,719 tokens and 5.7 s")


@pytest.mark.parametrize(
    "other",
    [
        RunConfig(problem="chain:steps=7,seed=3"),
        RunConfig(problem="countdown:numbers=3,seed=31"),
        RunConfig(model="smollm2"),
        RunConfig(search_parameters={"width": 8}),
        RunConfig(reward="logprob"),
        RunConfig(budget=Budget(256)),
        RunConfig(temperature=0.5),
    ],
)
def test_a_run_of_anything_else_foretells_nothing(other):
    assert forecast_of(RunConfig(), run_row(other, 10_725, 28.5)) == ""
    assert forecast_of(RunConfig(), run_row(RunConfig(), 10, 1.0, status=RunStatus.CANCELLED)) == ""


def test_several_runs_like_it_are_averaged():
    rows = [run_row(RunConfig(seed=i), 1000 + 100 * i, 4.0 + i) for i in range(3)]
    assert forecast_of(RunConfig(), *rows) == (
        "About 1,100 tokens and 5.0 s, going by the last 3 runs with these settings on this kind of problem."
    )


def test_without_a_run_like_it_the_budgets_bound_a_run_at_the_speed_last_measured():
    other = run_row(RunConfig(model="smollm2", search="best_of_n", budget=Budget(8)), 500, 100.0)
    wanted = RunConfig(model="smollm2", budget=Budget(64, 1000))
    assert forecast_of(wanted, other) == (
        "At most 1,000 tokens, which take 3 min at the 5 tokens/s last measured with this model (Best-of-N)."
    )
    assert run_forecast(wanted, make(wanted.problem), [other]).long
    assert run_forecast(wanted, make(wanted.problem), [other]).tokens_of_a_minute == 300
    assert forecast_of(RunConfig(model="smollm2", budget=Budget(64, 1000, 20.0)), other) == "At most 1,000 tokens and 20 s."
    assert "not been measured yet" in forecast_of(RunConfig(budget=Budget(64, 1000)), other)
    assert forecast_of(RunConfig(model="smollm2"), other) == ""
