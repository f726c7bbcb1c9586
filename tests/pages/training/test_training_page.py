"""The Training page with a real training by the smallest preset: every tab draws what its files hold."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from pages.training import findings
from pages.training.curves import panels
from pages.training.progress import time_left
from pages.training.sources import Rows
from rlm_core.core.paths import ASSETS
from rlm_core.core.wording import problem_label
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.train_adapter import AdapterJob
from rlm_core.jobs.train_policy import PolicyJob
from rlm_core.models import checkpoints
from rlm_core.runs.training_files import PassesRow, TrainingFolder
from rlm_core.training.recipe import FIVE_MINUTES, SMOKE
from tests.pages.app import click, html, open_tab, opened, press, row, text

pytestmark = pytest.mark.slow
TAB = "training.tab"
TABS = {
    "Pipeline": "Measured on the same 4 held-out problems",
    "Curves": "Every panel has the same x axis",
    "A group": "",
    "Answers over time": "After step 0",
    "What it costs": "The gap between pass@2 and pass@1",
    "Training and search": "Two trees on the same problem",
}


def shown(tab: str, **query: str) -> AppTest:
    return open_tab(opened("training", **query), TAB, tab)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_draws_what_the_training_holds(training, tab):
    at = shown(tab)
    assert TABS[tab] in text(at) and not at.error
    assert at.query_params["training"] == training.training


def test_the_table_of_stages_has_the_measured_figures(training):
    at = shown("Pipeline")
    for stage in training.stages():
        value, low, high = stage.measures.pass_at_1
        assert f"{value:.2f} [{low:.2f}, {high:.2f}]" in row(at, stage.title)
    started = {s.title: row(at, s.title)[2] for s in training.stages()}
    assert started["Rejection sampling, SFT from the base"] == started["Cold start"] == "Base"


def test_a_checkpoint_is_chosen_in_explore(training):
    at = click(shown("Pipeline"), "training.search.final_rl")
    assert at.session_state["model"] == training.stages()[-1].checkpoint


def test_without_a_checkpoint_there_is_nothing_to_search_with(training, store):
    (store.folder / "checkpoints").unlink()
    at = shown("Pipeline")
    assert "are not on this machine" in text(at) and "training.search.base" not in {b.key for b in at.button}
    assert "Two models of a training are needed" in text(open_tab(at, TAB, "Training and search"))


def test_only_curves_that_exist_have_a_panel(training):
    found = Rows(training.curve(), training.stages(), [], [])
    titles = [p.title for p in panels(found)]
    assert "Entropy (nats per token)" in titles and "KL from the reference (nats per token)" not in titles  # DAPO has no reference
    reward = panels(found)[0]
    assert [c.name for c in reward.curves] == ["all parts", "answer", "format", "language", "brevity"]
    drawn = [point for stretch in reward.curves[0].points for point in stretch]
    assert drawn == [(r.at, r.reward) for r in training.curve() if r.reward is not None]


def test_every_step_and_prompt_of_the_film_is_shown(training):
    at = shown("Answers over time", at="11")
    assert "After step 11" in text(at) and "RL for all rewards" in text(at)
    at.selectbox(key="training.answers.prompt.True").set_value(1).run()
    assert training.followed(11)[1].problem.question in html(at)


def test_a_group_from_which_was_learned_has_advantages_and_is_opened_as_a_run_once(training, store):
    at = shown("Answers over time", at="5")
    at.session_state["training.answers.how"] = "Every group of a step"
    at.run()
    group = training.groups(5)[0]
    assert group.problem.question in html(at) and html(at).count('class="advantage"') >= 1
    click(at, "training.answers.open")
    (run,) = store.list()
    assert run.elsewhere == "training seen, step 5" and run.problem == group.problem


def test_both_models_of_a_comparison_search_the_same_problem_with_the_same_budget(training, store):
    click(shown("Training and search"), "training.search.compare")
    configs = [r.config for r in store.list()]
    stages = training.stages()
    assert {c.model for c in configs} == {stages[0].checkpoint, stages[-1].checkpoint}
    assert len({(c.problem, c.search, c.budget, c.seed) for c in configs}) == 1


def test_a_sweep_has_every_strategy_with_both_models_at_equal_tokens(training, store):
    at = press(shown("Training and search"), "Start the sweep")
    (job,) = Jobs(store).list("sweep")
    assert len(job.job.strategies) == 6 and len({s.title for s in job.job.strategies}) == 6
    assert all(b.tokens and b.simulations is None for b in job.job.budgets)
    assert "Open in Scaling" in [b.label for b in at.button]


@pytest.mark.parametrize("file", ["stages.jsonl", "curve.jsonl"])
@pytest.mark.parametrize("tab", ["Pipeline", "Curves"])
def test_a_damaged_file_is_one_sentence_and_the_other_tabs_stay(training, file, tab):
    (training.path / file).write_text("{\n")
    at = shown(tab)
    assert [f"Line 1 of {file}" in e.value.replace("\\", "") for e in at.error] == [True]


def test_a_damaged_group_is_one_sentence(training):
    (training.path / "followed" / "0.jsonl.gz").write_bytes(b"no gzip")
    at = shown("Answers over time")
    assert [e.value.replace("\\", "").startswith("followed/0.jsonl.gz of the training seen cannot be read") for e in at.error] == [True]


def test_damaged_settings_take_nothing_away(training):
    (training.path / "settings.json").write_text("{")
    assert "Measured on the same 4 held-out problems" in text(shown("Pipeline"))


def test_a_training_of_your_own_comes_before_a_bundled_one_and_a_new_one_is_called_otherwise(training):
    training.path.rename(training.path.with_name("five-minutes-0"))
    assert "Measured on the same 4 held-out problems" in text(opened("training", training="five-minutes-0"))
    at = shown("New training")
    assert at.text_input(key="training.new.name").value == "five-minutes-0-2"
    at.selectbox(key="training.new.preset").set_value("leaky-reward").run()
    assert at.text_input(key="training.new.name").value == "leaky-reward-0-2"  # as a bundled one has the name
    at.selectbox(key="training.new.preset").set_value("smoke").run()
    assert at.number_input(key="training.new.cold_traces").placeholder == str(SMOKE.cold_traces)  # what an empty field means


def test_the_groups_of_a_step_are_those_that_are_offered(training):
    at = shown("A group")
    for step in training.kept_steps():
        at.select_slider(key="training.lens.step").set_value(step).run()
        offered = at.selectbox(key=f"training.lens.group.{training.training}.{step}").options
        assert [o.partition(" · ")[2].rpartition(" · ")[0] for o in offered] == [problem_label(g.problem) for g in training.groups(step)]
    assert "weight 1" in text(at)


def test_an_address_of_no_training_says_so_and_shows_the_newest(training):
    at = opened("training", training="gone")
    assert "There is no training “gone” here" in text(at) and "Measured on" in text(at)


def test_a_training_at_work_says_how_far_it_is(training):
    lines = (training.path / "stages.jsonl").read_bytes().splitlines(keepends=True)
    (training.path / "stages.jsonl").write_bytes(b"".join(lines[:2]))
    assert "step 2 of 2" in text(shown("Pipeline"))


def test_a_reward_that_rises_without_right_answers_is_pointed_out(training: TrainingFolder):
    rows = Rows(training.curve(), training.stages(), [], [])
    assert findings.hacking(rows) == []  # a stage of three steps tells nothing
    sample = json.loads((training.path / "curve.jsonl").read_bytes().splitlines()[3])
    (training.path / "curve.jsonl").write_text(
        "".join(
            json.dumps(sample | {"at": i, "step": i, "reward": 0.2 + 0.02 * i, "parts": {"stated": 0.2 + 0.02 * i}}) + "\n"
            for i in range(1, 31)
        )
    )
    (said,) = findings.hacking(Rows(training.curve(), training.stages(), [], []))
    assert "the reward rose from 0.24 to 0.78" in said and "stated 0.24 → 0.78" in said


def test_a_reward_that_stays_is_pointed_out_only_if_it_was_not_earned_by_right_answers():
    leaky = TrainingFolder("leaky-reward-0", ASSETS)
    (said,) = findings.hacking(Rows(leaky.curve(), leaky.stages(), [], []))
    assert "the reward stayed at" in said and "pass@1 on held-out problems fell" in said
    honest = [msgspec.structs.replace(row, parts=row.parts | {"answer": 0.6}) for row in leaky.curve()]
    assert findings.hacking(Rows(honest, leaky.stages(), [], [])) == []  # learned by heart, not hacked


def test_pass_at_k_is_drawn_from_the_answers_that_are_there(training: TrainingFolder):
    at = shown("What it costs")
    assert "pass@k over the number of answers" in text(at) and "rlm-explorer train passes seen --samples 64" in [c.value for c in at.code]
    stages = training.stages()
    for stage, right in ((stages[0], 1), (stages[-1], 3)):
        training.put_passes(PassesRow(stage.stage, 64, [right] * stage.measures.problems))
    at = shown("What it costs")
    said = text(at).replace("\\", "")
    assert f"With 1 answer “{stages[-1].title}” solves more: +0.03 [+0.03, +0.03]" in said and "With 32 answers" in said
    assert "64 answers to each" in text(at)


def test_a_new_training_is_asked_for_with_the_settings_of_its_preset(store):
    at = shown("New training")
    assert "are kept. It takes about" in text(at)
    at.selectbox(key="training.new.preset").set_value("smoke").run()
    at.number_input(key="training.new.seed").set_value(3).run()
    press(at, "Train the policy")
    (row,) = Jobs(store).list("train_policy")
    assert row.job == PolicyJob("smoke-3", replace(SMOKE, seed=3, variant=FIVE_MINUTES.variant))
    assert "has not begun yet" in text(at) and "Pause" in [b.label for b in at.button]


def test_a_name_that_is_taken_is_refused_and_another_one_is_offered(training, store):
    at = shown("New training")
    at.text_input(key="training.new.name").set_value(training.training).run()
    press(at, "Train the policy")
    assert ["There is a training seen already" in e.value for e in at.error] == [True] and Jobs(store).list() == []


def test_a_paused_training_can_go_on_or_be_stopped_for_good(training, store):
    jobs = Jobs(store)
    id = jobs.create(PolicyJob(training.training, SMOKE))
    at = opened("training")
    click(at, f"training.pause.{id}")
    at.run()
    assert "seen is paused" in text(at)
    click(at, f"training.resume.{id}")
    assert jobs.get(id).active
    jobs.cancel(id)
    at.run()
    training.state.write_bytes(b"")
    click(at, f"training.stop.{id}")
    assert jobs.list() == [] and not training.state.exists() and "Measured on" in text(at)


def test_time_left_is_known_once_every_kind_of_step_was_timed(training):
    job, curve = PolicyJob(training.training, SMOKE), training.curve()
    assert time_left(job, curve[:3]) is None
    assert time_left(job, curve) == 0.0
    left = time_left(job, curve[:6])
    assert left is not None and left > 0


def test_an_adapter_shows_what_it_changed_and_can_be_searched_with(store):
    at = shown("Adapters")
    facts = checkpoints.card(checkpoints.bundled_folder() / "smollm2-words")
    for spec, measured in facts.measures.items():
        value, low, high = measured["pass@1"]
        assert row(at, spec)[-1] == f"{value:.2f} [{low:.2f}, {high:.2f}]"
    click(at, "training.adapter.search")
    assert at.session_state["model"] == "checkpoint:smollm2-words" and at.session_state["task"] == "words"


def test_an_adapter_is_asked_for_with_what_it_learns(store):
    at = shown("Adapters")
    at.number_input(key="training.adapter.steps").set_value(50).run()
    at.text_area(key="training.adapter.problems").set_value("words:steps=2*1\nchain:steps=3*0.5").run()
    press(at, "Train an adapter")
    (asked,) = Jobs(store).list("train_adapter")
    assert asked.job == AdapterJob("smollm2-adapter", steps=50, problems=("words:steps=2*1", "chain:steps=3*0.5"))
    assert "Pause" in [b.label for b in at.button]


def test_an_adapter_that_cannot_be_trained_is_one_sentence(store):
    at = shown("Adapters")
    at.text_input(key="training.adapter.name").set_value("my words").run()
    press(at, "Train an adapter")
    assert any("A checkpoint cannot be called 'my words'" in e.value.replace("\\", "") for e in at.error)
    at.text_input(key="training.adapter.name").set_value("mine").run()
    at.text_area(key="training.adapter.problems").set_value("text:question=What?").run()
    press(at, "Train an adapter")
    assert any("kinds with worked solutions" in e.value.replace("\\", "") for e in at.error) and Jobs(store).list() == []


def test_the_bundled_trainings_are_there_at_first_start(store):
    at = opened("training")
    assert at.query_params["training"] == "five-minutes-0" and "Measured on the same 300 held-out problems" in text(at)
    assert "Problem by problem pass@1 changed by +0.170" in text(at)
    assert "Measured when this training was made" in text(open_tab(at, TAB, "Training and search"))
    leaky = open_tab(opened("training", training="leaky-reward-0"), TAB, "What it costs")
    assert any("pays for something that is no right answer" in e.value for e in leaky.warning)
