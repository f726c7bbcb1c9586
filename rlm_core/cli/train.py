"""Commands that train: the bundled model, the backbone of its reward model, and reward heads."""

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
from rlm_core.core.parameters import unknown
from rlm_core.core.paths import data_folder
from rlm_core.rewards.heads.head import refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.configure import typed
from rlm_core.runs.training_files import TrainingFolder
from rlm_core.training.labelling import refuse_makers

app = typer.Typer()


@app.command()
def train(
    what: Annotated[str, typer.Argument(help="nano, backbone, prm, orm, lora or pipeline.")],
    steps: Annotated[
        int | None, typer.Option(help="nano, backbone, lora: optimiser steps; the default reproduces the bundled ones.")
    ] = None,
    stop: Annotated[int | None, typer.Option(min=1, help="lora: end at this step of the schedule.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; the default is assets/nano, or this data folder's rewards.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    name: Annotated[
        str,
        typer.Option(
            help="prm, orm: what the head is called (default mine); its reward is then prm:NAME. lora: the model is then checkpoint:NAME. "
            "pipeline: of the training."
        ),
    ] = "",
    model: Annotated[str, typer.Option(help="prm, orm: whose hidden states it reads. lora: the model that learns.")] = "nano",
    problems: Annotated[
        list[str] | None,
        typer.Option(
            help="prm, orm: a set to sample from, such as chain:n=600; lora: a kind with worked solutions and its share, such as "
            "words:steps=2*0.5. May be repeated."
        ),
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option(help="prm, orm: oracle, noisy, hard, soft or judge, with a weight if mixed (hard=0.5).")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="prm, orm: solutions of each problem.")] = 4,
    rollouts: Annotated[int, typer.Option(min=1, help="prm, orm: rollouts per step for hard and soft labels.")] = 8,
    noise: Annotated[float, typer.Option(min=0, max=1, help="prm, orm: share of labels flipped in noisy ones.")] = 0.1,
    judge: Annotated[str, typer.Option(help="prm, orm: the model that gives judge labels.")] = "smollm2",
    backbone: Annotated[str, typer.Option(help="prm, orm: folder of a model of its own that reads the steps (see `train backbone`).")] = "",
    measure: Annotated[list[str] | None, typer.Option(help="prm, orm, lora: a held-out set to measure on; may be repeated.")] = None,
    measure_samples: Annotated[int, typer.Option(min=1, help="prm, orm: solutions of each problem it is measured on.")] = 16,
    book: Annotated[bool, typer.Option("--book", help="prm, orm: learn from the label book; --labels then names human, hard, …")] = False,
    preset: Annotated[str, typer.Option(help="pipeline: five-minutes, leaky-reward or smoke.")] = "five-minutes",
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="pipeline: a setting of the preset to change (rl_batches=60).")
    ] = None,
    while_open: Annotated[bool, typer.Option("--while-open", hidden=True)] = False,
    store: StoreUrl = "",
) -> None:
    """Train the bundled model, its reward backbone, a reward head, an adapter, or a policy in stages; each can be chosen at once.

    pipeline prints a JSON line per stage, and goes on where it was if it was stopped or killed.
    """
    if what == "pipeline":
        _train_pipeline(preset, seed, name, settings or [], while_open)
        return
    if what == "nano":
        from rlm_core.training import nano

        config = nano.NanoConfig(seed=seed) if steps is None else nano.NanoConfig(steps=steps, stop=steps, seed=seed)
        nano.train(config, out or nano.FOLDER, report=lambda text: print(text, flush=True))
        return
    if what == "backbone":
        from rlm_core.training import prm_backbone

        trained = prm_backbone.VerifierConfig(seed=seed) if steps is None else prm_backbone.VerifierConfig(steps=steps, seed=seed)
        prm_backbone.train(trained, out or data_folder() / "backbone", report=lambda text: print(text, flush=True))
        return
    if what == "lora":
        _train_lora(name or "mine", model, steps, stop, problems, measure, seed, while_open)
        return
    if what not in ("prm", "orm"):
        raise unknown("training", what, ["nano", "backbone", "prm", "orm", "lora", "pipeline"])
    recipe = HeadRecipe(
        kind=what,
        name=name or "mine",
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
    refuse_taken(what, recipe.name, folder)
    if not book:
        refuse_makers(recipe.labels, model, judge)
    print(json.dumps(asyncio.run(_train_head(recipe, folder, book))))


def _train_pipeline(preset: str, seed: int, name: str, settings: list[str], while_open: bool) -> None:
    """while_open: end, the state saved, when standard input closes: when whoever began this is gone or wants a pause."""
    from rlm_core.training import recipe
    from rlm_core.training.pipeline import Pipeline, Watching

    changed = {key: value for key, _, value in (text.partition("=") for text in settings)}
    config = recipe.DESCRIPTION.configure(asdict(recipe.preset(preset, seed)) | changed)
    folder = TrainingFolder(name or f"{preset}-{seed}")
    watching = Watching(
        stage=lambda row: print(msgspec.json.encode(row).decode(), flush=True),
        progress=lambda text, done, total: report(f"{done}/{total} {text}"),
        stop=_closed(sys.stdin.fileno()).is_set if while_open else lambda: False,
    )
    pipeline = Pipeline(config, folder, watching)
    report(f"{recipe.disk_sentence(config)} {recipe.memory_sentence()}")
    pipeline.run()


def _train_lora(
    name: str,
    model: str,
    steps: int | None,
    stop: int | None,
    problems: list[str] | None,
    measure: list[str] | None,
    seed: int,
    while_open: bool,
) -> None:
    """Train an adapter with the defaults of the bundled one, and print its card without the curve. while_open: as for the pipeline."""
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
