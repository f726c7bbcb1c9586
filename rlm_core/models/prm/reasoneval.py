"""ReasonEval (Xia et al. 2024): three classes of a step; its validity is the score, its redundancy is not used."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from rlm_core.core.errors import RewardError
from rlm_core.models.prm.base import PublishedPRM, Recipe
from rlm_core.models.source import StepScores

PROMPT = "Question:\n{}\nAnswer:\nLet's think step by step.\n"


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """Steps parted by the padding token, which is found and taken out; validity p₁ + p₂ of the classes at each step's last token.

    ReasonEval-7B parts them by its beginning-of-sequence token. Its authors take that out too and put it back after
    having counted, so that their places are those of the last token but one; what they published rests on it, and so does this.
    """
    parting = str(prm.tokenizer.pad_token or "")
    if not parting:
        raise RewardError(f"The tokenizer of {prm.name} has no padding token, which parts the steps in this recipe.")
    mark = prm.token(parting)
    marked = prm.ids(PROMPT.format(question) + parting + "".join(f"{s}{parting}" for s in steps), special=True)
    ids: list[int] = []
    ends: list[int] = []
    for token in marked:
        if token == mark:
            ends.append(len(ids) - 1)
        else:
            ids.append(token)
    if marked[0] == mark:
        ids, ends = [mark, *ids], ends[1:]
    prm.one_each(parting, len(ends) - 1, len(steps))
    classes = torch.nn.functional.linear(prm.hidden(ids)[ends[1:]], prm.head["score_head.weight"], prm.head.get("score_head.bias"))
    shares = torch.softmax(classes, -1)
    return StepScores((shares[:, 1] + shares[:, 2]).tolist())


RECIPE = Recipe("reasoneval", score, head=("score_head.weight",), name_parts=("reasoneval",))  # Linear → 3 classes
