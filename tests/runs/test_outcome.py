"""The right answer and what was cut off are said as the log has them."""

from __future__ import annotations

from rlm_core.catalogue import answer_method
from rlm_core.core.events import Answered, NodeAdded, Record, RunStarted, Selected, Spent, Token, Vote
from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree, replay
from rlm_core.problems import make
from rlm_core.runs.outcome import choice, cut_off, picked_by, right_answer, two_choices, unanswered, why_unanswered
from tests.helpers import best_of_n_log, random_log

LIMITS = {"max_step_tokens": 4, "max_solution_tokens": 256}
SAMPLED = LIMITS | {"search": "best_of_n"}
"""Limits of a search that compares whole candidates."""


def grown(*steps: NodeAdded, config: dict | None = None) -> SearchTree:
    start = RunStarted(LIMITS if config is None else config, make("chain:steps=2,seed=1"), False)
    return replay(Record(i, 0.0, e) for i, e in enumerate((start, NodeAdded(0, None), *steps), 1))


def step(node: int, tokens: int, **more) -> NodeAdded:
    return NodeAdded(node, 0, "1+1=2", tuple(Token(1, "1", -0.1) for _ in range(tokens)), **more)


def test_a_reference_is_the_right_answer_and_without_one_nothing_is_made_up():
    chain = make("chain:steps=3,seed=3")
    assert right_answer(chain) == chain.reference
    assert right_answer(Problem("text", "", "What is love?")) == ""


def test_countdown_has_no_single_right_answer():
    problem = make("countdown:given=3 7 25,target=46")
    assert right_answer(problem) == "anything that makes 46 of 3, 7 and 25, each used once"


def test_candidates_that_were_cut_off_are_counted_with_the_limit_they_met():
    tree = grown(step(1, 2, finished=True, answer="2"), step(2, 4, cut=True), step(3, 3, finished=True, answer="2"), config=SAMPLED)
    assert cut_off(tree) == "1 of 3 candidates was cut off at the limit of 4 tokens per step"
    tree = grown(step(1, 3, cut=True), step(2, 4, cut=True))
    assert cut_off(tree) == "2 steps were cut off at the limit of 4 tokens per step and 256 tokens per solution"


def test_what_the_budget_of_tokens_cut_off_is_not_laid_to_a_limit_of_length():
    bounded = LIMITS | {"budget": {"simulations": None, "tokens": 6, "seconds": None}}
    tree = grown(step(1, 3, finished=True, answer="2"), step(2, 3, cut=True), config=bounded | {"search": "best_of_n"})
    tree.apply(Record(5, 0.0, Spent("expand", 6)))
    assert cut_off(tree) == "1 of 2 candidates was cut off when the budget of tokens was used up"
    tree = grown(step(1, 4, cut=True), step(2, 2, cut=True), config=bounded)
    tree.apply(Record(5, 0.0, Spent("expand", 6)))
    assert cut_off(tree) == "2 steps were cut off at the limit of 4 tokens per step or when the budget of tokens was used up"


def test_nothing_is_said_where_nothing_was_cut_and_no_limit_is_invented():
    assert cut_off(grown(step(1, 2))) == ""
    assert cut_off(grown(step(1, 4, cut=True), config={})) == "1 step was cut off at the limit of the run's length"


def test_a_solution_that_filled_both_limits_is_laid_to_that_of_the_solution():
    tree = grown(step(1, 4, cut=True), config=LIMITS | {"max_solution_tokens": 4})
    assert cut_off(tree) == "1 step was cut off at the limit of 4 tokens per solution"


def test_candidates_that_finished_without_an_answer_are_no_unfinished_ones():
    tree = grown(step(1, 2, finished=True), step(2, 4, cut=True), config=SAMPLED)
    assert why_unanswered(tree) == "1 of 2 candidates finished without stating an answer"
    assert why_unanswered(grown(step(1, 4, cut=True), config=SAMPLED)) == "no candidate was finished"


def test_a_candidate_that_states_an_answer_is_not_called_silent():
    tree = grown(step(1, 2, finished=True, answer="2"), config=SAMPLED)
    assert unanswered(tree) == ""
    assert why_unanswered(tree) == "no candidate that states an answer was weighed"


def test_a_choice_that_goes_against_the_longest_bar_is_explained():
    votes = (Vote("11", 42.0, (1, 2), False), Vote("12", 34.0, (3,), True))
    said = choice(Answered("visits", "12", 3, True, votes))
    assert "most visited child" in said
    assert "longest bar is not the answer here" in said
    assert "longest bar" not in choice(Answered("weighted", "11", 1, False, votes))


def test_the_rule_of_the_search_and_the_method_of_the_answer_are_told_apart():
    records = random_log(3, 40)
    end = next(i for i, r in enumerate(records) if isinstance(r.event, Answered))
    rule = next(r.event.rule for r in records if isinstance(r.event, Selected)).upper()
    method = answer_method(records[end].event.method).sentence
    assert two_choices(replay(records)) == f"{rule} says only where the search goes next; the answer is picked by {method}."
    assert two_choices(replay(records[:end])) == f"{rule} says only where the search goes next; the answer is picked when the search ends."
    assert picked_by(replay(records)) == f"picked by highest value, not by {rule}"
    assert picked_by(replay(records[:end])) == ""
    assert two_choices(replay(best_of_n_log(2, 10))) == picked_by(replay(best_of_n_log(2, 10))) == ""
