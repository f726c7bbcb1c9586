"""Worked word problems as a model in words is to write them: a phrase and one equation per line, then the line with the answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlm_core.core.errors import TrainingError
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER
from rlm_core.models.prompts import line_text
from rlm_core.problems import make, task
from rlm_core.problems.base import SEED, SPLIT

MIXTURE: Mapping[str, float] = {
    "words:steps=1,stories=framed": 0.18,
    "words:steps=2,stories=framed": 0.27,
    "words:steps=1": 0.05,
    "words:steps=2": 0.08,
    "words:steps=3": 0.04,
    "words:steps=4": 0.03,
    "chain:steps=3": 0.2,
    "chain:steps=4": 0.15,
}
"""Share of each kind of problem in a cold start. Chains are drills of arithmetic, where SmolLM2 slips more often than over the words."""
ALLOWED = "allowed are kinds with worked solutions, such as words or chain"


@dataclass(frozen=True, slots=True)
class WordTrace:
    """A problem and the solution that is to be learned, the last line of which states the answer."""

    problem: Problem
    solution: str


def worked(problem: Problem) -> WordTrace:
    """The problem with its family's worked solution. TrainingError if it has none."""
    steps = task(problem.task).solution(problem)
    if steps is None:
        raise TrainingError(
            f"{problem.spec} has no worked solution to learn from; allowed are kinds that have one, such as words or chain."
        )
    last, _, answer = steps[-1].rpartition(ANSWER)
    return WordTrace(problem, line_text.worked((*steps[:-1], last), answer))


def word_traces(seed: int, split: str = "train", mixture: Mapping[str, float] = MIXTURE) -> Iterator[WordTrace]:
    """Endless traces, each of a problem drawn afresh from a split.

    mixture: specs of problems without seed and split, and their shares.
    """
    rng = random.Random(f"word traces|{split}|{seed}")
    specs, shares = list(mixture), list(mixture.values())
    while True:
        spec = rng.choices(specs, shares)[0]
        _refuse_unsplit(spec)
        yield worked(make(f"{spec}{',' if ':' in spec else ':'}split={split},seed={rng.randrange(2**31)}"))


def _refuse_unsplit(spec: str) -> None:
    """TrainingError for a kind whose problems are not made by seed, apart for training and testing."""
    kind = spec.partition(":")[0]
    if not {SEED.name, SPLIT.name} <= {p.name for p in task(kind).description.parameters}:
        raise TrainingError(f"Problems of the kind {kind} are not made for training and held out for testing; {ALLOWED}.")
