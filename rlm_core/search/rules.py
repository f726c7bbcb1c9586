"""Selection formulas: what a child is worth visiting. Pure arithmetic, used by the search that decides
and by the page that shows the decision.

Notation as in docs/algorithms.md: N visits, Q mean value in [0,1], P prior in [0,1].
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.events import Term

PUCT_C1, PUCT_C2 = 1.25, 19652.0
"""PUCT's published constants (Schrittwieser et al. 2020, appendix B)."""


def uct_bonus(parent_visits: int, visits: int, c: float) -> float:
    """c·sqrt(ln N(parent) / N); infinite for an unvisited child.

    Kocsis & Szepesvári 2006, with Auer's UCB1; c = √2 suits values in [0,1].

    >>> round(uct_bonus(10, 4, 2**0.5), 4), uct_bonus(10, 0, 1.0)
    (1.073, inf)
    """
    if visits == 0:
        return math.inf
    return c * math.sqrt(math.log(max(1, parent_visits)) / visits)


def puct_bonus(parent_visits: int, visits: int, prior: float, c1: float) -> float:
    """P·sqrt(N(parent)) / (1+N) · [c1 + ln((N(parent)+c2+1)/c2)], c1 = 1.25 and c2 = 19652 as published.

    Silver et al. 2018 (AlphaZero), Schrittwieser et al. 2020 (MuZero, equation 2).

    >>> round(puct_bonus(9, 2, 0.5, 1.25), 4)
    0.6253
    """
    growing = c1 + math.log((parent_visits + PUCT_C2 + 1) / PUCT_C2)
    return prior * math.sqrt(parent_visits) / (1 + visits) * growing


def x1_bonus(parent_visits: int, visits: int, c: float) -> float:
    """sqrt(N(parent) − 1) / (1+N) · [c + ln((N(parent)+c2)/c2)], c2 = 19652: PUCT's bonus without a prior.

    Besta et al. 2025 (x1, the framework of the Reasoning Language Models blueprint).

    >>> round(x1_bonus(10, 2, 1.25), 4)
    1.2505
    """
    return math.sqrt(max(0, parent_visits - 1)) / (1 + visits) * (c + math.log((parent_visits + PUCT_C2) / PUCT_C2))


def beta_posterior(total: float, count: int, prior: float) -> tuple[float, float]:
    """α = prior + Σr and β = prior + Σ(1−r) of the Beta posterior after `count` scores in [0,1] that sum to `total`.

    Inoue et al. 2025 (AB-MCTS-A): a score adds r to the successes and 1−r to the failures.

    >>> beta_posterior(1.25, 2, 0.5)
    (1.75, 1.25)
    """
    return prior + total, prior + count - total


def drawn(arm: Arm, prior: float, draw: random.Random) -> Term:
    """Thompson sampling: as q the mean α/(α+β) of an arm's Beta posterior, as total a sample of it.

    >>> round(drawn(Arm(7, 2, 1.25, 1.0), 0.5, random.Random(0)).q, 4)
    0.5833
    """
    a, b = beta_posterior(arm.total, arm.visits, prior)
    return Term(arm.node, a / (a + b), arm.visits, arm.prior, None, draw.betavariate(a, b))


@dataclass(frozen=True, slots=True)
class Arm:
    """What the formulas read of one child. visits and total include pending simulations under virtual loss."""

    node: int
    visits: int
    total: float
    prior: float


def term(arm: Arm, parent_visits: int, rule: str, c: float) -> Term:
    """One child's Q, bonus and total. Under PUCT and x1 an unvisited child's Q counts as 0.

    >>> found = term(Arm(7, 4, 2.0, 0.5), 10, "uct", 2**0.5)
    >>> found.q, round(found.bonus, 4), round(found.total, 4)
    (0.5, 1.073, 1.573)
    """
    q = arm.total / arm.visits if arm.visits else None
    bonus = _bonus(arm, parent_visits, rule, c)
    if math.isinf(bonus):
        return Term(arm.node, None, 0, arm.prior, None, None)
    return Term(arm.node, q, arm.visits, arm.prior, bonus, (q or 0.0) + bonus)


def _bonus(arm: Arm, parent_visits: int, rule: str, c: float) -> float:
    if rule == "uct":
        return uct_bonus(parent_visits, arm.visits, c)
    if rule == "x1":
        return x1_bonus(parent_visits, arm.visits, c)
    return puct_bonus(parent_visits, arm.visits, arm.prior, c)


def terms(arms: Sequence[Arm], parent_visits: int, rule: str, c: float) -> tuple[Term, ...]:
    """Every child's arithmetic."""
    return tuple(term(a, parent_visits, rule, c) for a in arms)


def best(candidates: Sequence[Term]) -> Term:
    """The largest total; unvisited (infinite) first; ties go to the higher prior, then to the older node."""
    return max(candidates, key=lambda t: (math.inf if t.total is None else t.total, t.prior, -t.node))
