"""A new sweep: the controls say what is started, and a mistake gets one sentence."""

from __future__ import annotations

import msgspec
import pytest

from pages.scaling.builder import BUDGET_KIND, BUDGET_VALUES, FIRST_STRATEGIES, MAX_STRATEGIES, NAME, budgets_of
from pages.scaling.page import NEW, RESULTS, TAB
from pages.scaling.ready import example
from pages.shared.problem_form import KIND, WORDS
from rlm_core.core.config import Budget
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.queue import Jobs
from tests.pages.app import click, go_to, open_tab, opened, press, text
from tests.problem_files import imported


@pytest.fixture
def at(store):
    return open_tab(opened("scaling"), TAB, NEW)


def start(at, store):
    """The job that is asked for when Start is pressed; None if it is refused."""
    press(at, "Start the sweep")
    found = Jobs(store).list("sweep")
    return found[0].job if found else None


def refused(at) -> str:
    """What the page says before Start is pressed, which cannot be pressed then."""
    assert next(b for b in at.button if b.label == "Start the sweep").disabled
    return at.error[0].value


def edited(at) -> str:
    """The key of the form that is shown."""
    return at.selectbox(key="scaling.new.edited").value


def titled(strategies) -> list[tuple[str, str, str]]:
    """Title, search and reward."""
    return [(s.title, s.search, s.reward) for s in strategies]


def test_the_first_sweep_has_two_strategies_of_the_example_on_few_problems(at, store):
    assert "20 problems × 2 strategies × 4 budgets = **160 searches**, 76,800 tokens at most" in text(at)
    job = start(at, store)
    assert job.problems == "chain:n=20"
    assert [s.title for s in job.strategies] == ["Majority", "Best-of-N"]
    assert [b.tokens for b in job.budgets] == [128, 256, 512, 1024]


def test_the_strategies_of_the_example_are_one_click(at, store):
    click(at, "scaling.new.all")
    assert titled(start(at, store).strategies) == titled(example().strategies)


def test_a_ready_strategy_is_added_and_the_list_is_ready_for_the_next(at, store):
    at.selectbox(key="scaling.new.ready").set_value("MCTS with a PRM").run()
    assert at.selectbox(key="scaling.new.ready").value is None
    assert titled(start(at, store).strategies[2:]) == [("MCTS with a PRM", "mcts", "prm:nano")]


def test_a_ready_strategy_has_the_model_that_is_edited_and_what_fits_it(at):
    at.selectbox(key=f"{edited(at)}.model").set_value("smollm2").run()
    at.selectbox(key="scaling.new.ready").set_value("Beam search").run()
    assert at.selectbox(key=f"{edited(at)}.model").value == "smollm2"
    assert at.selectbox(key=f"{edited(at)}.reward").value == "logprob"


def test_a_kind_and_its_settings_are_written_as_a_set(at, store):
    at.selectbox(key="scaling.new.problems.kind").set_value("countdown").run()
    at.number_input(key="scaling.new.problems.countdown.numbers").set_value(4).run()
    at.number_input(key="scaling.new.problems.n").set_value(7).run()
    assert start(at, store).problems == "countdown:n=7,numbers=4"


def test_an_imported_set_is_chosen_like_a_kind(store):
    kept = imported(store)
    at = open_tab(opened("scaling"), TAB, NEW)
    at.selectbox(key="scaling.new.problems.kind").set_value("set:GSM8K").run()
    at.number_input(key=f"scaling.new.problems.set.{kept.id}.n").set_value(3).run()
    at.toggle(key=f"scaling.new.problems.set.{kept.id}.random").set_value(True).run()
    at.number_input(key=f"scaling.new.problems.set.{kept.id}.seed").set_value(5).run()
    assert "4 problems of gsm8k" in text(at).replace("\\", "")
    assert "split test" in text(at)
    assert "The bundled model reads only" in refused(at)
    at.selectbox(key=f"{edited(at)}.model").set_value("smollm2").run()
    click(at, "scaling.new.all")
    assert start(at, store).problems == "set:GSM8K:n=3,seed=5"


@pytest.mark.parametrize("problems", ["set:GSM8K:n=3", "set:GSM8K:n=2,seed=5", "chain:n=7", "countdown:n=9,numbers=4"])
def test_what_the_list_can_say_is_put_into_the_list(store, problems):
    imported(store)
    at = opened("scaling", problems=problems)
    assert at.session_state["scaling.new.problems.how"] == KIND
    assert start(at, store).problems == problems


@pytest.mark.parametrize("problems", ["set:GSM8K:n=1,first=4", "set:GSM8K#4"])
def test_what_the_list_cannot_say_is_put_into_words(store, problems):
    imported(store)
    at = opened("scaling", problems=problems)
    assert at.text_input(key="scaling.new.problems.text").value == problems
    assert start(at, store).problems == problems


