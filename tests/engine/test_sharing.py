"""Sessions that share an engine: who waits for whom, what is computed once, what stays in memory, and that no log shows any of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import msgspec
import pytest

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Record
from rlm_core.engine import engine as engines
from rlm_core.engine.engine import Engine
from rlm_core.engine.request import GenerateRequest
from rlm_core.runs.runner import run_search
from tests.engine.uniform import UniformRunner
from tests.searching import timeless

NEVER = lambda ids: False  # noqa: E731
PROMPT = (3, 1, 2)
BYTES_PER_TOKEN = 3 * 8
"""Of the uniform runner's states."""


def generated(session, seeds, prompt=PROMPT, max_tokens=6):
    return session.generate(prompt, seeds, temperature=1.0, max_tokens=max_tokens, stop=NEVER)


@pytest.fixture
def engine() -> Engine:
    return Engine(UniformRunner(), exact=True, max_rows=4)


@pytest.fixture
def request_of(engine):
    """Submits a request of new sessions to the engine, whose steps are then made one by one."""
    loop = asyncio.new_event_loop()

    def submit(samples: int, prompt=PROMPT, max_tokens=6) -> GenerateRequest:
        seeds = [(i,) for i in range(samples)]
        request = GenerateRequest(engine.session(), prompt, loop.create_future(), object(), seeds, 1.0, max_tokens, NEVER)
        engine.scheduler.submit(request)
        return request

    yield submit
    loop.close()


def test_one_sample_does_not_wait_for_the_sixty_four_of_another_session(engine, request_of):
    many = request_of(64)
    engine._step()
    one, steps = request_of(1), 0
    while one.samples[0] is None:
        engine._step()
        steps += 1
    assert steps == 5  # as alone: the first step computes the prompt and two tokens
    assert many.samples.count(None) > 50


def test_a_long_prompt_is_computed_in_pieces_while_others_decode(engine, request_of, monkeypatch):
    monkeypatch.setattr(engines, "PREFILL_TOKENS", 4)
    short = request_of(1, max_tokens=50)
    engine._step()
    long = request_of(1, tuple(i % 7 for i in range(30)), max_tokens=1)
    for _ in range(7):
        engine._step()
    assert long.samples == [None]
    assert short.owner.usage.generated == 2 + 7
    engine._step()
    assert long.samples != [None]
    pieces = [new for step in engine.runner.prefilled[1:] for new in step]
    assert [len(piece) for piece in pieces] == [4] * 7 + [2]
    assert [token for piece in pieces for token in piece] == list(long.prompt)


def test_what_several_ask_for_at_the_same_time_is_computed_once_and_charged_to_each_session(engine):
    async def work():
        mine, other = engine.session(), engine.session()
        await gather_or_cancel([generated(mine, [(0,)]), generated(mine, [(1,)]), generated(other, [(2,)])])
        return mine.usage, other.usage

    mine, other = asyncio.run(work())
    assert engine.runner.prefilled == [[[3, 1, 2]]]
    assert engine.computed == 3
    assert (mine.computed, mine.reused) == (3, 3)
    assert (other.computed, other.reused) == (3, 0)


def test_the_states_of_many_sessions_stay_within_one_bound(engine):
    engine = Engine(UniformRunner(), exact=True, max_rows=4, cache_bytes=40 * BYTES_PER_TOKEN)

    async def work():
        sessions = [engine.session() for _ in range(16)]
        prompts = [(i % 8, i // 8, *PROMPT) for i in range(16)]
        await gather_or_cancel([generated(s, [(i,)], p) for i, (s, p) in enumerate(zip(sessions, prompts, strict=True))])
        assert 20 * BYTES_PER_TOKEN < engine._cache.bytes <= 40 * BYTES_PER_TOKEN
        del sessions  # what they computed leaves as it is needed
        before = engine.computed
        await generated(engine.session(), [(9,)], tuple(i % 7 for i in range(34)))
        assert engine._cache.bytes <= 40 * BYTES_PER_TOKEN
        return engine.computed - before

    assert 34 - asyncio.run(work()) < 8


@pytest.mark.parametrize("name", ["mcts", "dvts", "self_correction"])
def test_a_run_has_the_log_it_has_alone_in_a_crowd_with_few_rows_little_memory_and_small_pieces(nano, name, monkeypatch):
    config = RunConfig(problem="countdown:numbers=3,seed=11", search=name, reward_parameters={"rollouts": 2}, budget=Budget(6))
    others = [msgspec.structs.replace(config, search=s, seed=seed) for s, seed in (("mcts", 0), ("best_of_n", 1), (name, 0))]
    alone: list[Record] = []
    asyncio.run(run_search(config, nano.policy(), alone.append))

    monkeypatch.setattr(engines, "PREFILL_TOKENS", 5)
    crowded = replace(nano, engine=Engine(nano.engine.runner, exact=True, max_rows=3, cache_bytes=1 << 18))
    logs: list[list[Record]] = [[] for _ in range(4)]

    async def beside() -> None:
        await gather_or_cancel([run_search(c, crowded.policy(), log.append) for c, log in zip([config, *others], logs, strict=True)])

    asyncio.run(beside())
    assert timeless(logs[0]) == timeless(alone)
    assert timeless(logs[3]) == timeless(alone)
    assert crowded.engine._cache.bytes <= 1 << 18
