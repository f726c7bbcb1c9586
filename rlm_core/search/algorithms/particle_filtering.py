"""Particle filtering: partial solutions as particles, drawn anew before every further step in proportion to their weights.

Puri et al. 2025. In each round every unfinished particle takes one sampled step (propagate) and the reward scores
the state it reached (weigh: w ∝ exp(reward/temperature)). While any is unfinished, the same number of particles is
drawn by weight (resample), the finished ones with the score they have, and the next round begins. After the last step
nothing is drawn, as in the published kernel: the particles vote with their weights, or, by `pick`, each counts once
or the best scored answers. A particle whose step was cut off weighs nothing.

Deviations: systematic resampling is offered beside the paper's multinomial one and is the default, since it adds
less noise; the temperature divides the reward, a probability, and not its logit; particles that take the same step
from one state stand on one node; a particle unfinished after `max_steps` is pruned. Where a draw leaves finished
particles only, no step follows it: it has spent their weights, and each weighs the same. A budget may end the run
anywhere; the particles answer as they stand then.

One simulation is one step of one particle, scored. In a round that the budget does not reach for, only
the first particles step.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from rlm_core.core import words
from rlm_core.core.events import Answered, Particle, Resampled
from rlm_core.core.parameters import Description, param
from rlm_core.core.words import AnswerMethod
from rlm_core.search import answers, structures
from rlm_core.search.levels import still_open
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class ParticleFilteringConfig:
    """Parameters of particle filtering."""

    particles: int = param(8, "Partial solutions on the way at the same time.", low=1, high=256)
    weight_temperature: float = param(
        0.2, "Weights are in proportion to exp(reward / weight temperature): smaller trusts the reward more.", low=0.01, high=10.0
    )
    resampling: str = param(
        "systematic",
        "systematic: one random number, copies within 1 of their share; multinomial: every particle drawn on its own.",
        choices=("systematic", "multinomial"),
    )
    answer_by: str = answers.ANSWER_BY.field(
        help="weighted: the largest sum of the particles' weights by answer; naive: the particle of the best score; "
        "majority: the answer of the most particles."
    )
    max_steps: int = param(16, "Steps after which an unfinished particle is dropped.", low=1, high=128, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="particle_filtering",
    title="Particle filtering",
    sentence="Moves a crowd of partial solutions on by chance, and after every step copies the promising ones and drops others.",
    config=ParticleFilteringConfig,
    paper="Puri et al. 2025, A Probabilistic Inference Approach to Inference-Time Scaling",
    url="https://arxiv.org/abs/2502.01618",
    structure=structures.PARTICLES,
    unit="scored state",
)


BY_WEIGHT = AnswerMethod("particles", "summing the weights of the particles by answer", "summed weight of its particles")


async def particle_filtering(run: SearchRun, config: ParticleFilteringConfig) -> None:
    """Propagate → weigh → resample, until no particle is open; the particles' answers are weighed."""
    run.add_root()
    particles = [run.root] * config.particles
    with run.within_budget():
        step, weights = 0, [1 / len(particles)] * len(particles)
        while still_open(run, particles, config.max_steps):
            run.check_budget()
            if step:
                rng = random.Random(f"{run.config.seed}|resample|{step}")
                particles = resample(run, particles, weights, config.resampling, rng)
                weights = [1 / len(particles)] * len(particles)
            if any(is_open(run, n) for n in particles):
                step += 1
                await propagate(run, particles)
                weights = weigh(run, particles, config.weight_temperature)
    run.answer(picked(run, particles, weights, config.answer_by))


async def propagate(run: SearchRun, particles: list[int]) -> None:
    """One sampled step for every unfinished particle that the budget reaches for, scored, in place."""
    moving = [i for i, n in enumerate(particles) if is_open(run, n)]
    allowed = moving[: run.simulations_left(len(moving))]
    crowd = Counter(particles[i] for i in allowed)
    proposals = await run.gather(*(run.propose(n, k) for n, k in crowd.items()))
    reached = {n: iter(reached_by(run, n, steps)) for n, steps in zip(crowd, proposals, strict=True)}
    before = set(particles)
    for i in allowed:
        particles[i] = next(reached[particles[i]], particles[i])  # it stays where no token was left for its step
    run.spend(words.EXPAND)
    fresh = [n for n in dict.fromkeys(particles[i] for i in allowed) if n not in before and not run.tree.nodes[n].cut]
    await run.evaluate(fresh, simulations=len(allowed))


