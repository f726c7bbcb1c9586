"""Llama3.1-8B-PRM (Xiong et al. 2024, RLHFlow): the language model itself replies + or −."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlm_core.core.errors import RewardError
from rlm_core.models.prm.base import ANOTHER_RECIPE, PublishedPRM, Recipe
from rlm_core.models.source import StepScores


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """Each step a user's turn (the first with the question), "+" the reply; softmax over + and − where the reply is predicted."""
    good, bad = prm.token("+"), prm.token("-")
    messages: list[dict[str, str]] = []
    turns: list[list[int]] = []
    for i, step in enumerate(steps):
        messages.append({"role": "user", "content": f"{question} {step}" if i == 0 else step})
        turns.append(prm.template(messages, prompt=True))
        messages.append({"role": "assistant", "content": "+"})
    whole = turns[-1]
    if any(turn != whole[: len(turn)] for turn in turns):
        raise RewardError(f"The chat template of {prm.name} rewrites earlier turns, which this recipe cannot do with; {ANOTHER_RECIPE}.")
    replies = prm.logits(whole)[[len(turn) - 1 for turn in turns]]
    return StepScores(torch.softmax(replies[:, [good, bad]], -1)[:, 0].tolist())


RECIPE = Recipe("rlhflow", score, name_parts=("rlhflow", "llama3.1-8b-prm"))
