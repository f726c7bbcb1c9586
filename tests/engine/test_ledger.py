"""What a session is charged does not depend on which of its requests is quicker."""

from __future__ import annotations

from itertools import product
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.usage import Usage
from rlm_core.engine.ledger import Ledger

TOKENS = st.lists(st.integers(0, 1), min_size=1, max_size=5).map(tuple)
REQUESTS = st.lists(st.tuples(TOKENS, st.lists(TOKENS, max_size=3)), max_size=6)
"""Prompts, each with what is sampled behind it."""


def charged(phases, chance: Random) -> list[Usage]:
    """Counts after each phase, whose requests are asked and answered in any order that lets a sample follow its prompt."""
    usage, found = Usage(), []
    ledger = Ledger(usage, reuses=True)
    for requests in phases:
        phase, left = object(), [[(prompt, ids) for ids in [None, *samples]] for prompt, samples in requests]
        while left := [request for request in left if request]:
            prompt, ids = chance.choice(left).pop(0)
            if ids is None:
                ledger.asked(prompt, phase)
            else:
                ledger.wrote(prompt, ids, phase)
        found.append(Usage(0, usage.computed, usage.reused))
    return found


def prefixes(tokens) -> set[tuple[int, ...]]:
    return {tokens[: i + 1] for i in range(len(tokens))}


@given(st.lists(REQUESTS, max_size=3), st.integers(0, 2**32))
def test_each_token_that_no_sample_wrote_is_charged_once_in_whichever_order_things_happen(phases, seed):
    known: set[tuple[int, ...]] = set()
    computed, asked, expected = 0, 0, []
    for requests in phases:
        wanted = {p for prompt, _ in requests for p in prefixes(prompt)}
        written = {p for prompt, samples in requests for ids in samples for p in prefixes(prompt + ids) - prefixes(prompt)}
        computed += len(wanted - written - known)
        asked += sum(len(prompt) for prompt, _ in requests)
        known |= wanted | written
        expected.append(Usage(0, computed, asked - computed))
    assert charged(phases, Random(seed)) == expected


def test_where_nothing_is_reused_every_prompt_is_charged_whole():
    usage = Usage()
    ledger = Ledger(usage, reuses=False)
    for _, prompt in product(range(2), [(1, 2), (1, 2, 3)]):
        ledger.asked(prompt, None)
        ledger.wrote(prompt, (4,), None)
    assert usage == Usage(0, 10, 0)
