"""The trainings that can be shown, those of this data folder and the bundled one, and their files as far as they are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import streamlit as st

from pages.shared.language import tr, translated, words_of
from pages.shared.services import store
from rlm_core.core.errors import ModelError, RlmError
from rlm_core.core.paths import ASSETS
from rlm_core.models import checkpoints
from rlm_core.runs.training_files import CurveRow, GroupRow, Note, PassesRow, StageRow, TrainingFolder, trainings
from rlm_core.training.recipe import PipelineConfig, Stage, plan

T = TypeVar("T")
R = TypeVar("R", StageRow, Note)


@dataclass(frozen=True, slots=True)
class Source:
    """A training that can be shown.

    id: of its folder.
    title: in the list.
    folder: its files.
    bundled: it came with the app.
    settings: it was started with.
    """

    id: str
    title: str
    folder: TrainingFolder
    bundled: bool
    settings: dict[str, Any]


def sources() -> list[Source]:
    """The trainings of this data folder, the newest first, then the bundled ones by name: those that none of them is called like."""
    own = _found(store().folder, False)
    bundled = (source for source in _found(ASSETS, True) if source.id not in {mine.id for mine in own})
    return [*own, *sorted(bundled, key=lambda source: source.id)]


def _found(data: Path, bundled: bool) -> list[Source]:
    made = list[Source]()
    for id in trainings(data):
        folder = TrainingFolder(id, data)
        try:
            settings = folder.settings()
        except (OSError, msgspec.DecodeError):
            settings = {}  # its other files may still be read
        made.append(Source(id, _title(id, settings, bundled, folder.path), folder, bundled, settings))
    return made


def _title(id: str, settings: dict[str, Any], bundled: bool, path: Path) -> str:
    """ "five-minutes · seed 0 · 2026-11-27 01:34:45 · 1a2b3c4d"; the bundled one says what it is instead of when it began."""
    preset = str(settings.get("preset") or tr("Training"))
    began = settings.get("began")
    moment = datetime.fromtimestamp(float(began) if isinstance(began, int | float) else (path / "settings.json").stat().st_mtime)
    when = tr("bundled with the app") if bundled else f"{moment:%Y-%m-%d %H:%M:%S}"
    return " · ".join([preset, tr("seed {seed}", seed=settings.get("seed", 0)), when, id])


_PLANNED = plan(PipelineConfig())
"""Stages have titles before they are finished."""


def _name(stage: StageRow | Stage) -> str:
    return stage.stage if isinstance(stage, StageRow) else stage.name


@dataclass(frozen=True, slots=True)
class Rows:
    """What the files of a training hold so far."""

    curve: list[CurveRow]
    stages: list[StageRow]
    notes: list[Note]
    passes: list[PassesRow]

    @property
    def running(self) -> CurveRow | None:
        """The last step, if its stage is not finished."""
        finished = {s.stage for s in self.stages}
        return self.curve[-1] if self.curve and self.curve[-1].stage not in finished else None

    def title(self, stage: str) -> str:
        """A stage in words."""
        return next((translated(s.title) for s in (*self.stages, *_PLANNED) if _name(s) == stage), stage)


def rows(folder: TrainingFolder) -> Rows:
    """LogError of one sentence if a file is damaged."""
    return Rows(
        _read(folder, "curve.jsonl", folder.curve),
        [_said(row, "title", "data") for row in _read(folder, "stages.jsonl", folder.stages)],
        [_said(row, "text") for row in _read(folder, "notes.jsonl", folder.notes)],
        _read(folder, "passes.jsonl", folder.passes),
    )


def _said(row: R, *fields: str) -> R:
    """The row with the sentences in these fields in the page's language."""
    return msgspec.structs.replace(row, **{name: translated(getattr(row, name)) for name in fields})


def groups(folder: TrainingFolder, at: int) -> list[GroupRow]:
    """The groups of a kept step. LogError if they cannot be read."""
    return _read(folder, f"groups/{at}.jsonl.gz", lambda: folder.groups(at))


def _read(folder: TrainingFolder, name: str, read: Callable[[], list[T]]) -> list[T]:
    file = folder.path / name
    try:
        stat = file.stat()
    except OSError:
        return []
    return _cached(str(file), stat.st_mtime_ns, stat.st_size, read)


@st.cache_resource(show_spinner=False, max_entries=256)
def _cached(file: str, changed: int, size: int, _read: Callable[[], list[Any]]) -> list[Any]:
    return _read()


def followed(folder: TrainingFolder, at: int) -> list[GroupRow]:
    """The answers to the followed problems after a step. LogError if they cannot be read."""
    return _read(folder, f"followed/{at}.jsonl.gz", lambda: folder.followed(at))


def is_here(model: str) -> bool:
    """Is a model that a stage names on this machine?"""
    try:
        checkpoints.place(model)
    except ModelError:
        return False
    return True


def safely(draw: Callable[[Source], None], source: Source) -> None:
    """Draw a part of the page; a damaged file is one sentence in its place."""
    try:
        draw(source)
    except RlmError as error:
        st.error(words_of(error), icon=":material/broken_image:")
