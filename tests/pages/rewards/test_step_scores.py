"""Step scores and quality: jobs are asked for with what a person chose, and their results are shown, failures included."""

from __future__ import annotations

import pytest

from pages.rewards.step_scores import JOB_KEY
from pages.shared.glossary import known
from pages.shared.problem_form import WORDS
from rlm_core.core.words import RunStatus
from rlm_core.figures.charts.heatmap import STRIDE
from rlm_core.jobs.measure import MeasureJob
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.score import ScoreJob
from rlm_core.labels.book import LabelBook
from tests.pages.app import click, html, open_tab, opened, press, text
from tests.runs.at_once import done, next_done

REWARDS = "rewards.score.rewards"


def test_several_rewards_judge_the_same_solutions(store, pool):
    at = opened("rewards")
    at.multiselect(key=REWARDS).set_value(["prm:nano", "logprob", "oracle"]).run()
    at.number_input(key="rewards.score.samples").set_value(3).run()
    press(at, "Score")
    assert Jobs(store).list("score")[0].job == ScoreJob("chain:seed=3", ("prm:nano", "logprob", "oracle"), samples=3)
    assert "Waiting for a worker" in str(at.get("progress")[0].proto)
    next_done(store, pool)
    at.run()
    assert "PRM · nano</button></b> · 3 reward passes" in text(at)
    assert "sees the truth" in text(at)
    assert len([c for c in at.get("bidi_component") if "-heat." in c.proto.id]) == 3


def test_the_same_reward_can_be_added_with_other_settings(store):
    at = opened("rewards")
    at.selectbox(key=f"{REWARDS}.which").set_value("prm:nano").run()
    at.selectbox(key=f"{REWARDS}.set.prm:nano.aggregate").set_value("prod").run()
    click(at, f"{REWARDS}.add")
    assert "prm:nano(aggregate=prod)" in at.multiselect(key=REWARDS).value
    assert "prm:nano" in at.multiselect(key=REWARDS).value


def test_a_job_that_ended_early_says_why_and_can_be_resumed(store):
    jobs = Jobs(store)
    job = jobs.create(ScoreJob("chain:seed=3", ("logprob",)))
    jobs.claim("test")
    jobs.finish(job, RunStatus.FAILED, "The model cannot read this.")
    at = opened("rewards")
    assert "The model cannot read this\\." in at.error[0].value
    press(at, "Try again")
    assert jobs.get(job).status == "queued"


def test_the_newest_job_is_shown_and_an_older_one_can_be_chosen(store, pool):
    for seed in (1, 2):
        done(ScoreJob(f"chain:steps=2,seed={seed}", ("logprob",), samples=1), store, pool)
    newest, older = Jobs(store).list("score")
    at = opened("rewards")
    assert newest.result["question"] in html(at)
    at.selectbox(key=JOB_KEY).set_value(older.id).run()
    assert older.result["question"] in html(at)


@pytest.mark.parametrize(
    ("problems", "error"), [("chain", "'chain' does not say how many problems"), ("nonsense:n=3", "There is no problem")]
)
def test_a_set_of_problems_that_cannot_be_made_is_one_sentence_and_nothing_is_lost(store, problems, error):
    at = open_tab(opened("rewards"), "rewards.tab", "Quality")
    at.segmented_control(key="rewards.measure.set.how").set_value(WORDS).run()
    at.text_input(key="rewards.measure.set.text").set_value(problems).run()
    assert error in at.error[0].value.replace("\\", "")
    assert at.text_input(key="rewards.measure.set.text").value == problems
    assert next(b for b in at.button if b.label == "Measure").disabled
    click(at, "rewards.measure.set.back")
    press(at, "Measure")
    assert Jobs(store).list("measure")[0].job.problems == "chain:n=60"


def test_the_quality_of_rewards_is_shown_with_their_gain(store, pool):
    done(MeasureJob("chain:n=4,steps=7", ("prm:nano", "oracle"), samples=4), store, pool)
    at = open_tab(opened("rewards"), "rewards.tab", "Quality")
    assert list(at.dataframe[0].value["Reward"]) == ["PRM · nano", "Oracle ⚑"]
    assert list(at.dataframe[0].value["Answer AUC"])[1] == 1.0
    assert "16 solutions of 4 problems" in text(at)
    assert text(at).count("It sees the truth.") == 1


@pytest.fixture
def scored(store, pool):
    """The page with the scores of three solutions, and the job."""
    done(ScoreJob("chain:steps=2,seed=1", ("prm:nano", "orm:nano"), samples=3), store, pool)
    return opened("rewards"), Jobs(store).list("score")[0]


def test_a_click_on_a_cell_says_its_step_and_every_score(scored):
    at, row = scored
    assert "Click a cell" in html(at)
    at.session_state[f"rewards.cell.{row.id}"] = 1 * STRIDE + 0
    said = html(at.run()).partition('<div class="rlm-cell">')[2].partition("</div>")[0]
    assert said.startswith("<b>Solution 2, step 1: ")
    assert f"PRM · nano {row.result['scores']['prm:nano']['steps'][1][0]:.2f} · ORM · nano –" in said


def test_the_marks_of_the_matrices_are_explained_above_them(scored):
    assert known("Point of no return").id in html(scored[0]).partition('<div class="rlm-legend">')[2].partition("</div>")[0]


def test_a_solution_can_be_labelled(scored, store):
    at, row = scored
    at.session_state[f"rewards.cell.{row.id}"] = 1 * STRIDE
    click(at.run(), "rewards.label")
    [one] = LabelBook(store).solutions()
    assert one.steps == tuple(row.result["solutions"][1]["steps"])
    assert one.origin == "step scores, seed 0, solution 2"


def test_its_problem_can_be_searched_on_explore_with_its_model(scored):
    at, row = scored
    at.session_state["model"] = "smollm2"  # chosen on Explore before
    at.session_state[f"rewards.cell.{row.id}"] = 0
    click(at.run(), "rewards.explore")
    assert (at.session_state["task"], at.session_state["task.chain.steps"], at.session_state["task.chain.seed"]) == ("chain", 2, 1)
    assert at.session_state["model"] == row.job.model == "nano"
