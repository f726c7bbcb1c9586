"""Thinking with a budget: the model thinks, then answers; the decoder can end the thinking or make it go on.

Budget forcing as in Muennighoff et al. 2025 (s1, arXiv 2501.19393). Maximum: when the thinking budget is
spent, the end-of-thinking delimiter is put there (and a final-answer cue, if one is given) and the model
answers. Minimum: when the model ends its thinking too early, the delimiter is taken back and "Wait" is put
in its place, up to a number of times. `rlm_core.evaluation.budget_forcing` has s1's control, scaling and performance.

Deviations: the probes at every point are ours; they change nothing and are counted apart. Models
without delimiters of their own think on all lines before their answer, and the answer cue ends it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description, Parameter, param
from rlm_core.core.special_tokens import THINK
from rlm_core.core.tree import ROOT
from rlm_core.models.policy import Forcer, TokenLogprobs
from rlm_core.search import answers, structures
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.decoder import ANSWERING, WORDS, Chain, Forcing

CHAINS = Parameter(
    "chains", 1, "How many chains are written one after another; their answers vote.", low=1, high=64, advanced=True, title="Chains"
)
PROBE = Parameter(
    "probe", True, "At every point make the model answer, to see what it would say; changes nothing, and its tokens are counted apart."
)


def needed(probe: bool) -> tuple[type, ...]:
    """Abilities of a model whose thinking can be ended by force; a probe's confidence is made of log-probabilities."""
    return (Forcer, TokenLogprobs) if probe else (Forcer,)


JUDGE = Parameter(
    "judge",
    False,
    "Let the reward score the end of every chain; the chains' answers then weigh by it.",
    advanced=True,
    title="Judge the end",
)


@dataclass(frozen=True, slots=True)
class ThinkingConfig:
    """Parameters of thinking with a budget."""

    max_thinking_tokens: int = param(
        128, "Thinking tokens after which the answer is forced; 0 for no such limit.", low=0, high=8192, title="At most", formerly="most"
    )
    waits: int = param(0, "How many times the end of thinking is refused and “Wait” put in its place.", low=0, high=10, title="Waits")
    min_thinking_tokens: int = param(
        0,
        "The end of thinking is refused only below this number of tokens (0: at any number); needs waits.",
        low=0,
        high=8192,
        title="At least",
        advanced=True,
        formerly="least",
    )
    wait: str = param("Wait", "What is put where the model wanted to stop.", title="Wait text", advanced=True)
    cue: str = param("", "Put after a forced end of thinking, such as “Final Answer:”.", title="Answer cue", advanced=True)
    probe: bool = PROBE.field()
    chains: int = CHAINS.field()
    judge: bool = JUDGE.field()


DESCRIPTION = Description(
    name="thinking",
    title="Thinking with a budget",
    sentence="The model thinks in a space of its own before it answers; its thinking can be cut short, or made longer by “Wait”.",
    config=ThinkingConfig,
    paper="Muennighoff et al. 2025, s1: Simple test-time scaling",
    url="https://arxiv.org/abs/2501.19393",
    structure=structures.RIBBON,
    unit="chain",
    planned="chains",
)


async def thinking(run: SearchRun, config: ThinkingConfig) -> None:
    """Write the chains one after another under budget forcing; their answers vote. ConfigError if the budgets leave nothing."""
    most, least = config.max_thinking_tokens, config.min_thinking_tokens
    if most and least >= most:
        raise ConfigError(f"At least {least} thinking tokens and at most {most} leave nothing; the least must be the smaller.")
    forcing = Forcing(most, least, config.waits, config.wait.strip() or "Wait", config.cue, config.probe)
    run.add_root()
    await think(run, config.chains, forcing, config.judge)


async def think(run: SearchRun, count: int, forcing: Forcing, judge: bool) -> None:
    """Write `count` chains one after another; their answers vote, weighed by the reward's scores if it judges them."""
    with run.within_budget():
        for number in range(count):
            run.check_budget()
            end = await Chain(run, forcing, ROOT, number).grow()
            await finish(run, end, judge)
    run.answer(answers.by_score(run.tree) if judge else answers.by_majority(run.tree))


async def finish(run: SearchRun, end: int, judge: bool) -> None:
    """One simulation is complete; the reward scores the chain's end if it is to judge and the end is a finished one."""
    if judge and run.tree.nodes[end].finished:
        await run.evaluate([end], simulations=1)
    else:
        run.spend(ANSWERING, simulations=1)


SEARCH = Search(
    DESCRIPTION,
    thinking,
    allows=lambda config: (THINK,),
    judged=lambda config: config.judge,
    needs=lambda config: needed(config.probe),
    words=WORDS,
    variants=({"probe": False}, {"probe": False, "waits": 2}, {"probe": False, "chains": 8}),
)
