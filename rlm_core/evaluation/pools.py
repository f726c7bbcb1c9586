"""One pool of sampled solutions, read in several ways: pass@N as the ceiling, majority as the floor, and choices by score between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rlm_core.core.problem import Problem
from rlm_core.evaluation.scaling import band
from rlm_core.evaluation.statistics import mean
from rlm_core.evaluation.sweep import Candidate, Cell, CellResult, Sweep
from rlm_core.problems.grouping import grouped


@dataclass(frozen=True, slots=True)
class PoolPoint:
    """The first N candidates of every problem's pool, shares in [0,1] with 95 % bootstrap bands.

    tokens: mean tokens of these candidates per problem, those of the reward left out.
    ceiling: pass@N of these candidates, the share of problems with a right one among them; no choice from them can exceed it.
    majority, naive, weighted: share solved by that choice; naive and weighted None where no candidate was scored.
    """

    n: int
    tokens: float
    ceiling: tuple[float, float, float]
    majority: tuple[float, float, float]
    naive: tuple[float, float, float] | None
    weighted: tuple[float, float, float] | None


def pool_curve(pools: Mapping[int, Sequence[Candidate]], problems: Sequence[Problem]) -> list[PoolPoint]:
    """Ceiling, floor and choices by score for N = 1, 2, 4, … from one shared pool per problem.

    pools: by index of the problem; only those whose candidates can all be checked and have known numbers of tokens, and only as far as
        the smallest pool goes.
    """
    usable = {p: c for p, c in pools.items() if c and all(_usable(x) for x in c)}
    if not usable:
        return []
    size = min(map(len, usable.values()))
    ns = sorted({*(2**i for i in range(size.bit_length()) if 2**i <= size), size})
    scored = any(x.score is not None for c in usable.values() for x in c)
    groups = {p: _answer_groups(problems[p], c) for p, c in usable.items()}
    points = []
    for n in ns:
        rows: list[list[float]] = [[], [], [], []]
        tokens = []
        for p, c in usable.items():
            first = list(c[:n])
            tokens.append(float(sum(x.tokens or 0 for x in first)))
            rows[0].append(float(any(x.correct for x in first)))
            rows[1].append(float(_voted(first, groups[p], lambda x: 1.0)))
            rows[2].append(float(_best(first)))
            rows[3].append(float(_voted([x for x in first if x.score is not None], groups[p], lambda x: x.score or 0.0)))
        ends = band(rows)
        shares = [(mean(row), low, high) for row, (low, high) in zip(rows, ends, strict=True)]
        points.append(PoolPoint(n, mean(tokens), shares[0], shares[1], shares[2] if scored else None, shares[3] if scored else None))
    return points


def _usable(x: Candidate) -> bool:
    return (x.correct is not None or x.answer is None) and x.tokens is not None


def _answer_groups(problem: Problem, pool: Sequence[Candidate]) -> dict[str, int]:
    """The group of every answer text; texts that say the same share one."""
    texts = list(dict.fromkeys(x.answer for x in pool if x.answer is not None))
    return {texts[i]: g for g, group in enumerate(grouped(problem, texts)) for i in group.members}


def _voted(pool: Sequence[Candidate], groups: Mapping[str, int], weight: Callable[[Candidate], float]) -> bool:
    """Is the answer of the largest summed weight right? Ties go to the answer that was found first."""
    votes: dict[int, float] = {}
    right: dict[int, bool] = {}
    for x in pool:
        if x.answer is not None:
            g = groups[x.answer]
            votes[g] = votes.get(g, 0.0) + weight(x)
            right.setdefault(g, bool(x.correct))
    return bool(votes) and right[max(votes, key=lambda g: votes[g])]


def _best(pool: Sequence[Candidate]) -> bool:
    """Is the answering candidate of the highest score right? Ties go to the older."""
    found = [x for x in pool if x.score is not None and x.answer is not None]
    return bool(found) and bool(max(found, key=lambda x: x.score or 0.0).correct)


def shared_pool(sweep: Sweep, results: Mapping[Cell, CellResult], strategy: int) -> dict[int, Sequence[Candidate]]:
    """The largest pool of each problem that this strategy sampled at any budget."""
    found: dict[int, Sequence[Candidate]] = {}
    for cell, r in results.items():
        if cell.strategy == strategy and len(r.candidates) > len(found.get(cell.problem, ())):
            found[cell.problem] = r.candidates
    return {p: found[p] for p in sorted(found)}
