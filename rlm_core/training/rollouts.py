"""Groups of answers from the policy that is being trained, sampled by the project's own engine.

The policy learns in float32 with gradients; the engine samples from a copy of it in its own number format (the bundled model's is float64),
whose weights are set anew after each update. A group is one request with a seed per answer, so its prompt is computed once; groups of a
step share their batches.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from rlm_core.core.problem import Problem
from rlm_core.engine.engine import Engine
from rlm_core.engine.loading.adapter import peft
from rlm_core.evaluation.sampling import SampledSolution, draw
from rlm_core.models.loading import LoadedModel
from rlm_core.models.policy import Sampling
from rlm_core.training.lora import merged_weights

Policy = PreTrainedModel | peft.PeftModel
"""A model that learns: whole, or by an adapter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a group.

    solution: as steps, with the verifier's verdict.
    ids: its tokens, in order.
    logprobs: of those under the policy that sampled them, at temperature 1.
    """

    solution: SampledSolution
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]

    @classmethod
    def of(cls, solution: SampledSolution) -> Answer:
        tokens = [t for step in solution.steps for t in step.tokens]
        return cls(solution, tuple(t.id for t in tokens), tuple(t.logprob for t in tokens))


@dataclass(frozen=True, slots=True)
class Group:
    """The answers to one prompt.

    prompt: its tokens.
    """

    problem: Problem
    prompt: tuple[int, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class TokenFigures:
    """Log-probabilities of an answer's tokens under the policy that learns, and under the reference; empty without one."""

    logprobs: tuple[float, ...]
    reference: tuple[float, ...] = ()


class Sampler:
    """A copy of the policy in an engine.

    model: loaded for this alone, since its weights are written over.
    """

    def __init__(self, model: LoadedModel, sampling: Sampling) -> None:
        if not isinstance(model.engine, Engine):
            raise TypeError("only torch's engine can take over weights")
        self.model, self.engine, self.sampling = model, model.engine, sampling

    @property
    def longest(self) -> int:
        """Tokens that an answer may have."""
        return self.sampling.max_solution_tokens

    @torch.inference_mode()
    def take_weights(self, policy: Policy) -> None:
        """Sample from these weights from now on, of an adapted layer from W + (alpha / rank) · B · A. The policy stays as it is."""
        mine = dict(self._weights.named_parameters())
        for name, weight in policy.named_parameters() if isinstance(policy, PreTrainedModel) else merged_weights(policy):
            mine[name].copy_(weight)
        self.engine.reload()

    @property
    def _weights(self) -> PreTrainedModel:
        model = getattr(self.engine.runner, "model", None)
        assert isinstance(model, PreTrainedModel)
        return model

    def groups(self, problems: Sequence[Problem], size: int, seed: int) -> list[Group]:
        """`size` answers to each problem. The same seed gives the same answers, of weights that were just taken.

        Of a prompt that is known already, some processors compute log-probabilities that differ in the last digit.
        """
        found = asyncio.run(draw(lambda: self.model.policy(shared=True), problems, size, self.sampling, seed))
        prompts = [tuple(self.model.format.prompt(problem, self.sampling.allow)) for problem in problems]
        return [Group(p, ids, tuple(map(Answer.of, each))) for p, ids, each in zip(problems, prompts, found, strict=True)]


def stream(*parts: object) -> int:
    """A seed that depends on these parts alone, such as (seed, stage, step)."""
    return zlib.crc32("|".join(map(str, parts)).encode())
