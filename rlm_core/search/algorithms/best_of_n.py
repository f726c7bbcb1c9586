"""Best-of-N: sample N whole solutions, score them, pick one answer.

naive: the highest score (Cobbe et al. 2021). weighted: the answer with the largest sum of scores (Li et
al. 2023). The pool stays in the log, so that any smaller N can be looked at afterwards (`pool.first_n`).
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.parameters import Description, param
from rlm_core.search import answers, structures
from rlm_core.search.pool import BATCH, sample_pool
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class BestOfNConfig:
    """Parameters of Best-of-N."""

    n: int = param(16, "How many whole solutions are sampled (fewer if a budget ends first).", low=1, high=512, title="Candidates N")
    answer_by: str = answers.ANSWER_BY.field()
    batch: int = BATCH.field()


DESCRIPTION = Description(
    name="best_of_n",
    title="Best-of-N",
    sentence="Writes N whole solutions side by side and picks one answer by score.",
    config=BestOfNConfig,
    paper="Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems",
    url="https://arxiv.org/abs/2110.14168",
    structure=structures.FAN,
    unit="candidate",
    planned="n",
)


async def best_of_n(run: SearchRun, config: BestOfNConfig) -> None:
    """Sample N whole solutions, score each, and answer by the scores."""
    run.add_root()
    with run.within_budget():
        await sample_pool(run, config.n, config.batch, score=config.answer_by != "majority")
    run.answer(answers.picked(run.tree, config.answer_by))


SEARCH = Search(
    DESCRIPTION,
    best_of_n,
    branches=True,
    judged=lambda config: config.answer_by != "majority",
    whole=lambda config: True,
    variants=({}, {"answer_by": "naive"}),
)
