"""Verifiable rewards of a whole solution, as plain functions, and their weighted sum in which every part is kept. No torch here.

DeepSeek-R1 (2025), section 2.2.2 and 2.3.2: accuracy, format and consistency of language. Every part is in [0,1].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlm_core.core.errors import RewardError, TrainingError, first_line
from rlm_core.core.events import Part
from rlm_core.core.parameters import unknown
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.problems.arithmetic.lines import read
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.problems.checking.japanese import share_in_language
from rlm_core.rewards.base import Score
from rlm_core.rewards.verifier import check

LENGTH_SCALE = 64
"""Tokens at which the reward for brevity is spent."""
_WHOLE_STEP = re.compile(r"[^<>]+")
_LAST_STEP = re.compile(rf"[^<>]*{re.escape(ANSWER)}[0-9]+")


def answer(problem: Problem, steps: Sequence[Step]) -> float:
    """1 if the project's own checking finds the answer right, else 0. RewardError where nothing is known of it: unknown is not wrong."""
    return float(check(problem, steps))


def stated(problem: Problem, steps: Sequence[Step]) -> float:
    """1 if the number stated as the answer is the target, however it was reached: a leaky check, kept to show what it teaches.

    RewardError for a problem without a target.
    """
    if "target" not in problem.data:
        raise RewardError(f"{problem.spec} has no target, so no stated number can be held against it.")
    said = final_answer([s.text for s in steps]) if _ended(steps) else None
    return float(said == str(problem.data["target"]))


def format(problem: Problem, steps: Sequence[Step]) -> float:
    """1 if the model ended its solution itself, every step holds one equation that can be read, and the last alone states a number."""
    if not _ended(steps):
        return 0.0
    texts = [s.text for s in steps]
    shaped = all(_WHOLE_STEP.fullmatch(t) for t in texts[:-1]) and _LAST_STEP.fullmatch(texts[-1]) is not None
    return float(shaped and all(len(found.claims) == 1 and not found.unread for found in map(read, texts)))


def language(problem: Problem, steps: Sequence[Step]) -> float:
    """The share of digits and operators, in steps before the answer, that are signs of the language asked for; 0 where there are none."""
    asked = str(problem.data.get("language", "en"))
    share = share_in_language("".join(s.text.split(ANSWER)[0] for s in steps), asked)
    return 0.0 if share is None else share


def brevity(problem: Problem, steps: Sequence[Step]) -> float:
    """1 − tokens / LENGTH_SCALE, at least 0: what stands for people's preference in the last stage: shorter over longer."""
    return max(0.0, 1 - sum(len(s.tokens) for s in steps) / LENGTH_SCALE)


def _ended(steps: Sequence[Step]) -> bool:
    return bool(steps) and steps[-1].finished and not steps[-1].truncated


RewardPart = Callable[[Problem, Sequence[Step]], float]
PARTS: dict[str, RewardPart] = {"answer": answer, "format": format, "language": language, "brevity": brevity, "stated": stated}


@dataclass(frozen=True, slots=True)
class Scored:
    """A reward and its parts.

    total: in [0,1].
    parts: each with its weight; the weights sum to 1.
    """

    total: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RewardSum:
    """A weighted mean of parts, as a `RewardModel`; it may read the reference answer.

    weights: by name, above 0; ConfigError for a name that is none.
    """

    weights: Mapping[str, float]

    def __post_init__(self) -> None:
        for name in self.weights:
            if name not in PARTS:
                raise unknown("reward part", name, list(PARTS))
        if not self.weights or min(self.weights.values()) <= 0:
            raise TrainingError("A reward needs parts, each with a weight above 0, such as answer=1,format=0.2.")

    @property
    def name(self) -> str:
        return "training"

    @property
    def scores_partial(self) -> bool:
        return False

    @property
    def oracle(self) -> bool:
        return True

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        """`of`, as a search asks a reward."""
        found = self.of(problem, steps)
        return Score(found.total, parts=found.parts)

    def of(self, problem: Problem, steps: Sequence[Step]) -> Scored:
        """The reward of a solution. RewardError of one sentence if a part fails."""
        whole = sum(self.weights.values())
        parts = tuple(Part(name, round(w / whole, 6), self._part(name, problem, steps)) for name, w in self.weights.items())
        return Scored(min(1.0, sum(p.weight * p.score for p in parts)), parts)

    @staticmethod
    def _part(name: str, problem: Problem, steps: Sequence[Step]) -> float:
        try:
            found = PARTS[name](problem, steps)
        except RewardError:
            raise
        except Exception as error:
            raise RewardError(f"The reward part {name} failed on {problem.spec}: {first_line(error)}") from error
        if not 0 <= found <= 1:
            raise RewardError(f"The reward part {name} gave {found} for {problem.spec}; allowed are numbers from 0 to 1.")
        return found

    @property
    def named(self) -> str:
        """As one text: "answer=1 + format=0.2"."""
        return " + ".join(f"{name}={weight:g}" for name, weight in self.weights.items())
