"""pass@k of the stages of a training up to a large k: what a policy can still reach with many answers, which its pass@1 does not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from rlm_core.core.errors import TrainingError
from rlm_core.core.wording import listed
from rlm_core.runs.training_files import PassesRow, StageRow, TrainingFolder, trainings
from rlm_core.training import bilingual
from rlm_core.training.measure import held_out
from rlm_core.training.pipeline import new_sampler
from rlm_core.training.recipe import DESCRIPTION, PipelineConfig
from rlm_core.training.rollouts import stream


def measure_passes(training: str, samples: int, only: Sequence[str], report: Callable[[str], None]) -> Iterator[PassesRow]:
    """Measure stages on the held-out problems of their training, and keep each row in its folder, in place of an earlier one.

    samples: answers to each problem.
    only: names of stages; all of them if there are none.
    TrainingError for a training or a stage that is not there.
    """
    folder = TrainingFolder(training)
    stages = {row.stage: row for row in folder.stages()}
    if not stages:
        there = f"there are {listed(found)}" if (found := trainings()) else "none was begun here yet"
        raise TrainingError(f"There is no training '{training}' with a finished stage in this data folder; {there}.")
    if unknown := [name for name in only if name not in stages]:
        raise TrainingError(f"The training {training} has no stage '{unknown[0]}'; allowed are {listed(list(stages))}.")
    settings = {name: value for name, value in folder.settings().items() if name not in ("training", "began")}
    config = replace(DESCRIPTION.configure(settings), samples=samples)
    for name in only or stages:
        report(f"{samples} answers of “{stages[name].title}” to each of {config.held_out} problems …")
        row = _measured(stages[name], config)
        folder.put_passes(row)
        yield row


def _measured(stage: StageRow, config: PipelineConfig) -> PassesRow:
    model, tokenizer = bilingual.build_base(config.seed, stage.checkpoint)
    sampler = new_sampler(model, tokenizer, config)
    groups = sampler.groups(held_out(config.numbers, config.held_out), config.samples, stream(config.seed, "passes"))
    return PassesRow(stage.stage, config.samples, [sum(bool(a.solution.correct) for a in g.answers) for g in groups])
