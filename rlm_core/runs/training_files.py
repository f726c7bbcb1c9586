"""The files of a training, as its worker writes them and pages read them. No torch here.

`<data folder>/training/ID/` holds

    settings.json         the settings: preset, seed, every number of the pipeline, and when it began
    curve.jsonl           a `CurveRow` per optimiser step, in order
    stages.jsonl          a `StageRow` per finished stage; the first, "base", is the model before any training
    groups/STEP.jsonl.gz  a `GroupRow` per group of that step; STEP counts the steps of all stages, as CurveRow.at does
    followed/STEP.jsonl.gz
                          the answers of the policy after that step, 0 for the base, to a few held-out problems that stay the same: a
                          `GroupRow` each, without figures of an update
    passes.jsonl          a `PassesRow` per stage that was measured with many answers
    notes.jsonl           sentences on what was left out or went wrong: {"at": step, "text": …}
    state.safetensors     weights, optimiser and place, from which a training that was killed goes on; for its worker alone

Rows are written whole and at once; a last line that a kill cut off is passed over, and a training that goes on cuts the curve back to
its state before it adds to it. Steps of which the groups are not kept, for the sake of the disk, have no file.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from rlm_core.core.errors import LogError, first_line
from rlm_core.core.events import Record
from rlm_core.core.paths import data_folder
from rlm_core.core.problem import Problem

T = TypeVar("T", bound=msgspec.Struct)
Interval = tuple[float, float, float]
"""A value and the ends of its 95 % interval."""


class CurveRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One optimiser step.

    at: its number over all stages, from 1.
    stage: name of the stage, such as "grpo".
    step, steps: its number within the stage, and how many the stage has.
    loss: before the step.
    norm: of the gradient before it was clipped.
    learning_rate: of the step.
    seconds: since the training began, pauses left out.
    tokens: of the rows learned from (SFT), or generated (GRPO).
    update_tokens_per_second, rollout_tokens_per_second: of the update, prompts included, and of generating.
    reward: mean reward of the step's answers in [0,1].
    parts: mean of each part of the reward in [0,1].
    kl: mean k3 estimate of the divergence from the reference in nats per token; None without a reference.
    clip_fraction: share of tokens, in the last update on the batch, at which the clip bites.
    ratio: least and largest ratio in that update.
    sampler_gap: mean absolute difference in nats between a token's log-probability in the engine and in the model that learns, before the
        first update.
    entropy: mean of the policy's distributions in nats per token.
    length: mean tokens of an answer.
    signal: share of groups in which rewards differ, in [0,1].
    pass_at_1, pass_at_k, k: on held-out problems, at the steps at which they were measured.
    groups_kept: is there a file of this step's groups?
    """

    at: int
    stage: str
    step: int
    steps: int
    loss: float
    norm: float
    learning_rate: float
    seconds: float
    tokens: int
    update_tokens_per_second: float
    rollout_tokens_per_second: float | None = None
    reward: float | None = None
    parts: dict[str, float] = {}
    kl: float | None = None
    clip_fraction: float | None = None
    ratio: tuple[float, float] | None = None
    sampler_gap: float | None = None
    entropy: float | None = None
    length: float | None = None
    signal: float | None = None
    pass_at_1: Interval | None = None
    pass_at_k: Interval | None = None
    k: int | None = None
    groups_kept: bool = False


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy does on held-out problems, each with a 95 % bootstrap interval over problems.

    problems, samples, k: how many problems, answers to each, and the k of pass@k.
    pass_at_1, pass_at_k: unbiased.
    length: tokens of an answer.
    format, language: rates as the reward parts of those names give them, in [0,1].
    by_language: pass@1 and consistency by the language asked for: {"en": {"pass_at_1": […], "language": […]}}.
    rates: share of right answers to each problem, in order; two stages are compared pair by pair.
    """

    problems: int
    samples: int
    k: int
    pass_at_1: Interval
    pass_at_k: Interval
    length: Interval
    format: Interval
    language: Interval
    by_language: dict[str, dict[str, Interval]] = {}
    rates: list[float] = []


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One finished stage.

    stage: its name; "base" for the model before any.
    kind: "base", "sft", "grpo" or "rejection".
    title: in words.
    start: the model it began with, as it is named everywhere.
    checkpoint: the model it made, as it is named everywhere.
    steps: optimiser steps.
    seconds: it took, measuring included.
    measures: on the held-out problems.
    data: what it learned from, in a sentence.
    """

    stage: str
    kind: str
    title: str
    start: str
    checkpoint: str
    steps: int
    seconds: float
    measures: Measures
    data: str = ""


