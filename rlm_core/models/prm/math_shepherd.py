"""Math-Shepherd (Wang et al. 2024): the language model itself tells + from −."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlm_core.models.prm.base import PublishedPRM, Recipe
from rlm_core.models.source import StepScores


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """Question, then steps each ending in " ки"; softmax over + and − at every ки."""
    mark, good, bad = prm.token(" ки"), prm.token("+"), prm.token("-")
    ids = prm.ids(f"{question} " + "\n".join(f"{s} ки" for s in steps), special=True)
    at = torch.tensor(ids) == mark
    prm.one_each(" ки", int(at.sum()), len(steps))
    return StepScores(torch.softmax(prm.logits(ids)[at][:, [good, bad]], -1)[:, 0].tolist())


RECIPE = Recipe("math_shepherd", score, name_parts=("math-shepherd",))
