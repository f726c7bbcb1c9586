"""How well budget forcing holds, scales and performs: the three figures of Muennighoff et al. 2025 (s1, section 3.2).

A point is one setting of the thinking budget, measured over a set of problems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rlm_core.core.special_tokens import END_THINK, WAIT
from rlm_core.core.tree import SearchTree
from rlm_core.evaluation.statistics import mean


@dataclass(frozen=True, slots=True)
class Point:
    """One setting of the thinking budget, measured.

    least: the fewest thinking tokens allowed.
    most: the largest number allowed; 0 for no bound.
    tokens: mean of the thinking tokens used.
    accuracy: in [0,1].
    within: share of runs that kept to the bounds, in [0,1].
    """

    least: int
    most: int
    tokens: float
    accuracy: float
    within: float


def thinking_tokens(tree: SearchTree) -> int:
    """Tokens in the thinking space of a run, forced waits among them, a forced end left out.

    A model may go on thinking behind the end of its thinking, up to a second end: that is thinking too.
    """
    inside: set[int] = set()
    for leaf in tree.leaves():
        path = [tree.nodes[n] for n in tree.path(leaf.id)]
        last = max((i for i, n in enumerate(path) if n.tag == END_THINK), default=-1)
        inside.update(n.id for i, n in enumerate(path) if n.thinking or i <= last)
    nodes = (tree.nodes[n] for n in inside)
    return sum(n.size or 0 for n in nodes if not n.forced or n.tag == WAIT)


def within(used: Sequence[int], least: int, most: int) -> float:
    """Share of runs whose thinking tokens are within bounds (most 0: no upper bound).

    >>> within([10, 20, 40], 0, 32), within([10, 20, 40], 15, 0)
    (0.6666666666666666, 0.6666666666666666)
    """
    return mean([float(least <= n and (not most or n <= most)) for n in used])


def control(points: Sequence[Point]) -> float:
    """Share of all runs within the bounds they were given (s1, equation 1), in [0,1]."""
    return mean([p.within for p in points])


def scaling(points: Sequence[Point]) -> float:
    """Mean slope of accuracy over thinking tokens between every two points (s1, equation 2), per token.

    >>> scaling([Point(0, 10, 10, 0.2, 1), Point(0, 20, 20, 0.4, 1), Point(0, 40, 40, 0.5, 1)])
    0.011666666666666665
    """
    slopes = [(b.accuracy - a.accuracy) / (b.tokens - a.tokens) for a, b in combinations(points, 2) if a.tokens != b.tokens]
    return mean(slopes) if slopes else 0.0


def performance(points: Sequence[Point]) -> float:
    """The highest accuracy of any point (s1, equation 3), in [0,1]."""
    return max(p.accuracy for p in points)
