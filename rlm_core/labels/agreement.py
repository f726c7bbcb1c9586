"""How far annotators agree with each other, and with the oracle where there is one.

All figures are over steps that both (or at least two) annotators labelled; values are good, neutral and bad, in no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from rlm_core import problems
from rlm_core.labels.base import BAD, HUMAN, Label, Solution

Said = dict[str, dict[tuple[str, int], float]]
"""For each annotator: (solution, step) → value."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The agreement of two annotators.

    a, b: their names.
    steps: labelled by both.
    share: of these steps with the same label, in [0,1]; None where undefined.
    kappa: Cohen's, in [−1,1]; None where undefined.
    """

    a: str
    b: str
    steps: int
    share: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class WithOracle:
    """The agreement of an annotator with the oracle.

    by: the annotator's name.
    agree: labels that agree with the oracle's.
    compared: labels that can be compared.
    """

    by: str
    agree: int
    compared: int


def by_annotator(labels: Iterable[Label]) -> Said:
    """People's labels, those of other sources left out."""
    values: Said = {}
    for label in labels:
        if label.source == HUMAN:
            values.setdefault(label.by, {})[label.solution, label.step] = label.value
    return values


def pairwise(labels: Iterable[Label]) -> list[Pair]:
    """Every two annotators, by name."""
    values = by_annotator(labels)
    found = []
    for a, b in combinations(sorted(values), 2):
        both = [(values[a][unit], values[b][unit]) for unit in values[a].keys() & values[b].keys()]
        found.append(Pair(a, b, len(both), share(both), kappa(both)))
    return found


def share(both: Sequence[tuple[float, float]]) -> float | None:
    """Share of steps on which two say the same, in [0,1]; None without any.

    >>> share([(1, 1), (1, 0), (-1, -1), (0, 0)]), share([])
    (0.75, None)
    """
    return sum(a == b for a, b in both) / len(both) if both else None


def kappa(both: Sequence[tuple[float, float]]) -> float | None:
    """Cohen's kappa (1960), (p_o − p_e)/(1 − p_e): agreement beyond chance, in [−1,1].

    p_e = Σ_v p_a(v)·p_b(v). None without steps, and where both only ever say one and the same (p_e = 1).

    >>> kappa([(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15)  # p_o = 35/50, p_e = (25·30 + 25·20)/50²
    0.4
    >>> kappa([(1, 1)] * 7) is None
    True
    """
    n = len(both)
    ours, theirs = Counter(a for a, _ in both), Counter(b for _, b in both)
    alike = n * sum(a == b for a, b in both)
    chance = sum(ours[v] * theirs[v] for v in ours)
    return (alike - chance) / (n * n - chance) if n * n != chance else None


def alpha(units: Iterable[Sequence[float]]) -> float | None:
    """Krippendorff's alpha for nominal values, 1 − D_o/D_e, for any number of annotators and with labels missing.

    units: the values that one step was given. With n_v the times v was given on steps with at least two labels and
    n their sum: D_o = Σ_units Σ_{v≠w} n_uv·n_uw/(m_u − 1)/n and D_e = Σ_{v≠w} n_v·n_w/(n(n − 1)). None without
    such steps, and where only one value was ever given. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".

    >>> meg_and_owen = zip("aabbdcccedda", "babbbccceddd", strict=True)
    >>> round(alpha([[ord(v) for v in unit] for unit in meg_and_owen]), 3)
    0.692
    """
    paired = [Counter(unit) for unit in units if len(unit) > 1]
    totals = sum(paired, Counter())
    n = totals.total()
    observed = sum((u.total() ** 2 - sum(c * c for c in u.values())) / (u.total() - 1) for u in paired)
    expected = n * n - sum(c * c for c in totals.values())
    return 1 - (n - 1) * observed / expected if expected else None


def units(labels: Iterable[Label]) -> list[list[float]]:
    """The values that people gave each step."""
    found: dict[tuple[str, int], list[float]] = {}
    for values in by_annotator(labels).values():
        for unit, value in values.items():
            found.setdefault(unit, []).append(value)
    return list(found.values())


def with_oracle(labels: Iterable[Label], solutions: Iterable[Solution]) -> list[WithOracle]:
    """How each annotator's labels fit "can this state still reach a correct answer?", by name.

    Bad agrees with no, good and neutral with yes. Steps after the first that the oracle calls lost are left out, for
    there a step may be sound and the state lost all the same; so are tasks and states without an exact solver.
    """
    kept = {s.id: s for s in solutions}
    oracle: dict[str, list[bool]] = {}
    found = []
    for by, values in sorted(by_annotator(labels).items()):
        fits = []
        for (one, step), value in values.items():
            if one not in kept:
                continue
            if one not in oracle:
                oracle[one] = until_lost(kept[one])
            if step < len(oracle[one]):
                fits.append((value != BAD) == oracle[one][step])
        if fits:
            found.append(WithOracle(by, sum(fits), len(fits)))
    return found


def until_lost(one: Solution) -> list[bool]:
    """The oracle's word after each step, up to the first that it calls lost or knows nothing of."""
    task = problems.task(one.problem.task)
    words: list[bool] = []
    for end in range(1, len(one.steps) + 1):
        word = task.solvable(one.problem, one.steps[:end])
        if word is None:
            break
        words.append(word)
        if not word:
            break
    return words
