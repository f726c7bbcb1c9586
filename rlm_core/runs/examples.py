"""The runs that come with the app, one per idea: logs of real runs, in every store under fixed ids.

They are rows of the store like any other run, so that a link, a replay, a comparison and an export know no difference. No list of saved
runs shows them, and they cannot be deleted. A store that holds another version of one takes the bundled one.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.events import Record, RunStarted
from rlm_core.core.paths import ASSETS
from rlm_core.core.tree import replay
from rlm_core.core.words import RunStatus
from rlm_core.runs import logfile
from rlm_core.runs.store import EXAMPLE, BundledLog, Store
from rlm_core.runs.summary import summarise

FOLDER = ASSETS / "examples"


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that comes with the app.

    name: of its file, `NAME.jsonl.gz`.
    title: the idea that it shows.
    sentence: what to look at.
    begin: the number of the event at which to begin.
    command: what made the log.
    """

    name: str
    title: str
    sentence: str
    begin: int
    command: str

    @property
    def run(self) -> str:
        """Its id in every store."""
        return EXAMPLE + self.name

    @property
    def file(self) -> Path:
        return FOLDER / f"{self.name}.jsonl.gz"


@cache
def examples() -> dict[str, Example]:
    """The examples by the ids of their runs, in the order in which they are offered."""
    return {e.run: e for e in msgspec.json.decode((FOLDER / "cards.json").read_bytes(), type=tuple[Example, ...])}


def records(example: Example) -> tuple[Record, ...]:
    """The events of an example."""
    return logfile.read(gzip.decompress(example.file.read_bytes()), example.file.name).records


def keep_examples(store: Store) -> None:
    """Put the examples into a store that does not have them as they are bundled."""
    there = store.bundled()
    for example in examples().values():
        version = hashlib.blake2s(example.file.read_bytes(), digest_size=8).hexdigest()
        if there.get(example.run) != version:
            store.keep_bundled(_log(example, version))


def _log(example: Example, version: str) -> BundledLog:
    found = records(example)
    started, tree = found[0].event, replay(found)
    assert isinstance(started, RunStarted)  # the reader has checked it
    assert tree.finished is not None, "a bundled log is whole"
    config, status = msgspec.convert(started.config, RunConfig), RunStatus.after(tree.finished.stop)
    return BundledLog(example.run, version, found, config, started.problem, status, summarise(tree).as_dict())
