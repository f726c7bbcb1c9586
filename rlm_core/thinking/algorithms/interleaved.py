"""Interleaved thinking: think → tool call → result → think …, with a safe calculator as the tool.

As in Schick et al. 2023 (Toolformer) and Yao et al. 2022 (ReAct): the model's call interrupts the
decoding, the tool's result is put behind it and conditioned on, never generated. An error of the tool is
put there as well, and the model goes on from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.core.special_tokens import THINK, TOOL
from rlm_core.search import structures
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.algorithms.thinking import CHAINS, JUDGE, PROBE, needed, think
from rlm_core.thinking.decoder import WORDS, Forcing


@dataclass(frozen=True, slots=True)
class InterleavedConfig:
    """Parameters of interleaved thinking."""

    think: bool = param(True, "Call the tool within a thinking space before the answer; else in the answer itself.", title="Think first")
    max_thinking_tokens: int = param(
        192, "Thinking tokens after which the answer is forced; 0 for no such limit.", low=0, high=8192, title="At most", formerly="most"
    )
    probe: bool = PROBE.field()
    chains: int = CHAINS.field()
    judge: bool = JUDGE.field()


DESCRIPTION = Description(
    name="interleaved",
    title="Interleaved thinking with a tool",
    sentence="The model hands its calculations to a calculator and goes on with what comes back.",
    config=InterleavedConfig,
    paper="Yao et al. 2022, ReAct; Schick et al. 2023, Toolformer",
    url="https://arxiv.org/abs/2210.03629",
    structure=structures.RIBBON,
    unit="chain",
    planned="chains",
)


async def interleaved(run: SearchRun, config: InterleavedConfig) -> None:
    """Write the chains one after another, each with the calculator at hand; their answers vote."""
    run.add_root()
    await think(run, config.chains, Forcing(max_tokens=config.max_thinking_tokens, probing=config.probe), config.judge)


SEARCH = Search(
    DESCRIPTION,
    interleaved,
    allows=lambda config: (TOOL, THINK) if config.think else (TOOL,),
    judged=lambda config: config.judge,
    needs=lambda config: needed(config.probe) if config.think else (),
    words=WORDS,
    variants=({"probe": False}, {"probe": False, "think": False}),
)
