"""Who works on a model at the same time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from rlm_core.core import standstill
from rlm_core.core.concurrency import at_once
from rlm_core.core.errors import StoreError
from rlm_core.models import pool
from rlm_core.models.pool import LOADING, Turns
from rlm_core.models.prm import loading
from rlm_core.models.source import ModelKey


def test_those_that_share_work_together_and_one_that_does_not_alone_in_the_order_of_coming():
    turns, working, seen = Turns(), set[str](), dict[str, set[str]]()

    async def work(name: str) -> None:
        async with turns.turn(shared=name.startswith("shared")):
            working.add(name)
            for _ in range(5):
                await asyncio.sleep(0)
                seen[name] = seen.get(name, set()) | working
            working.remove(name)

    asyncio.run(at_once([work(name) for name in ("shared 1", "shared 2", "own 1", "own 2", "shared 3", "shared 4")]))
    assert seen == {
        "shared 1": {"shared 1", "shared 2"},
        "shared 2": {"shared 1", "shared 2"},
        "own 1": {"own 1"},
        "own 2": {"own 2"},
        "shared 3": {"shared 3", "shared 4"},
        "shared 4": {"shared 3", "shared 4"},
    }
    assert list(seen)[2:4] == ["own 1", "own 2"]
    assert not turns.taken


def test_all_who_wait_for_a_model_are_told_how_far_it_is(monkeypatch):
    begun, both, told = threading.Event(), threading.Event(), {"first": list[str](), "second": list[str]()}

    def load(key, report):
        begun.set()
        assert both.wait(30)
        report("Converting it: 50 %")
        return object()

    monkeypatch.setattr(pool, "_load", load)
    models, key = pool.ModelPool(), ModelKey("large")

    async def ask():
        first = asyncio.create_task(models.get(key, told["first"].append))
        await asyncio.to_thread(begun.wait, 30)
        second = asyncio.create_task(models.get(key, told["second"].append))
        await asyncio.sleep(0)
        both.set()
        return await asyncio.gather(first, second)

    one, other = asyncio.run(ask())
    assert one is other
    assert told == {"first": ["Converting it: 50 %"], "second": ["Converting it: 50 %"]}


def test_a_model_is_loaded_although_one_who_waits_cannot_be_told():
    def lost(text: str) -> None:
        raise StoreError("The store cannot be used.")

    said: list[str] = []
    pool.tell([lost, said.append], "Converting it: 50 %")
    assert said == ["Converting it: 50 %"]


class Ready:
    """A model that is loaded, and the only view of it."""

    def policy(self):
        return self


@pytest.fixture
def told(monkeypatch):
    """What a run is told that asks for another model twice at once and once again, by which method; with its standstill."""

    def ready(report):
        report("Converting it: 50 %")
        report("Converting it: 100 %")
        return Ready()

    monkeypatch.setattr(pool, "_load", lambda key, report: ready(report))
    monkeypatch.setattr(loading, "load_step_scorer", lambda name, recipe, report: ready(report))

    def ask(method: str, *asked: str):
        models, said = pool.ModelPool(), list[str]()
        run = standstill.Standstill(said.append)

        async def work():
            with standstill.of(run):
                found = await asyncio.gather(*(getattr(models, method)(*asked) for _ in range(2)))
                assert run.seconds > 0
                before = len(said)
                found.append(await getattr(models, method)(*asked))
                assert len(said) == before
            return found

        assert len(set(map(id, asyncio.run(work())))) == 1
        assert not run.here
        return said

    return ask


@pytest.mark.parametrize("asked", [("policy", "large"), ("step_scorer", "large", "qwen")])
def test_a_run_stands_still_and_is_told_once_how_far_the_model_is_that_its_reward_asks(told, asked):
    assert told(*asked) == [LOADING, "Converting it: 50 %", "Converting it: 100 %", ""]


def test_nothing_more_is_said_once_a_run_goes_on():
    said: list[str] = []
    run = standstill.Standstill(said.append)
    with run.because("It waits."), run.because("It waits for something else."):
        run.say("It waits: 50 %")
        run.say("It waits: 50 %")
    run.say("too late")
    assert said == ["It waits.", "It waits: 50 %", ""]
