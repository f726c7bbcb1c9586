"""Self-correction: trained into the model's own chain, or by rounds of critique and revision.

trained: the model writes `<revise>` behind a step it finds false, and then the step again, in one chain
(the wrong step and its correction learned from traces; Kumar et al. 2024, SCoRe, asks for the same by
RL). rounds: generate → critique → revise (Madaan et al. 2023, Self-Refine), until the critique finds
nothing or the rounds are used up; the last version answers, right or not. Without training for it the critique
is unreliable (Huang et al. 2023, arXiv 2310.01798); docs/algorithms.md has the measurement.

One simulation is one chain, or one version of the solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core import words
from rlm_core.core.events import Answered, Corrected, Critiqued
from rlm_core.core.parameters import Description, param
from rlm_core.core.special_tokens import REVISE
from rlm_core.core.tree import ROOT
from rlm_core.core.words import AnswerMethod, Purpose
from rlm_core.models.policy import Critic, Step, require
from rlm_core.search import answers, structures
from rlm_core.search.pool import add_solution
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.algorithms.thinking import JUDGE, finish
from rlm_core.thinking.decoder import WORDS, Chain, Forcing

CRITIQUES = Purpose("critique", "critiques")
LATEST = AnswerMethod(
    "latest",
    "taking the last version that states an answer",
    "number of its candidates",
    "the last version decides, however many others agree",
)
CRITIQUE, REVISION = 4, 5
"""Streams of random numbers, besides those in `search.run`."""


@dataclass(frozen=True, slots=True)
class SelfCorrectionConfig:
    """Parameters of self-correction."""

    variant: str = param(
        "trained",
        "trained: corrections within one chain, which the bundled model has learned; rounds: critique, then revise.",
        choices=("trained", "rounds"),
    )
    rounds: int = param(2, "How often a finished solution is criticised and revised at most (rounds only).", low=1, high=8)
    judge: bool = JUDGE.field()


DESCRIPTION = Description(
    name="self_correction",
    title="Self-correction",
    sentence="The model finds its own mistakes and writes those steps again: within one chain, or in rounds of critique and revision.",
    config=SelfCorrectionConfig,
    paper="Madaan et al. 2023, Self-Refine; Kumar et al. 2024, SCoRe",
    url="https://arxiv.org/abs/2303.17651",
    structure=structures.DRAFT,
    unit="version",
)


async def self_correction(run: SearchRun, config: SelfCorrectionConfig) -> None:
    """Write one chain that corrects itself, or: generate → critique → revise, round by round. The last version answers."""
    run.add_root()
    with run.within_budget():
        if config.variant == "trained":
            await finish(run, await Chain(run, Forcing()).grow(), config.judge)
        else:
            version: int | None = await draft(run, config.judge)
            for _ in range(config.rounds):
                version = await improve(run, version, config.judge) if version is not None else None
    run.answer(latest(run))


async def draft(run: SearchRun, judge: bool) -> int:
    """The first version."""
    run.check_budget()
    ((steps,),) = await run.gather(run.complete(ROOT, 0, 1))
    end = add_solution(run, steps)
    run.spend(words.COMPLETE)
    await finish(run, end, judge)
    return end


async def improve(run: SearchRun, end: int, judge: bool) -> int | None:
    """One round: the next version's last node, or None if there is nothing more to mend."""
    if not run.tree.nodes[end].finished:
        return None
    run.check_budget()
    nodes, old = run.tree.path(end)[1:], run.state(end)
    (found,) = await run.gather(require(run.policy, Critic).critique(run.problem, old, (run.config.seed, end, CRITIQUE), run.sampling))
    run.spend(CRITIQUES)
    wrong = None if found.wrong is None else nodes[found.wrong]
    run.emit(Critiqued(end, found.text, wrong))
    if found.satisfied:
        return None
    (new,) = await run.gather(require(run.policy, Critic).revise(run.problem, old, found, (run.config.seed, end, REVISION), run.sampling))
    kept = shared(old, new)
    first = len(run.tree.nodes)
    last = add_solution(run, new[kept:], nodes[kept - 1] if kept else ROOT)
    run.spend(words.COMPLETE)
    run.emit(Corrected(end if wrong is None else wrong, first, found.text))
    await finish(run, last, judge)
    return last


def shared(old: Sequence[Step], new: Sequence[Step]) -> int:
    """How many steps at the start of a revision are the old ones."""
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a is not b), min(len(old), len(new)))


def latest(run: SearchRun) -> Answered:
    """The last version that is finished and states an answer."""
    found = answers.answerable(run.tree)
    return answers.by_candidate(run.tree, LATEST, found[-1] if found else None, found, lambda n: 1.0)


SEARCH = Search(
    DESCRIPTION,
    self_correction,
    allows=lambda config: (REVISE,) if config.variant == "trained" else (),
    judged=lambda config: config.judge,
    needs=lambda config: (Critic,) if config.variant == "rounds" else (),
    whole=lambda config: config.variant == "rounds",
    words=(*WORDS, CRITIQUES, LATEST),
    variants=({}, {"variant": "rounds"}),
)
