"""The protocols of a model, as searches and rewards use them. No torch here.

Every model is a `Policy`: it proposes steps and completes solutions. Its other abilities are the
other protocols here; a search or reward names those it needs (`Search.needs`, `Reward.needs`),
and a model's description names those it offers (`rlm_core.models.listed`).

A step is one reasoning unit as the model wrote it; a state is a problem and the steps so far.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard, TypeVar, runtime_checkable

from rlm_core.core.errors import ModelError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.sampling import UNWARPED, Stepping, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.token_stats import TokenStats

T = TypeVar("T")

CHARACTERS_PER_TOKEN = 4
"""Where no numbers of tokens are known, they are estimated by this many characters."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call the model made within a step and what came back.

    call: the calculation as the model wrote it.
    result: the number, or the text of an error.
    failed: the result is an error's text.
    """

    call: str
    result: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step as generated.

    text: without the special tokens that ended it.
    tokens: as generated; none for a step that a person wrote.
    finished: the model ended its solution here.
    truncated: it ran into the length limit before the step (or solution) was over, so it must not be
        returned as finished or continued.
    tag: the special token it ended in or stands for (see `rlm_core.core.special_tokens`); empty for an ordinary step.
    thinking: it stands in the thinking space.
    forced: the decoder put it there.
    tool: the call made in it.
    starved: the limit that truncated it was the run's budget of tokens.
    length: how many tokens it has, where only their number was told; of steps that were written at one go the last has those of all.
    raw: as it stands in what the model reads, where its tokens do not say it; "" where they do, or where it stands on its own.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    finished: bool = False
    truncated: bool = False
    tag: str = ""
    thinking: bool = False
    forced: bool = False
    tool: ToolUse | None = None
    starved: bool = False
    length: int | None = None
    raw: str = ""

    @property
    def size(self) -> int | None:
        """Its number of tokens; None if it is not known."""
        return len(self.tokens) or self.length

    @property
    def about(self) -> int:
        """Its number of tokens; where it is not known, an estimate by the length of its text, for limits alone."""
        return self.size or -(-len(self.raw or self.text) // CHARACTERS_PER_TOKEN)

    @property
    def mean_logprob(self) -> float:
        """Mean natural-log probability per token (≤ 0); −inf for a step without tokens."""
        return sum(t.logprob for t in self.tokens) / len(self.tokens) if self.tokens else -math.inf


def size(steps: Sequence[Step]) -> int | None:
    """Tokens of a solution; None where the number is not known."""
    return sum(s.size or 0 for s in steps) if not steps or steps[-1].size is not None else None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample.

    temperature: ≥ 0; 0 takes the likeliest token.
    warping: of the distributions, besides the temperature.
    stop_strings: texts at which a solution ends, and which are left out of it.
    max_step_tokens: limit of one step.
    max_solution_tokens: limit of one solution, from its first step on; the thinking space is not counted.
    allow: special tokens the model is asked to use (see `rlm_core.core.special_tokens.ALLOWING`); without any it
        writes a plain solution.
    """

    temperature: float = 1.0
    max_step_tokens: int = 48
    max_solution_tokens: int = 256
    allow: tuple[str, ...] = ()
    warping: Warping = UNWARPED
    stop_strings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Critique:
    """A model's judgement of a solution.

    text: as the model wrote it.
    wrong: index of the step it faults; None if it names none.
    satisfied: it finds nothing wrong.
    """

    text: str
    wrong: int | None
    satisfied: bool = False


class Policy(Protocol):
    """A model as a search sees it. Every sample depends only on its arguments and its own seed."""

    @property
    def name(self) -> str: ...

    @property
    def usage(self) -> Usage:
        """Running counts of tokens."""
        ...

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        """One next step per seed; none for a seed that the run has no token left for."""
        ...

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        """Per seed the steps from here to the end; the last is finished or truncated. None for a seed without a token left."""
        ...

    async def drain(self) -> None:
        """Wait until nothing is being generated any more (after a cancellation), so that `usage` is final."""
        ...


