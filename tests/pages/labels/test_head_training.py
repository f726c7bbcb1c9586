"""From labels to a reward: labels are given, a head is trained on them, and the Explore page offers it and shows its runs."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.config import Budget, RunConfig
from rlm_core.jobs.label import LabelJob
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.train import TrainJob
from rlm_core.labels.base import BAD, GOOD, HUMAN, Label, solution
from rlm_core.labels.book import LabelBook
from rlm_core.problems import make, task
from tests.pages.app import open_tab, opened, press, text
from tests.runs.at_once import next_done
from tests.saved import save
from tests.searching import run_to_end


def label_six_chains(store) -> None:
    """Solutions of six problems, of which every other one errs in its second step, each labelled as it is."""
    book = LabelBook(store)
    for seed in range(6):
        problem = make(f"chain:steps=2,seed={seed}")
        first, second = task("chain").solution(problem)
        left, value = second.split("<answer>")[0].split("=")
        wrong = seed % 2
        one = solution(problem, (first, f"{left}={int(value) + wrong}<answer>{int(value) + wrong}"))
        book.add([one])
        book.put([Label(one.id, 0, HUMAN, "Grace", GOOD, 1.8e9), Label(one.id, 1, HUMAN, "Grace", BAD if wrong else GOOD, 1.8e9)])


def test_a_reward_trained_on_human_labels_is_offered_and_judges_a_run(store, pool, nano):
    label_six_chains(store)
    at = open_tab(opened("labels"), "labels.tab", "Train")
    at.text_input(key="train.name").set_value("grace")
    at.toggle(key="train.measured").set_value(False).run()
    press(at, "Train")
    assert isinstance(Jobs(store).list("train")[0].job, TrainJob)
    next_done(store, pool)
    assert "can now be chosen as a reward for nano \\(bundled, 1M\\)" in text(at.run())
    assert "It learned from 12 human labels of 6 solutions" in text(at)

    at = opened()
    at.selectbox(key="reward").set_value("prm:grace").run()
    assert "trained on 12 human labels of 6 problems" in text(at)
    press(at, "Run")
    config = store.list()[0].config
    assert config.reward == "prm:grace"
    short = catalogue.checked(RunConfig(reward="prm:grace", budget=Budget(3)))
    _, records = run_to_end(short, nano.policy(), source=pool)
    assert "PRM · grace" in text(opened(run=save(store, records, short)))


def test_training_says_what_it_needs(store):
    at = open_tab(opened("labels"), "labels.tab", "Train")
    assert "The label book holds no labels yet" in at.info[0].value
    assert next(b for b in at.button if b.label == "Train").disabled


def test_automatic_labels_are_made_by_a_job(store, pool):
    label_six_chains(store)
    at = open_tab(opened("labels"), "labels.tab", "Make labels")
    at.selectbox(key="labels.maker").set_value("oracle").run()
    press(at, "Make labels")
    assert [row.job for row in Jobs(store).list("label")] == [LabelJob("oracle")]
    next_done(store, pool)
    assert "12 labels for 6 solutions" in text(at.run())
    assert "have these labels already" in text(at)


@pytest.mark.slow
def test_rollouts_of_the_bundled_model_label_every_step(store, pool):
    label_six_chains(store)
    at = open_tab(opened("labels"), "labels.tab", "Make labels")
    at.number_input(key="labels.rollouts").set_value(2).run()
    press(at, "Make labels")
    asked = LabelJob("soft", "nano", rollouts=2)
    assert [row.job for row in Jobs(store).list("label")] == [asked]
    next_done(store, pool)
    assert "12 labels for 6 solutions" in text(at.run())
    assert {label.value for label in LabelBook(store).labels(source="soft", by=asked.by)} <= {0.0, 0.5, 1.0}
