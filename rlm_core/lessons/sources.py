"""What lessons show: recorded runs, trainings and sweeps that come with the app, each read once."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.events import Choice, Record, RunStarted, Selected
from rlm_core.core.paths import ASSETS
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree, replay
from rlm_core.core.wording import listed
from rlm_core.core.words import RunStatus
from rlm_core.evaluation.pools import PoolPoint, pool_curve, shared_pool
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep
from rlm_core.jobs.sweep_results import read_parquet
from rlm_core.lessons.reading import FOLDER, LessonError
from rlm_core.runs import examples, logfile
from rlm_core.runs.store import EXAMPLE, BundledLog, Store
from rlm_core.runs.summary import summarise
from rlm_core.runs.training_files import GroupRow, TrainingFolder

RUNS = FOLDER / "runs"
"""Logs that only lessons show, beside the example runs; `commands.json` holds the command that made each."""


def commands() -> dict[str, str]:
    """The command that made each log of RUNS, by its name."""
    return msgspec.json.decode((RUNS / "commands.json").read_bytes(), type=dict[str, str])


@lru_cache(maxsize=64)
def records(run: str) -> tuple[Record, ...]:
    """The events of a run, by its name; LessonError if there is none of it."""
    example = examples.examples().get(EXAMPLE + run)
    if example is not None:
        return examples.records(example)
    file = RUNS / f"{run}.jsonl.gz"
    if not file.is_file():
        names = [e.name for e in examples.examples().values()] + list(commands())
        raise LessonError(f"There is no recorded run “{run}”; there are {listed(names)}.")
    return logfile.read(gzip.decompress(file.read_bytes()), file.name).records


@lru_cache(maxsize=64)
def unverified(run: str) -> tuple[Record, ...]:
    """The events of a run without any verdict, for who is to predict what is right."""
    return tuple(replace(r, event=replace(r.event, correct=None)) if hasattr(r.event, "correct") else r for r in records(run))


@lru_cache(maxsize=256)
def tree(run: str, until: int | None = None) -> SearchTree:
    """The tree of a run after an event or (None) at its end; not to be changed."""
    return _replayed(run, records(run), until)


@lru_cache(maxsize=64)
def covered(run: str, until: int | None = None) -> SearchTree:
    """As `tree`, without verdicts and without what the model would have answered at its steps; not to be changed."""
    found = _replayed(run, unverified(run), until)
    for node in found.nodes.values():
        node.probe = None
    return found


def _replayed(run: str, events: tuple[Record, ...], until: int | None) -> SearchTree:
    if until is not None and not 1 <= until <= len(events):
        raise LessonError(f"The run “{run}” has the events 1 to {len(events):,}, not {until}.")
    return replay(events[:until])


def is_chain(run: str) -> bool:
    """Is the run one chain of a search that has a picture of chains? Its tree is a row."""
    found = tree(run)
    assert found.started is not None, "the first event of a log is run_started"
    return Picture.CHAIN in catalogue.structure(str(found.started.config["search"])).pictures and len(list(found.leaves())) == 1


def choice(run: str, event: int, level: int = 0) -> tuple[Selected, Choice]:
    """A choice of a walk by a formula. event: that made it. level: from the root, which has 0."""
    found = records(run)[event - 1].event if 1 <= event <= len(records(run)) else None
    if not isinstance(found, Selected) or level >= len(found.choices):
        raise LessonError(f"Event {event} of the run “{run}” makes no choice at level {level}.")
    return found, found.choices[level]


def keep(store: Store, run: str) -> str:
    """Have a run in the store, so that Explore shows it; returns its id there."""
    id, events = EXAMPLE + run, records(run)
    if id in examples.examples():
        return id
    version = hashlib.blake2s((RUNS / f"{run}.jsonl.gz").read_bytes(), digest_size=8).hexdigest()
    if store.bundled().get(id) != version:
        started, found = events[0].event, tree(run)
        assert isinstance(started, RunStarted)  # the reader of logs has checked it
        assert found.finished is not None, "a bundled log is whole"
        config, status = msgspec.convert(started.config, RunConfig), RunStatus.after(found.finished.stop)
        store.keep_bundled(BundledLog(id, version, events, config, started.problem, status, summarise(found).as_dict()))
    return id


def training(name: str) -> TrainingFolder:
    """A bundled training; LessonError if there is none of that name."""
    if not (ASSETS / "training" / name / "settings.json").is_file():
        there = sorted(f.name for f in (ASSETS / "training").iterdir())
        raise LessonError(f"There is no bundled training “{name}”; there are {listed(there)}.")
    return TrainingFolder(name, ASSETS)


@lru_cache(maxsize=32)
def group(name: str, at: int, index: int) -> GroupRow:
    """A group of a kept step. at: the step, counted over all stages. index: from 0."""
    rows = training(name).groups(at)
    if index >= len(rows):
        raise LessonError(f"Step {at} of the training “{name}” has {len(rows)} groups, so there is no group {index}.")
    return rows[index]


@lru_cache(maxsize=4)
def sweep(name: str) -> tuple[Sweep, Mapping[Cell, CellResult]]:
    """A bundled sweep and its results."""
    file = ASSETS / "sweeps" / f"{name}.parquet"
    if not file.is_file():
        raise LessonError(f"There is no bundled sweep “{name}”; there are {listed(sorted(f.stem for f in file.parent.glob('*.parquet')))}.")
    _, found, results = read_parquet(file, file.name)
    return found, results


def strategy(name: str, title: str) -> int:
    """The place of a strategy in a sweep."""
    titles = [s.title for s in sweep(name)[0].strategies]
    if title not in titles:
        raise LessonError(f"The sweep “{name}” has no strategy “{title}”; it has {listed(titles)}.")
    return titles.index(title)


@lru_cache(maxsize=8)
def pool(name: str, place: int) -> tuple[PoolPoint, ...]:
    """The pool of a strategy of a sweep, read in several ways. place: of the strategy."""
    found, results = sweep(name)
    if place >= len(found.strategies):
        raise LessonError(f"The sweep “{name}” has {len(found.strategies)} strategies, so there is no strategy {place}.")
    points = pool_curve(shared_pool(found, results, place), found.problems)
    if not points:
        raise LessonError(f"The strategy {found.strategies[place].title} of the sweep “{name}” has no pool of whole solutions.")
    return tuple(points)
