"""Rejection-sampling fine-tuning: k answers to each problem, the right ones kept, equal ones once, as rows to learn from.

Yuan et al. 2023 (RFT); DeepSeek-R1 (2025), section 2.3.3: what mixes languages is left out too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import TrainingError
from rlm_core.core.problem import Problem
from rlm_core.training import reward_parts
from rlm_core.training.losses import IGNORE
from rlm_core.training.rollouts import Sampler
from rlm_core.training.sft import Row


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows from right answers, and the counts of what they came from.

    sampled, right, consistent: answers sampled; of those right; of those in one language and format.
    rows: the different ones.
    """

    rows: list[Row]
    sampled: int
    right: int
    consistent: int

    @property
    def sentence(self) -> str:
        of = f"{len(self.rows):,} different answers of {self.sampled:,} sampled from stage 2"
        return f"{of}: {self.right:,} were right, and {self.consistent:,} of those kept to format and language."


def sample_rows(sampler: Sampler, problems: Sequence[Problem], samples: int, seed: int) -> Kept:
    """Sample answers and keep those that are right and consistent. TrainingError if none is."""
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], None] = {}
    sampled = right = consistent = 0
    for group in sampler.groups(problems, samples, seed):
        for answer in group.answers:
            sampled += 1
            if not answer.solution.correct:
                continue
            right += 1
            steps = answer.solution.steps
            if reward_parts.format(group.problem, steps) < 1 or reward_parts.language(group.problem, steps) < 1:
                continue
            consistent += 1
            found[group.prompt, answer.ids] = None
    rows = [Row([*prompt, *ids], [*[IGNORE] * len(prompt), *ids]) for prompt, ids in found]
    if not rows:
        raise TrainingError(
            f"None of {sampled:,} sampled answers is right and consistent, so there is nothing to learn from; train stage 2 longer."
        )
    return Kept(rows, sampled, right, consistent)
