"""Which answers say the same, so that votes for them are counted together in any notation."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.problem import Problem
from rlm_core.problems import task

SECONDS = 20.0
"""Time after which answers are compared by their text alone: some make algebra hang for seconds each."""


@dataclass(frozen=True, slots=True)
class Group:
    """Answers that say the same.

    answer: the notation that most of them use; ties go to the first found.
    members: their positions, in order.
    """

    answer: str
    members: tuple[int, ...]


def grouped(problem: Problem | None, answers: Sequence[str]) -> list[Group]:
    """The groups of answers, in order of the first of each. Without a problem only equal texts go together.

    Every text is compared with one text of each group, by the problem's own task; short texts first, so that the groups
    do not depend on the order of the answers, not even where 50% is both 50 and 0.5.
    """
    positions: dict[str, list[int]] = {}
    for i, answer in enumerate(answers):
        positions.setdefault(answer, []).append(i)
    groups: list[list[str]] = []
    end = time.monotonic() + SECONDS
    for text in sorted(positions, key=lambda t: (len(t), t)):
        home = next((g for g in groups if time.monotonic() < end and same(problem, text, g[0])), None)
        if home is None:
            groups.append([text])
        else:
            home.append(text)
    found = [_group([i for text in texts for i in positions[text]], answers) for texts in groups]
    return sorted(found, key=lambda g: g.members[0])


def same(problem: Problem | None, one: str, other: str) -> bool:
    """Do two answers to a problem say the same?"""
    return one == other or (problem is not None and task(problem.task).same(one, other))


def _group(members: list[int], answers: Sequence[str]) -> Group:
    members.sort()
    return Group(Counter(answers[i] for i in members).most_common(1)[0][0], tuple(members))
