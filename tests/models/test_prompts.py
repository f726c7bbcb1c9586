"""Formats: where a problem ends and steps begin and end, for the bundled model and for any other."""

from __future__ import annotations

import asyncio

import pytest
from transformers import PreTrainedTokenizerFast

from rlm_core.core.errors import ModelError
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.models.loading import load
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.models.prompts.nano import NanoFormat
from rlm_core.problems import make, task

COUNTDOWN = "countdown:numbers=3,seed=7"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return build_tokenizer()


@pytest.fixture(scope="module")
def nano(tokenizer) -> NanoFormat:
    return NanoFormat(tokenizer)


def test_the_bundled_tokenizer_reads_its_notation_without_loss(nano, tokenizer):
    for spec in (COUNTDOWN, "chain:seed=3", "countdown:numbers=4,seed=2"):
        problem = make(spec)
        assert tokenizer.decode(nano.prompt(problem)) == f"<bos>{problem.compact}"


def test_steps_and_solutions_end_at_their_markers_only(nano):
    step, end = nano.encode("25*2=50", False), nano.encode("50-4=46<answer>46", True)
    assert [nano.step_ended(step[: i + 1]) for i in range(len(step))] == [False] * (len(step) - 1) + [True]
    assert not nano.finished(step)
    assert not nano.solution_ended(step)
    assert nano.step_ended(end)
    assert nano.finished(end)
    assert nano.solution_ended([*step, *end])
    assert (nano.text(step), nano.text(end)) == ("25*2=50", "50-4=46<answer>46")


def test_the_bundled_model_refuses_problems_in_words_with_one_sentence(nano):
    with pytest.raises(ModelError) as caught:
        nano.prompt(make("words:seed=1"))
    assert str(caught.value).startswith("The bundled model reads only Countdown and chained arithmetic; choose another model")
    assert "\n" not in str(caught.value)


def test_a_step_outside_the_notation_is_refused_by_name(nano):
    with pytest.raises(ModelError, match="no sign for part of 'so we add'"):
        nano.encode("so we add", False)


@pytest.mark.parametrize("spec", [COUNTDOWN, "chain:seed=1"])
def test_the_bundled_model_writes_steps_that_its_tasks_can_read(spec):
    problem, policy = make(spec), load("nano").policy()
    solutions = asyncio.run(policy.complete(problem, (), [(0, i) for i in range(16)], Sampling()))
    assert all(s[-1].finished or s[-1].truncated for s in solutions)
    assert all(not step.finished and not step.truncated for s in solutions for step in s[:-1])
    answers = [task(problem.task).answer(problem, [step.text for step in s]) for s in solutions]
    assert sum(a is not None for a in answers) >= 12
    assert any(task(problem.task).verify(problem, a) for a in answers)


def test_a_proposed_step_continues_from_what_was_written_by_hand():
    problem, policy = make("chain:seed=1"), load("nano").policy()
    (first,) = asyncio.run(policy.propose(problem, (), [(1,)], Sampling(0.0)))
    (by_model,) = asyncio.run(policy.propose(problem, (first,), [(2,)], Sampling(0.0)))
    (by_hand,) = asyncio.run(policy.propose(problem, (Step(first.text),), [(2,)], Sampling(0.0)))
    assert not first.finished
    assert by_hand == by_model


class Letters:
    """A tokenizer of one token a character, with the three calls a format makes."""

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        return [ord(c) for c in text]

    def decode(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))


LINES = LineFormat(Letters(), chat=False, end_ids=frozenset({0}))  # type: ignore[arg-type]


def ids(text: str) -> list[int]:
    return [ord(c) for c in text]


def test_a_line_is_a_step_and_empty_lines_before_it_are_not():
    assert not LINES.step_ended(ids("\n\n"))
    assert not LINES.step_ended(ids("\n2+3"))
    assert LINES.step_ended(ids("\n2+3=5\n"))
    assert LINES.text(ids("\n2+3=5\n")) == "2+3=5"


def test_a_line_with_an_answer_or_the_end_token_ends_the_solution():
    assert not LINES.finished(ids("2+3=5\n"))
    assert not LINES.solution_ended(ids("2+3=5\n"))
    assert LINES.finished(ids("Answer: 5\n"))
    assert LINES.solution_ended(ids("2+3=5\nAnswer: 5\n"))
    assert not LINES.solution_ended(ids("Answer: 5"))  # the line may go on: 5, 50 or 5.5
    assert LINES.finished([*ids("so it is"), 0])
    assert LINES.text([*ids("so it is"), 0]) == "so it is"


def test_a_plain_prompt_ends_with_the_question_after_the_worked_examples():
    problem = make("words:seed=1")
    text = Letters().decode(LINES.prompt(problem))
    assert text.endswith(f"Question: {problem.question}\n")
    assert text.count("Question: ") == len(task("words").examples) + 1
