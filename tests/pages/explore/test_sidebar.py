"""The controls: nothing vanishes when a field is wrong, nothing half-configured can be run, and a run that is opened shows its settings."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core import catalogue
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.problems.families.text import from_text
from rlm_core.runs.store import Store
from tests.pages.app import opened


@pytest.fixture
def at(store) -> AppTest:
    return opened()


def labels(at: AppTest) -> set[str]:
    return {w.label for w in (*at.sidebar.number_input, *at.sidebar.selectbox, *at.sidebar.text_input, *at.sidebar.toggle)}


def said(at: AppTest) -> str:
    return " ".join(e.value for e in at.sidebar.error)


def can_run(at: AppTest) -> bool:
    return not at.button(key="run").disabled


def saved(store: Store, config: RunConfig) -> str:
    return store.create(catalogue.checked(config), make(config.problem))


def test_an_emptied_budget_is_no_limit_so_that_tokens_alone_end_a_run(at, store):
    at.number_input(key="budget.simulations").set_value(None)
    at.number_input(key="budget.tokens").set_value(500).run()
    assert can_run(at) and not said(at)
    at.button(key="run").click().run()
    assert store.list()[0].config.budget == Budget(None, 500)


def test_a_wrong_budget_is_one_sentence_hides_no_other_control_and_the_way_back_is_to_empty_it(at):
    everything = labels(at)
    at.number_input(key="budget.simulations").set_value(None).run()
    assert "needs at least one budget" in said(at) and not can_run(at) and labels(at) == everything
    at.number_input(key="budget.simulations").set_value(0).run()
    assert "A budget of 0 simulations allows nothing" in said(at) and not can_run(at) and labels(at) == everything
    at.number_input(key="budget.simulations").set_value(None)
    at.number_input(key="budget.seconds").set_value(5).run()
    assert can_run(at) and not said(at) and labels(at) == everything


def test_a_problem_that_cannot_be_made_hides_no_other_control(at):
    everything = labels(at)
    at.text_input(key="task.countdown.given").set_value("7 seven").run()
    assert said(at) and not can_run(at) and labels(at) == everything


def test_in_japanese_what_is_wrong_with_a_setting_is_said_in_japanese(store):
    at = opened(lang="ja")
    at.text_input(key="task.countdown.given").set_value("7 seven").run()
    assert said(at).startswith("「7 seven」は、3 7 25 のように空白で区切った") and not can_run(at)
    at.text_input(key="task.countdown.given").set_value("")
    at.number_input(key="budget.simulations").set_value(0).run()
    assert said(at).startswith("予算が0シミュレーションでは何もできません") and not can_run(at)


@pytest.mark.parametrize("text", ["", "   "])
def test_another_model_without_a_name_cannot_be_run(at, text):
    at.selectbox(key="model").set_value("other").run()
    at.text_input(key="model.id").set_value(text).run()
    assert said(at).startswith("No model is named") and not can_run(at)


@pytest.mark.parametrize("text", ["/no/such/folder", "no-such.gguf", "ftp://localhost:8000/v1", "x" * 5000, "~/nothing here"])
def test_what_can_be_no_model_cannot_be_run(at, text):
    at.selectbox(key="model").set_value("other").run()
    at.text_input(key="model.id").set_value(text).run()
    assert said(at).startswith("There is no") and not can_run(at)


def test_an_empty_question_cannot_be_run(at):
    at.selectbox(key="task").set_value("text").run()
    at.selectbox(key="model").set_value("smollm2").run()
    at.text_area(key="text.question").set_value("  ").run()
    assert said(at).startswith("The question is empty") and not can_run(at)


def test_a_published_reward_model_without_a_name_cannot_be_run(at):
    at.selectbox(key="reward").set_value("hub_prm").run()
    assert said(at).startswith("No process reward model is named") and not can_run(at)


def test_the_bundled_model_is_exchanged_with_one_button_where_it_cannot_read_the_problem(at):
    at.selectbox(key="task").set_value("text").run()
    assert "reads only Countdown" in said(at) and not can_run(at)
    at.button(key="use_smollm2").click().run()
    assert at.selectbox(key="model").value == "smollm2" and can_run(at) and not said(at)


def test_an_emptied_parameter_is_its_default(at, store):
    at.number_input(key="search.mcts.c").set_value(None)
    at.number_input(key="search.mcts.width").set_value(None)
    at.number_input(key="seed").set_value(None).run()
    at.button(key="run").click().run()
    config = store.list()[0].config
    assert (config.search_parameters["c"], config.search_parameters["width"], config.seed) == (2**0.5, 4, 0)


def test_the_constant_of_a_rule_is_its_own_until_a_person_sets_one(at, store):
    assert at.number_input(key="search.mcts.c").value is None and at.number_input(key="search.mcts.c").placeholder == "1.41"
    at.selectbox(key="search.mcts.rule").set_value("puct").run()
    assert at.number_input(key="search.mcts.c").placeholder == "1.25"
    at.button(key="run").click().run()
    at.number_input(key="search.mcts.c").set_value(0.7).run()
    at.button(key="run").click().run()
    given, own = (row.config.search_parameters["c"] for row in store.list()[:2])
    assert (own, given) == (1.25, 0.7)


def test_a_reward_is_offered_only_where_the_strategy_asks_one_and_comes_back_as_it_was(at, store):
    at.selectbox(key="reward").set_value("logprob").run()
    at.selectbox(key="search").set_value("self_consistency").run()
    assert "Reward" not in labels(at)
    at.selectbox(key="search").set_value("thinking").run()
    assert "Reward" not in labels(at)
    at.toggle(key="search.thinking.judge").set_value(True).run()
    assert at.selectbox(key="reward").value == "logprob"


OTHERS = [
    RunConfig(search="best_of_n", search_parameters={"n": 6}, reward="logprob", problem="chain:steps=5,seed=4", seed=3, temperature=0.6),
    RunConfig(search="thinking", search_parameters={"chains": 2}, budget=Budget(None, None, 90), problem="chain:seed=9"),
    RunConfig(model="smollm2", search="beam_search", reward="rollouts", problem=from_text("50% of 1,200 (in all)?", "600").spec),
    RunConfig(model="/a/model/of/mine", dtype="bfloat16", problem="words:steps=3,seed=8", budget=Budget(16, 2000)),
    RunConfig(problem="countdown:given=3 7 25,target=46", max_step_tokens=20, max_solution_tokens=100),
]


@pytest.mark.parametrize("config", OTHERS, ids=lambda c: f"{c.model}-{c.search}")
def test_a_run_that_is_opened_shows_its_own_settings_and_run_runs_them(store, config):
    run = saved(store, config)
    store.set_status(run, RunStatus.FINISHED)
    at = opened(run=run)
    assert not [b for b in at.sidebar.button if b.key == "use_settings"]
    if config.model.startswith("/"):  # the folder is not on this machine
        assert said(at).startswith("There is no model") and at.text_input(key="model.id").value == config.model
        return
    at.button(key="run").click().run()
    again = store.list()[0]
    assert again.id != run and again.config == store.get(run).config and again.problem == store.get(run).problem


def test_choices_that_a_run_does_not_have_are_kept_and_said_and_one_button_gives_them_up(store, at):
    run = saved(store, OTHERS[0])
    at.number_input(key="search.mcts.width").set_value(9).run()
    at.query_params["run"] = run
    at.run()
    assert at.number_input(key="search.mcts.width").value == 9
    assert any("made with other settings" in c.value for c in at.sidebar.caption)
    at.button(key="use_settings").click().run()
    assert at.selectbox(key="search").value == "best_of_n" and at.number_input(key="search.best_of_n.n").value == 6
    assert not any("made with other settings" in c.value for c in at.sidebar.caption)


def test_the_settings_of_a_run_can_be_taken_over_where_they_stand_also_if_they_are_those_of_the_controls(store):
    at = opened(run=saved(store, OTHERS[0]))
    assert not [b for b in at.sidebar.button if b.key == "use_settings"]
    at.number_input(key="seed").set_value(77).run()
    at.button(key="take_settings").click().run()
    assert not at.exception
    assert at.number_input(key="seed").value == 3


def test_another_run_that_is_opened_shows_its_settings_where_nothing_was_set_by_hand(store):
    first, second = saved(store, OTHERS[0]), saved(store, OTHERS[1])
    at = opened(run=first)
    at.query_params["run"] = second
    at.run()
    assert at.selectbox(key="search").value == "thinking" and at.number_input(key="budget.seconds").value == 90


def test_a_changed_control_says_that_the_run_shown_has_other_settings(store):
    at = opened(run=saved(store, OTHERS[0]))
    at.number_input(key="seed").set_value(77).run()
    assert any("other settings: Seed" in c.value for c in at.sidebar.caption)


def test_all_settings_of_a_run_stand_on_its_page(store):
    at = opened(run=saved(store, OTHERS[0]))
    table = next(h.proto.body for h in at.get("html") if "Candidates N" in h.proto.body)
    for word in ("Best-of-N", "Mean log-probability", "Temperature", "0.6", "Seed", "no limit", "Simulations"):
        assert word in table


def test_defaults_fit_the_model_and_what_was_set_by_hand_stays(at, store):
    at.selectbox(key="model").set_value("smollm2").run()
    assert at.selectbox(key="reward").value == "logprob" and at.number_input(key="budget.tokens").value == 1000
    at.button(key="run").click().run()
    config = store.list()[0].config
    assert (config.temperature, config.max_step_tokens, config.max_solution_tokens) == (0.6, 256, 2048)
    assert config.budget == Budget(64, 1000) and config.reward == "logprob"
    at.selectbox(key="model").set_value("nano").run()
    assert at.selectbox(key="reward").value == "rollouts" and at.number_input(key="budget.tokens").value is None
    at.button(key="run").click().run()
    config = store.list()[0].config
    assert (config.temperature, config.max_step_tokens, config.max_solution_tokens) == (1.0, 48, 256) and config.budget == Budget()


@pytest.mark.parametrize("tokens", [None, 700])
def test_changing_the_model_resets_nothing_that_was_set_by_hand(at, tokens):
    at.selectbox(key="model").set_value("smollm2").run()
    at.number_input(key="budget.tokens").set_value(tokens)
    at.number_input(key="temperature").set_value(0.9)
    at.number_input(key="max_step_tokens").set_value(99)
    at.selectbox(key="reward").set_value("verifier").run()
    for model in ("nano", "smollm2", "nano"):
        at.selectbox(key="model").set_value(model).run()
        set_by_hand = [at.number_input(key=k).value for k in ("budget.tokens", "temperature", "max_step_tokens")]
        assert set_by_hand == [tokens, 0.9, 99] and at.selectbox(key="reward").value == "verifier"


def test_advanced_sampling_is_in_the_run_that_it_starts_and_in_the_controls_of_the_run_that_is_opened(at, store):
    at.number_input(key="sampling.sampling.top_k").set_value(5)
    at.text_input(key="sampling.sampling.stop").set_value("<eos>").run()
    at.button(key="run").click().run()
    (row,) = store.list()
    assert row.config.sampling == {"top_k": 5, "stop": "<eos>"}
    later = opened(run=row.id)
    assert later.number_input(key="sampling.sampling.top_k").value == 5
    assert later.number_input(key="sampling.sampling.top_p").value == 1
    assert later.text_input(key="sampling.sampling.stop").value == "<eos>"
