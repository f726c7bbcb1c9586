"""Everything that another package can add to RLM Explorer, each as small as it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from rlm_core.core.parameters import Description, NoSettings, param
from rlm_core.core.problem import Problem
from rlm_core.core.registry import Page
from rlm_core.core.structure import Icon, Kind, Picture, Structure
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Step
from rlm_core.problems.base import SEED, Task, rng_for, spec_text
from rlm_core.problems.checking.final_answer import final_answer
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.search import answers
from rlm_core.search.levels import expand, keep_best, still_open
from rlm_core.search.run import Search, SearchRun

# -- a search --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BestStepConfig:
    """Parameters of best step."""

    width: int = param(3, "Steps proposed at every state.", low=1, high=16)
    max_steps: int = param(16, "Steps after which an unfinished solution is dropped.", low=1, high=64)


async def best_step(run: SearchRun, config: BestStepConfig) -> None:
    """Propose steps, score them, and go on from the best one, until the solution is finished."""
    state = [run.add_root().id]
    with run.within_budget():
        while still_open(run, state, config.max_steps):
            run.check_budget()
            (children,) = await expand(run, state, config.width)
            await run.evaluate([c.id for c in children], simulations=len(children))
            state = keep_best(run, [c.id for c in children], 1)
    run.answer(answers.best_scored(run.tree))


GREEDY = Structure(
    Kind(15, "Greedy"),
    Icon()
    .line((5, 14), (32, 4))
    .line((5, 14), (32, 24))
    .line((5, 14), (32, 14), (59, 14), strong=True)
    .dot((32, 4), (32, 24), hollow=True)
    .dot((5, 14), (32, 14), strong=True)
    .square(59, 14, strong=True),
    (Picture.TREE,),
)
"""How pages show it: a group of its own between chains and sampling, an icon, and the tree as its only picture."""
SEARCH = Search(
    Description(
        "best_step",
        "Best step (example)",
        "Goes on with the best of a few steps; nothing is taken back.",
        BestStepConfig,
        structure=GREEDY,
        unit="scored state",
    ),
    best_step,
    branches=True,
)

# -- a reward --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Brevity:
    """1 for an empty solution, 1/2 for one of 40 characters; in (0,1]."""

    name: str = "brevity"
    scores_partial: bool = True
    oracle: bool = False

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        return Score(1 / (1 + sum(len(s.text) for s in steps) / 40))


def make(context: RewardContext, config: NoSettings) -> Brevity:
    return Brevity()


REWARD = Reward(Description("brevity", "Brevity (example)", "Prefers short solutions, right or wrong.", NoSettings), make)

# -- a problem -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SumConfig:
    """Which sum it is."""

    seed: int = SEED.field()


DESCRIPTION = Description("sum", "Sum (example)", "Asks for the sum of two numbers.", SumConfig)


def generate(config: SumConfig) -> Problem:
    a, b = rng_for("sum", config.seed).sample(range(1, 100), 2)
    return Problem("sum", spec_text(DESCRIPTION, config), f"What is {a} + {b}?", reference=str(a + b), data={"numbers": [a, b]})


def solution(problem: Problem) -> tuple[str, ...]:
    a, b = problem.data["numbers"]
    return (f"{a}+{b}={a + b}<answer>{a + b}",)


def answer(problem: Problem, steps: Sequence[str]) -> str | None:
    return final_answer(steps)


def verify(problem: Problem, answer: str | None) -> bool:
    return answer == problem.reference


def solvable(problem: Problem, steps: Sequence[str]) -> bool | None:
    return verify(problem, answer(problem, steps)) if final_answer(steps) is not None else None


TASK = Task(DESCRIPTION, generate, solution, answer, verify, solvable)

# -- a page ----------------------------------------------------------------------------------


def draw() -> None:
    st.markdown("### A page of another package")


PAGE = Page("Example", ":material/extension:", "example", draw)
