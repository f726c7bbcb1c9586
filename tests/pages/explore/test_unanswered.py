"""A run without an answer says whether its solutions finished silent or were cut off, by which limit, and what helps."""

from __future__ import annotations

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.tree import SearchTree
from tests.pages.app import html, opened, text
from tests.saved import save
from tests.searching import run_to_end
from tests.speaker import speaking

SILENT = "40+6=44."
LONG = "so we go on and on\n" * 20
"""19 tokens a line, so that the sixth line has 5 of 100 tokens left."""


def config(budget: Budget | None = None, **limits: int) -> RunConfig:
    lengths = {"max_step_tokens": 64, "max_solution_tokens": 100} | limits
    given = {"problem": "text:question=What is 40+6?,answer=46", "search": "chain_of_thought", "reward": "logprob"}
    return RunConfig(model="smollm2", budget=budget or Budget(), **given, **lengths)


def ran(said: str, chosen: RunConfig) -> SearchTree:
    return run_to_end(chosen, speaking(lambda prompt: said, thinks=False))[0]


def shown(store, said: str, node: str = "1"):
    """The page of a run of a chain of a model that says so."""
    chosen = config()
    _, records = run_to_end(chosen, speaking(lambda prompt: said, thinks=False))
    return opened(run=save(store, records, chosen), node=node)


def test_a_finished_solution_without_an_answer_is_not_called_unfinished(store):
    at = shown(store, SILENT)
    (said,) = [i.value for i in at.info if "no answer" in i.value]
    assert said.startswith("There is no answer: 1 of 1 candidate finished without stating an answer.")
    assert "a larger budget lengthens no finished solution" in said
    assert "<b>No answer</b><span>1 of 1 candidate finished without stating an answer</span>" in html(at)
    assert "It finished without stating an answer; the verifier says **wrong**." in text(at)


def test_a_solution_that_was_cut_off_is_not_called_finished(store):
    at = shown(store, LONG, node="6")
    (said,) = [i.value for i in at.info if "no answer" in i.value]
    assert said.startswith("There is no answer: no candidate was finished. 1 step was cut off at the limit of 100 tokens per solution")
    assert "Pruned: its text ran into the limit “Longest solution” of 100 tokens" in text(at)
    assert "5 of them were left for this step" in text(at)
    assert "##### Node 6 · cut off" in [m.value for m in at.markdown]


@pytest.mark.parametrize("said", [SILENT, LONG])
def test_a_run_without_an_answer_has_no_green_badge(store, said):
    assert '<b class="rlm-badge orange">Finished without an answer</b>' in html(shown(store, said))


def test_a_run_with_an_answer_is_finished(store):
    assert '<b class="rlm-badge green">Finished</b>' in html(shown(store, "Answer: 46"))


def test_the_limit_of_a_step_is_named_where_it_is_the_one_that_counted():
    tree = ran(LONG, config(max_step_tokens=10))
    assert tree.nodes[1].pruned == "its text ran into the limit “Longest step” of 10 tokens before it ended"
    assert "raise “Longest step” (max_step_tokens)." in tree.finished.detail
    assert "Longest solution" not in tree.finished.detail


@pytest.mark.parametrize(("tokens", "too"), [(100, "0 of its 100 tokens are left"), (150, "50 of its 150 tokens are left"), (400, "")])
def test_the_budget_of_tokens_is_named_where_it_would_bind_next(tokens, too):
    detail = ran(LONG, config(Budget(None, tokens=tokens))).finished.detail
    assert "raise “Longest solution” (max_solution_tokens)." in detail
    assert ("Raise the budget of tokens too" in detail) == bool(too)
    assert too in detail


def test_the_form_calls_the_limits_by_the_names_that_the_messages_use(store):
    labels = {n.key: n.label for n in opened().number_input}
    assert (labels["max_step_tokens"], labels["max_solution_tokens"]) == ("Longest step", "Longest solution")
