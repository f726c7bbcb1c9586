"""Skywork-o1-Open-PRM (2024): a value head on the last hidden state."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlm_core.models.prm.base import PublishedPRM, Recipe
from rlm_core.models.source import StepScores


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """Problem and a line break, then each step and a line break; sigmoid of the value head at each step's last token.

    That is the line break, a token of its own: tokenizers would merge it with a full stop before it.
    """
    line_break = prm.token("\n")
    ids = prm.ids(f"{prm.tokenizer.bos_token or ''}{question}\n")
    ends = []
    for step in steps:
        ids += [*prm.ids(step), line_break]
        ends.append(len(ids) - 1)
    values = torch.nn.functional.linear(prm.hidden(ids)[ends], prm.head["v_head.summary.weight"], prm.head.get("v_head.summary.bias"))
    return StepScores(torch.sigmoid(values)[:, 0].tolist())


RECIPE = Recipe(
    "skywork",
    score,
    head=("v_head.summary.weight",),  # Linear → 1; its bias may be missing
    architecture="Qwen2ForPrmModel",
    name_parts=("skywork",),
)
