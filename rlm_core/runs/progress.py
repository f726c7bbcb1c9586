"""How far a run is, in the strategy's own units, and how long it may still take: of this run, or not said at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.parameters import BUDGET, Description
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import counted

MIN_SHARE = 0.02
"""Below this share of a run no pace is known yet."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    done: units complete.
    whole: units of the whole run; None if their number is known only at its end.
    unit: name of the units, such as "simulation".
    share: of the run, in [0,1]; None if the whole is not known.
    left: seconds at the pace up to now; None before there is a pace, and where it has not been kept.
    pending: simulations that are complete but not backed up yet.
    """

    done: int
    whole: int | None
    unit: str
    share: float | None
    left: float | None
    pending: int

    @property
    def words(self) -> str:
        """ "9 of 64 simulations" or "21 scored states"."""
        if self.whole is None:
            return counted(self.done, self.unit)
        return f"{self.done:,} of {counted(self.whole, self.unit)}"


def planned(config: RunConfig, search: Description[Any]) -> int | None:
    """How many units the whole run takes unless another budget ends it first; None where that is not known before."""
    limit = config.budget.simulations
    if search.planned == BUDGET:
        return limit
    if not search.planned:
        return None
    given = search.current(config.search_parameters)
    own = search.planned if isinstance(search.planned, int) else int(given.get(search.planned, 0)) or None
    return own if limit is None or own is None else min(own, limit)


def progress(config: RunConfig, search: Description[Any], tree: SearchTree, seconds: float, writing: int = 0) -> Progress:
    """Progress of a run whose log up to now made `tree`, after `seconds` of work.

    writing: tokens generated since the last event.
    """
    stopped = tree.finished is not None and tree.finished.stop not in ("simulations", "done")
    whole = None if stopped else planned(config, search)
    done = tree.totals.simulations
    share = _share(config.budget, search, whole, tree, seconds, writing)
    left = _left(_share(config.budget, search, whole, tree, tree.time), tree, seconds)
    tokens = config.budget.tokens
    if writing and tokens and share is not None and share >= MIN_SHARE and share == min(1.0, (tree.totals.generated + writing) / tokens):
        left = seconds / share - seconds  # the tokens will end it, and those of this moment are known
    if share is None and config.budget.seconds is not None:
        left = max(0.0, config.budget.seconds - seconds)
    backed_up = tree.nodes[ROOT].visits if ROOT in tree.nodes else 0
    pending = max(0, done - backed_up) if search.planned == BUDGET else 0
    return Progress(done, whole, search.unit, share, left, pending)


def _left(share: float | None, tree: SearchTree, seconds: float) -> float | None:
    """At the pace up to the last event, when `share` was done, less what has passed since; so it never grows by itself."""
    if share is None or share < MIN_SHARE or tree.finished or seconds >= tree.time / share:
        return None
    return tree.time / share - seconds


def _share(budget: Budget, search: Description[Any], whole: int | None, tree: SearchTree, seconds: float, writing: int = 0) -> float | None:
    """The share done of the limit that ends the run first. A strategy that ends by itself at no known number has only its budgets."""
    used = [(whole, tree.totals.simulations)] if whole else []
    if search.planned:
        used += [
            (budget.tokens, tree.totals.generated + writing),
            (budget.seconds, seconds),
            (budget.reward_passes, tree.totals.reward_passes),
        ]
    shares = [min(1.0, u / limit) for limit, u in used if limit]
    return max(shares, default=None)
