"""Jobs: one row from asked to ended; what was done before an interruption is not done again."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from rlm_core.app import worker
from rlm_core.app.worker import run_job
from rlm_core.core import standstill
from rlm_core.core.errors import LabelError, RlmError, RunNotFound, TrainingError
from rlm_core.core.paths import ROOT
from rlm_core.core.words import RunStatus
from rlm_core.jobs.base import job_of
from rlm_core.jobs.label import LabelJob
from rlm_core.jobs.label_cost import CostJob
from rlm_core.jobs.measure import MeasureJob
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.score import ScoreJob
from rlm_core.jobs.score_run import RunScoreJob
from rlm_core.jobs.train import TrainJob
from rlm_core.labels.base import Label, solution
from rlm_core.labels.book import LabelBook
from rlm_core.problems import make, task
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.search.budget import RunControl
from tests.runs.at_once import done


@pytest.mark.parametrize(
    "job",
    [
        ScoreJob("chain:seed=3", ("logprob",)),
        RunScoreJob("abc", ("logprob", "oracle")),
        MeasureJob("chain:n=3", ("logprob",)),
        LabelJob("soft"),
        TrainJob(HeadRecipe("prm", "x"), book=True),
        CostJob(),
    ],
)
def test_every_job_is_kept_and_read_back(store, job):
    jobs = Jobs(store)
    assert jobs.get(jobs.create(job)).job == job
    assert jobs.list(job_of(job).description.name)[0].job == job
    with pytest.raises(RunNotFound, match="no job 'nothing'"):
        jobs.get("nothing")


def test_progress_reported_after_a_job_failed_does_not_hide_the_reason(store):
    jobs = Jobs(store)
    job = jobs.create(LabelJob("soft"))
    jobs.claim("test")
    jobs.report_progress(job, "labelling", 1, 5)
    jobs.finish(job, RunStatus.FAILED, "The model cannot read this.")
    jobs.report_progress(job, "labelling", 2, 5)
    assert jobs.get(job).message == "The model cannot read this."


def test_a_job_says_how_far_a_model_is_that_its_reward_asks_and_then_what_it_did_before(store, monkeypatch):
    jobs, said = Jobs(store), list[str]()
    job = jobs.create(LabelJob("soft"))
    jobs.claim("test")

    class Waiting:
        async def run(self, asked, context, found):
            context.report("Labelling")
            run = RunControl().standstill
            with standstill.of(run), standstill.current().because("Loading it"):
                said.append(jobs.get(job).message)
            said.append(jobs.get(job).message)
            return {}

    monkeypatch.setattr(worker, "job_of", lambda asked: Waiting())
    asyncio.run(run_job(jobs.get(job), store, jobs, None))
    assert said == ["Loading it", "Labelling"]


def test_the_way_of_a_job(any_store):
    jobs = Jobs(any_store)
    first, second = (jobs.create(LabelJob("oracle", seed=i)) for i in range(2))
    assert jobs.claim("w").id == first
    jobs.report_progress(first, "half", 1, 2)
    assert jobs.get(first).share == 0.5
    assert jobs.get(first).active
    jobs.cancel(second)
    assert jobs.get(second).status == "cancelled"
    assert jobs.claim("w") is None
    jobs.cancel(first)
    assert jobs.cancelled("w") == [first]
    assert jobs.cancelled("another") == []
    any_store.retire("w", "it died")
    assert (jobs.get(first).status, jobs.get(first).message) == ("interrupted", "it died")
    jobs.resume(first)
    assert jobs.claim("w2").id == first
    assert jobs.get(first).request == "go"


def test_a_queued_job_knows_the_one_being_done_and_those_queued_before_it(any_store):
    jobs = Jobs(any_store)
    ended, done, before, own, _ = (jobs.create(LabelJob("oracle", seed=i)) for i in range(5))
    assert [j.id for j in jobs.ahead(before)] == [ended, done]
    jobs.claim("w")
    jobs.finish(ended, RunStatus.FINISHED)
    jobs.claim("w")
    assert [j.id for j in jobs.ahead(own)] == [done, before]


@pytest.mark.slow
def test_the_process_of_the_pages_loads_no_torch():
    code = (
        "import importlib, pkgutil, sys, pages; from rlm_core.jobs.base import jobs; assert jobs()\n"
        "for m in pkgutil.walk_packages(pages.__path__, 'pages.'): importlib.import_module(m.name)\n"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def with_solutions(store, count: int = 3) -> LabelBook:
    book = LabelBook(store)
    for seed in range(count):
        problem = make(f"chain:steps=3,seed={seed}")
        book.add([solution(problem, task("chain").solution(problem))])
    return book


def test_labels_are_made_once_and_a_second_job_goes_on_where_the_first_ended(store, pool):
    book = with_solutions(store)
    assert done(LabelJob("soft", rollouts=2), store, pool)["labels"] == 9
    before = book.labels(source="soft")
    assert {x.by for x in before} == {"nano, 2 rollouts"}
    assert sum(x.tokens for x in before) > 0
    with_solutions(store, 4)
    again = done(LabelJob("soft", rollouts=2), store, pool)
    assert (again["solutions"], again["labels"]) == (1, 3)
    assert [x for x in book.labels(source="soft") if x in before] == before


def test_a_label_job_tells_every_step_what_it_has_kept_and_spent(store, pool, monkeypatch):
    with_solutions(store)
    told = []
    monkeypatch.setattr(Jobs, "report_progress", lambda self, job, message, done=0, total=0: told.append((message, done, total)))
    done(LabelJob("soft", rollouts=2), store, pool)
    counts = [done for _, done, total in told if total]
    assert counts == sorted(counts)
    assert counts[-1] == 9
    assert {total for *_, total in told} == {0, 9}
    assert told[-1][0].startswith("3 of 3 solutions labelled and kept, ")
    assert " 0 tokens" not in told[-1][0]


def test_a_noisy_solver_labels_under_its_own_name(store, pool):
    book = with_solutions(store)
    done(LabelJob("noisy", noise=0.3), store, pool)
    done(LabelJob("oracle"), store, pool)
    assert {x.by for x in book.labels(source="oracle")} == {"solver"}
    assert {x.by for x in book.labels(source="noisy")} == {"solver, 30% flipped"}


def test_a_reward_that_cannot_judge_says_so_and_the_others_go_on(store, pool):
    result = done(ScoreJob("chain:steps=3,seed=3", ("oracle", "mixture", "hub_prm"), samples=2), store, pool)
    assert "error" in result["scores"]["hub_prm"]
    assert len(result["scores"]["oracle"]["steps"]) == 2
    assert result["scores"]["oracle"]["oracle"]
    assert not result["scores"]["mixture"]["oracle"]


def test_a_head_trained_from_the_book_can_be_chosen(store, pool, monkeypatch):
    from rlm_core import rewards

    monkeypatch.setenv("RLM_EXPLORER_DATA", str(store.folder))
    with_solutions(store, 12)
    done(LabelJob("noisy", noise=0.4), store, pool)
    result = done(TrainJob(HeadRecipe("prm", "booked", labels={"noisy": 1.0}), book=True), store, pool)
    assert result["card"]["labels"] == {"noisy": 36}
    assert "prm:booked" in rewards.rewards()


@pytest.mark.slow
def test_a_head_is_not_measured_on_what_it_learned_from_and_is_said_to_be_where_it_is(store, pool, monkeypatch):
    monkeypatch.setenv("RLM_EXPLORER_DATA", str(store.folder))
    with_solutions(store, 12)  # the very problems of chain:n=12,steps=3
    done(LabelJob("noisy", noise=0.4), store, pool)
    result = done(
        TrainJob(HeadRecipe("prm", "booked", labels={"noisy": 1.0}, measure=("chain:n=12,steps=3", "chain:n=14,steps=3")), book=True),
        store,
        pool,
    )
    assert {spec: q["problems"] for spec, q in result["card"]["quality"].items()} == {"chain:n=14,steps=3": 2}
    found = done(MeasureJob("chain:n=14,steps=3", ("prm:booked", "logprob"), samples=2), store, pool)["rewards"]
    assert found["prm:booked"]["learned"] == 12
    assert found["logprob"]["learned"] == 0


def test_a_head_that_comes_with_the_app_is_not_hidden_by_one_of_its_name(store, pool):
    with pytest.raises(TrainingError, match="prm:nano comes with the app and is not replaced"):
        done(TrainJob(HeadRecipe("prm", "nano")), store, pool)


@pytest.mark.slow
def test_the_cost_chart_has_a_point_for_every_size_that_can_be_learned_from(store, pool):
    job = CostJob(("oracle", "soft"), "chain:n=12,steps=5", "chain:n=6", (4, 12), samples=2, rollouts=2)
    points = done(job, store, pool)["points"]
    assert {(p["maker"], p["problems"]) for p in points} >= {("oracle", 12), ("soft", 12)}
    for p in points:
        assert 0 <= p["low"] <= p["auc"] <= p["high"] <= 1
        assert (p["tokens"] > 0) == (p["maker"] == "soft")


def test_a_measurement_goes_on_behind_the_rewards_it_has_measured(store, pool):
    jobs = Jobs(store)
    job = jobs.create(MeasureJob("chain:n=2", ("oracle", "logprob"), samples=2))
    jobs.claim("test")
    jobs.save_partial(job, {"rewards": {"oracle": {"kept": True}}})
    jobs.finish(job, RunStatus.INTERRUPTED)
    jobs.resume(job)
    result = asyncio.run(run_job(jobs.claim("test"), store, jobs, pool))
    assert result["rewards"]["oracle"] == {"kept": True}
    assert result["rewards"]["logprob"]["problems"] == 2


def test_bundled_heads_are_said_to_know_the_training_split(store, pool):
    found = done(MeasureJob("chain:n=2,split=train", ("prm:nano-head", "logprob"), samples=2), store, pool)["rewards"]
    assert found["prm:nano-head"]["learned"] == 2
    assert found["logprob"]["learned"] == 0


def test_where_all_steps_are_alike_there_is_no_cost_chart(store, pool):
    with pytest.raises(TrainingError, match="are right, or all wrong"):
        done(CostJob(("noisy",), "chain:n=4,steps=2", "chain:n=1,steps=2", sizes=(4,), samples=2), store, pool)


@pytest.mark.slow
def test_a_cost_chart_goes_on_behind_the_makers_it_has_done(store, pool):
    jobs = Jobs(store)
    job = jobs.create(CostJob(("noisy", "hard"), "chain:n=12,steps=4", "chain:n=4", sizes=(12,), samples=2, rollouts=2))
    jobs.claim("test")
    kept = {"maker": "noisy", "problems": 12, "labels": 1, "tokens": 0, "auc": 0.5, "low": 0.5, "high": 0.5}
    jobs.save_partial(job, {"points": [kept]})
    jobs.finish(job, RunStatus.CANCELLED)
    jobs.resume(job)
    result = asyncio.run(run_job(jobs.claim("test"), store, jobs, pool))
    assert result["points"][0] == kept
    assert {p["maker"] for p in result["points"][1:]} == {"hard"}
    assert jobs.get(job).result == result  # kept before the job ends


def test_a_reward_is_measured_against_a_persons_labels(store, pool):
    book = with_solutions(store, 2)
    with pytest.raises(LabelError, match="holds no labels of the source 'human'"):
        done(MeasureJob("", ("oracle",), labels="human"), store, pool)
    one, other = book.solutions()
    words = [(one, 0, 1), (one, 1, 1), (one, 2, -1), (other, 0, 1)]  # the person errs on one's last step
    book.put(Label(s.id, step, "human", "Ada", value, 1.0) for s, step, value in words)
    found = done(MeasureJob("", ("oracle", "logprob"), labels="human"), store, pool)["rewards"]
    assert found["oracle"]["steps"] == 4
    assert found["oracle"]["best_of_n"] == []
    assert found["oracle"]["step_auc"] == 0.5  # it calls all four right
    assert found["logprob"]["step_auc"] is not None


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (LabelJob("judge", judge="nano"), "^The reward judge needs a model that answers requests in words, and nano does not; allowed are"),
        (CostJob(("soft", "judge"), judge="nano"), "^The reward judge needs a model that answers requests in words"),
        (TrainJob(HeadRecipe("prm", "x", labels={"judge": 1.0}, judge="nano")), "^The reward judge needs a model that answers"),
        (LabelJob("guess"), "^There are no labels by 'guess'; allowed are oracle, noisy, hard, soft, judge"),
    ],
)
def test_a_job_whose_labels_cannot_be_made_is_refused_before_it_is_queued(store, job, said):
    with pytest.raises(RlmError, match=said):
        Jobs(store).create(job)
    assert Jobs(store).list() == []
