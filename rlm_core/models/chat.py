"""A policy over a model that follows instructions: it answers requests, and criticises its own solutions, in words.

Critique and revision as in Madaan et al. 2023 (Self-Refine): the solution, the request to check it, the
critique and the request for another version are the turns of one dialogue.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from rlm_core.core.errors import ModelError
from rlm_core.core.problem import Problem
from rlm_core.core.sampling import Stepping
from rlm_core.core.usage import Seed
from rlm_core.engine.request import Sample, Stopper
from rlm_core.engine.session import Generating
from rlm_core.models.local import LocalPolicy
from rlm_core.models.policy import Critique, Sampling, Step
from rlm_core.models.prompts.base import ChatFormat, decoded
from rlm_core.models.prompts.line_text import faulted
from rlm_core.models.step_parser import StepParser


class ChatPolicy(LocalPolicy):
    """A `LocalPolicy` that is a `ChatModel` and a `Critic` too."""

    format: ChatFormat

    def __init__(self, name: str, session: Generating, fmt: ChatFormat, tokenizer: PreTrainedTokenizerBase, computation: str = "") -> None:
        super().__init__(name, session, fmt, tokenizer, computation)

    def stepped(self, stepping: Stepping) -> ChatPolicy:
        return type(self)(self.name, self.session, self.format.by(stepping), self.tokenizer, self.computation)

    @property
    def longest(self) -> int:
        return self.session.max_length

    async def first_token_probabilities(self, request: str, words: Sequence[Sequence[str]]) -> tuple[float, ...]:
        prompt = self.format.request(request)
        return tuple([await self._probability(prompt, spellings) for spellings in words])

    async def _probability(self, prompt: list[int], spellings: Sequence[str]) -> float:
        """With and without a space before it, each spelling that is one token."""
        coded = [self.tokenizer.encode(text, add_special_tokens=False) for word in spellings for text in (word, f" {word}")]
        tokens = {ids[0] for ids in coded if len(ids) == 1}
        return sum([math.exp((await self._inspecting.inspect(prompt, [t])).logprobs[0]) for t in sorted(tokens)])

    async def chat(self, request: str, seed: Seed, sampling: Sampling) -> tuple[str, int]:
        prompt, limit = self.format.request(request), self.session.max_length
        if len(prompt) >= limit:
            raise ModelError(f"{self.name} reads at most {limit:,} tokens, and this request already has {len(prompt):,}; shorten it.")
        stop = self.format.reply_ended
        (sample,) = await self._generate(prompt, [seed], sampling, sampling.max_solution_tokens, stop)
        said = sample.ids if sample.truncated else sample.ids[:-1]
        return decoded(self.tokenizer, said), len(sample.ids)

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """Where it neither names a step nor is satisfied, no step is faulted and all of the solution is to be written again."""
        prompt = self.format.critique_prompt(problem, _written(steps))
        text = self.format.text((await self._next_turn(prompt, seed, sampling, self.format.reply_ended)).ids)
        return Critique(text, *faulted(text, len(steps)))

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """The whole solution again."""
        prompt = self.format.revision_prompt(problem, _written(steps), critique.text)
        return StepParser(self.format, self.tokenizer).split(await self._next_turn(prompt, seed, sampling, self.format.solution_ended))

    async def _next_turn(self, prompt: list[int], seed: Seed, sampling: Sampling, stop: Stopper) -> Sample:
        """The assistant's next turn. ModelError if the dialogue leaves no token for it."""
        limit = self.session.max_length
        if len(prompt) >= limit:
            raise ModelError(f"{self.name} reads at most {limit} tokens, and its critique already has {len(prompt)}; shorten the problem.")
        (sample,) = await self._generate(prompt, [seed], sampling, sampling.max_solution_tokens, stop)
        return sample


def _written(steps: Sequence[Step]) -> str:
    return "\n".join(s.text for s in steps)