def test_a_link_to_a_set_that_is_gone_says_so(store):
    assert "There is no problem set named" in refused(opened("scaling", problems="set:GSM8K:n=3"))


def test_strategies_of_a_link_come_along_with_all_their_settings(store):
    asked = (
        Strategy("Few", search="best_of_n", search_parameters={"n": 3, "batch": 1}, reward="prm:nano", temperature=0.4),
        Strategy("Small tree", search="mcts", search_parameters={"width": 2}, reward="rollouts", max_step_tokens=20),
    )
    job = start(opened("scaling", problems="chain:n=7", strategies=msgspec.json.encode(asked).decode()), store)
    assert titled(job.strategies) == titled(asked)
    assert [s.temperature for s in job.strategies] == [0.4, None]
    assert [s.max_step_tokens for s in job.strategies] == [None, 20]
    assert job.strategies[0].search_parameters["n"] == 3


def test_strategies_of_a_link_that_cannot_be_read_are_said_and_the_problems_stand(store):
    at = opened("scaling", problems="chain:n=7", strategies='[{"search": "nothing"}]')
    assert "nothing" in at.error[0].value
    assert [s.title for s in start(at, store).strategies] == ["Majority", "Best-of-N"]


def test_strategies_that_measure_a_set_of_words_have_a_model_that_reads_them(store):
    imported(store)
    job = start(opened("scaling", problems="set:GSM8K:n=4"), store)
    assert {s.model for s in job.strategies} == {"smollm2"}
    assert [s.reward for s in job.strategies if s.search == "best_of_n"] == ["logprob"]


def test_a_given_name_follows_another_search_and_a_typed_one_stays(at, store):
    form = edited(at)
    at.selectbox(key=f"{form}.search").set_value("beam_search").run()
    assert at.text_input(key=f"{form}.name").value == ""
    assert start(at, store).strategies[0].title == "Beam search"
    at = open_tab(opened("scaling"), TAB, NEW)
    form = edited(at)
    at.text_input(key=f"{form}.name").set_value("Mine").run()
    at.selectbox(key=f"{form}.search").set_value("beam_search").run()
    assert start(at, store).strategies[0].title == "Mine"


def test_a_search_that_begins_to_ask_a_reward_asks_the_usual_one_of_its_model(at):
    form = edited(at)
    at.selectbox(key=f"{form}.model").set_value("smollm2").run()
    at.selectbox(key=f"{form}.search").set_value("best_of_n").run()
    assert at.selectbox(key=f"{form}.reward").value == "logprob"


def test_a_reward_of_another_model_gives_way_to_the_usual_one(at):
    at.selectbox(key="scaling.new.edited").set_value(list(at.session_state["scaling.new.strategies"])[1]).run()
    form = edited(at)
    assert at.selectbox(key=f"{form}.reward").value == "prm:nano"
    at.selectbox(key=f"{form}.model").set_value("smollm2").run()
    assert at.selectbox(key=f"{form}.reward").value == "logprob"


def test_a_strategy_that_is_added_is_like_the_one_that_was_edited_in_another_name(at, store):
    click(at, "scaling.new.add")
    job = start(at, store)
    assert [s.title for s in job.strategies][-1] == "Majority 2"
    assert job.strategies[-1].search_parameters == job.strategies[0].search_parameters


def test_no_more_than_eight_strategies_can_be_added_and_the_last_one_stays(at):
    for _ in range(MAX_STRATEGIES - FIRST_STRATEGIES):
        click(at, "scaling.new.add")
    assert at.button(key="scaling.new.add").disabled
    for _ in range(MAX_STRATEGIES - 1):
        click(at, "scaling.new.remove")
    assert at.button(key="scaling.new.remove").disabled


def test_a_strategy_that_is_changed_keeps_its_change_while_another_is_edited(at, store):
    edited = at.selectbox(key="scaling.new.edited")
    first, second = list(at.session_state["scaling.new.strategies"])[:2]
    at.text_input(key=f"{first}.name").set_value("Votes").run()
    edited.set_value(second).run()
    at.selectbox(key="scaling.new.edited").set_value(first).run()
    assert at.text_input(key=f"{first}.name").value == "Votes"
    assert start(at, store).strategies[0].title == "Votes"


@pytest.mark.parametrize(
    ("kind", "text", "budgets"),
    [
        ("tokens", "64, 128", (Budget(None, tokens=64), Budget(None, tokens=128))),
        ("seconds", "0.5 2", (Budget(None, seconds=0.5), Budget(None, seconds=2.0))),
        ("reward_passes", "8,8,16", (Budget(None, reward_passes=8), Budget(None, reward_passes=16))),
    ],
)
def test_budgets_are_numbers_of_one_kind(kind, text, budgets):
    assert budgets_of(kind, text) == budgets


