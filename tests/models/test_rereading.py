"""A solution reread step by step: where one reading fails, the others end with it."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.core.errors import ModelError
from rlm_core.models.loading import load
from rlm_core.models.policy import Sampling, Step
from rlm_core.problems import make


def test_a_reading_that_fails_ends_the_others(monkeypatch):
    policy, reading = load("nano").policy(), []
    steps = [Step(text, ()) for text in ("1+2=3", "3+4=7", "7+1=8<answer>8")]

    async def inspect(prompt, given):
        me = len(reading)
        reading.append(me)
        try:
            if me == 1:
                raise ModelError("no room")
            await asyncio.Event().wait()
        finally:
            reading.remove(me)

    monkeypatch.setattr(policy.session, "inspect", inspect)

    async def critique() -> None:
        with pytest.raises(ModelError, match="no room"):
            await policy.critique(make("countdown:numbers=4,seed=1"), steps, (0,), Sampling())
        assert not reading

    asyncio.run(critique())
