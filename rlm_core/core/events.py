"""The events of a run. The log of these events is the truth; trees, figures and statistics are views of it.

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
    """A token as generated.

    id: in the vocabulary.
    text: as it stands in the step.
    logprob: natural-log probability under the policy at temperature 1, at most 0.
    """

    id: Count
    text: str
    logprob: Annotated[float, msgspec.Meta(le=_NOISE)]


class Term(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One child's arithmetic at a selection.

    node: the child.
    q: mean value in [0,1]; None if it was never visited.
    visits: simulations backed up through it.
    prior: P(step) in [0,1].
    bonus: at least 0; None where it is infinite (an unvisited child under UCT).
    total: q and bonus together; None where it is infinite.
    """

    node: Count
    q: Share | None
    visits: Count
    prior: Share
    bonus: Amount | None
    total: Amount | None


class Choice(msgspec.Struct, frozen=True):
    """One decision on the way down.

    parent: the node at which it was made.
    visits: of the parent, at that moment.
    chosen: the child with the largest total; under "thompson" the parent itself where a new child is wanted.
    terms: the arithmetic of every child; under "thompson" a term's total is its own draw, and its bonus None.
    wider, deeper: under "thompson" the draws in [0,1] for a new child and for one of those there are; else None.
    """

    parent: Count
    visits: Count
    chosen: Count
    terms: tuple[Term, ...]
    wider: Share | None = None
    deeper: Share | None = None

    @property
    def drawn(self) -> bool:
        """Was it decided by draws between a new child and an existing one, and not by a formula?"""
        return self.wider is not None and self.deeper is not None


class RolloutResult(msgspec.Struct, frozen=True):
    """One simulation from a state to the end of a solution.

    steps: texts written after the state.
    answer: the answer it gave; None if it gave none.
    score: in [0,1].
    """

    steps: tuple[str, ...]
    answer: str | None
    score: Share


