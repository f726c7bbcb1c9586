"""The settings that are changed, and the score that a node would have had with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rlm_core.core.events import Evaluated, Record
from rlm_core.core.wording import name
from rlm_core.rewards.aggregate import METHODS, aggregate
from rlm_core.runs.laws.base import equal


class Unknowable(Exception):
    """Something cannot be told without generating; its text says what and why, in one sentence."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Settings other than the run's; None leaves one as it was.

    c: constant of the selection rule.
    rule: name of another selection rule: "uct", "puct" or "x1".
    aggregation: how the recorded step scores become one (`rewards.aggregate.METHODS`).
    reward: name of another reward, and `scores` its score of each node it judged, in [0,1].
    answer_by: name of another method to pick the answer (`answer.METHODS`).
    first: only the first so many candidates of a pool.
    """

    c: float | None = None
    rule: str | None = None
    aggregation: str | None = None
    reward: str | None = None
    scores: Mapping[int, float] | None = None
    answer_by: str | None = None
    first: int | None = None

    @property
    def rescored(self) -> bool:
        """Would nodes have other scores?"""
        return self.scores is not None or self.aggregation is not None

    def score(self, event: Evaluated) -> float:
        """The score of the evaluated node with these settings. Unknowable where the log does not say."""
        if self.scores is not None:
            if event.node not in self.scores:
                raise Unknowable(f"{self.reward} gave {name(event.node)} no score.")
            return self.scores[event.node]
        if self.aggregation is not None:
            if not event.steps:
                raise Unknowable(f"The log holds no step scores of {name(event.node)}, only the one score {event.score:.2f}.")
            return aggregate(event.steps, self.aggregation)
        return event.score


def recorded_aggregation(records: Iterable[Record], configured: object = None) -> str | None:
    """How the run's step scores became one: the method that gives every recorded score; None where there is none.

    configured: the method that the run's settings name, which is tried first.
    """
    scored = [r.event for r in records if isinstance(r.event, Evaluated) and r.event.steps]
    ways = sorted(METHODS, key=lambda m: m != configured)
    return next((m for m in ways if scored and all(equal(aggregate(e.steps, m), e.score) for e in scored)), None)


def recorded_parts(records: Iterable[Record]) -> dict[str, dict[int, float]]:
    """The scores of each part of a mixed reward, by its name, then by node."""
    found: dict[str, dict[int, float]] = {}
    for record in records:
        for part in record.event.parts if isinstance(record.event, Evaluated) else ():
            assert isinstance(record.event, Evaluated)
            found.setdefault(part.name, {})[record.event.node] = part.score
    return found
