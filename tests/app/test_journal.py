"""Tokens of a completion that is being written are in the run's row before any event counts them."""

from __future__ import annotations

import asyncio

from rlm_core.app import journal
from rlm_core.app.journal import Journal
from rlm_core.app.outbox import Outbox
from rlm_core.core import token_pool
from rlm_core.core.config import RunConfig
from rlm_core.core.events import Spent
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Usage
from rlm_core.core.words import COMPLETE
from rlm_core.models.policy import Sampling
from rlm_core.problems import make
from rlm_core.search.budget import RunControl
from rlm_core.search.run import SearchRun
from tests.helpers import random_log


class Writer:
    """A policy that has generated as many tokens as its usage says."""

    def __init__(self) -> None:
        self.usage = Usage()


def a_run(policy: Writer, control: RunControl) -> SearchRun:
    problem: Problem = make("countdown:seed=1")
    return SearchRun(RunConfig(), problem, policy, None, Sampling(1.0, 8, 8), lambda record: None, control)  # type: ignore[arg-type]


def test_what_was_generated_since_the_last_count_is_being_written():
    policy, control = Writer(), RunControl()
    run = a_run(policy, control)
    assert control.writing() == 0
    policy.usage.generated = 96
    assert control.writing() == 96
    run.spend(COMPLETE)
    assert control.writing() == 0
    assert run.tree.totals.generated == 96


def test_tokens_of_another_model_are_seen_while_its_request_is_open():
    policy, judge, control, seen = Writer(), Usage(), RunControl(), []
    run = a_run(policy, control)

    async def judged() -> None:
        member = token_pool.current()
        assert member is not None
        member.pool.watch(judge)
        judge.generated = 7
        seen.append(control.writing())

    asyncio.run(run.whole(judged()))
    assert seen == [7]
    assert control.writing() == 7
    run.spend(COMPLETE)
    assert control.writing() == 0


def test_the_count_is_written_between_events_and_with_them(store, monkeypatch):
    monkeypatch.setattr(journal, "COUNT_SECONDS", 0.0)
    config, usage, log = RunConfig(), Usage(), random_log(1, 3)
    run = store.create(config, make(config.problem))

    async def written(tokens: int) -> None:
        usage.generated = tokens
        while store.get(run).writing != tokens:
            await asyncio.sleep(0.01)

    async def work() -> None:
        async with Journal(store, run, Outbox(), lambda: usage.generated) as book:
            await asyncio.wait_for(written(12), 60)
            await asyncio.wait_for(written(40), 60)
            usage.generated = 0
            for record in log:
                book.write(record)

    asyncio.run(work())
    assert store.get(run).writing == 0
    assert len(store.events(run)) == len(log)
    assert any(isinstance(r.event, Spent) for r in store.events(run))
