"""The engine over a model of uniform logits: every token, count and state is what can be worked out by hand."""

from __future__ import annotations

import asyncio
import math

import pytest

from rlm_core.engine.engine import Engine
from rlm_core.engine.sampler import uniforms
from tests.engine.uniform import VOCABULARY, UniformRunner

NEVER = lambda ids: False  # noqa: E731
PROMPT = (3, 1, 2)


def by_hand(seed, count: int) -> tuple[int, ...]:
    """Inverse-CDF sampling from equally likely tokens."""
    return tuple(int(u * VOCABULARY) for u in uniforms(seed, count))


@pytest.fixture
def engine() -> Engine:
    return Engine(UniformRunner(), exact=True, max_rows=4)


def generated(session, seeds, prompt=PROMPT, **how):
    return session.generate(prompt, seeds, **{"temperature": 1.0, "max_tokens": 6, "stop": NEVER, **how})


def test_each_sample_is_drawn_by_its_own_random_numbers(engine):
    seeds = [(7, i) for i in range(4)]
    samples = asyncio.run(generated(engine.session(), seeds))
    assert [s.ids for s in samples] == [by_hand(seed, 6) for seed in seeds]
    assert {p for s in samples for p in s.logprobs} == {round(-math.log(VOCABULARY), 6)}


def test_a_sample_goes_on_with_the_random_numbers_that_are_left(engine):
    (first,) = asyncio.run(generated(engine.session(), [(7,)], max_tokens=2))
    (rest,) = asyncio.run(generated(engine.session(), [(7,)], PROMPT + first.ids, max_tokens=4, skip=2))
    assert first.ids + rest.ids == by_hand((7,), 6)


def test_each_sample_ends_where_it_is_complete_or_at_its_limit(engine):
    seeds = [(1, i) for i in range(4)]
    samples = asyncio.run(generated(engine.session(), seeds, stop=lambda ids: ids[-1] == 5))
    whole = [by_hand(seed, 6) for seed in seeds]
    assert [s.ids for s in samples] == [ids[: ids.index(5) + 1] if 5 in ids else ids for ids in whole]
    assert [s.truncated for s in samples] == [5 not in ids for ids in whole]


def test_rows_that_end_at_different_times_leave_their_own_states_in_the_cache(engine):
    session, seeds = engine.session(), [(2, i) for i in range(4)]
    ends = iter((2, 5, 1, 3))
    limits = {by_hand(seed, 6): next(ends) for seed in seeds}
    stop = lambda ids: any(tuple(ids) == whole[:end] for whole, end in limits.items())  # noqa: E731
    samples = asyncio.run(generated(session, seeds, stop=stop))
    for sample in samples:
        tokens = PROMPT + sample.ids[:-1]
        count, pieces = session.cache.match(tokens)
        assert count == len(tokens)
        assert [int(mark) for piece in pieces for mark in piece.hidden[:, 0]] == list(tokens)
    assert not engine.runner.rows
    assert not engine.scheduler.rows


def test_only_what_is_not_known_is_computed_and_all_of_it_is_counted(engine):
    async def twice():
        session = engine.session()
        await generated(session, [(0,)], max_tokens=1)
        await generated(session, [(0,), (1,)], (*PROMPT, 4), max_tokens=1)
        return session.usage

    usage = asyncio.run(twice())
    assert engine.runner.prefilled == [[[3, 1, 2]], [[4]]]
    assert (usage.computed, usage.reused, usage.generated) == (4, 3, 3)


def test_given_tokens_are_inspected_without_a_row(engine):
    stats = asyncio.run(engine.session().inspect(PROMPT, (6, 0)))
    assert stats.logprobs == (round(-math.log(VOCABULARY), 6),) * 2
    assert stats.entropies == (round(math.log(VOCABULARY), 6),) * 2
    assert stats.certainties == pytest.approx((0, 0), abs=1e-6)
    assert stats.hidden[:, 0].tolist() == [2, 6]  # of the positions that predict them
    assert engine.runner.prefilled == [[[3, 1, 2, 6]]]


def test_what_the_runner_raises_reaches_those_who_wait_and_the_engine_lives_on():
    engine = Engine(UniformRunner(fails=9), exact=True)

    async def fail():
        session = engine.session()
        both = await asyncio.gather(generated(session, [(0,)]), generated(session, [(1,)], (9,)), return_exceptions=True)
        assert [str(b) for b in both] == ["9 cannot be computed"] * 2
        return await generated(session, [(0,)])

    (sample,) = asyncio.run(fail())
    assert sample.ids == by_hand((0,), 6)
