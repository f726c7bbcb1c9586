"""The prefix cache gives back exactly what was put in, and never holds more bytes than it may."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.engine.kv_cache import TokenStates
from rlm_core.engine.prefix_cache import PrefixCache

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple), min_size=1, max_size=12)
BYTES_PER_TOKEN = (2 * 2 * 1 * 3 + 1) * 8


def kv(tokens: tuple[int, ...]) -> torch.Tensor:
    """Keys and values that tell which prefix they belong to: position t holds a number of tokens[: t + 1] alone."""
    marks = [float(hash(tokens[: t + 1]) % 1_000_003) for t in range(len(tokens))]
    return torch.tensor(marks, dtype=torch.float64)[None, None, None, :, None].expand(2, 2, 1, len(tokens), 3).clone()


def states(tokens: tuple[int, ...]) -> TokenStates:
    """As `kv`, and a hidden state of the same number."""
    marked = kv(tokens)
    return TokenStates(marked, marked[0, 0, 0, :, :1].clone())


def found(cache: PrefixCache, tokens: tuple[int, ...]) -> tuple[int, torch.Tensor]:
    """How much is known, and its keys and values; the hidden states must belong to them."""
    count, pieces = cache.match(tokens)
    if not pieces:
        return count, torch.empty(2, 2, 1, 0, 3, dtype=torch.float64)
    together = torch.cat([p.kv for p in pieces], dim=-2)
    assert torch.equal(torch.cat([p.hidden for p in pieces])[:, 0], together[0, 0, 0, :, 0])
    return count, together


def test_an_empty_cache_knows_nothing():
    assert PrefixCache(1000).match((1, 2)) == (0, [])


def test_a_longer_prompt_finds_the_known_prefix():
    cache = PrefixCache(10**6)
    cache.insert((1, 2, 3), states((1, 2, 3)))
    count, pieces = found(cache, (1, 2, 3, 4))
    assert count == 3
    assert torch.equal(pieces, kv((1, 2, 3)))


def test_a_prompt_that_leaves_within_an_edge_finds_what_is_common():
    cache = PrefixCache(10**6)
    cache.insert((1, 2, 3, 4), states((1, 2, 3, 4)))
    count, pieces = found(cache, (1, 2, 9))
    assert count == 2
    assert torch.equal(pieces, kv((1, 2)))


def test_splitting_an_edge_keeps_both_continuations_and_shares_the_prefix():
    cache = PrefixCache(10**6)
    cache.insert((1, 2, 3, 4), states((1, 2, 3, 4)))
    cache.insert((1, 2, 7), states((1, 2, 7)))
    for tokens in ((1, 2, 3, 4), (1, 2, 7)):
        count, pieces = found(cache, tokens)
        assert count == len(tokens)
        assert torch.equal(pieces, kv(tokens))
    assert cache.bytes == 5 * BYTES_PER_TOKEN  # 1 2 | 3 4 | 7: the common prefix is held once


def test_the_cache_keeps_its_own_copy():
    cache = PrefixCache(10**6)
    given = states((1, 2))
    cache.insert((1, 2), given)
    given.kv.zero_()
    given.hidden.zero_()
    assert torch.equal(found(cache, (1, 2))[1], kv((1, 2)))


def test_over_its_size_the_least_recently_used_leaves_go_first():
    cache = PrefixCache(7 * BYTES_PER_TOKEN)
    cache.insert((1, 1), states((1, 1)))
    cache.insert((2, 2), states((2, 2)))
    cache.match((1, 1))  # now 2 2 is the older one
    cache.insert((3, 3, 3, 3), states((3, 3, 3, 3)))
    assert [found(cache, t)[0] for t in ((1, 1), (2, 2), (3, 3, 3, 3))] == [2, 0, 4]


def test_a_prefix_outlives_the_leaves_that_hang_from_it():
    cache = PrefixCache(4 * BYTES_PER_TOKEN)
    for last in (5, 6, 7):
        cache.insert((1, 1, last), states((1, 1, last)))
    assert [found(cache, (1, 1, last))[0] for last in (5, 6, 7)] == [2, 2, 3]


@given(PROMPTS)
def test_whatever_was_inserted_is_found_with_the_same_keys_and_values(prompts):
    cache = PrefixCache(10**9)
    for tokens in prompts:
        cache.insert(tokens, states(tokens))
    for tokens in prompts:
        count, pieces = found(cache, tokens)
        assert count == len(tokens)
        assert torch.equal(pieces, kv(tokens))
    assert cache.bytes == BYTES_PER_TOKEN * len({t[: i + 1] for t in prompts for i in range(len(t))})


@given(PROMPTS, st.integers(0, 12))
def test_the_bound_in_bytes_holds_and_what_is_left_is_still_right(prompts, room):
    cache = PrefixCache(room * BYTES_PER_TOKEN)
    for tokens in prompts:
        cache.insert(tokens, states(tokens))
        assert 0 <= cache.bytes <= cache.max_bytes
        assert cache.bytes == sum(e.value.bytes for e in edges(cache))
    for tokens in prompts:
        count, pieces = found(cache, tokens)
        assert torch.equal(pieces, kv(tokens)[..., :count, :])


def edges(cache: PrefixCache) -> list:
    out, stack = [], list(cache._tree.top.values())
    while stack:
        out.append(stack.pop())
        stack.extend(out[-1].children.values())
    return out
