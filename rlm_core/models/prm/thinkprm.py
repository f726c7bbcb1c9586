"""ThinkPRM (Khalifa et al. 2025): the language model writes a critique, and its verdict is the score of all steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import StoppingCriteriaList

from rlm_core.models.prm.base import PublishedPRM, Recipe
from rlm_core.models.prompts.base import decoded
from rlm_core.models.source import StepScores

PROMPT = """You are given a math problem and a proposed step-by-step solution:

[Math Problem]

{}

[Solution]

{}

Review and critique each step in the proposed solution to determine whether each step is correct. \
If the solution is incomplete, only verify the provided steps."""
VERDICT_QUESTION = "Is the solution correct?"
MAX_CRITIQUE_TOKENS = 512


def score(prm: PublishedPRM, question: str, steps: Sequence[str]) -> StepScores:
    """One score for all steps: P(Yes) / (P(Yes) + P(No)) after "Is the solution correct?".

    The critique is stopped where it asks that itself; where it ends without, it is asked.
    """
    yes, no = prm.token(" Yes"), prm.token(" No")
    solution = "\n".join(f"Step {i}: {s}" for i, s in enumerate(steps, 1))
    ids = prm.template([{"role": "user", "content": PROMPT.format(question, solution)}], prompt=True)

    def asks(written: Sequence[int]) -> bool:
        return decoded(prm.tokenizer, written[len(ids) :][-len(VERDICT_QUESTION) :]).rstrip().endswith(VERDICT_QUESTION)

    prompt = prm.batch(ids)
    stop = StoppingCriteriaList([lambda rows, scores, **_: torch.tensor([asks(rows[0].tolist())], device=rows.device)])
    settings = {"do_sample": False, "max_new_tokens": MAX_CRITIQUE_TOKENS, "attention_mask": torch.ones_like(prompt)}
    written = list(map(int, prm.model.generate(prompt, stopping_criteria=stop, **settings)[0]))  # type: ignore[operator]
    kept = written[:-1] if written[-1] == prm.tokenizer.eos_token_id else written
    verdict = prm.logits(kept if asks(kept) else [*kept, *prm.ids(f"\n{VERDICT_QUESTION}")])[-1]
    return StepScores([float(torch.softmax(verdict[[yes, no]], -1)[0])], generated=len(written) - len(ids))


RECIPE = Recipe("thinkprm", score, name_parts=("thinkprm",), writes=MAX_CRITIQUE_TOKENS)
