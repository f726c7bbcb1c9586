"""From a recipe to a reward head one can choose: gather labelled solutions, train, measure on held-out problems, save."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.problem import Problem, question_id
from rlm_core.evaluation.rewards import evaluate_reward
from rlm_core.evaluation.sampling import MAX_CONCURRENT_PROBLEMS, draw
from rlm_core.models.listed import sampling_for
from rlm_core.models.policy import Policy, Step
from rlm_core.models.source import ModelKey, ModelLoader, ModelSource
from rlm_core.problems.base import SPLIT
from rlm_core.rewards import RewardChoice
from rlm_core.rewards.heads import head
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.set_specs import counted_set
from rlm_core.runs.store import Store
from rlm_core.training.labelling import MakerSettings, combined, make_labels
from rlm_core.training.reward_models import Fit, HeadConfig, LabelledSolution, card, read

Report = Callable[[str], None]


Gathered = tuple[list[LabelledSolution], int]
"""LabelledSolution solutions and the tokens that their labels took."""


@dataclass(frozen=True, slots=True)
class HeadTrained:
    """A new head.

    card: its description.
    curve: points of the training curve.
    refused: number of solutions left out, by the reason.
    """

    card: head.Card
    curve: list[dict[str, float]]
    refused: dict[str, int]


async def gather(
    recipe: HeadRecipe, new_policy: Callable[[], Policy], source: ModelSource, report: Report, store: Store | None = None
) -> Gathered:
    """Sample solutions of the recipe's problems and label them from every source.

    store: holds the problem sets that the recipe may name; None for the app's own.
    """
    chosen: list[Problem] = [p for spec in recipe.problems for p in counted_set(spec, {SPLIT.name: "train"}, store)]
    sampling = sampling_for(recipe.model, recipe.temperature)
    report(f"Sampling {recipe.samples} solutions of {len(chosen):,} problems …")
    groups = await draw(new_policy, chosen, recipe.samples, sampling, recipe.seed, _every(report, "Problems sampled"))
    samples = [d for group in groups for d in group if not d.steps[-1].truncated]
    report(f"Labelling {len(samples):,} solutions …")
    settings = MakerSettings(recipe.rollouts, recipe.noise, recipe.judge)
    gate, tokens, done = asyncio.Semaphore(MAX_CONCURRENT_PROBLEMS), 0, 0
    progress = _every(report, "Solutions labelled")

    async def one(index: int, problem: Problem, steps: Sequence[Step]) -> LabelledSolution:
        nonlocal tokens, done
        async with gate:
            policy, parts, labels = new_policy(), [], Counter[str]()
            for maker, weight in recipe.labels.items():
                made = await make_labels(maker, problem, steps, policy, source, settings, (recipe.seed, index), sampling)
                labels[maker] = sum(v is not None for v in made.values)
                tokens += made.generated
                parts.append((made.values, weight))
            done += 1
            progress(done, len(samples))
            return LabelledSolution(problem, steps, combined(parts), labels)

    return await gather_or_cancel(one(i, d.problem, d.steps) for i, d in enumerate(samples)), tokens


def _every(report: Report, what: str) -> Callable[[int, int], None]:
    """A progress that is told in words, at every tenth."""

    def tell(done: int, total: int) -> None:
        if done == total or done % max(1, total // 10) == 0:
            report(f"{what}: {done:,} of {total:,}")

    return tell


async def train_head(
    recipe: HeadRecipe,
    gathered: Gathered,
    new_policy: Callable[[], Policy],
    source: ModelLoader,
    fit: Fit,
    folder: Path,
    report: Report,
    stop: Callable[[], bool] = lambda: False,
    config: HeadConfig | None = None,
    store: Store | None = None,
) -> HeadTrained:
    """Train on what was gathered, save the head below `folder`, measure it on problems it did not learn from.

    store: as in `gather`.
    A head of that name is replaced. TrainingError if the labels teach nothing.
    """
    labelled, tokens = gathered
    if (folder / f"{recipe.kind}-{recipe.name}").exists():
        report(f"{recipe.kind}:{recipe.name} is there already, and is replaced.")
    config = config or HeadConfig(seed=recipe.seed)
    report(f"Reading the hidden states of {len(labelled):,} solutions …")
    readers = [new_policy]
    if recipe.backbone:
        readers.append((await source.get(ModelKey(recipe.backbone), report)).policy)
    examples = await read(recipe.kind, labelled, readers, _every(report, "Solutions read"))
    trained = await asyncio.to_thread(fit, examples, config, report, stop)
    used = dict(examples.labels) if recipe.kind == "prm" else dict.fromkeys(examples.labels, trained.examples)
    learned = sorted({question_id(s.problem) for s in labelled})
    facts: dict[str, Any] = {
        "learned": " ".join(learned),
        "labels": used,
        "solutions": examples.solutions,
        "tokens": tokens,
        "note": recipe.note,
    }
    made = card(recipe.kind, recipe.name, new_policy(), trained, config, **facts)
    made = msgspec.structs.replace(made, backbone=bool(recipe.backbone))
    own = head.save(folder, made, trained.network, Path(recipe.backbone) if recipe.backbone else None)
    quality: dict[str, Any] = {}
    for spec in recipe.measure:
        chosen = [p for p in counted_set(spec, store=store) if question_id(p) not in learned]
        if not chosen:
            report(f"Not measured on {spec}: it learned from all of these problems.")
            continue
        report(f"Measuring on {spec}, {len(chosen):,} problems it did not learn from …")
        samples = await draw(new_policy, chosen, recipe.measure_samples, sampling_for(recipe.model, recipe.temperature), recipe.seed + 1)
        reward = head.as_reward(made, own)
        quality[spec] = await evaluate_reward(
            RewardChoice(made.reward, reward, reward.description.parse({})),
            samples,
            new_policy,
            source,
            sampling_for(recipe.model, recipe.temperature),
            recipe.seed,
        )
        made = msgspec.structs.replace(made, quality=quality)
        head.save(folder, made, trained.network)
    return HeadTrained(made, trained.curve, dict(examples.refused))
