"""Thinking with a budget: the model thinks, then answers; the decoder can end the thinking or make it go on.

Budget forcing as in Muennighoff et al. 2025 (s1, arXiv 2501.19393). Maximum: when the thinking budget is
spent, the end-of-thinking delimiter is put there (and a final-answer cue, if one is given) and the model
answers. Minimum: when the model ends its thinking too early, the delimiter is taken back and "Wait" is put
in its place, up to a number of times. `rlm_core.evaluation.budget_forcing` has s1's control, scaling and performance.

Deviations: the probes at every point are ours; they change nothing and are counted apart. Models
without delimiters of their own think on all lines before their answer, and the answer cue ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.special_tokens import THINK
from rlm_core.core.tree import ROOT
from rlm_core.models.policy import Forcer
from rlm_core.search import answers
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.decoder import Chain, Forcing

CHAINS = Parameter(
    "chains", 1, "How many chains are written one after another; their answers vote.", low=1, high=64, advanced=True, title="Chains"
)
PROBE = Parameter(
    "probe", True, "At every point make the model answer, to see what it would say; changes nothing, and its tokens are counted apart."
)
JUDGE = Parameter(
    "judge",
    False,
    "Let the reward score the end of every chain; the chains' answers then weigh by it.",
    advanced=True,
    title="Judge the end",
)
DESCRIPTION = Description(
    name="thinking",
    title="Thinking with a budget",
    sentence="The model thinks in a space of its own before it answers; its thinking can be cut short, or made longer by “Wait”.",
    parameters=(
        Parameter("most", 128, "Thinking tokens after which the answer is forced; 0 for no such limit.", low=0, high=8192, title="At most"),
        Parameter("waits", 0, "How many times the end of thinking is refused and “Wait” put in its place.", low=0, high=10, title="Waits"),
        Parameter(
            "least",
            0,
            "The end of thinking is refused only below so many tokens (0: whatever their number); needs waits.",
            low=0,
            high=8192,
            title="At least",
            advanced=True,
        ),
        Parameter("wait", "Wait", "What is put where the model wanted to stop.", title="Wait text", advanced=True),
        Parameter("cue", "", "Put after a forced end of thinking, such as “Final Answer:”.", title="Answer cue", advanced=True),
        PROBE,
        CHAINS,
        JUDGE,
    ),
    paper="Muennighoff et al. 2025, s1: Simple test-time scaling",
    url="https://arxiv.org/abs/2501.19393",
    shape="ribbon",
    unit="chain",
    planned="chains",
)


async def thinking(run: SearchRun, p: Mapping[str, Any]) -> None:
    if p["most"] and p["least"] >= p["most"]:
        raise ConfigError(f"At least {p['least']} thinking tokens and at most {p['most']} leave nothing; the least must be the smaller.")
    forcing = Forcing(p["most"], p["least"], p["waits"], p["wait"].strip() or "Wait", p["cue"], p["probe"])
    run.add_root()
    await think(run, p["chains"], forcing, p["judge"])


async def think(run: SearchRun, count: int, forcing: Forcing, judge: bool) -> None:
    """So many chains one after another; their answers vote, by the reward's scores if it judges them."""
    with run.within_budget():
        for number in range(count):
            run.check_budget()
            end = await Chain(run, forcing, ROOT, number).grow()
            await finish(run, end, judge)
    run.answer(answers.picked(run.tree, "weighted" if judge else "majority"))


async def finish(run: SearchRun, end: int, judge: bool) -> None:
    """One simulation is complete; the reward scores the chain's end if it is to judge and the end is a finished one."""
    if judge and run.tree.nodes[end].finished:
        await run.evaluate([end], simulations=1)
    else:
        run.spend("answer", simulations=1)


SEARCH = Search(DESCRIPTION, thinking, lambda p: (THINK,), lambda p: p["judge"], needs=(Forcer,))
