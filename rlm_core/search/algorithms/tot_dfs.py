"""Tree of Thoughts, depth first: go down the most promising step, and back where nothing promising is left (Yao et al. 2023, Algorithm 2).

From a state k steps are proposed and valued. Children valued below the threshold are pruned; the others
are explored one after the other, best first. A state with nothing left to explore is left for its parent.

Deviations: the values come from the run's reward, not from prompting the model to value its own states;
the paper records every state at the step limit, here the search ends at the first finished one valued at
least `accept` (seen as soon as it is valued), and an unfinished one at the limit is pruned. Where none is
accepted, the best valued finished state answers, of those below the threshold only if there is no other.
Equal steps of one state are one state.

One simulation is one state scored.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.wording import name
from rlm_core.core.words import DONE, EXHAUSTED
from rlm_core.search import answers, structures
from rlm_core.search.levels import afford, best_first, expand, scored, still_open
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class ToTDFSConfig:
    """Parameters of depth-first Tree of Thoughts."""

    width: int = param(4, "Steps proposed from a state.", low=1, high=32, title="Proposals k")
    threshold: float = param(0.2, "States valued below this are pruned.", low=0.0, high=1.0)
    accept: float = param(0.99, "A finished state valued at least this ends the search.", low=0.0, high=1.0, title="Accept from")
    max_steps: int = param(16, "Steps after which an unfinished state is dropped.", low=1, high=128, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="tot_dfs",
    title="Tree of Thoughts, depth first",
    sentence="Follows the most promising step to its end, and goes back to an earlier state when what is left looks bad.",
    config=ToTDFSConfig,
    paper="Yao et al. 2023, Tree of Thoughts",
    url="https://arxiv.org/abs/2305.10601",
    structure=structures.TREE,
    unit="scored state",
)


async def tot_dfs(run: SearchRun, config: ToTDFSConfig) -> None:
    """Explore depth first from the root until a finished state is accepted; the best valued finished state answers."""
    run.add_root()
    with run.within_budget():
        found = await explore(run, run.root, config)
        if run.stop is DONE and not found:
            run.stop = EXHAUSTED
    run.answer(answers.best_scored(run.tree, answers.unpruned(run.tree)))


async def explore(run: SearchRun, state: int, config: ToTDFSConfig) -> bool:
    """DFS(s, t) of the paper; True as soon as a finished state is accepted."""
    if not still_open(run, [state], config.max_steps):
        return False
    promising = await propose_and_value(run, state, config.width, config.threshold)
    if any(accepted(run, child, config.accept) for child in promising):
        return True
    for child in promising:
        if await explore(run, child, config):
            return True
        run.backtrack(child, state, why_back(run, child, config))
    return False


async def propose_and_value(run: SearchRun, state: int, width: int, threshold: float) -> list[int]:
    """The children worth exploring, best first; those valued below the threshold are pruned."""
    run.check_budget()
    (children,) = await expand(run, [state], afford(run, width, 1))
    ranked = [c.id for c in children]
    await run.evaluate(ranked, simulations=len(ranked))
    ranked = best_first(run, ranked)
    for child in ranked:
        if scored(run, child) < threshold:
            run.prune([child], f"score {scored(run, child):.2f} is below the threshold {threshold:.2f}")
    return [child for child in ranked if scored(run, child) >= threshold]


def accepted(run: SearchRun, node: int, accept: float) -> bool:
    return run.tree.nodes[node].finished and scored(run, node) >= accept


def why_back(run: SearchRun, node: int, config: ToTDFSConfig) -> str:
    """Why nothing more is to be found at a state."""
    here = run.tree.nodes[node]
    if here.finished:
        return f"{name(node)} is finished, and its score {scored(run, node):.2f} is below the {config.accept:.2f} that is accepted"
    if here.pruned:
        return here.pruned
    scores = [scored(run, c) for c in here.children if not run.tree.nodes[c].cut]
    if not scores:
        return f"the budget of tokens ended before a step from {name(node)} was complete"
    children = f"all {len(scores)} children of {name(node)} are" if len(scores) > 1 else f"the only child of {name(node)} is"
    if max(scores) < config.threshold:
        return f"{children} below the threshold {config.threshold:.2f}, the best at {max(scores):.2f}"
    return f"{children} explored"


SEARCH = Search(DESCRIPTION, tot_dfs, branches=True)
