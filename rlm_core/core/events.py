"""What can happen in a run. The log of these events is the truth; trees, figures and statistics are views of it.

Every event is a frozen struct with a literal tag. `Record` adds its place in the log (`seq`, from 1)
and when it happened (`time`, seconds since the run began). The same configuration and seed give the
same records, times aside.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from rlm_core.core.errors import LogError
from rlm_core.core.problem import Problem

VERSION = 1
"""Raised when a log of the last version can no longer be read."""


_NOISE = 1e-6
"""How far rounding may carry a number beyond its range."""
Share = Annotated[float, msgspec.Meta(ge=-_NOISE, le=1 + _NOISE)]
"""A number in [0,1]; a log with another one is refused when it is read."""
Amount = Annotated[float, msgspec.Meta(ge=-_NOISE)]
"""A number that is at least 0."""
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A whole number of something, or the number of a node."""


class Token(msgspec.Struct, frozen=True, array_like=True):
    """A token as generated: vocabulary id, text, natural-log probability (≤ 0) under the policy at temperature 1."""

    id: Count
    text: str
    logprob: Annotated[float, msgspec.Meta(le=_NOISE)]


class Term(msgspec.Struct, frozen=True, array_like=True):
    """One child's arithmetic at a selection: node, mean value in [0,1] (None if unvisited), visits, prior, bonus, total.

    `bonus` and `total` are None where they are infinite (an unvisited child under UCT).
    """

    node: Count
    q: Share | None
    visits: Count
    prior: Share
    bonus: Amount | None
    total: Amount | None


class Choice(msgspec.Struct, frozen=True):
    """One decision on the way down: at `parent` with `visits`, `chosen` beat its siblings by `terms`.

    wider, deeper: under the rule "thompson" the draws in [0,1] that decided between a new child and one there
    is; `chosen` is `parent` itself where a new child was wanted, and a term's `total` is that child's own draw.
    """

    parent: Count
    visits: Count
    chosen: Count
    terms: tuple[Term, ...]
    wider: Share | None = None
    deeper: Share | None = None

    @property
    def drawn(self) -> bool:
        """Was it decided by draws between a new child and one there is, and not by a formula?"""
        return self.wider is not None and self.deeper is not None


class RolloutResult(msgspec.Struct, frozen=True):
    """One simulation to the end from a state: its steps, the answer it gave (None: none) and its score in [0,1]."""

    steps: tuple[str, ...]
    answer: str | None
    score: Share


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all events."""


class RunStarted(Event, frozen=True, tag="run_started"):
    """config: the run's configuration as plain data. oracle: the search may see the reference answer."""

    config: dict[str, Any]
    problem: Problem
    oracle: bool
    version: int = VERSION


class NodeAdded(Event, frozen=True, tag="node_added"):
    """A state joins the tree.

    parent: None for the root. text: the step that leads here. tokens: that step as generated.
    prior: P(step) among its siblings, in [0,1]; 1 where no siblings were weighed. finished: the policy ended its solution here.
    answer: what a finished state answers; None if it states none. cut: the step ran into the length
    limit, so the state is neither finished nor can it be continued. correct: the verifier's word on a
    finished state, None where nothing is known; shown to people, never read by a search.
    mark: the marker of `rlm_core.core.special_tokens` that the step ended in or stands for, if it is no ordinary step.
    thinking: it stands in the thinking space, apart from the answer. forced: the decoder or a tool put it there.
    """

    node: Count
    parent: Count | None
    text: str = ""
    tokens: tuple[Token, ...] = ()
    prior: Share = 1.0
    finished: bool = False
    cut: bool = False
    answer: str | None = None
    correct: bool | None = None
    mark: str = ""
    thinking: bool = False
    forced: bool = False


class SampledAgain(Event, frozen=True, tag="sampled_again"):
    """`times` more samples came out the same as `node`: it is one state and stands for so many more samples in a vote."""

    node: Count
    times: Count


