"""Chain of thought: one solution, written step by step (Wei et al. 2022).

Deviations: the model was trained to write its steps, so no worked examples are put before the problem;
and a reward may judge the chain (its end, or every step on the way), which changes no step of it.

One simulation is one chain, and a run is one chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlm_core.core import words
from rlm_core.core.events import Answered
from rlm_core.core.parameters import Description, param
from rlm_core.core.tree import Node
from rlm_core.core.words import AnswerMethod
from rlm_core.search import answers, structures
from rlm_core.search.levels import still_open
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class ChainOfThoughtConfig:
    """Parameters of chain of thought."""

    decoding: str = param(
        "sampled",
        "sampled: steps are drawn at the run's temperature; greedy: always the likeliest token, whatever the temperature.",
        choices=("sampled", "greedy"),
    )
    judge: str = param(
        "end",
        "What the reward scores: the finished end, every step, or nothing. The answer is the same.",
        choices=("end", "steps", "never"),
        title="Reward looks at",
    )
    max_steps: int = param(64, "Steps after which an unfinished chain is dropped.", low=1, high=512, title="Most steps", advanced=True)


DESCRIPTION = Description(
    name="chain_of_thought",
    title="Chain of thought",
    sentence="Writes one solution step by step and takes its answer; nothing is compared and nothing is taken back.",
    config=ChainOfThoughtConfig,
    paper="Wei et al. 2022, Chain-of-Thought Prompting Elicits Reasoning in Large Language Models",
    url="https://arxiv.org/abs/2201.11903",
    structure=structures.CHAIN,
    unit="chain",
    planned=1,
)


CHAIN_END = AnswerMethod("chain", "reading the end of the chain", "number of its candidates")


async def chain_of_thought(run: SearchRun, config: ChainOfThoughtConfig) -> None:
    """Sample one step after another until the solution is finished; the end of the chain is the answer."""
    if config.decoding == "greedy":
        run.sampling = replace(run.sampling, temperature=0.0)
    at = run.add_root()
    with run.within_budget():
        while still_open(run, [at.id], config.max_steps):
            run.check_budget()
            at = await next_step(run, at)
            if not at.cut and (config.judge == "steps" or (config.judge == "end" and at.finished)):
                await run.evaluate([at.id])
        run.spend(words.EXPAND, simulations=1)
    run.answer(answer_of_chain(run))


async def next_step(run: SearchRun, at: Node) -> Node:
    """One sampled step joins the chain; returns its node."""
    (steps,) = await run.gather(run.propose(at.id, 1))
    child = run.add(at.id, steps[0])
    run.spend(words.EXPAND)
    return child


def answer_of_chain(run: SearchRun) -> Answered:
    """The chain's finished node; an unfinished chain answers nothing."""
    found = answers.answerable(run.tree)
    return answers.by_candidate(run.tree, CHAIN_END, found[0] if found else None, found, lambda n: 1.0)


SEARCH = Search(
    DESCRIPTION,
    chain_of_thought,
    branches=True,
    judged=lambda config: config.judge != "never",
    words=(CHAIN_END,),
    variants=({"decoding": "greedy"}, {"decoding": "sampled"}),
)
