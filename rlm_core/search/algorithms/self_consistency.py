"""Self-consistency: sample N whole solutions and take the most common answer (Wang et al. 2022). No reward is asked."""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.search import answers, structures
from rlm_core.search.pool import BATCH, sample_pool
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class SelfConsistencyConfig:
    """Parameters of self-consistency."""

    n: int = param(16, "How many whole solutions are sampled (fewer if a budget ends first).", low=1, high=512, title="Candidates N")
    batch: int = BATCH.field()


DESCRIPTION = Description(
    name="self_consistency",
    title="Self-consistency",
    sentence="Writes N whole solutions side by side and takes the answer that most of them give.",
    config=SelfConsistencyConfig,
    paper="Wang et al. 2022, Self-Consistency",
    url="https://arxiv.org/abs/2203.11171",
    structure=structures.FAN,
    unit="candidate",
    planned="n",
)


async def self_consistency(run: SearchRun, config: SelfConsistencyConfig) -> None:
    """Sample N whole solutions; the most common answer is the answer."""
    run.add_root()
    with run.within_budget():
        await sample_pool(run, config.n, config.batch, score=False)
    run.answer(answers.by_majority(run.tree))


SEARCH = Search(DESCRIPTION, self_consistency, branches=True, judged=lambda config: False, whole=lambda config: True)
