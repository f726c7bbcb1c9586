"""Can a solution still be won after these steps? The same rule for every task: what is false loses, what cannot be read is unknown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from rlm_core.problems.arithmetic.lines import Claim, read
from rlm_core.problems.steps import readings

S = TypeVar("S")


def can_win(steps: Sequence[str], start: S, go: Callable[[S, Claim], S], winnable: Callable[[S], bool], *, whole: bool) -> bool | None:
    """Does some reading of the steps leave a state that can be won? None where that cannot be told.

    go: the state after a true claim. winnable: can it still be won? whole: `go` judges a longer expression exactly; else one
    that leads nowhere may be a right way in other words, and nothing is known.
    """
    words = [_followed(some, start, go, winnable, whole) for some in readings(steps)]
    return True if True in words else None if None in words else False


def _followed(steps: Sequence[str], state: S, go: Callable[[S, Claim], S], winnable: Callable[[S], bool], whole: bool) -> bool | None:
    found = [read(step) for step in steps]
    if any(r.false for r in found):
        return False
    unread = doubt = False
    for r in found:
        longer = not whole and any(len(claim.numbers) > 2 for claim in r.claims)
        if (r.unread or longer) and not (unread or doubt) and not winnable(state):
            return False
        unread, doubt = unread or r.unread, doubt or longer
        for claim in r.claims:
            state = go(state, claim)
    if unread:
        return None
    return winnable(state) or (None if doubt else False)