def reached_by(run: SearchRun, node: int, steps: Sequence[Any]) -> list[int]:
    """The child that each of the proposed steps leads to; equal steps lead to one child."""
    by_text = {child.text.strip(): child.id for child in run.add_children(node, steps)}
    return [by_text[s.text.strip()] for s in steps]


def is_open(run: SearchRun, node: int) -> bool:
    return not run.tree.nodes[node].terminal and not run.tree.nodes[node].pruned


def weigh(run: SearchRun, particles: Sequence[int], temperature: float) -> list[float]:
    """The particles' weights, which sum to 1; none where every particle was cut off."""
    return softmax([None if run.tree.nodes[n].cut else run.tree.nodes[n].score for n in particles], temperature)


def softmax(rewards: Sequence[float | None], temperature: float) -> list[float]:
    """w_i = exp(r_i/τ) / Σ_j exp(r_j/τ); no reward (None) is no weight, and without any reward there are no weights.

    >>> [round(w, 4) for w in softmax([0.2, 0.2 + 0.5 * math.log(3), None], 0.5)]
    [0.25, 0.75, 0.0]
    >>> softmax([None, None], 0.5)
    []
    """
    given = [r for r in rewards if r is not None]
    if not given:
        return []
    raised = [0.0 if r is None else math.exp((r - max(given)) / temperature) for r in rewards]
    return [x / sum(raised) for x in raised]


def systematic(weights: Sequence[float], u: float) -> list[int]:
    """Copies of each of n particles: how many of the points (u + i)/n, i < n, fall into its share of [0,1); u in [0,1).

    With n = 4 and u = 0.5 the points are 0.125, 0.375, 0.625, 0.875 and the shares end at 0.5, 0.8, 1, 1:

    >>> systematic([0.5, 0.3, 0.2, 0.0], 0.5)
    [2, 1, 1, 0]
    """
    n, ends = len(weights), list(accumulate(weights))
    below = [0, *(math.ceil(n * end / ends[-1] - u) for end in ends)]
    return [b - a for a, b in pairwise(below)]


def multinomial(weights: Sequence[float], rng: random.Random) -> list[int]:
    """Copies of each of n particles: n independent draws by weight.

    >>> multinomial([0.0, 1.0, 0.0], random.Random(0))
    [0, 3, 0]
    """
    resampled = Counter(rng.choices(range(len(weights)), weights, k=len(weights)))
    return [resampled[i] for i in range(len(weights))]


def resample(run: SearchRun, particles: list[int], weights: list[float], method: str, rng: random.Random) -> list[int]:
    """The same number of particles, drawn by weight; nodes that no particle stands on any more are pruned."""
    copies = systematic(weights, rng.random()) if method == "systematic" else multinomial(weights, rng)
    run.emit(Resampled(tuple(map(Particle, particles, weights, copies)), method))
    resampled = [n for n, c in zip(particles, copies, strict=True) for _ in range(c)]
    for n in dict.fromkeys(particles):
        if n not in resampled and not run.tree.nodes[n].cut:
            weight = sum(w for m, w in zip(particles, weights, strict=True) if m == n)
            run.prune([n], f"weight {weight:.3f} of 1 in all; none of the {len(particles)} particles drawn by weight is here")
    return resampled


def picked(run: SearchRun, particles: Sequence[int], weights: Sequence[float], pick: str) -> Answered:
    """The answer among the finished particles that state one; where none does, among the finished states that were not dropped."""
    there = [run.tree.nodes[n] for n in particles if run.tree.nodes[n].answer is not None]
    if not there or pick != "weighted":
        return answers.picked(run.tree, pick, there or answers.unpruned(run.tree))
    weighs = dict(zip(particles, weights, strict=True))
    return answers.by_vote(run.tree, BY_WEIGHT, [n for n in there if n.score is not None], lambda n: weighs[n.id])


SEARCH = Search(DESCRIPTION, particle_filtering, branches=True, words=(BY_WEIGHT,), variants=({}, {"particles": 16}))
