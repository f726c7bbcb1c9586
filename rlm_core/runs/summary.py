"""The figures of a run, from its tree alone: the same for a live run and for its log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rlm_core.core.tree import SearchTree
from rlm_core.runs.attribution import attribute

INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a run.

    answer: None if no candidate was finished.
    correct: the verifier's verdict; None if nothing is known to check against.
    stop: the log's stop reason, or "interrupted" if the log has no end.
    generated: tokens.
    reward_passes: forward passes of reward models.
    simulations: worked by the search.
    seconds: of the last event.
    nodes: of the tree.
    oracle: the search could see the reference answer.
    detail: one more sentence on the stop; often empty.
    source: the program or format that a log from elsewhere came from; else empty.
    cause: of a wrong answer, as `attribution.CAUSES` names it; else empty.
    """

    answer: str | None
    correct: bool | None
    stop: str
    generated: int
    reward_passes: int
    simulations: int
    seconds: float
    nodes: int
    oracle: bool
    detail: str = ""
    source: str = ""
    cause: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data; `detail`, `source` and `cause` only where there is one."""
        return {k: v for k, v in asdict(self).items() if k not in ("detail", "source", "cause") or v}


def summarise(tree: SearchTree) -> Summary:
    answered, finished, totals = tree.answered, tree.finished, tree.totals
    failure = attribute(tree)
    return Summary(
        answer=answered.answer if answered else None,
        correct=answered.correct if answered else None,
        stop=finished.stop if finished else INTERRUPTED,
        generated=totals.generated,
        reward_passes=totals.reward_passes,
        simulations=totals.simulations,
        seconds=tree.time,
        nodes=len(tree.nodes),
        oracle=tree.oracle,
        detail=finished.detail if finished else "",
        source=tree.started.elsewhere if tree.started else "",
        cause=failure.cause if failure else "",
    )
