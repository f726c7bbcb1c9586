"""A published process reward model, and the recipe by which it is asked exactly as it was trained to be asked.

Only safetensors are read and no code from a model is run: where a family ships code of its own for its
head, the head is built here on the plain backbone from the keys of the checkpoint that its recipe names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rlm_core.core import token_pool
from rlm_core.core.errors import RewardError, first_line
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Usage
from rlm_core.models.prompts.base import decoded
from rlm_core.models.source import RECIPES, StepScores

ANOTHER_RECIPE = f"choose a recipe among {', '.join(RECIPES)}"
"""How a refusal ends."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the models of one family are asked.

    name: one of `source.RECIPES`.
    score: (model, question, steps) → scores; RewardError if the model cannot be asked in this way.
    head: keys of the checkpoint's own head that the recipe cannot do without; none if it asks the language model itself.
    architecture: the class that the family's configurations name, if it is one of its own.
    name_parts: parts of the names (in small letters) under which the family was published.
    writes: tokens that the model may write before it scores.
    """

    name: str
    score: Callable[[PublishedPRM, str, Sequence[str]], StepScores]
    head: tuple[str, ...] = ()
    architecture: str = ""
    name_parts: tuple[str, ...] = ()
    writes: int = 0


@dataclass(slots=True)
class PublishedPRM:
    """A `StepScorer` with weights of its own.

    name: id or folder.
    head: the checkpoint's own head in float32, by key.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    head: dict[str, torch.Tensor]
    recipe: Recipe
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _usage: Usage = field(default_factory=Usage)

    async def score_steps(self, problem: Problem, steps: Sequence[str]) -> StepScores:
        """OutOfTokens if fewer tokens are left in the run than it may write."""
        member = token_pool.current()
        if member is not None and self.recipe.writes:
            member.pool.watch(self._usage)
            if (await member.draw([self.recipe.writes]))[0] < self.recipe.writes:
                raise token_pool.OutOfTokens
        async with self._lock:
            found = await asyncio.to_thread(self._score, problem.question, steps)
            self._usage.generated += found.generated
            return found

    @torch.inference_mode()
    def _score(self, question: str, steps: Sequence[str]) -> StepScores:
        return self.recipe.score(self, question, steps)

    # -- what recipes are made of --------------------------------------------------------------

    def ids(self, text: str, special: bool = False) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=special))

    def token(self, text: str, says: str = "") -> int:
        """The last token of a text that must be known. RewardError names it if the tokenizer lacks it; says: what it must decode to."""
        ids = self.ids(text)
        said = decoded(self.tokenizer, ids[-1:]).strip()
        if not ids or ids[-1] == self.tokenizer.unk_token_id or said != (says or text.strip()):
            raise RewardError(
                f"The tokenizer of {self.name} has no token {text!r}, which this recipe needs; choose the recipe it was made for."
            )
        return ids[-1]

    def template(self, messages: list[dict[str, str]], prompt: bool) -> list[int]:
        if not self.tokenizer.chat_template:
            raise RewardError(f"{self.name} has no chat template, which this recipe needs; {ANOTHER_RECIPE}.")
        try:
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        except Exception as error:  # a template is a program that came with the model
            raise RewardError(f"The chat template of {self.name} refuses this recipe ({first_line(error)}); {ANOTHER_RECIPE}.") from error
        return self.ids(str(text))

    def hidden(self, ids: list[int]) -> torch.Tensor:
        """[n, hidden_size]"""
        return self.model(input_ids=self.batch(ids)).last_hidden_state[0].float().cpu()

    def logits(self, ids: list[int]) -> torch.Tensor:
        """[n, vocabulary]"""
        return self.model(input_ids=self.batch(ids)).logits[0].float().cpu()

    def batch(self, ids: list[int]) -> torch.Tensor:
        """[1, n]. RewardError beyond what the model can read: it would go on scoring, and mean nothing by it."""
        limit = getattr(self.model.config, "max_position_embeddings", None)
        if limit and len(ids) > limit:
            raise RewardError(f"{self.name} reads at most {limit:,} tokens, and is given {len(ids):,}; choose a shorter problem.")
        return torch.tensor([ids], device=self.model.device)

    def one_each(self, mark: str, found: int, steps: int) -> None:
        """RewardError unless every step has its mark and nothing else has: scores would go to the wrong steps, or a step earn one more."""
        if found != steps:
            raise RewardError(
                f"{self.name} marks the end of each step by '{mark}' and finds {found} of them for {steps} steps, "
                "so no score can be told from another; leave that mark out of the question and the steps."
            )
