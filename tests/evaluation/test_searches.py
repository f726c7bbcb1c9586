"""Measuring: where one problem fails, nothing goes on spending on the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ModelError, RlmError
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.evaluation.searches import evaluate_policy, search_all
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.problems.sets import problem_set
from rlm_core.runs.runner import NoOtherModels

PROBLEMS = problem_set("countdown:numbers=3", 4)


class Failing(ScriptedPolicy):
    """Cannot do the second problem; the others never end unless they are cancelled."""

    def __init__(self) -> None:
        super().__init__({})
        self.begun: list[str] = []
        self.ended: list[str] = []

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        self.begun.append(problem.spec)
        try:
            if problem == PROBLEMS[1]:
                await asyncio.sleep(0)
                raise ModelError("The model is gone.")
            return await asyncio.Event().wait()  # type: ignore[return-value]
        finally:
            self.ended.append(problem.spec)


def test_a_policy_that_fails_on_one_problem_is_asked_nothing_more():
    policy = Failing()

    async def measured() -> None:
        with pytest.raises(ModelError, match=r"The model is gone\."):
            await evaluate_policy(policy, PROBLEMS, samples=2, ks=[1], temperature=1.0, seed=0)
        assert len(policy.begun) == 4
        assert sorted(policy.ended) == sorted(policy.begun)

    asyncio.run(measured())


def test_a_search_that_fails_on_one_problem_ends_on_all():
    policy = Failing()
    config = RunConfig(problem="countdown:numbers=3", search="best_of_n", budget=Budget(2), reward="verifier")

    async def measured() -> None:
        with pytest.raises(RlmError, match=r"best_of_n failed on .*seed=1: The model is gone\."):
            await search_all(config, PROBLEMS, lambda: policy, NoOtherModels())
        assert len(policy.begun) == 4
        assert sorted(policy.ended) == sorted(policy.begun)

    asyncio.run(measured())
