"""Interleaved thinking: think → tool call → result → think …, with a safe calculator as the tool.

As in Schick et al. 2023 (Toolformer) and Yao et al. 2022 (ReAct): the model's call interrupts the
decoding, the tool's result is put behind it and conditioned on, never generated. An error of the tool is
put there as well, and the model goes on from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.special_tokens import THINK, TOOL
from rlm_core.models.policy import Forcer
from rlm_core.search.run import Search, SearchRun
from rlm_core.thinking.algorithms.thinking import CHAINS, JUDGE, PROBE, think
from rlm_core.thinking.decoder import Forcing

DESCRIPTION = Description(
    name="interleaved",
    title="Interleaved thinking with a tool",
    sentence="The model hands its calculations to a calculator and goes on with what comes back.",
    parameters=(
        Parameter(
            "think", True, "Call the tool within a thinking space before the answer; else in the answer itself.", title="Think first"
        ),
        Parameter("most", 192, "Thinking tokens after which the answer is forced; 0 for no such limit.", low=0, high=8192, title="At most"),
        PROBE,
        CHAINS,
        JUDGE,
    ),
    paper="Yao et al. 2022, ReAct; Schick et al. 2023, Toolformer",
    url="https://arxiv.org/abs/2210.03629",
    shape="ribbon",
    unit="chain",
    planned="chains",
)


async def interleaved(run: SearchRun, p: Mapping[str, Any]) -> None:
    run.add_root()
    await think(run, p["chains"], Forcing(most=p["most"], probing=p["probe"]), p["judge"])


SEARCH = Search(DESCRIPTION, interleaved, lambda p: (TOOL, THINK) if p["think"] else (TOOL,), lambda p: p["judge"], needs=(Forcer,))