@pytest.mark.parametrize("text", ["", "many", "64, 0", "-3", "1.5", ",".join(map(str, range(1, 30))), "nan", "1e400"])
def test_budgets_that_cannot_be_are_refused_in_a_sentence(text):
    assert isinstance(budgets_of("tokens", text), Exception)


@pytest.mark.parametrize("text", ["nan", "inf"])
def test_seconds_without_end_are_refused(text):
    assert isinstance(budgets_of("seconds", text), Exception)


def test_a_sweep_with_a_mistake_is_not_started_and_the_reason_is_shown(at, store):
    at.text_input(key=BUDGET_VALUES).set_value("some").run()
    assert "are no budgets" in refused(at)


def test_a_set_that_cannot_be_made_is_not_started(at, store):
    at.session_state["scaling.new.problems.how"] = "In words"
    at.run()
    at.text_input(key="scaling.new.problems.text").set_value("chain:steps=7").run()
    assert "does not say how many" in refused(at)


def test_the_second_strategy_of_a_name_has_a_number(at, store):
    at.text_input(key=f"{edited(at)}.name").set_value("Best-of-N").run()
    assert [s.title for s in start(at, store).strategies] == ["Best-of-N", "Best-of-N 2"]


def test_a_strategy_that_cannot_run_is_named_before_the_start(at):
    at.selectbox(key=f"{edited(at)}.model").set_value("other").run()
    assert refused(at).startswith("Majority")


def test_seconds_can_be_the_budget(at, store):
    at.session_state[BUDGET_KIND] = "seconds"
    at.run()
    at.text_input(key=BUDGET_VALUES).set_value("1, 2.5").run()
    assert start(at, store).budgets == (Budget(None, seconds=1.0), Budget(None, seconds=2.5))


CONTROLS = ("text_input", "number_input", "selectbox", "toggle", "button_group")
DECIDING = ("problems.kind", "edited", "ready", "search", "model", "reward", ".step", ".language")
"""Ends of the keys of controls that decide which others there are; the bundled model has one kind of step and one language alone."""

WRITTEN = {BUDGET_VALUES: "5, 7", "scaling.new.problems.text": "chain:n=2,steps=3", "scaling.new.problems.countdown.given": "3 7 25"}
"""Texts that are understood, by key; any will do for the others."""


def shown(at) -> dict[str, object]:
    """The value of every control of the form by its key."""
    return {w.key: w.value for kind in CONTROLS for w in at.get(kind) if w.key.startswith("scaling.new.")}


def change_everything(at, how: str) -> None:
    """Give every control another value than a new form has."""
    at.selectbox(key="scaling.new.problems.kind").set_value("countdown").run()
    at.selectbox(key="scaling.new.edited").set_value(list(at.session_state["scaling.new.strategies"])[1]).run()
    at.selectbox(key=f"{edited(at)}.search").set_value("mcts").run()
    at.selectbox(key=f"{edited(at)}.reward").set_value("rollouts").run()
    before = shown(at)
    at.session_state["scaling.new.problems.how"] = how
    at.session_state[BUDGET_KIND] = "simulations"
    at.run()
    for w in at.selectbox:
        if not w.key.endswith(DECIDING):
            w.select_index(1)
    for w in at.number_input:
        at_first = w.value if w.value is not None else w.min or 0
        w.set_value(at_first - w.step if w.max is not None and at_first + w.step > w.max else at_first + w.step)
    for w in at.toggle:
        w.set_value(not w.value)
    for w in at.text_input:
        w.set_value(WRITTEN.get(w.key, "Other"))
    at.run()
    same = {key for key, value in shown(at).items() if before.get(key) == value and not key.endswith((*DECIDING, "problems.how"))}
    assert same == set()


@pytest.mark.parametrize(("how", "problems"), [(KIND, "countdown:n=30,"), (WORDS, "chain:n=2,steps=3")])
def test_every_control_keeps_its_value_and_start_runs_what_is_shown(at, store, how, problems):
    change_everything(at, how)
    changed = shown(at)
    job = start(at, store)
    assert job.name == changed[NAME]
    assert job.problems.startswith(problems)
    assert job.budgets == (Budget(5), Budget(7))
    assert at.session_state[TAB] == RESULTS
    for _ in range(2):
        open_tab(at, TAB, NEW)
        assert shown(at) == changed
        open_tab(at, TAB, RESULTS)
    open_tab(at, TAB, NEW)
    go_to(at, "runs")
    go_to(at, "scaling")
    assert shown(at) == changed
    assert start(at, store) == job
    assert len(Jobs(store).list("sweep")) == 2
