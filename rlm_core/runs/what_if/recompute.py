"""A run made again from its log with other settings: the first decision that flips, the answer, and what cannot be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rlm_core.core.config import Budget
from rlm_core.core.events import Answered, AnyEvent, BackedUp, Choice, Evaluated, Record, Resampled, Selected, Spent
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, listed, name
from rlm_core.runs.laws.base import settings
from rlm_core.runs.what_if import answer
from rlm_core.runs.what_if.changes import Changes, Unknowable
from rlm_core.runs.what_if.decisions import RULES, Decide, Decision, after_scoring, as_recorded, resampling, selection
from rlm_core.search.algorithms import particle_filtering, x1

ELSEWHERE = "the nodes it would have grown from there, their scores and their answers were never generated."


@dataclass(frozen=True, slots=True)
class Flip:
    """The first decision that comes out differently.

    event: number of the event that made it.
    at: the node at which it was made; None where a whole level was ranked.
    was, would: the decision as it was, and with the changed settings.
    sentence: both in words.
    """

    event: int
    at: int | None
    was: Decision
    would: Decision
    sentence: str


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A run with other settings, as far as its log tells.

    decisions: how many were made again, the flipped one included.
    flip: the first that comes out differently; None if none does.
    answered: the answer over the nodes of the log; None where it cannot be told.
    certain: it is the answer that would have come out.
    unknown: what cannot be known without generating, in sentences.
    """

    decisions: int
    flip: Flip | None
    answered: Answered | None
    certain: bool
    unknown: tuple[str, ...]


def what_if(records: Sequence[Record], changes: Changes) -> WhatIf:
    """The run with other settings. LogError if the events contradict each other."""
    replayed = _Replayed(changes)
    for record in records:
        replayed.follow(record)
    try:
        answered = replayed.answer()
    except Unknowable as unknown:
        answered = None
        replayed.unknown.append(str(unknown))
    unknown = [*replayed.unknown, *_provisos(replayed.own, changes)]
    certain = answered is not None and replayed.flip is None and not unknown
    return WhatIf(replayed.decisions, replayed.flip, answered, certain, tuple(dict.fromkeys(unknown)))


def _provisos(tree: SearchTree, changes: Changes) -> list[str]:
    """What another reward would have changed besides its scores."""
    if changes.scores is None or tree.started is None:
        return []
    unknown = []
    try:
        limited = msgspec.convert(tree.started.config.get("budget"), Budget)
        bounds = [w for w, limit in (("tokens", limited.tokens), ("seconds", limited.seconds), ("passes", limited.reward_passes)) if limit]
    except msgspec.ValidationError:
        bounds = []
    if bounds:
        unknown.append(f"Another reward costs other {listed(bounds)}, so the run's budget would have ended it at another moment.")
    if any(e.ahead for n in tree.nodes.values() for e in n.evaluations):
        unknown.append("The run scored states some steps ahead; the other reward judged the states themselves.")
    return unknown