@runtime_checkable
class TokenLogprobs(Protocol):
    """A model whose steps come as tokens with their log-probabilities."""

    @property
    def tells_logprobs(self) -> bool:
        """True."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """A model that tells how probable a given text is."""

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        """The tokens of `text` as the next step, with their log-probabilities."""
        ...


@runtime_checkable
class Inspectable(Protocol):
    """A model whose distributions and hidden states can be read.

    fingerprint: differs for any other weights.
    vocabulary: V, the number of tokens it chooses among.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def vocabulary(self) -> int: ...

    async def inspect(self, problem: Problem, steps: Sequence[Step]) -> tuple[TokenStats, ...]:
        """Figures of every token of each step; steps the model has written itself are not run through it again."""
        ...


@runtime_checkable
class Forcer(Protocol):
    """A model that goes on from text that was put into its solution."""

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, tag: str = "") -> tuple[Step, ...]:
        """The state with `text` put at its end and not by the model (a special token, or any text that stands for one).

        tag: the special token that the text stands for, if it is none itself. What the last step ended in is taken off it
        first, so that a forced "wait" stands where the model ended its thinking. A text that stands for the end of
        thinking is a cue for the answer: it comes behind the model's own delimiter, or is the delimiter of a model that
        has none, and what follows it is read as the answer.
        """
        ...


@runtime_checkable
class Critic(Protocol):
    """A model that judges its own solution and writes it again."""

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """The model's own judgement of a finished solution."""
        ...

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """The solution written again in the light of a critique; steps it keeps are the same objects."""
        ...


@runtime_checkable
class ChatModel(Protocol):
    """A model that answers requests in words."""

    @property
    def longest(self) -> int | None:
        """The most tokens that a request and its reply may have together; None where that is not known."""
        ...

    async def first_token_probabilities(self, request: str, words: Sequence[Sequence[str]]) -> tuple[float, ...]:
        """Per group of spellings, the probability that the reply to a request begins with one of them.

        Spellings that are not one token are passed over.
        """
        ...

    async def chat(self, request: str, seed: Seed, sampling: Sampling) -> tuple[str, int]:
        """A reply of at most `max_solution_tokens` to a request, and the number of its tokens. ModelError if the request is too long."""
        ...


@runtime_checkable
class Stepper(Protocol):
    """A model in words, for which it can be chosen what a step is."""

    def stepped(self, stepping: Stepping) -> Policy:
        """The same model in the same session, with other steps."""
        ...


@runtime_checkable
class Computed(Protocol):
    """A policy that tells how its model is computed.

    computation: by what and in which number format, or what a server can do, as the end of a sentence; empty for the bundled model.
    """

    @property
    def computation(self) -> str: ...


@runtime_checkable
class Remote(Computed, Protocol):
    """A policy whose abilities show only once its model is there: on a server, or computed by a back end that has not all of them.

    offers: those of the other protocols that it has.
    whole_only: nothing can go on from a state; it writes whole solutions of the bare problem.
    """

    @property
    def offers(self) -> frozenset[type]: ...

    @property
    def whole_only(self) -> bool: ...


ABILITIES: dict[type, str] = {
    TokenLogprobs: "tells the log-probabilities of its steps",
    Scorer: "tells how probable a given text is",
    Inspectable: "shows its distributions and hidden states",
    Forcer: "goes on from text that is put into its solution",
    Critic: "judges and revises its own solutions",
    ChatModel: "answers requests in words",
    Stepper: "writes its steps in words, so that it can be chosen what a step is",
}
"""Every protocol besides `Policy`, and how a sentence says it of a model."""

ABILITY_NAMES: dict[type, str] = {
    Inspectable: "hidden states",
    TokenLogprobs: "log-probabilities",
    Scorer: "log-probabilities of given steps",
    Forcer: "forced text",
    Critic: "self-correction",
    ChatModel: "requests in words",
    Stepper: "a choice of steps",
}
"""The same in a word or two, for a list of what a model offers."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a model before a run.

    offers: its abilities; of a server that was not tried yet, those it may have.
    whole_only: it writes whole solutions of the bare problem, and nothing can go on from a state.
    """

    offers: frozenset[type]
    whole_only: bool = False


def offers(policy: object, protocol: type[T]) -> TypeGuard[T]:
    """Does the policy offer a protocol?"""
    return (not isinstance(policy, Remote) or protocol in policy.offers) and isinstance(policy, protocol)


def require(policy: Policy, protocol: type[T]) -> T:
    """The policy, as the protocol that a search or reward needs. ModelError if it does not offer it."""
    if not offers(policy, protocol):
        raise ModelError(f"A model is needed that {ABILITIES[protocol]}, and {policy.name} is not one; choose another model.")
    return policy