class PassesRow(msgspec.Struct, frozen=True):
    """Many answers of one stage's policy to the held-out problems.

    stage: its name.
    samples: answers to each problem.
    right: how many of them were right, per problem, in order.
    """

    stage: str
    samples: int
    right: list[int]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a group, token by token.

    node: the last node of its path in the group's log.
    reward, advantage: of the whole answer.
    parts: of the reward, each in [0,1].
    ids: its tokens.
    old: log-probability of each under the policy that sampled it.
    logprobs: the same under the policy of the last update on this batch, before it was made; the ratio is exp(logprobs − old).
    reference: the same under the reference policy; empty without one.
    """

    node: int
    reward: float
    advantage: float
    parts: dict[str, float]
    ids: list[int]
    old: list[float]
    logprobs: list[float] = []
    reference: list[float] = []


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group: the answers to one prompt as a run, and the arithmetic of their advantages.

    at, stage, step: as in `CurveRow`.
    index: of the group within its step.
    problem: the problem.
    signal: rewards differ.
    variant: the fields of `training.variants.Variant`.
    longest: tokens that an answer may have, the L of Dr. GRPO.
    candidates: the answers.
    records: the log of the run, as of any other.
    """

    at: int
    stage: str
    step: int
    index: int
    problem: Problem
    signal: bool
    variant: dict[str, Any]
    longest: int
    candidates: list[Candidate]
    records: list[Record]


class Note(msgspec.Struct, frozen=True):
    """A sentence on a training, and the step at which it was said."""

    at: int
    text: str


