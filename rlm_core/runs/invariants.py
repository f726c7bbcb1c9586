"""Invariants: laws that the log of every run keeps, recomputed from its events; the first place where one is broken.

Nothing is taken from the search: visits, means, choices, priors and tokens are worked out again from what the log says, so that a
log that was changed, or a search that counts wrongly, is found. A law that a log cannot be held to says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.runs.laws import costs, tree_search
from rlm_core.runs.laws.base import Finding


@dataclass(frozen=True, slots=True)
class Invariant:
    """A law, and whether a log keeps it.

    law: in one sentence.
    holds, detail, node, event: as in `laws.base.Finding`.
    """

    law: str
    holds: bool | None
    detail: str
    node: int | None = None
    event: int | None = None


LAWS: dict[str, Callable[[Sequence[Record], SearchTree], Finding]] = {
    "Visits: N of a node is the sum of its children's N and the simulations that ended at it.": tree_search.visits,
    "Values: Q of a node is the mean of the values backed up through it, or follows the search's own rule.": tree_search.means,
    "Choices: the child with the largest total was taken, and the totals follow from the rule.": tree_search.choices,
    "Priors: each P is in [0,1], and those of steps proposed together sum to 1.": costs.priors,
    "Budget: no limit was passed.": costs.budget_kept,
    "Tokens: those of the tree are among those that were counted, and each counted one has a purpose.": costs.tokens,
}
"""Every law with its check."""


def invariants(records: Sequence[Record]) -> list[Invariant]:
    """Every law, in the order of LAWS. LogError if the events contradict each other."""
    tree = replay(records)
    if tree.started is None:
        return []
    return [Invariant(law, f.holds, f.detail, f.node, f.event) for law, check in LAWS.items() for f in (check(records, tree),)]
