"""Worked word problems as a model in words is to write them: a phrase and one equation per line, then the line with the answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlm_core.core.errors import TrainingError
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER
from rlm_core.models.listed import SMOLLM2, in_nano_notation
from rlm_core.models.prompts import line_text
from rlm_core.problems import make, task
from rlm_core.problems.base import SEED, SPLIT
from rlm_core.runs.configure import typed

MIXTURE: Mapping[str, float] = {
    "words:steps=1,stories=framed": 0.2,
    "words:steps=2,stories=framed": 0.4,
    "words:steps=1": 0.04,
    "words:steps=2": 0.08,
    "words:steps=3": 0.04,
    "words:steps=4": 0.02,
    "chain:steps=3": 0.12,
    "chain:steps=4": 0.1,
}
"""Share of each kind of problem in a cold start. Chains are drills of arithmetic, where SmolLM2 slips more often than over the words."""
STEPS, BATCH = 600, 8
"""Optimiser steps of a cold start in words, and solutions per step."""
MEASURED = tuple(f"words:n=50,steps={steps}{stories}" for stories in (",stories=framed", "") for steps in (1, 2))
"""Sets on which a model is measured before and after. Their stories were held out: of most framed ones the pair of two parts, each of which
was learned in other pairs; of those that were written one by one the whole."""
ALLOWED = "allowed are kinds with worked solutions, such as words or chain"


def shares(texts: Sequence[str]) -> dict[str, float]:
    """Kinds of problems and their shares, from texts such as "words:steps=2*0.5"; a kind alone has the share 1.

    >>> shares(["words:steps=2*0.5", "chain"])
    {'words:steps=2': 0.5, 'chain': 1.0}
    """
    parts = [text.partition("*") for text in texts]
    return {spec: typed(float, spec, share or "1") for spec, _, share in parts}


def written(mixture: Mapping[str, float]) -> tuple[str, ...]:
    """The texts that `shares` reads.

    >>> written({"words:steps=2": 0.5})
    ('words:steps=2*0.5',)
    """
    return tuple(f"{spec}*{share:g}" for spec, share in mixture.items())


def refuse_learner(model: str) -> None:
    """TrainingError for a model that cannot learn solutions in words."""
    if in_nano_notation(model):
        raise TrainingError(
            f"{model} reads the bundled model's notation and learns whole; adapters are for models in words, such as {SMOLLM2.name}."
        )


def refuse_unlearnable(mixture: Mapping[str, float]) -> None:
    """An RlmError in one sentence if there is nothing to learn from: no kind, one without worked solutions, or no share above 0."""
    if not mixture or min(mixture.values()) < 0 or not sum(mixture.values()):
        raise TrainingError("There is nothing to learn from; name kinds of problems with shares above 0, such as words:steps=2*0.5.")
    for spec in mixture:
        next(word_traces(0, mixture={spec: 1.0}))


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
