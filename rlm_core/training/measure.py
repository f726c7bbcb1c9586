"""What a policy does on held-out problems: pass@1, pass@k, length, format and language, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core.problem import Problem
from rlm_core.evaluation.statistics import Estimate, mean, pass_at_k
from rlm_core.problems import make
from rlm_core.runs.training_files import Interval, Measures
from rlm_core.training import reward_parts
from rlm_core.training.rollouts import Group


def held_out(numbers: int, count: int) -> list[Problem]:
    """Held-out Countdown problems, every second one in Japanese signs: always the same ones for the same numbers."""
    return [make(f"countdown:numbers={numbers},seed={i}{',language=ja' if i % 2 else ''}") for i in range(count)]


def measures(groups: Sequence[Group], k: int) -> Measures:
    """What a policy's answers to held-out problems say of it.

    groups: a problem's answers each, as many for one as for the other and at least k.
    """
    by_language = {name: [g for g in groups if g.problem.data.get("language", "en") == name] for name in ("en", "ja")}
    return Measures(
        problems=len(groups),
        samples=len(groups[0].answers),
        k=k,
        pass_at_1=_passes(groups, 1),
        pass_at_k=_passes(groups, k),
        length=_interval([mean([len(a.ids) for a in g.answers]) for g in groups]),
        format=_rate(groups, reward_parts.format),
        language=_rate(groups, reward_parts.language),
        by_language={
            name: {"pass_at_1": _passes(some, 1), "language": _rate(some, reward_parts.language)}
            for name, some in by_language.items()
            if some
        },
        rates=[round(mean([bool(a.solution.correct) for a in g.answers]), 6) for g in groups],
    )


def _passes(groups: Sequence[Group], k: int) -> Interval:
    return _interval([pass_at_k(len(g.answers), sum(bool(a.solution.correct) for a in g.answers), k) for g in groups])


def _rate(groups: Sequence[Group], part: reward_parts.RewardPart) -> Interval:
    return _interval([mean([part(g.problem, a.solution.steps) for a in g.answers]) for g in groups])


def _interval(values: Sequence[float]) -> Interval:
    found = Estimate.of(values)
    return found.value, found.low, found.high
