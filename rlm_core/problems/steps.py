"""Step grammar: how an answer is marked and where steps may begin anew. See `arithmetic` for what they claim."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core.special_tokens import ANSWER, WAIT_IN_WORDS


def with_answer(steps: Sequence[str], answer: str) -> tuple[str, ...]:
    """Worked steps with the answer marked at the end of the last one."""
    return (*steps[:-1], f"{steps[-1]}{ANSWER}{answer}")


def readings(steps: Sequence[str]) -> list[Sequence[str]]:
    """The ways to read steps of which some begin with "Wait": all of them, or only those from such a step on.

    In words nobody can tell whether a "Wait" takes back what came before it or only looks at it again.

    >>> readings(["2+3=6", "Wait, 2+3=5"])
    [['2+3=6', 'Wait, 2+3=5'], ['Wait, 2+3=5']]
    """
    return [steps, *(steps[i:] for i, step in enumerate(steps) if i and WAIT_IN_WORDS.match(step))]
