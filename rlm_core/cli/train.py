"""Commands that train: the bundled model, the backbone of its reward model, reward heads, adapters, and policies in stages."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rlm_core import catalogue
from rlm_core.cli.config import StoreUrl, load, report
from rlm_core.core.config import RunConfig
from rlm_core.core.paths import data_folder
from rlm_core.rewards.heads.head import refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.configure import typed
from rlm_core.runs.training_files import TrainingFolder
from rlm_core.training.labelling import refuse_makers

app = typer.Typer()
train = typer.Typer(
    no_args_is_help=True, help="Train a model, a reward model, an adapter, or a policy in stages; each can be chosen at once."
)
app.add_typer(train, name="train")

Steps = Annotated[int | None, typer.Option(min=1, help="Optimiser steps; the default reproduces the bundled one.")]
Seed = Annotated[int, typer.Option()]
WhileOpen = Annotated[bool, typer.Option("--while-open", hidden=True)]
"""End, the state saved, when standard input closes: when whoever began this is gone or wants a pause."""


@train.command()
def nano(
    steps: Steps = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to write; the default is assets/nano.")] = None,
) -> None:
    """Train the bundled model."""
    from rlm_core.training import nano as bundled

    config = bundled.NanoConfig(seed=seed) if steps is None else bundled.NanoConfig(steps=steps, stop=steps, seed=seed)
    bundled.train(config, out or bundled.FOLDER, report=lambda text: print(text, flush=True))


@train.command()
def backbone(
    steps: Steps = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to write; the default is backbone in the data folder.")] = None,
) -> None:
    """Train the model that reads the steps for the bundled reward model."""
    from rlm_core.training import prm_backbone

    config = prm_backbone.VerifierConfig(seed=seed) if steps is None else prm_backbone.VerifierConfig(steps=steps, seed=seed)
    prm_backbone.train(config, out or data_folder() / "backbone", report=lambda text: print(text, flush=True))


@train.command("prm", help="Train a process reward model: a head that scores steps.")
@train.command("orm", help="Train an outcome reward model: a head that scores whole answers.")
def head(
    kind: typer.Context,
    name: Annotated[str, typer.Option(help="What the head is called; its reward is then prm:NAME or orm:NAME.")] = "mine",
    model: Annotated[str, typer.Option(help="Whose hidden states it reads.")] = "nano",
    problems: Annotated[list[str] | None, typer.Option(help="A set to sample from; may be repeated. The default is chain:n=600.")] = None,
    labels: Annotated[list[str] | None, typer.Option(help="oracle, noisy, hard, soft or judge, with a weight if mixed (hard=0.5).")] = None,
    samples: Annotated[int, typer.Option(min=1, help="Solutions of each problem.")] = 4,
    rollouts: Annotated[int, typer.Option(min=1, help="Rollouts per step for hard and soft labels.")] = 8,
    noise: Annotated[float, typer.Option(min=0, max=1, help="Share of labels flipped in noisy ones.")] = 0.1,
    judge: Annotated[str, typer.Option(help="The model that gives judge labels.")] = "smollm2",
    backbone: Annotated[str, typer.Option(help="Folder of a model of its own that reads the steps (see `train backbone`).")] = "",
    measure: Annotated[list[str] | None, typer.Option(help="A held-out set to measure on; may be repeated.")] = None,
    measure_samples: Annotated[int, typer.Option(min=1, help="Solutions of each problem it is measured on.")] = 16,
    book: Annotated[bool, typer.Option("--book", help="Learn from the label book; --labels then names human, hard, …")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to write; the default is rewards in the data folder.")] = None,
    seed: Seed = 0,
    store: StoreUrl = "",
) -> None:
    recipe = HeadRecipe(
        kind=str(kind.info_name),
        name=name,
        model=model,
        labels=_weights(labels or ["human" if book else "oracle"]),
        problems=() if book else tuple(problems or ["chain:n=600"]),
        samples=samples,
        rollouts=rollouts,
        noise=noise,
        judge=judge,
        backbone=backbone,
        measure=tuple(measure or ["chain:n=200"]),
        measure_samples=measure_samples,
        seed=seed,
    )
    folder = out or data_folder() / "rewards"
    refuse_taken(recipe.kind, recipe.name, folder)
    if not book:
        refuse_makers(recipe.labels, model, judge)
    print(json.dumps(asyncio.run(_train_head(recipe, folder, book))))


@train.command()
def pipeline(
    preset: Annotated[str, typer.Option(help="five-minutes, leaky-reward or smoke.")] = "five-minutes",
    seed: Seed = 0,
    name: Annotated[str, typer.Option(help="Of the training; the default is PRESET-SEED.")] = "",
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the preset to change (rl_batches=60).")] = None,
    while_open: WhileOpen = False,
) -> None:
    """Train a policy in stages. Prints a JSON line per stage, and goes on where it was if it was stopped or killed."""
    from rlm_core.training import recipe
    from rlm_core.training.pipeline import Pipeline, Watching

    changed = {key: value for key, _, value in (text.partition("=") for text in settings or [])}
    config = recipe.DESCRIPTION.configure(asdict(recipe.preset(preset, seed)) | changed)
    folder = TrainingFolder(name or f"{preset}-{seed}")
    watching = Watching(
        stage=lambda row: print(msgspec.json.encode(row).decode(), flush=True),
        progress=lambda text, done, total: report(f"{done}/{total} {text}"),
        stop=_closed(sys.stdin.fileno()).is_set if while_open else lambda: False,
    )
    training = Pipeline(config, folder, watching)
    if not while_open:  # else it was said where the training was asked for
        report(f"{recipe.disk_sentence(config)} {recipe.memory_sentence()}")
    training.run()


@train.command()
def passes(
    name: Annotated[str, typer.Argument(help="Of a training in this data folder (see `train pipeline`).")],
    samples: Annotated[int, typer.Option(min=2, help="Answers to each held-out problem; pass@k is then told up to half as many.")] = 64,
    stage: Annotated[list[str] | None, typer.Option(help="Only this stage, such as base; may be repeated.")] = None,
) -> None:
    """Measure pass@k of the stages of a training up to a large k. Prints a JSON line per stage, and keeps it with the training."""
    from rlm_core.training.passes import measure_passes

    for row in measure_passes(name, samples, stage or [], report):
        print(msgspec.json.encode(row).decode(), flush=True)


@train.command()
def lora(
    name: Annotated[str, typer.Option(help="Of the adapter; the model is then checkpoint:NAME.")] = "mine",
    model: Annotated[str, typer.Option(help="The model in words that learns.")] = "smollm2",
    steps: Steps = None,
    stop: Annotated[int | None, typer.Option(min=1, help="End at this step of the schedule.")] = None,
    problems: Annotated[
        list[str] | None, typer.Option(help="A kind with worked solutions and its share, such as words:steps=2*0.5; may be repeated.")
    ] = None,
    measure: Annotated[list[str] | None, typer.Option(help="A held-out set to measure on; may be repeated.")] = None,
    seed: Seed = 0,
    while_open: WhileOpen = False,
) -> None:
    """Train an adapter of a model in words on worked solutions, and print its card without the curve."""
    from rlm_core.models.checkpoints import card
    from rlm_core.training.cold_start import ColdStart, cold_start
    from rlm_core.training.word_traces import shares

    plan = ColdStart(name, base=model, seed=seed, measure=tuple(measure or ()), command=f"rlm-explorer {shlex.join(sys.argv[1:])}")
    plan = replace(plan, stop=stop, schedule=replace(plan.schedule, steps=steps or plan.schedule.steps))
    if problems:
        plan = replace(plan, mixture=shares(problems))
    folder = cold_start(plan, report, stop=_closed(sys.stdin.fileno()).is_set if while_open else lambda: False)
    if folder:
        print(json.dumps(msgspec.to_builtins(msgspec.structs.replace(card(folder), curve=[]))))


def _closed(pipe: int) -> threading.Event:
    """Set when the pipe of that file descriptor closes."""
    closed = threading.Event()

    def watch() -> None:
        while os.read(pipe, 1024):  # no buffered reader, whose lock a thread still holds when the interpreter ends
            pass
        closed.set()

    threading.Thread(target=watch, daemon=True).start()
    return closed


def _weights(texts: list[str]) -> dict[str, float]:
    """ "hard=0.5" as its name and weight; a name alone weighs 1."""
    return {source: typed(float, source, weight or "1") for source, _, weight in (t.partition("=") for t in texts)}


async def _train_head(recipe: HeadRecipe, folder: Path, by_book: bool) -> dict[str, Any]:
    from rlm_core.labels.book import LabelBook
    from rlm_core.runs.store import Store
    from rlm_core.training.fitting import fit
    from rlm_core.training.from_labels import from_book
    from rlm_core.training.head_pipeline import gather, train_head

    library, loaded = await load(catalogue.checked(RunConfig(model=recipe.model, problem="countdown:seed=0")))
    gathered = from_book(LabelBook(Store()), recipe.labels) if by_book else await gather(recipe, loaded.policy, library, report)
    trained = await train_head(recipe, gathered, loaded.policy, library, fit, folder, report)
    for why, count in trained.refused.items():
        report(f"{count:,} solutions were left out: {why}")
    return msgspec.to_builtins(trained.card)
