"""Beam search over steps with a reward: extend, score, keep the best, extend again (Snell et al. 2024).

n beams; each iteration adds one step to every kept beam so that there are n again, scores them and keeps
the best n/M. With lookahead the score of a state is that of the state some greedy steps later. The last
iteration runs to the end. Unfinished beams are never answered from.

Deviations: a beam that finishes is set aside as a candidate and takes no place among the n/M; where
fewer than n/M are open, those share the n samples; equal steps from one state are one state, so that there
may be fewer than n, and a finished one votes as often as it was sampled. Any reward may score, not a process reward
model alone.

One simulation is one state scored. Where the budget does not reach for n samples, the best beams are
served first and the others wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.structure import Keeping
from rlm_core.core.tree import Node
from rlm_core.search import answers, structures
from rlm_core.search.levels import afford, expand, keep_best, kept, run_to_the_end, sampled
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class BeamSearchConfig:
    """Parameters of beam search."""

    beams: int = param(16, "States per level; the kept beams are extended to this number again.", low=1, high=256, title="Beams n")
    width: int = param(4, "Children per beam, so that n/M beams are kept; at most n.", low=1, high=64, title="Width M")
    lookahead: int = param(0, "Greedy steps the policy goes on by before a state is scored.", low=0, high=8)
    answer_by: str = answers.ANSWER_BY.field()
    max_steps: int = param(16, "Iterations; the last runs to the end.", low=1, high=128, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="beam_search",
    title="Beam search",
    sentence="Extends several partial solutions side by side, one step at a time, and after every step only the best scored go on.",
    config=BeamSearchConfig,
    paper="Snell et al. 2024, Scaling LLM Test-Time Compute Optimally",
    url="https://arxiv.org/abs/2408.03314",
    structure=structures.LAYERS,
    unit="scored state",
)


async def beam_search(run: SearchRun, config: BeamSearchConfig) -> None:
    """Expand every beam → score the new states → keep the best n/M, until every beam is finished.

    The answer is then chosen among the finished candidates.
    """
    run.add_root()
    keep = kept(config.beams, config.width)
    with run.within_budget():
        beams, iteration = [run.root], 0
        while beams:
            run.check_budget()
            iteration += 1
            widths = afford(run, config.beams, len(beams))
            waiting = [b for b, width in zip(beams, widths, strict=True) if not width]
            states = await extend(run, beams, widths, to_the_end=iteration >= config.max_steps)
            await run.evaluate([s.id for s in states], simulations=len(states), lookahead=config.lookahead)
            beams = keep_best(run, [*(s.id for s in states if not s.finished), *waiting], keep)
    run.answer(answers.picked(run.tree, config.answer_by, sampled(run.tree)))


async def extend(run: SearchRun, beams: list[int], widths: list[int], *, to_the_end: bool) -> list[Node]:
    """The beams with one more step, or with all that are missing."""
    grown = await (run_to_the_end if to_the_end else expand)(run, beams, widths)
    return [state for states in grown for state in states]


SEARCH = Search(
    DESCRIPTION, beam_search, branches=True, keeps=lambda config: Keeping(kept(config.beams, config.width), False, config.max_steps)
)
