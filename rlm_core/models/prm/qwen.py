"""Qwen2.5-Math-PRM (Zhang et al. 2025, The Lessons of Developing Process Reward Models in Mathematical Reasoning)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlm_core.models.prm.base import PublishedPRM, Recipe
from rlm_core.models.source import StepScores

SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """Chat with the steps as the reply, `<extra_0>` after each; softmax, class 1, at every `<extra_0>`."""
    mark = prm.token("<extra_0>")
    reply = "".join(f"{s}<extra_0>" for s in steps)
    roles = (("system", SYSTEM), ("user", question), ("assistant", reply))
    ids = prm.template([{"role": role, "content": text} for role, text in roles], prompt=False)
    at = torch.tensor(ids) == mark
    prm.one_each("<extra_0>", int(at.sum()), len(steps))
    inner = torch.relu(torch.nn.functional.linear(prm.hidden(ids)[at], prm.head["score.0.weight"], prm.head["score.0.bias"]))
    classes = torch.nn.functional.linear(inner, prm.head["score.2.weight"], prm.head["score.2.bias"])
    return StepScores(torch.softmax(classes, -1)[:, 1].tolist())


RECIPE = Recipe(
    "qwen",
    score,
    head=("score.0.weight", "score.0.bias", "score.2.weight", "score.2.bias"),  # Linear, ReLU, Linear → 2 classes
    architecture="Qwen2ForProcessRewardModel",
    name_parts=("math-prm",),
)
