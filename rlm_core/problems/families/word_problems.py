"""Word problems: everyday stories of one to four steps, in natural English, for models that read it.

The answer is hidden. Train and test are split by template (`HELD_OUT`), so that no story that a model
was trained on is in the test split with other names or numbers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.problems import steps as grammar
from rlm_core.problems.arithmetic import derivation
from rlm_core.problems.arithmetic.following import can_win
from rlm_core.problems.arithmetic.lines import Claim, Equation, apply
from rlm_core.problems.base import SEED, SPLIT, Example, Task, rng_for, spec_text, split_of
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.checking.number_answer import answer, verify
from rlm_core.problems.families.word_frames import FRAMES, cast
from rlm_core.problems.families.word_templates import HELD_OUT, PEOPLE, TEMPLATES, Template

MAX_RESULT = 99_999
"""No intermediate result is larger, and none is smaller than 1."""

WRITTEN, FRAMED = "written", "framed"


@dataclass(frozen=True, slots=True)
class WordsConfig:
    """Parameters of the problems that this family makes."""

    steps: int = param(2, "How many steps the worked solution takes.", choices=(1, 2, 3, 4))
    seed: int = SEED.field()
    split: str = SPLIT.field()
    stories: str = param(
        WRITTEN,
        "Stories written one by one (written), or many frames with changing things and places, of one or two steps, for training (framed).",
        choices=(WRITTEN, FRAMED),
        advanced=True,
    )


DESCRIPTION = Description(
    name="words",
    title="Word problems",
    sentence="A short everyday story with a question; which numbers belong together has to be understood from the words.",
    config=WordsConfig,
)

_OPERATION = re.compile(r"(\w+)([-+*/])(\w+)")


def templates(steps: int, split: str, stories: str = WRITTEN) -> tuple[Template, ...]:
    """The templates of a number of steps that belong to a split. ProblemError if there is no frame of so many steps."""
    if stories == WRITTEN:
        return tuple(t for t in TEMPLATES[steps] if (t.name in HELD_OUT) == (split == "test"))
    if steps not in FRAMES:
        raise ProblemError(f"There are no framed stories of {steps} steps; allowed are {' and '.join(map(str, FRAMES))}.")
    return tuple(t for t in FRAMES[steps] if split_of(t.name) == split)


def generate(config: WordsConfig) -> Problem:
    rng = rng_for("words", config.steps, config.split, config.seed)
    chosen = rng.choice(templates(config.steps, config.split, config.stories))
    numbers, names = draw(rng, chosen), _people(rng)
    return tell(chosen, numbers, names if config.stories == WRITTEN else {**names, **cast(rng)}, spec_text(DESCRIPTION, config))


def draw(rng: random.Random, template: Template) -> dict[str, int]:
    """Different numbers for the slots that make every result of the worked steps a whole number from 1 to MAX_RESULT."""
    for _ in range(100_000):
        numbers = {slot: rng.choice(allowed) for slot, allowed in template.slots.items()}
        if len(set(numbers.values())) == len(numbers) and _results(template, numbers) is not None:
            return numbers
    raise ProblemError(f"No numbers suit the word problem '{template.name}'.")


def tell(template: Template, numbers: Mapping[str, int], people: Mapping[str, str], spec: str) -> Problem:
    """The problem that a template makes of numbers and people."""
    results = _results(template, numbers)
    if results is None:
        raise ProblemError(f"These numbers do not suit the word problem '{template.name}'.")
    return Problem(
        task="words",
        spec=spec,
        question=template.text.format(**numbers, **people),
        reference=str(results[-1]),
        data={"template": template.name, "numbers": dict(numbers), "people": dict(people)},
    )


def _people(rng: random.Random) -> dict[str, str]:
    (name, they, their), (other, _, _) = rng.sample(PEOPLE, 2)
    return {"name": name, "other": other, "they": they, "They": they.capitalize(), "their": their}


def _operations(template: Template) -> list[tuple[str, str, str]]:
    """The worked steps as (operand, sign, operand)."""
    found = [_OPERATION.fullmatch(operation) for _, operation in template.steps]
    return [(m[1], m[2], m[3]) for m in found if m]


def _results(template: Template, numbers: Mapping[str, int]) -> list[int] | None:
    """The result of each worked step, or None if one is not a whole number from 1 to MAX_RESULT."""
    known = dict(numbers)
    results: list[int] = []
    for a, op, b in _operations(template):
        value = apply(op, _operand(a, known), _operand(b, known))
        if value is None or value.denominator != 1 or not 1 <= value <= MAX_RESULT:
            return None
        results.append(int(value))
        known[f"r{len(results)}"] = int(value)
    return results


def _operand(text: str, known: Mapping[str, int]) -> int:
    return int(text) if text.isdigit() else known[text]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Template]:
    return {t.name: t for groups in (TEMPLATES, FRAMES) for group in groups.values() for t in group}


def template_of(problem: Problem) -> Template:
    """The template that made a problem; ProblemError if this version has none of that name."""
    name = problem.data["template"]
    if name not in _by_name():
        raise ProblemError(f"There is no word problem '{name}' in this version.")
    return _by_name()[name]


def solution(problem: Problem) -> tuple[str, ...]:
    """The worked steps, such as "Good oranges: 36-4=32"."""
    template, known = template_of(problem), dict(problem.data["numbers"])
    texts = []
    for i, ((phrase, _), (a, op, b)) in enumerate(zip(template.steps, _operations(template), strict=True), 1):
        x, y = _operand(a, known), _operand(b, known)
        known[f"r{i}"] = result = int(apply(op, x, y) or 0)
        texts.append(f"{phrase.format(**problem.data['people'])}: {x}{op}{y}={result}")
    return grammar.with_answer(texts, str(known[f"r{len(texts)}"]))


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Are the equations so far part of a right way to the answer? A finished state must be correct.

    A right way uses the numbers of the question, those its words imply (2 for twice, 7 for a week) and
    earlier results, each of them as often as wanted. It takes no more equations than the worked solution,
    or one more where the template says that such a way is natural. Every number of the question and every
    result feeds the answer. And it is right for the template with any numbers, not by coincidence for
    these. So False means: a false equation, a number from elsewhere, or a result that no such way needs; a
    right way with more equations is taken for wrong. Sentences without arithmetic are passed over; None where
    arithmetic cannot be read, or a longer expression (12+12+12=36) is true and yet not on such a way.
    """
    if steps and final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    template = template_of(problem)
    start = derivation.start(problem.data["numbers"], _constants(template), template.name)
    target, most = _target(template), len(template.steps) + template.detours

    def go(done: tuple[Equation, ...] | None, claim: Claim) -> tuple[Equation, ...] | None:
        return None if done is None or not claim.equations else (*done, *claim.equations)

    def winnable(done: tuple[Equation, ...] | None) -> bool:
        return done is not None and (not done or derivation.leads_to(start, done, target, most))

    return can_win(steps, (), go, winnable, whole=False)


def _constants(template: Template) -> set[int]:
    """The whole numbers that a right way may use and the question does not write."""
    return {int(x) for a, _, b in _operations(template) for x in (a, b) if x.isdigit()}.union(template.implied)


def _target(template: Template) -> int:
    """The answer as a formula of the slots."""
    known = dict(derivation.slot_residues(tuple(template.slots), template.name))
    value = 0
    for i, (a, op, b) in enumerate(_operations(template), 1):
        value = known[f"r{i}"] = derivation.apply(op, _operand(a, known), _operand(b, known))
    return value


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    instruction="Solve the word problem. In each step say in a few words what you work out, then give one equation.",
    examples=(
        Example(
            "There are 3 boxes with 4 apples in each. 2 apples are eaten. How many apples are left?",
            ("Apples in the boxes: 3*4=12", "Apples left: 12-2=10"),
            "10",
        ),
        Example(
            "A teacher puts 35 red and 19 blue crayons into cups of 6 and sells each cup for 4 dollars. How many dollars is that?",
            ("Crayons in all: 35+19=54", "Cups: 54/6=9", "Dollars: 9*4=36"),
            "36",
        ),
    ),
)
