"""One whole run: problem, reward and search put together; whatever happens, the log gets a last event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import msgspec

from rlm_core import problems, rewards
from rlm_core.catalogue import checked
from rlm_core.core import words
from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.errors import ModelError, RewardError, RlmError
from rlm_core.core.events import Record, RunFinished, RunStarted
from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, listed
from rlm_core.core.words import DONE, EXHAUSTED, FAILED, TOKENS
from rlm_core.models.listed import sampling_of, stepped
from rlm_core.models.policy import Computed, Policy, Remote, Scorer, Step, offers, require
from rlm_core.models.source import ModelSource, StepScorer
from rlm_core.rewards.base import RewardContext
from rlm_core.search import Search, search, searches
from rlm_core.search.budget import RunControl
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP, limit_met
from rlm_core.search.run import SearchRun

log = logging.getLogger(__name__)


class NoOtherModels:
    """A source that has no models."""

    async def policy(self, name: str) -> Policy:
        raise RewardError(f"This run was given no way to load other models, so its reward cannot use {name}.")

    async def step_scorer(self, name: str, recipe: str) -> StepScorer:
        raise RewardError(f"This run was given no way to load other models, so its reward cannot use {name}.")


async def run_search(
    config: RunConfig, policy: Policy, emit: Callable[[Record], None], control: RunControl | None = None, source: ModelSource | None = None
) -> SearchTree:
    """Run a configuration to its end and return the tree; every record goes to `emit` as it happens.

    source: where a reward gets other models; without one only the run's own policy can be had.

    A failure inside the run is its last event (stop "failed"); RlmError is raised only before the first.
    """
    config = checked(config)
    problem = problems.make(config.problem)
    chosen = search(config.search)
    settings = chosen.description.configure(config.search_parameters)
    allow = chosen.allows(settings)
    sampling = sampling_of(config, allow)
    policy = stepped(policy, config)
    refuse_beyond(policy, config, chosen, settings)
    offered = rewards.reward(config.reward)
    context = RewardContext(problem, policy, sampling, source or NoOtherModels())
    reward = offered.make(context, offered.description.configure(config.reward_parameters))
    run = SearchRun(config, problem, policy, reward, sampling, emit, control or RunControl())
    computation = (policy.computation if isinstance(policy, Computed) else "") or msgspec.UNSET
    oracle = reward.oracle and chosen.judged(settings)
    run.emit(RunStarted(msgspec.to_builtins(config), problem, oracle, computation=computation))
    detail = ""
    try:
        run.beginning = await beginning(config, problem, policy)
        await chosen.run(run, settings)
    except RlmError as error:
        run.stop, detail = FAILED, str(error)
    except Exception as error:
        log.exception("A run failed unexpectedly")
        run.stop, detail = FAILED, f"Unexpected {type(error).__name__}: {error}"
    if run.starved and run.stop in (DONE, EXHAUSTED):
        run.stop = TOKENS
    elif not detail and not run.starved:
        detail = cut_off(run)
    await policy.drain()
    run.spend(words.DROPPED)
    run.emit(RunFinished(run.stop.name, detail))
    return run.tree


def refuse_beyond(policy: Policy, config: RunConfig, chosen: Search[Any], settings: Any) -> None:
    """ModelError if the search needs what the policy, now that it is there, turns out not to do."""
    for need in chosen.needs(settings):
        require(policy, need)
    if isinstance(policy, Remote) and policy.whole_only and (isinstance(config.branch, Branch) or not chosen.whole(settings)):
        able = [name for name, s in searches().items() if s.whole(s.description.configure({}))]
        raise ModelError(
            f"The search {config.search} goes on from single steps, and {policy.name} writes whole solutions only; "
            f"allowed are {', '.join(able)}, or a server that goes on from a text or an answer that has begun."
        )


async def beginning(config: RunConfig, problem: Problem, policy: Policy) -> tuple[Step, ...]:
    """The steps that a branch begins with, their tokens with the log-probabilities that the model gives them; nothing is generated."""
    steps: tuple[Step, ...] = ()
    for text in config.branch.steps if isinstance(config.branch, Branch) else ():
        steps += (Step(text, await policy.score(problem, steps, text) if offers(policy, Scorer) else ()),)
    return steps


def cut_off(run: SearchRun) -> str:
    """An error message if there is no answer because every step proposed ran into a limit of length; else empty.

    It names the limits to raise, and the budget of tokens where a run twice as long would not fit into it.
    """
    nodes, sampling = run.tree.nodes, run.sampling
    cut = [n for n in run.tree.leaves() if n.cut]
    if not cut or any(n.finished for n in nodes.values()) or any(not n.terminal and not n.pruned for n in run.tree.leaves()):
        return ""
    what = "The one proposal was" if len(cut) == 1 else f"Each of the {len(cut):,} proposals was"
    step, solution = sampling.max_step_tokens, sampling.max_solution_tokens
    names = {"step": f"“{LONGEST_STEP}” (max_step_tokens)", "solution": f"“{LONGEST_SOLUTION}” (max_solution_tokens)"}
    if any(n.size is not None for n in cut):
        met = {limit_met(run.tree, n.id, step, solution) or "solution" for n in cut}
        sizes = {"step": f"{counted(step, 'token')} per step", "solution": f"{counted(solution, 'token')} per solution"}
        limit = listed([size for of, size in sizes.items() if of in met])
        to_raise = listed([title for of, title in names.items() if of in met])
    else:  # a server that tells no numbers of tokens does not show which of the limits it was
        limit, to_raise = "that of a step or of a solution", " or ".join(names.values())
    said = f"{what} cut off before it ended, so there is no answer. The limit is {limit}; raise {to_raise}."
    left = run.tokens_left
    if left is not None and left < run.tree.totals.generated:
        said += f" Raise the budget of tokens too: {left:,} of its {counted(run.budget.tokens or 0, 'token')} are left."
    return said
