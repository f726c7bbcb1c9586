"""Any dataset of reasoning-gym 0.1.25 by name: arithmetic, algebra, logic, games, grade-school maths.

The package and its scorers run in a helper process (`gym_bench`), so that importing this file costs
nothing and no answer can hang or harm the caller. Train and test are split by the question's text, and
gsm_symbolic by its template. An answer is right only at the dataset's full score of 1.0: its scores
below that give credit for a right answer somewhere in the text, or for any number at all.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rlm_core.describe import Description, Parameter
from rlm_core.errors import ProblemError
from rlm_core.problems import steps as grammar
from rlm_core.problems.base import SEED, SPLIT, Example, Problem, Task, spec_text
from rlm_core.problems.bounded import Helper, NoReply
from rlm_core.problems.quantity import quantity

DRAW_SECONDS = 60.0
SCORE_SECONDS = 5.0
LONGEST = 5000
"""An answer with more characters than this is wrong."""

DESCRIPTION = Description(
    name="gym",
    title="Reasoning Gym",
    sentence="Any of the hundred generated tasks of reasoning-gym, from sums to games, checked by the task's own scorer.",
    parameters=(
        Parameter("name", "chain_sum", "The dataset, such as chain_sum, gsm_symbolic, leg_counting or simple_equations.", title="Dataset"),
        SEED,
        SPLIT,
    ),
    paper="Stojanovski et al. 2025, Reasoning Gym",
    url="https://arxiv.org/abs/2505.24760",
)


@lru_cache(maxsize=1)
def _helper() -> Helper:
    return Helper("rlm_core.problems.gym_bench:functions")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The datasets there are, in order; the first call takes some seconds."""
    return tuple(_ask("names", seconds=SCORE_SECONDS))


def _ask(function: str, *arguments: Any, seconds: float) -> Any:
    try:
        return _helper().call(function, *arguments, seconds=seconds)
    except NoReply:
        raise ProblemError(f"reasoning-gym gave no reply within {seconds:g} seconds.") from None


def generate(p: Mapping[str, Any]) -> Problem:
    name = p["name"]
    if name not in names():
        close = [n for n in names() if name in n][:3] or difflib.get_close_matches(name, names(), n=3)
        hint = f"did you mean {' or '.join(close)}?" if close else "there are for example chain_sum, gsm_symbolic and leg_counting."
        raise ProblemError(f"There is no reasoning-gym dataset named '{name}'; {hint}")
    drawn = _ask("draw", name, p["seed"], p["split"], seconds=DRAW_SECONDS)
    return Problem(
        task="gym",
        spec=spec_text("gym", p, DESCRIPTION),
        question=drawn["question"],
        reference=drawn["answer"],
        data={"name": name, "dataset_seed": drawn["dataset_seed"], "index": drawn["index"]},
    )


def solution(problem: Problem) -> tuple[str, ...] | None:
    """None: the datasets give answers, not steps."""
    return None


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    """The stated answer as it stands."""
    return grammar.final_answer(steps)


def verify(problem: Problem, answer: str | None) -> bool:
    """Is the answer the same number as the reference, or else does the dataset give it the full score?

    Where the reference is a number, the answer must be one number too: some scorers take the first
    number of a text that offers several. Where it is yes, no, true or false, the answer must be that
    word: some scorers take every other text for a no.
    """
    if answer is None or len(answer) > LONGEST:
        return False
    if answer == problem.reference:
        return True
    if (problem.reference or "").casefold() in ("yes", "no", "true", "false"):
        return answer.casefold() == (problem.reference or "").casefold()
    right = quantity(problem.reference or "")
    if right is not None:
        given = quantity(answer)
        if given is None or given == right:
            return given is not None
    d = problem.data
    return _full_score(d["name"], d["dataset_seed"], d["index"], problem.question, answer)


@lru_cache(maxsize=4096)
def _full_score(name: str, dataset_seed: int, index: int, question: str, answer: str) -> bool:
    """Does the dataset give this answer 1.0? An answer that its scorer cannot read in time is wrong."""
    try:
        return _helper().call("score", name, dataset_seed, index, question, answer, seconds=SCORE_SECONDS) >= 1.0
    except NoReply:
        return False


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    """Is a finished state correct? None for all others: there is no exact solver."""
    if steps and grammar.final_answer(steps) is not None:
        return verify(problem, answer(problem, steps))
    return None


TASK = Task(
    description=DESCRIPTION,
    generate=generate,
    solution=solution,
    answer=answer,
    verify=verify,
    solvable=solvable,
    instruction="Solve the problem step by step, and give the answer in exactly the form that is asked for.",
    examples=(
        Example("What is 4 * 7 - 9 + 30?", ("4*7=28", "28-9=19", "19+30=49"), "49"),
        Example("How many legs do 2 cats and 3 hens have in all?", ("Legs of the cats: 2*4=8", "Legs of the hens: 3*2=6", "8+6=14"), "14"),
    ),
)
