"""Selection rules: which child is worth visiting next. UCT (the UCB formula for trees) and PUCT.

A rule is one object: the search chooses by it, and the page shows the same arithmetic with the numbers filled in.
Notation as in docs/algorithms.md: N visits, Q mean value in [0,1], P prior in [0,1].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from rlm_core.core.events import Term
from rlm_core.core.wording import number

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
    return c * math.sqrt(math.log(parent_visits or 1) / visits)


def puct_bonus(parent_visits: int, visits: int, prior: float, c1: float) -> float:
    """P·sqrt(N(parent)) / (1+N) · [c1 + ln((N(parent)+c2+1)/c2)], c1 = 1.25 and c2 = 19652 as published.

    Silver et al. 2018 (AlphaZero), Schrittwieser et al. 2020 (MuZero, equation 2).

    >>> round(puct_bonus(9, 2, 0.5, 1.25), 4)
    0.6253
    """
    growing = c1 + math.log((parent_visits + PUCT_C2 + 1) / PUCT_C2)
    return prior * math.sqrt(parent_visits) / (1 + visits) * growing


class Arm(msgspec.Struct, frozen=True, gc=False):
    """The statistics of one child. Pending simulations count under virtual loss.

    node: the child.
    visits: N, pending ones included.
    total: W, pending ones included (each adds 0).
    prior: P(step) in [0,1].
    """

    node: int
    visits: int
    total: float
    prior: float


def visited(number: Callable[[Term, int, float], str]) -> Callable[[Term, int, float], str]:
    """A formula filled in for a visited child; a sentence for one that has not been visited."""

    def filled(t: Term, parent_visits: int, c: float) -> str:
        if t.total is None:
            return f"Node {t.node} has not been visited, so its bonus is infinite and it goes first."
        return number(t, parent_visits, c)

    return filled


@dataclass(frozen=True, slots=True)
class Rule:
    """How a search chooses among the children of a node.

    name: as the log writes it.
    bonus: what is added to a child's Q, from the child, N(parent) and the constant; infinite for a child that goes first.
    filled: the formula with a child's numbers, from its term, N(parent) and the constant.
    """

    name: str
    bonus: Callable[[Arm, int, float], float]
    filled: Callable[[Term, int, float], str]

    def terms(self, arms: Sequence[Arm], parent_visits: int, c: float) -> tuple[Term, ...]:
        """Every child's Q, bonus and total. The Q of an unvisited child counts as 0 where its bonus is finite.

        >>> [found] = UCT.terms([Arm(7, 4, 2.0, 0.5)], 10, 2**0.5)
        >>> found.q, round(found.bonus, 4), round(found.total, 4)
        (0.5, 1.073, 1.573)
        """
        found: list[Term] = []
        for arm in arms:
            visits, bonus = arm.visits, self.bonus(arm, parent_visits, c)
            if bonus == math.inf:
                found.append(Term(arm.node, None, 0, arm.prior, None, None))
            else:
                q = arm.total / visits if visits else None
                found.append(Term(arm.node, q, visits, arm.prior, bonus, (q or 0.0) + bonus))
        return tuple(found)


def best(candidates: Sequence[Term]) -> Term:
    """The largest total; unvisited (infinite) first; ties go to the higher prior, then to the older node."""
    return max([(math.inf if t.total is None else t.total, t.prior, -t.node, t) for t in candidates])[-1]


def added(t: Term) -> str:
    """Q, bonus and their sum: "0.61 + 0.42 = 1.03"; ≈ where the rounded numbers do not add up.

    >>> added(Term(1, 0.5, 3, 1.0, 0.254, 0.754)), added(Term(1, 0.504, 3, 1.0, 0.504, 1.008))
    ('0.50 + 0.25 = 0.75', '0.50 + 0.50 ≈ 1.01')
    """
    q, bonus, total = (round(v or 0.0, 2) for v in (t.q, t.bonus, t.total))
    equal = "=" if round(q + bonus, 2) == total else "≈"
    return f"{number(q)} + {number(bonus)} {equal} {number(total)}"


@visited
def uct_filled(t: Term, parent_visits: int, c: float) -> str:
    numbers = f"{t.q or 0.0:.2f} + {c:.2f}·√(ln {parent_visits} / {t.visits})"
    return f"UCT = Q + c·√(ln N(parent) / N) = {numbers} = {added(t)}"


@visited
def puct_filled(t: Term, parent_visits: int, c: float) -> str:
    numbers = f"{t.q or 0.0:.2f} + {t.prior:.2f}·√{parent_visits} / (1+{t.visits}) · [{c:.2f} + …]"
    return f"PUCT = Q + P·√N(parent) / (1+N) · [c₁ + ln((N(parent)+c₂+1)/c₂)] = {numbers} = {added(t)}, with c₂ = 19652"


UCT = Rule("uct", lambda arm, parent_visits, c: uct_bonus(parent_visits, arm.visits, c), uct_filled)
PUCT = Rule("puct", lambda arm, parent_visits, c: puct_bonus(parent_visits, arm.visits, arm.prior, c), puct_filled)
