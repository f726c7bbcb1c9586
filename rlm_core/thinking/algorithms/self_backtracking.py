"""Self-backtracking: the model writes `<backtrack>` and decoding rolls back (Yang et al. 2025, arXiv 2502.04404, algorithm 1).

Expansion: sample N continuations of a state, each to the end of the solution or to a `<backtrack>`.
Backtracking, b rounds: each rolled-back continuation yields the state before its last step; of those not yet
expanded, up to √N are each expanded by √N samples. Selection: a sample's score is its mean token
log-probability, summed over all samples that came out the same.

Deviations: the sum is of exp(mean log-probability), so that more of the same adds weight (log-probabilities are
negative), and it is taken over the samples of one answer, however it was reached; of the states to roll back to, those
with the likeliest steps go first (the paper leaves the order open). Steps that several samples share are one node; the
log counts the samples that ended in it. One simulation is one sampled continuation.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_core.core.events import Answered, SampledAgain
from rlm_core.core.parameters import Description, param
from rlm_core.core.special_tokens import BACKTRACK
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.words import DONE, EXHAUSTED, AnswerMethod
from rlm_core.models.policy import Step
from rlm_core.search import answers, structures
from rlm_core.search.pool import score_solutions
from rlm_core.search.run import Search, SearchRun

Confidences = defaultdict[int, list[float]]
"""By the node in which samples ended: exp(mean log-probability per token) of each of them from the bare problem on, in (0,1]."""


@dataclass(frozen=True, slots=True)
class SelfBacktrackingConfig:
    """Parameters of self-backtracking."""

    n: int = param(16, "Continuations sampled in the first round; later rounds expand up to √N states by √N each.", low=1, high=256)
    rounds: int = param(2, "Rounds of rolling back.", low=0, high=8, title="Rounds b")


DESCRIPTION = Description(
    name="self_backtracking",
    title="Self-backtracking",
    sentence="The model itself says when a path leads nowhere; decoding then rolls back a step and tries again from there.",
    config=SelfBacktrackingConfig,
    paper="Yang et al. 2025, Step Back to Leap Forward",
    url="https://arxiv.org/abs/2502.04404",
    structure=structures.TREE,
    unit="continuation",
)


LIKELIHOOD = AnswerMethod(
    "likelihood", "letting finished candidates vote with their likelihood", "summed likelihood of the samples that gave it"
)


async def self_backtracking(run: SearchRun, config: SelfBacktrackingConfig) -> None:
    """Expand: sample N continuations of the problem. Then b rounds: roll back → expand √N states by √N samples each.

    The answer whose samples are together the likeliest is taken.
    """
    run.add_root()
    root_n = max(1, math.isqrt(config.n))
    met, expanded, ends = {ROOT}, {ROOT}, Confidences(list)
    with run.within_budget():
        left = await expand(run, [ROOT], config.n, ends)
        for _ in range(config.rounds):
            run.check_budget()
            states = roll_back(run, left, expanded)
            met.update(states)
            if not states:
                run.stop = EXHAUSTED if met == expanded else DONE
                break
            expanded.update(states[:root_n])
            left = await expand(run, states[:root_n], root_n, ends)
    run.answer(likeliest(run.tree, ends))


async def expand(run: SearchRun, states: Sequence[int], n: int, ends: Confidences) -> list[int]:
    """n continuations of each state, noted in `ends`; returns the nodes at which the model gave up."""
    run.check_budget()
    allowed = run.simulations_left(n * len(states))
    counts = [min(n, allowed - n * i) for i in range(len(states)) if allowed > n * i]
    work = [run.complete(s, 0, k) for s, k in zip(states, counts, strict=False)]
    found = await run.gather(*work)
    came: Counter[int] = Counter()
    known = len(run.tree.nodes)
    for state, samples in zip(states, found, strict=False):
        for steps in samples:
            end = join(run, state, steps)
            came[end] += 1
            ends[end].append(confidence((*run.state(state), *steps)))
    for end, times in came.items():
        if again := times - (end >= known):
            run.emit(SampledAgain(end, again))
    fresh = [e for e in sorted(came) if run.tree.nodes[e].finished and run.tree.nodes[e].score is None]
    await score_solutions(run, fresh, sum(counts))
    return [e for e in came if run.tree.nodes[e].tag == BACKTRACK]


def join(run: SearchRun, at: int, steps: Sequence[Step]) -> int:
    """A continuation below a node, along the steps that are already there; returns its last node."""
    for step in steps:
        siblings = map(run.tree.nodes.__getitem__, run.tree.nodes[at].children)
        known = {(c.text, c.tag, c.finished, c.cut): c.id for c in siblings}
        at = known.get((step.text, step.tag, step.finished, step.truncated)) or run.add(at, step).id
    return at


def roll_back(run: SearchRun, gave_up: Sequence[int], expanded: set[int]) -> list[int]:
    """The states before the steps the model gave up, those not yet expanded, likeliest step first."""
    states: dict[int, float] = {}
    for node in gave_up:
        alone = not run.tree.nodes[node].text and run.tree.nodes[node].parent != ROOT
        parent = run.tree.path(node)[-3 if alone else -2]  # a tag on a line of its own gives up the step before it
        new = parent not in expanded
        wrote = f"the model wrote {BACKTRACK} behind it"
        run.backtrack(node, parent, wrote if new else f"{wrote}; that state was expanded before")
        if new:
            logprob = run.tree.nodes[parent].logprob
            states[parent] = -math.inf if logprob is None else logprob
    return sorted(states, key=lambda n: (-states[n], n))


def confidence(steps: Sequence[Step]) -> float:
    """exp(mean log-probability per token) of a whole sample, in (0,1]."""
    logprobs = [t.logprob for step in steps for t in step.tokens]
    return math.exp(sum(logprobs) / len(logprobs))


def likeliest(tree: SearchTree, ends: Mapping[int, Sequence[float]]) -> Answered:
    """The answer whose samples are together the likeliest; shown in the candidate that weighs most."""
    return answers.by_vote(tree, LIKELIHOOD, answers.answerable(tree), lambda n: sum(ends[n.id]))


SEARCH = Search(DESCRIPTION, self_backtracking, allows=lambda config: (BACKTRACK,), words=(LIKELIHOOD,))