class Event(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all events."""


class RunStarted(Event, frozen=True, tag="run_started", rename={"computation": "server"}):
    """The first event of every log.

    config: the run's configuration as plain data.
    problem: what is to be solved.
    oracle: the search may see the reference answer.
    version: of the log format.
    source: the program or format that a log from elsewhere came from; a log of this program has none.
    computation: by what and in which number format the run's model was computed, or what its server can do, as the end of a sentence;
        the bundled model, which is computed exactly, has none. In a log its name is "server".
    """

    config: dict[str, Any]
    problem: Problem
    oracle: bool
    version: int = VERSION
    source: str | msgspec.UnsetType = msgspec.UNSET
    computation: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def elsewhere(self) -> str:
        """The source; empty for a log that this program's own search wrote."""
        return self.source or ""


class NodeAdded(Event, frozen=True, tag="node_added"):
    """A state joins the tree.

    node: its number.
    parent: the state before its step; None for the root.
    text: the step that leads here.
    tokens: that step as generated.
    prior: P(step) among its siblings, in [0,1]; 1 where no siblings were weighed.
    finished: the policy ended its solution here.
    cut: the step ran into the length limit, so the state is neither finished nor can it be continued.
    answer: the answer of a finished state; None if it states none.
    correct: the verifier's verdict on a finished state, None where nothing is known; shown to people, never read by a search.
    tag: the special token (`rlm_core.core.special_tokens`) that the step ended in or stands for; "" for an ordinary step.
    thinking: the step stands in the thinking space, apart from the answer.
    forced: the decoder, a tool or a person put it there.
    length: how many tokens were generated for it, where only their number is known; of steps that came in one answer the last has the
        number of all.
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
    tag: str = msgspec.field(default="", name="mark")
    thinking: bool = False
    forced: bool = False
    length: Count | msgspec.UnsetType = msgspec.UNSET


class SampledAgain(Event, frozen=True, tag="sampled_again"):
    """More samples came out the same as a node, which stands for all of them.

    node: the state that was reached again.
    times: how many more samples it stands for in a vote.
    """

    node: Count
    times: Count


class Selected(Event, frozen=True, tag="selected"):
    """A walk from the root to a node.

    node: where the walk ended.
    choices: one per level; empty where the root itself was taken.
    rule: name of the selection rule.
    constant: the rule's constant, such as c of UCT.
    """

    node: Count
    choices: tuple[Choice, ...] = ()
    rule: str = ""
    constant: float = 0.0


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part of a mixed score.

    name: the reward that gave it.
    weight: in [0,1]; the weights sum to 1.
    score: in [0,1].
    """

    name: str
    weight: Share
    score: Share


class Evaluated(Event, frozen=True, tag="evaluated"):
    """A reward scored a node.

    node: the state that was scored.
    reward: its name.
    score: in [0,1].
    rollouts: the simulations of which the score is the mean; empty for other rewards.
    oracle: the reward read the reference answer.
    ahead: steps that the policy wrote before the score was taken (lookahead).
    parts: the weighted parts of a mixed score; empty for a single reward.
    steps: score of each step so far in [0,1], where the reward gives one per step.
    note: text written by a judge.
    advantage: of the answer within its group, in a group of a training.
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
    advantage: float | msgspec.UnsetType = msgspec.UNSET


class BackedUp(Event, frozen=True, tag="backed_up"):
    """A value was added to every node of a path: N += 1, W += value.

    path: leaf first, root last.
    value: in [0,1].
    values: new Q of each node of the path in [0,1] (W = N·Q), under a rule other than the mean; else empty.
    """

    path: tuple[Count, ...]
    value: Share
    values: tuple[Share, ...] = ()


class Pruned(Event, frozen=True, tag="pruned"):
    """Nodes that will not be continued.

    nodes: their numbers.
    reason: in words.
    """

    nodes: tuple[Count, ...]
    reason: str


class Backtracked(Event, frozen=True, tag="backtracked"):
    """The search went back to an ancestor.

    source: the node it left.
    target: the ancestor.
    reason: in words.
    """

    source: Count
    target: Count
    reason: str


class Forced(Event, frozen=True, tag="forced"):
    """The decoder, not the model, put a text into a chain.

    node: where it stands.
    text: the text.
    reason: in words.
    """

    node: Count
    text: str
    reason: str


class ToolCalled(Event, frozen=True, tag="tool_called"):
    """The model called the calculator.

    node: the step with the call.
    call: the expression it asked for.
    result: the text put after the call.
    failed: the result is an error message.
    """

    node: Count
    call: str
    result: str
    failed: bool = False


class Corrected(Event, frozen=True, tag="corrected"):
    """A node replaces another.

    source: the node that is replaced.
    target: the node that replaces it.
    reason: in words.
    """

    source: Count
    target: Count
    reason: str


class Critiqued(Event, frozen=True, tag="critiqued"):
    """The model's own critique of a solution.

    node: the end of the solution.
    text: the critique.
    wrong: the node of the step it faults; None if it faults none.
    """

    node: Count
    text: str
    wrong: Count | None = None


class Probed(Event, frozen=True, tag="probed"):
    """The model was forced to answer at a node. This changes nothing in the run, and its tokens are counted apart.

    node: where it was asked.
    answer: the answer it would give; None if it gives none.
    confidence: geometric mean probability of the answer's tokens, in [0,1].
    correct: the verifier's verdict on that answer; None where nothing is known.
    """

    node: Count
    answer: str | None
    confidence: Share
    correct: bool | None = None


class Particle(msgspec.Struct, frozen=True, array_like=True):
    """A particle at a resampling.

    node: the state it stands on.
    weight: in [0,1] before resampling; the weights sum to 1.
    copies: how many particles continue from it.
    """

    node: Count
    weight: Share
    copies: Count


class Resampled(Event, frozen=True, tag="resampled"):
    """Particles were drawn anew in proportion to their weights.

    particles: those before the draw; one with 0 copies ends here.
    method: systematic or multinomial.
    """

    particles: tuple[Particle, ...]
    method: str


class EffortChosen(Event, frozen=True, tag="effort_chosen"):
    """How much thinking a problem gets.

    level: low, medium, high or max.
    tokens: thinking tokens of that level.
    reason: in words.
    signal: the number in [0,1] that decided; None where a person chose.
    """

    level: str
    tokens: Count
    reason: str
    signal: Share | None = None


class Spent(Event, frozen=True, tag="spent"):
    """The cost of the last request.

    purpose: name of a `core.words.Purpose`, such as expand, rollout or score; tokens of "probe" are counted apart from all else.
    generated: tokens sampled, those later discarded included.
    computed: prompt tokens run through the model.
    reused: prompt tokens taken from the prefix cache.
    reward_passes: evaluations by a reward model.
    simulations: how many simulations this completes.
    """

    purpose: str
    generated: Count = 0
    computed: Count = 0
    reused: Count = 0
    reward_passes: Count = 0
    simulations: Count = 0


class Vote(msgspec.Struct, frozen=True):
    """One answer in a vote.

    answer: as it is shown.
    weight: summed over the candidates that gave it, at least 0.
    nodes: those candidates.
    correct: the verifier's verdict; None where nothing is known.
    """

    answer: str
    weight: Amount
    nodes: tuple[Count, ...]
    correct: bool | None = None


class Answered(Event, frozen=True, tag="answered"):
    """The search's answer.

    method: name of a `core.words.AnswerMethod`.
    answer: None if no candidate states one.
    node: the candidate in which the answer stands; None if there is none.
    correct: the verifier's verdict; None where nothing is known.
    votes: every answer that was weighed.
    """

    method: str
    answer: str | None
    node: Count | None
    correct: bool | None
    votes: tuple[Vote, ...] = ()


class RunFinished(Event, frozen=True, tag="run_finished"):
    """The last event of every log that was not cut off.

    stop: name of a `core.words.StopReason`. "exhausted": nothing is left to explore. "stale": something is, but a long row
        of simulations reached nothing new, so the search gave up.
    detail: where the run failed, the error in one sentence.
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
    """An event with its place in the log.

    seq: from 1.
    time: seconds since the run began.
    event: the event.
    """

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
