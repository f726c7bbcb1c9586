"""How right a reward is: its steps against the exact solver, and what it buys in Best-of-N.

The same sampled solutions serve every reward that is measured, so that any two are compared in pairs.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import RewardError, RlmError
from rlm_core.core.usage import Seed
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS, Progress, SampledSolution, first_wrong, oracle_labels
from rlm_core.evaluation.statistics import Bin, Estimate, auc, calibration, calibration_error, first_error, mcnemar, mean
from rlm_core.models.policy import Policy, Sampling
from rlm_core.models.source import ModelSource
from rlm_core.problems.grouping import grouped
from rlm_core.rewards import RewardChoice
from rlm_core.rewards.base import RewardContext, RewardModel, Score

PATIENCE = 20
"""Solutions, from the first on, that a reward may be unable to judge before it is given up."""
THRESHOLD = 0.5
"""A step below it counts as found wrong, for the first-error figures."""


@dataclass(frozen=True, slots=True)
class JudgedSolution:
    """A reward's judgement of one solution.

    sample: the solution, as it was sampled.
    labels: is each step right? None where it is not known.
    steps: score of every step in [0,1]; empty for a reward of finished solutions only.
    states: score of the state after every step in [0,1].
    score: of the whole solution in [0,1]; None where it is not finished.
    refused: the reward could not judge it; there is no score then.
    """

    sample: SampledSolution
    labels: list[bool | None]
    steps: tuple[float, ...]
    states: tuple[float, ...]
    score: float | None
    refused: bool = False


@dataclass(slots=True)
class Cost:
    """The cost of judging.

    passes: reward-model evaluations.
    generated: tokens generated for it.
    oracle: the reward read the reference answer.
    judged: solutions that got a score.
    refused: number of solutions that got none, by reason.
    """

    passes: int = 0
    generated: int = 0
    oracle: bool = False
    judged: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, scored: Score) -> None:
        self.passes += scored.passes
        self.generated += scored.generated


async def judge_all(
    chosen: RewardChoice,
    solutions: Sequence[Sequence[SampledSolution]],
    new_policy: Callable[[], Policy],
    source: ModelSource,
    sampling: Sampling,
    seed: int,
    progress: Progress = lambda *_: None,
) -> tuple[list[list[JudgedSolution]], Cost]:
    """Every solution judged by one reward, and what that took. A solution that it cannot judge has no scores and is counted.

    RlmError if the reward can judge none of the first PATIENCE.
    """
    gate, done, cost = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS), 0, Cost()

    async def one(index: int, group: Sequence[SampledSolution]) -> list[JudgedSolution]:
        nonlocal done
        async with gate:
            policy, out = new_policy(), []
            model = chosen.make(RewardContext(group[0].problem, policy, sampling, source))
            cost.oracle = cost.oracle or model.oracle
            for j, d in enumerate(group):
                try:
                    out.append(await _judge(model, d, (seed, index, j), cost))
                    cost.judged += 1
                except RlmError as error:
                    cost.refused[str(error)] += 1
                    if not cost.judged and cost.refused.total() >= PATIENCE:
                        raise
                    out.append(JudgedSolution(d, _labels(d), (), (), None, refused=True))
            cost.generated += policy.usage.generated
            done += 1
            progress(done, len(solutions))
            return out

    judged = await gather_or_cancel(one(i, g) for i, g in enumerate(solutions))
    if cost.refused and not cost.judged:
        raise RewardError(next(iter(cost.refused)))
    return judged, cost


def _labels(d: SampledSolution) -> list[bool | None]:
    return oracle_labels(d.problem, d.steps) if d.labels is None else list(d.labels)


async def _judge(model: RewardModel, d: SampledSolution, seed: Seed, cost: Cost) -> JudgedSolution:
    """A reward whose pass tells every state is asked once; another once a state; one of finished solutions for the whole alone."""
    labels = _labels(d)
    truncated = d.steps[-1].truncated
    kept = d.steps[:-1] if truncated else d.steps
    if not kept or (truncated and not model.scores_partial):
        return JudgedSolution(d, labels, (), (), None)
    final = await model.score(d.problem, kept, (*seed, len(kept) - 1))
    cost.add(final)
    score = final.score if kept[-1].finished else None
    if not model.scores_partial:
        return JudgedSolution(d, labels, (), (), score)
    states = final.states
    if not states:
        shorter = [await model.score(d.problem, kept[: i + 1], (*seed, i)) for i in range(len(kept) - 1)]
        for s in shorter:
            cost.add(s)
        states = (*(s.score for s in shorter), final.score)
    return JudgedSolution(d, labels, final.steps if len(final.steps) == len(kept) else states, states, score)


def quality(judged: Sequence[Sequence[JudgedSolution]]) -> dict[str, Any]:
    """AUC, calibration and first-error figures against the exact solver; empty for a reward of finished solutions only.

    step AUC, calibration: over steps up to each solution's first wrong one, each step's own score against whether
    it is right. state AUC: over all states, the score of the state against whether it can still be won.
    first error: over solutions of which it is known where the first wrong step is, or that there is none.
    unknown: steps that were scored and of which nobody can tell whether they are right; they are in none of these.
    """
    flat = [j for group in judged for j in group]
    own: list[tuple[float, bool]] = []
    states: list[tuple[float, bool]] = []
    truth, found, unknown = [], [], 0
    for j in flat:
        wrong = first_wrong(j.labels)
        for i, (step, state) in enumerate(zip(j.steps, j.states, strict=True)):
            label = j.labels[i]
            if label is None:
                unknown += 1
                continue
            states.append((state, label))
            if wrong is None or i <= wrong:
                own.append((step, label))
        known = None not in (j.labels if wrong is None else j.labels[:wrong])
        if j.steps and len(j.steps) == len(j.labels) and known:
            truth.append(wrong)
            found.append(next((i for i, s in enumerate(j.steps) if s < THRESHOLD), None))
    finished = [(j.score, bool(j.sample.correct)) for j in flat if j.score is not None and j.sample.correct is not None]
    out: dict[str, Any] = {"solutions": len(flat), "finished": len(finished), "unknown": unknown}
    out["answer_auc"] = _rounded(auc([s for s, _ in finished], [c for _, c in finished]))
    if own:
        curve = calibration([s for s, _ in own], [y for _, y in own])
        errors = first_error(truth, found)
        out |= {
            "steps": len(own),
            "step_auc": _rounded(auc([s for s, _ in own], [y for _, y in own])),
            "state_auc": _rounded(auc([s for s, _ in states], [y for _, y in states])),
            "calibration_error": round(calibration_error(curve), 4),
            "first_error_f1": _rounded(errors.f1),
            "first_error_solutions": len(truth),
            "first_error_found": _rounded(errors.wrong),
            "no_error_kept": _rounded(errors.right),
            "calibration": [_bin(b) for b in curve],
        }
    return out


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _bin(b: Bin) -> list[float]:
    """[mean score, share right, count]."""
    return [round(b.score, 4), round(b.share, 4), b.count]


def voted(group: Sequence[JudgedSolution], weight: Callable[[JudgedSolution], float | None]) -> bool:
    """Is the answer of the largest summed weight right? Ties go to the answer found first; without an answer it is not."""
    found = [(j, w) for j in group if j.sample.answer is not None and (w := weight(j)) is not None]
    if not found:
        return False
    answers = grouped(group[0].sample.problem, [j.sample.answer or "" for j, _ in found])
    most = max(answers, key=lambda g: float(f"{sum(found[i][1] for i in g.members):.12g}"))
    return bool(found[most.members[0]][0].sample.correct)


def best_of(group: Sequence[JudgedSolution]) -> bool:
    """Is the candidate of the best score right? Ties go to the first."""
    scored = [j for j in group if j.score is not None and j.sample.answer is not None]
    return bool(max(scored, key=lambda j: j.score or 0.0).sample.correct) if scored else False


def best_of_n(judged: Sequence[Sequence[JudgedSolution]], sizes: Sequence[int]) -> list[dict[str, Any]]:
    """For each N: the accuracy of majority, naive and weighted Best-of-N and of a perfect choice over the same first N candidates.

    gain: weighted − majority with its paired 95 % bootstrap interval over problems; p: exact McNemar test.
    """
    rows = []
    for n in sizes:
        cut = [group[:n] for group in judged]
        majority = [voted(g, lambda j: 1.0) for g in cut]
        weighted = [voted(g, lambda j: j.score) for g in cut]
        naive = [best_of(g) for g in cut]
        difference = [float(w) - float(m) for w, m in zip(weighted, majority, strict=True)]
        gain = Estimate.of(difference)
        rows.append(
            {
                "n": n,
                "majority": Estimate.of([float(m) for m in majority]).as_list(),
                "weighted": Estimate.of([float(w) for w in weighted]).as_list(),
                "naive": Estimate.of([float(x) for x in naive]).as_list(),
                "perfect": round(mean([float(any(j.sample.correct for j in g)) for g in cut]), 4),
                "gain": gain.as_list(),
                "p": round(mcnemar(weighted, majority), 6),
            }
        )
    return rows


async def evaluate_reward(
    chosen: RewardChoice,
    solutions: Sequence[Sequence[SampledSolution]],
    new_policy: Callable[[], Policy],
    source: ModelSource,
    sampling: Sampling,
    seed: int,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """All figures of one reward over these solutions; Best-of-N only if every problem has the same number of them, at least two,
    over the problems of which every solution was judged and is known to be right or wrong (voted_problems).

    learned: number of these problems of which the reward has seen labels, which flatters its figures.
    """
    began = time.perf_counter()
    judged, cost = await judge_all(chosen, solutions, new_policy, source, sampling, seed, progress)
    most = min(map(len, solutions))
    voters = [g for g in judged if not any(j.refused or j.sample.correct is None for j in g)]
    alike = most > 1 and len(voters) > 0 and all(len(group) == most for group in solutions)
    sizes = [n for n in (1, 2, 4, 8, 16, 32, 64) if n < most] + [most]
    return {
        "reward": chosen.reward.description.name,
        "parameters": dict(chosen.parameters),
        "oracle": cost.oracle,
        "problems": len(solutions),
        "learned": sum(chosen.reward.learned(group[0].problem) for group in solutions),
        "samples": most,
        **quality(judged),
        "best_of_n": await asyncio.to_thread(best_of_n, voters, sizes) if alike else [],
        "voted_problems": len(voters) if alike else 0,
        "refused": dict(cost.refused),
        "reward_passes": cost.passes,
        "generated": cost.generated,
        "seconds": round(time.perf_counter() - began, 1),
    }
