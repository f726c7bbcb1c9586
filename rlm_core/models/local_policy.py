"""A policy over a local model: problems and steps in, sampled steps out, through one engine session."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from rlm_core.errors import ModelError
from rlm_core.events import Token
from rlm_core.models.engine import Sample, Session, Stopper
from rlm_core.models.formats import Format, decoded
from rlm_core.models.policy import Sampling, Seed, Step, Usage
from rlm_core.problems.base import Problem


class LocalPolicy:
    """Implements `Policy` for a loaded model; one object a search, since it owns the session."""

    def __init__(self, name: str, session: Session, fmt: Format, tokenizer: PreTrainedTokenizerBase) -> None:
        self.name = name
        self.session = session
        self.format = fmt
        self.tokenizer = tokenizer
        self._prompts: dict[str, list[int]] = {}

    @property
    def usage(self) -> Usage:
        return self.session.usage

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        samples = await self._generate(problem, steps, seeds, sampling.temperature, sampling.max_step_tokens, self.format.step_ended)
        return [self._step(s.ids, s.logprobs, cut=s.cut) for s in samples]

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        samples = await self._generate(
            problem, steps, seeds, sampling.temperature, sampling.max_solution_tokens, self.format.solution_ended
        )
        return [self._split(s) for s in samples]

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        ids = self.format.encode(text, finished="<answer>" in text)
        logprobs = await self.session.logprobs(self._state(problem, steps), ids)
        return self._tokens(ids, logprobs)

    async def settle(self) -> None:
        await self.session.settle()

    async def _generate(
        self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], temperature: float, max_tokens: int, stop: Stopper
    ) -> list[Sample]:
        """Sample from a state; close to the model's length limit the samples are cut there."""
        prompt = self._state(problem, steps)
        room = min(max_tokens, self.session.engine.max_length - len(prompt))
        return await self.session.generate(prompt, seeds, temperature=temperature, max_tokens=room, stop=stop)

    def _state(self, problem: Problem, steps: Sequence[Step]) -> list[int]:
        """Token ids of prompt and steps so far; ModelError if they leave no room for another token."""
        if problem.spec not in self._prompts:
            self._prompts[problem.spec] = self.format.prompt(problem)
        ids = list(self._prompts[problem.spec])
        for step in steps:
            ids += [t.id for t in step.tokens] if step.tokens else self.format.encode(step.text, step.finished)
        limit = self.session.engine.max_length
        if len(ids) >= limit:
            raise ModelError(f"{self.name} reads at most {limit} tokens, and this state already has {len(ids)}; shorten the problem.")
        return ids

    def _split(self, sample: Sample) -> tuple[Step, ...]:
        """A whole solution as its steps."""
        steps: list[Step] = []
        start = 0
        for end in range(1, len(sample.ids) + 1):
            last = end == len(sample.ids)
            if last or self.format.step_ended(sample.ids[start:end]):
                steps.append(self._step(sample.ids[start:end], sample.logprobs[start:end], cut=sample.cut and last))
                start = end
        return tuple(steps)

    def _step(self, ids: Sequence[int], logprobs: Sequence[float], cut: bool) -> Step:
        return Step(self.format.text(ids), self._tokens(ids, logprobs), finished=not cut and self.format.finished(ids), cut=cut)

    def _tokens(self, ids: Sequence[int], logprobs: Sequence[float]) -> tuple[Token, ...]:
        return tuple(Token(i, decoded(self.tokenizer, [i]), p) for i, p in zip(ids, logprobs, strict=True))