class TrainingFolder:
    """The files of one training; see the module for what they hold.

    Reading gives what is there: no rows where nothing was written yet. LogError names a damaged file.
    """

    def __init__(self, training: str, data: Path | None = None) -> None:
        self.training, self.path = training, (data or data_folder()) / "training" / training

    @property
    def state(self) -> Path:
        return self.path / "state.safetensors"

    def settings(self) -> dict[str, Any]:
        """The settings it was started with; {} before it was."""
        file = self.path / "settings.json"
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any]) if file.is_file() else {}

    def curve(self) -> list[CurveRow]:
        return self._rows("curve.jsonl", CurveRow)

    def stages(self) -> list[StageRow]:
        return self._rows("stages.jsonl", StageRow)

    def notes(self) -> list[Note]:
        return self._rows("notes.jsonl", Note)

    def passes(self) -> list[PassesRow]:
        return self._rows("passes.jsonl", PassesRow)

    def kept_steps(self) -> list[int]:
        """The steps of which the groups are there."""
        return self._steps("groups")

    def groups(self, at: int) -> list[GroupRow]:
        """The groups of a step, by its number over all stages; none if they were not kept."""
        return self._group_rows(self._group_file(at))

    def followed_steps(self) -> list[int]:
        """The steps after which the followed problems were answered; 0 is the base."""
        return self._steps("followed")

    def followed(self, at: int) -> list[GroupRow]:
        """The answers to the followed problems after a step; none if it was not measured."""
        return self._group_rows(self._group_file(at, "followed"))

    def _steps(self, kind: str) -> list[int]:
        return sorted(int(f.name.split(".")[0]) for f in (self.path / kind).glob("*.jsonl.gz") if f.name.split(".")[0].isdigit())

    def _group_rows(self, file: Path) -> list[GroupRow]:
        if not file.is_file():
            return []
        try:
            lines = gzip.decompress(file.read_bytes()).splitlines()
            return [msgspec.json.decode(line, type=GroupRow) for line in lines]
        except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
            raise LogError(f"{file.parent.name}/{file.name} of the training {self.training} cannot be read: {first_line(error)}") from None

    def _group_file(self, at: int, kind: str = "groups") -> Path:
        return self.path / kind / f"{at}.jsonl.gz"

    def _rows(self, name: str, kind: type[T]) -> list[T]:
        file = self.path / name
        if not file.is_file():
            return []
        lines, found = file.read_bytes().split(b"\n"), list[T]()
        for number, line in enumerate(lines[:-1], 1):  # behind the last line's end stands nothing, or what a kill cut off
            try:
                found.append(msgspec.json.decode(line, type=kind))
            except msgspec.DecodeError as error:
                raise LogError(f"Line {number} of {name} of the training {self.training} cannot be read: {first_line(error)}") from None
        return found

    # -- the worker's side -------------------------------------------------------------------

    def write_settings(self, settings: dict[str, Any]) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        replace_file(self.path / "settings.json", msgspec.json.format(msgspec.json.encode(settings), indent=1))

    def add(self, row: CurveRow | StageRow | Note) -> None:
        """Add a row to the file of its kind."""
        with (self.path / _FILES[type(row)]).open("ab") as file:
            file.write(msgspec.json.encode(row) + b"\n")

    def put_passes(self, row: PassesRow) -> None:
        """Keep what was measured of a stage, in place of an earlier measure of it."""
        rows = [*(other for other in self.passes() if other.stage != row.stage), row]
        replace_file(self.path / "passes.jsonl", b"".join(msgspec.json.encode(r) + b"\n" for r in rows))

    def cut_back(self, at: int) -> None:
        """Drop every row and group after a step: what a training that goes on from there does again."""
        for kind in (CurveRow, Note):
            kept = [row for row in self._rows(_FILES[kind], kind) if row.at <= at]
            if (self.path / _FILES[kind]).is_file():
                replace_file(self.path / _FILES[kind], b"".join(msgspec.json.encode(row) + b"\n" for row in kept))
        self.drop_groups(step for step in self.kept_steps() if step > at)
        for step in self.followed_steps():
            if step > at:
                self._group_file(step, "followed").unlink(missing_ok=True)

    def put_groups(self, at: int, rows: Iterable[GroupRow]) -> int:
        """Keep the groups of a step; returns the bytes they take."""
        content = packed(rows)
        file = self._group_file(at)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, content)
        return len(content)

    def put_followed(self, at: int, rows: Iterable[GroupRow]) -> None:
        """Keep the answers to the followed problems after a step, in place of earlier ones."""
        file = self._group_file(at, "followed")
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, packed(rows))

    def drop_groups(self, steps: Iterable[int]) -> None:
        for step in steps:
            self._group_file(step).unlink(missing_ok=True)

    def groups_bytes(self) -> int:
        """Bytes that the groups take."""
        return sum(f.stat().st_size for f in (self.path / "groups").glob("*.jsonl.gz"))


_FILES: dict[type[msgspec.Struct], str] = {CurveRow: "curve.jsonl", StageRow: "stages.jsonl", Note: "notes.jsonl"}


def trainings(data: Path | None = None) -> list[str]:
    """The ids of every training in the data folder, the newest first."""
    folders = ((data or data_folder()) / "training").glob("*/settings.json")
    return [f.parent.name for f in sorted(folders, key=lambda f: f.stat().st_mtime, reverse=True)]


def packed(rows: Iterable[GroupRow]) -> bytes:
    """Groups as they are kept."""
    return gzip.compress(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), compresslevel=6, mtime=0)


def replace_file(file: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    made = file.with_name(f".{file.name}.{os.getpid()}")
    made.write_bytes(content)
    os.replace(made, file)