class Selected(Event, frozen=True, tag="selected"):
    """A walk from the root to `node`; one choice a level, empty where the root itself was taken."""

    node: Count
    choices: tuple[Choice, ...] = ()
    rule: str = ""
    constant: float = 0.0


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part of a mixed score: what it is, its weight and its score, both in [0,1]."""

    name: str
    weight: Share
    score: Share


class Evaluated(Event, frozen=True, tag="evaluated"):
    """`reward` gave `node` a score in [0,1]; for rollouts, with the simulations it is the mean of.

    ahead: steps the policy was let go on by before the score was taken (lookahead).
    parts: the weighted parts of a mixed score, empty where there is one.
    steps: the score of each step so far in [0,1], where the reward gives one a step. note: what a judge wrote.
    """

    node: Count
    reward: str
    score: Share
    rollouts: tuple[RolloutResult, ...] = ()
    oracle: bool = False
    ahead: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    steps: tuple[Share, ...] = ()
    note: str = ""


class BackedUp(Event, frozen=True, tag="backed_up"):
    """`value` in [0,1] was added to every node of `path` (leaf first, root last): N += 1, W += value.

    values: where a rule other than the mean is used, the Q in [0,1] that each node of `path` has from now on (W = N·Q).
    """

    path: tuple[Count, ...]
    value: Share
    values: tuple[Share, ...] = ()


class Pruned(Event, frozen=True, tag="pruned"):
    """`nodes` will not be continued, because of `reason`."""

    nodes: tuple[Count, ...]
    reason: str


class Backtracked(Event, frozen=True, tag="backtracked"):
    """The search left `source` for its ancestor `target`, because of `reason`."""

    source: Count
    target: Count
    reason: str


class Forced(Event, frozen=True, tag="forced"):
    """The decoder steps in at `node`: `text` is put there, and not by the model, because of `reason`."""

    node: Count
    text: str
    reason: str


class ToolCalled(Event, frozen=True, tag="tool_called"):
    """In `node` the model called the calculator with `call`; `result` was put after it. failed: the result is an error's text."""

    node: Count
    call: str
    result: str
    failed: bool = False


class Corrected(Event, frozen=True, tag="corrected"):
    """`target` replaces `source`, because of `reason`."""

    source: Count
    target: Count
    reason: str


class Critiqued(Event, frozen=True, tag="critiqued"):
    """The model's own critique of the solution that ends in `node`; `wrong`: the node of the step it faults, None if none."""

    node: Count
    text: str
    wrong: Count | None = None


class Probed(Event, frozen=True, tag="probed"):
    """Forced to answer at `node`, the model would say `answer` (None: nothing) with `confidence`.

    confidence: in [0,1], the geometric mean probability of the tokens it answers with. The probe has no
    effect on the run, and its tokens are counted apart.
    """

    node: Count
    answer: str | None
    confidence: Share
    correct: bool | None = None


class Particle(msgspec.Struct, frozen=True, array_like=True):
    """A particle's node, its weight in [0,1] before resampling (the weights sum to 1) and how many of it go on."""

    node: Count
    weight: Share
    copies: Count


class Resampled(Event, frozen=True, tag="resampled"):
    """Particles were drawn anew in proportion to their weights; those with 0 copies end here."""

    particles: tuple[Particle, ...]
    method: str


class EffortChosen(Event, frozen=True, tag="effort_chosen"):
    """How much will be spent: `level` (low, medium, high or max) with `tokens` of thinking, because of `reason`.

    signal: what it was chosen by, in [0,1]; None where a person chose.
    """

    level: str
    tokens: Count
    reason: str
    signal: Share | None = None


class Spent(Event, frozen=True, tag="spent"):
    """What the last request cost.

    purpose: expand, rollout, complete, score, think, answer, lookahead, pilot, critique, dropped or probe; what a
    probe takes is counted apart from all else. generated: tokens sampled, those later discarded included.
    computed, reused: prompt tokens run through the model, and taken from the prefix cache.
    reward_passes: evaluations by a reward model. simulations: how many this completes.
    """

    purpose: str
    generated: Count = 0
    computed: Count = 0
    reused: Count = 0
    reward_passes: Count = 0
    simulations: Count = 0


class Vote(msgspec.Struct, frozen=True):
    """One answer with the summed weight of the candidates that gave it and those candidates."""

    answer: str
    weight: Amount
    nodes: tuple[Count, ...]
    correct: bool | None = None


class Answered(Event, frozen=True, tag="answered"):
    """The search's answer by `method`; `node` is the candidate it stands in, `votes` all that were weighed."""

    method: str
    answer: str | None
    node: Count | None
    correct: bool | None
    votes: tuple[Vote, ...] = ()


class RunFinished(Event, frozen=True, tag="run_finished"):
    """The last event of every log that was not cut off.

    stop: done, simulations, tokens, seconds, exhausted, stale, cancelled or failed. exhausted: nothing is left to explore;
    stale: something is, but so many simulations in a row reached nothing new that the search gave up.
    detail: for failed, what went wrong in one sentence.
    """

    stop: str
    detail: str = ""


AnyEvent = (
    RunStarted
    | NodeAdded
    | SampledAgain
    | Selected
    | Evaluated
    | BackedUp
    | Pruned
    | Backtracked
    | Forced
    | ToolCalled
    | Corrected
    | Critiqued
    | Probed
    | Resampled
    | EffortChosen
    | Spent
    | Answered
    | RunFinished
)


class Record(msgspec.Struct, frozen=True):
    """An event with its place in the log and its time in seconds since the run began."""

    seq: Count
    time: Amount
    event: AnyEvent


_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(Record)


def encode(record: Record) -> bytes:
    """One record as one line of JSON, without the newline."""
    return _ENCODER.encode(record)


def decode(line: bytes | str) -> Record:
    """The record of one line; LogError if it is not one."""
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError as error:
        raise LogError(f"This line of the log is not an event ({str(error)[:1].lower()}{str(error)[1:]}).") from None