@dataclass(slots=True)
class _Replayed:
    """A log replayed beside itself.

    own, other: the tree as it was, and as it would have been, up to the same event.
    stopped: decisions are made again no more: one flipped, or one cannot be told.
    lost: some score that was backed up is not known, so no value can be relied on.
    resampled: resamplings so far.
    fresh: the states scored since the last cost was counted.
    """

    changes: Changes
    own: SearchTree = field(default_factory=SearchTree)
    other: SearchTree = field(default_factory=SearchTree)
    decisions: int = 0
    flip: Flip | None = None
    stopped: bool = False
    lost: bool = False
    unknown: list[str] = field(default_factory=list)
    resampled: int = 0
    fresh: list[int] = field(default_factory=list)

    def follow(self, record: Record) -> None:
        """Make the event's decisions again, then fold it into both trees."""
        if not self.stopped:
            try:
                self.decide(record)
            except Unknowable as unknown:
                self.give_up(f"Event {record.seq:,} cannot be made again: {unknown}")
        changed = self.changed(record)
        self.own.apply(record)
        if changed is not None:
            self.other.apply(msgspec.structs.replace(record, event=changed))
        if isinstance(record.event, Spent):
            self.fresh = []

    def give_up(self, why: str) -> None:
        self.stopped = True
        self.unknown.append(why)

    def changed(self, record: Record) -> AnyEvent | None:
        """The event with the scores it would have had; None where it would have had one that is not known."""
        match event := record.event:
            case Evaluated() if self.changes.rescored:
                try:
                    return msgspec.structs.replace(event, score=self.changes.score(event))
                except Unknowable as unknown:
                    if not self.stopped:
                        self.give_up(f"From event {record.seq:,} on nothing can be told: {unknown}")
                    self.lost = True
                    return None
            case BackedUp() if self.changes.rescored and not self.lost:
                return self.backed_up(event)
            case _:
                return event

    def backed_up(self, event: BackedUp) -> BackedUp:
        """The backup of the leaf's changed score: to the mean, or by x1's rule where the run used it."""
        leaf = self.other.nodes[event.path[0]]
        first = self.search == "ab_mcts" and bool(leaf.evaluations)
        score = leaf.evaluations[0].score if first else leaf.score
        if score is None:
            return event
        if not event.values:
            return msgspec.structs.replace(event, value=score)
        config = settings(self.own, x1.DESCRIPTION)
        return x1.backup(self.other, leaf.id, config.alpha, config.gamma)

    # -- decisions -----------------------------------------------------------------------------

    def decide(self, record: Record) -> None:
        """Make the decisions of one event again. Unknowable where that is not possible."""
        match event := record.event:
            case Selected(choices=choices):
                for choice in choices:
                    if not self.stopped:
                        self.choose(record.seq, event, choice)
            case Resampled():
                self.resampled += 1
                if self.changes.rescored:
                    self.draw(record.seq, event)
            case Evaluated():
                self.fresh.append(event.node)
            case Spent(simulations=simulations) if simulations and self.changes.rescored:
                for again in after_scoring(self.own, self.search, self.fresh):
                    if not self.stopped:
                        self.compare(record.seq, None, again)
            case _:
                pass

    def choose(self, seq: int, event: Selected, choice: Choice) -> None:
        """One choice on a walk down."""
        changes = self.changes
        if choice.drawn:
            if changes.rescored:
                raise Unknowable("it was drawn at random from what the scores had shown; other scores give other draws.")
            return
        own, rule = RULES.get(event.rule), RULES.get(changes.rule or event.rule)
        if own is None or rule is None or not as_recorded(self.own, choice, event):
            raise Unknowable(f"its recorded numbers do not give its choice by the rule “{event.rule}” as it is known here.")
        c = event.constant if changes.c is None else changes.c
        was = selection(self.own, choice, own, event.constant)
        self.compare(seq, choice.parent, lambda tree: selection(tree, choice, rule, c), was)

    def draw(self, seq: int, event: Resampled) -> None:
        """A resampling of particles, with the same random numbers."""
        config = settings(self.own, particle_filtering.DESCRIPTION)
        seed, step = self.seed, self.resampled
        was = tuple(p.node for p in event.particles for _ in range(p.copies))
        if self.search != "particle_filtering" or resampling(self.own, event, config, seed, step).chosen != was:
            raise Unknowable("its random numbers are not known.")
        self.compare(seq, None, lambda tree: resampling(tree, event, config, seed, step))

    def compare(self, seq: int, at: int | None, decide: Decide, was: Decision | None = None) -> None:
        """Count a decision; note it, and stop, if the other tree makes it differently. was: as it was, if not by `decide` itself."""
        was, would = was or decide(self.own), decide(self.other)
        self.decisions += 1
        if was.chosen == would.chosen:
            return
        where = "" if at is None else f" at {name(at)}"
        sentence = f"Event {seq:,}{where}: {_taken(was)}; with the changed settings {_taken(would)}."
        self.flip = Flip(seq, at, was, would, sentence)
        self.give_up(f"After event {seq:,} the search would have gone elsewhere: {ELSEWHERE}")

    # -- the answer ----------------------------------------------------------------------------

    def answer(self) -> Answered | None:
        """The answer over the nodes of the log. Unknowable where it cannot be told."""
        method = self.changes.answer_by or (self.own.answered.method if self.own.answered else "")
        if self.lost and method in answer.BY_VALUE:
            raise Unknowable(f"The answer by “{method}” goes by values backed up, and one of the scores behind them is not known.")
        return answer.answer(self.own, self.other, self.changes)

    # -- the run's settings --------------------------------------------------------------------

    @property
    def config(self) -> dict[str, Any]:
        return self.own.started.config if self.own.started else {}

    @property
    def search(self) -> str:
        return str(self.config.get("search", ""))

    @property
    def seed(self) -> int:
        seed = self.config.get("seed", 0)
        return seed if isinstance(seed, int) else 0


def _taken(decision: Decision) -> str:
    """The nodes that go on, in words: "node 7 is taken"."""
    nodes = dict.fromkeys(decision.chosen)
    if not nodes:
        return "nothing is taken"
    words = listed([name(n) for n in nodes], most=6)
    if len(nodes) <= 6:
        return f"{words} {'is' if len(nodes) == 1 else 'are'} taken"
    return f"{counted(len(nodes), 'node')} are taken ({words})"
