"""Adaptive effort: a few quick pilot answers decide how much thinking a problem gets.

k pilot solutions are sampled without thinking; their agreement (the share of the most common answer; or
the reward's mean score of them) puts the problem into a tier: low, medium, high or max. At low effort the
pilots' majority answers. At any other the model thinks, within the tier's budget, and then answers.

It is the program that decides here, from samples. A model that decides for itself how long it thinks is
another thing (strategy "thinking" without limits), and so is a limit imposed on it (budget forcing).
Tiers and thresholds are ours; the idea of pilot samples is that of Damani et al. 2024 and Snell et al. 2024.
One simulation is one pilot, or one chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlm_core.core.events import Answered, EffortChosen
from rlm_core.core.parameters import Description, param
from rlm_core.core.special_tokens import THINK
from rlm_core.core.tree import ROOT, Node
from rlm_core.core.words import Purpose
from rlm_core.search import answers, structures
from rlm_core.search.pool import add_solution
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.algorithms.thinking import PROBE, finish, needed
from rlm_core.thinking.decoder import WORDS, Chain, Forcing

PILOT = 6
"""Stream of random numbers, besides those in `search.run` and `self_correction`."""
PILOTS = Purpose("pilot", "a pilot that the effort is chosen by")
TIERS = {"low": 0, "medium": 64, "high": 128, "max": 224}
"""Thinking tokens of each level of effort."""
MIN_SIGNAL = {"low": 0.9, "medium": 0.6, "high": 0.35}
"""The least signal at which a level is enough; below all of them it is max."""


@dataclass(frozen=True, slots=True)
class AdaptiveConfig:
    """Parameters of adaptive effort."""

    effort: str = param(
        "auto", "auto: chosen from the pilots; otherwise this level whatever they say.", choices=("auto", "low", "medium", "high", "max")
    )
    signal: str = param(
        "agreement", "What the pilots are judged by: their agreement, or the reward's mean score.", choices=("agreement", "reward")
    )
    pilots: int = param(4, "Pilot solutions sampled without thinking.", low=1, high=32)
    scale: float = param(1.0, "Factor on every level's thinking tokens (64, 128 and 224).", low=0.25, high=64.0, advanced=True)
    probe: bool = PROBE.field(default=False, advanced=True)


DESCRIPTION = Description(
    name="adaptive",
    title="Adaptive effort",
    sentence="Quick pilot answers show how hard the problem is; the harder, the more thinking it gets.",
    config=AdaptiveConfig,
    paper="Damani et al. 2024, Learning How Hard to Think",
    url="https://arxiv.org/abs/2410.04707",
    structure=structures.EFFORT,
    unit="chain",
)


async def adaptive(run: SearchRun, config: AdaptiveConfig) -> None:
    """Sample pilots → choose the effort by their agreement or their scores → think within its budget.

    The chain's answer counts; at low effort, or without one, the pilots' majority answers.
    """
    run.add_root()
    pilots: list[Node] = []
    with run.within_budget():
        pilots = await sample_pilots(run, config.pilots)
        if run.starved:  # pilots that were cut off show nothing
            run.check_budget()
        if config.effort == "auto":
            chosen = await choose(run, pilots, config.signal, config.scale)
        else:
            chosen = EffortChosen(config.effort, tokens(config.effort, config.scale), "a person chose it")
        run.emit(chosen)
        if chosen.tokens:
            await finish(run, await Chain(run, Forcing(max_tokens=chosen.tokens, probing=config.probe)).grow(), judge=False)
    run.answer(last_word(run, pilots))


async def sample_pilots(run: SearchRun, count: int) -> list[Node]:
    """Solutions written straight away; their last nodes."""
    run.check_budget()
    count = run.simulations_left(count)
    plain = replace(run.sampling, allow=())
    seeds = [(run.config.seed, ROOT, PILOT, i) for i in range(count)]
    (solutions,) = await run.gather(run.policy.complete(run.problem, (), seeds, plain))
    ends = [run.tree.nodes[add_solution(run, s)] for s in solutions]
    run.spend(PILOTS, simulations=count)
    return ends


async def choose(run: SearchRun, pilots: list[Node], signal: str, scale: float) -> EffortChosen:
    """The level for what the pilots show. Pilots without an answer agree with nobody."""
    if signal == "agreement":
        ballot = answers.votes(run.tree, [n for n in pilots if n.answer is not None], lambda n: 1.0)
        most = ballot[0].weight if ballot else 0.0
        sure = most / len(pilots)
        reason = f"{most:.0f} of {len(pilots)} pilots agree"
    else:
        ends = [n.id for n in pilots if n.finished]
        scores = await run.evaluate(ends) if ends else []
        sure = sum(scores) / len(pilots)
        reason = f"the reward gives the {len(pilots)} pilots {sure:.2f} on average"
    level = level_for(sure)
    return EffortChosen(level, tokens(level, scale), reason, round(sure, 4))


def level_for(sure: float) -> str:
    """The lowest level of effort that such a signal in [0,1] allows.

    >>> [level_for(s) for s in (1.0, 0.75, 0.5, 0.25)]
    ['low', 'medium', 'high', 'max']
    """
    return next((level for level, least in MIN_SIGNAL.items() if sure >= least), "max")


def tokens(level: str, scale: float) -> int:
    """Thinking tokens of a level.

    >>> tokens("low", 1.0), tokens("high", 1.0), tokens("max", 2.0)
    (0, 128, 448)
    """
    return round(TIERS[level] * scale)


def last_word(run: SearchRun, pilots: Sequence[Node]) -> Answered:
    """The chain's answer if it was asked and gave one, else the pilots' majority."""
    found, quick = answers.answerable(run.tree), {n.id for n in pilots}
    thought = [n for n in found if n.id not in quick]
    return answers.by_majority(run.tree, thought or found)


SEARCH = Search(
    DESCRIPTION,
    adaptive,
    allows=lambda config: (THINK,),
    judged=lambda config: config.effort == "auto" and config.signal == "reward",
    needs=lambda config: needed(config.probe) if config.effort != "low" else (),
    words=(*WORDS, PILOTS),
)
