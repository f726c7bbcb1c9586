"""Tree of Thoughts, breadth first: propose k steps of every kept state, value all, keep the b best (Yao et al. 2023, Algorithm 1).

Finished states stay in the frontier and compete with the open ones. The answer is the frontier's finished
state of the highest value.

Deviations: the values come from the run's reward, not from prompting the model to value its own states;
equal steps of one state are one state; a state unfinished after `max_steps` is pruned, not answered from.
If a budget ends the run when every finished state had already fallen out, the best of those answers.

One simulation is one state scored. Where the budget does not reach for k steps each, the best states
are served first and the others wait.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.structure import Keeping
from rlm_core.search import answers, structures
from rlm_core.search.levels import afford, expand, keep_best, still_open
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class ToTBFSConfig:
    """Parameters of breadth-first Tree of Thoughts."""

    width: int = param(4, "Steps proposed from every kept state.", low=1, high=32, title="Proposals k")
    breadth: int = param(5, "States kept per level, finished ones included.", low=1, high=64, title="Breadth b")
    max_steps: int = param(16, "Steps after which an unfinished state is dropped.", low=1, high=128, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="tot_bfs",
    title="Tree of Thoughts, breadth first",
    sentence="Goes level by level: proposes steps from every kept state, values them all, and keeps the best few.",
    config=ToTBFSConfig,
    paper="Yao et al. 2023, Tree of Thoughts",
    url="https://arxiv.org/abs/2305.10601",
    structure=structures.LAYERS,
    unit="scored state",
)


async def tot_bfs(run: SearchRun, config: ToTBFSConfig) -> None:
    """Propose k steps per open state of the frontier → value them → keep the best b as the next frontier.

    The answer is the frontier's finished state of the highest value.
    """
    run.add_root()
    with run.within_budget():
        frontier = [run.root]
        while states := still_open(run, frontier, config.max_steps):
            run.check_budget()
            widths = afford(run, len(states) * config.width, len(states))
            waiting = [s for s, width in zip(states, widths, strict=True) if not width]
            finished = [n for n in frontier if run.tree.nodes[n].finished]
            proposed = [child.id for children in await expand(run, states, widths) for child in children]
            await run.evaluate(proposed, simulations=len(proposed))
            frontier = keep_best(run, [*finished, *waiting, *proposed], config.breadth)
    run.answer(answers.best_scored(run.tree, answers.unpruned(run.tree)))


SEARCH = Search(DESCRIPTION, tot_bfs, branches=True, keeps=lambda config: Keeping(config.breadth, True, config.max_steps))
