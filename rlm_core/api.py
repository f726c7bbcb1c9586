"""For programs and notebooks: run a search or read a log, and have its tree, tables and figures.

>>> import rlm_core
>>> run = rlm_core.load("tests/golden/best_of_n.jsonl")
>>> run.summary["nodes"] == len(run.nodes) == run.graph().number_of_nodes()
True
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, LogError, RlmError
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.runs import frames, logfile
from rlm_core.runs.configure import configure
from rlm_core.runs.formats import NATIVE
from rlm_core.runs.formats.graph import to_networkx
from rlm_core.runs.log_reader import read_path, write_run
from rlm_core.runs.missing import missing
from rlm_core.runs.summary import summarise

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    import plotly.graph_objects as go

    from rlm_core.models.pool import ModelPool


class Run:
    """A run from its log.

    records: its events.
    note: a sentence on what was left out when the log was read; often empty.
    tree: the tree at the end.
    """

    def __init__(self, records: Sequence[Record], note: str = "") -> None:
        """LogError if the records are no log."""
        self.records = tuple(records)
        self.note = note
        self.tree: SearchTree = replay(self.records)
        if self.tree.started is None:
            raise LogError("These records are no log: the first of them is not run_started.")

    def __repr__(self) -> str:
        s = summarise(self.tree)
        verdict = {True: ", right", False: ", wrong", None: ""}[s.correct]
        answer = "no answer" if s.answer is None else f"answer {s.answer}{verdict}"
        return f"<Run of {self.tree.problem.spec}: {answer}; {s.nodes:,} nodes, {s.generated:,} tokens, stop {s.stop}>"

    @property
    def problem(self) -> str:
        """The question in words."""
        return self.tree.problem.question

    @property
    def summary(self) -> dict[str, Any]:
        """The figures of the run: answer, correct, stop, generated tokens, reward passes, simulations, seconds, nodes, oracle."""
        return summarise(self.tree).as_dict()

    @property
    def missing(self) -> list[str]:
        """What a log from elsewhere does not tell; empty for a run of this program."""
        return missing(self.tree)

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """One row per node (see `rlm_core.runs.frames`)."""
        return frames.nodes(self.tree)

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per event, each in a sentence."""
        return frames.events(self.records)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """One row per finished solution."""
        return frames.candidates(self.tree)

    def graph(self) -> nx.DiGraph[int]:
        """The tree as a networkx graph, with the text and statistics of each node as its attributes."""
        return to_networkx(self.tree)

    def at(self, event: int) -> Run:
        """The run as it stood after an event, by its number from 1. LogError if there is none of that number."""
        if not 1 <= event <= len(self.records):
            raise LogError(f"There is no event {event}; this run has events 1 to {len(self.records):,}.")
        return Run(self.records[:event], self.note)

    def figure(self, kind: str = "", *, theme: str = "light", **look: Any) -> go.Figure:
        """A figure of the page.

        kind: tree, candidates, chain or votes; if none is given, the first picture of the strategy.
        theme: light or dark.
        look: further arguments of the figure, such as width, height, selected, highlight or large.
        """
        from rlm_core.figures.pictures import picture

        assert self.tree.started is not None  # checked when it was made
        first = catalogue.structure(str(self.tree.started.config.get("search", ""))).pictures[0]
        return picture(kind or first, self.tree, theme, **look)

    def save(self, path: str | Path, format: str = NATIVE) -> None:
        """Write the log, or the run in the format of another program: llm-reasoners, search-and-learn or x1."""
        content = logfile.write(self.records) if format == NATIVE else write_run(self.records, format)
        try:
            Path(path).write_bytes(content)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written ({error.strerror or error}); check the path.") from None


def load(path: str | Path) -> Run:
    """The run of a log: of this program, or of one whose format is known (the first, if the file holds several). LogError if it is none."""
    return load_all(path)[0]


def load_all(path: str | Path) -> list[Run]:
    """Every run of a log."""
    return [Run(found.records, found.note) for found in read_path(Path(path))]


def run(
    problem: str = RunConfig().problem,
    search: str = "mcts",
    *,
    model: str = "nano",
    reward: str = "rollouts",
    seed: int = 0,
    **settings: Any,
) -> Run:
    """Run a search to its end and return it; it may be called in a notebook too. RlmError says in a sentence what is wrong.

    problem: a spec such as "countdown:numbers=3,seed=7". search, model, reward: as `rlm-explorer list` names them.
    settings: budgets (simulations, tokens, seconds), settings of the search, the reward and the run, as `run --set` takes them.
    """
    return asyncio.run_coroutine_threadsafe(_run(_configured(problem, search, model, reward, seed, settings)), _loop()).result()


async def run_async(
    problem: str = RunConfig().problem,
    search: str = "mcts",
    *,
    model: str = "nano",
    reward: str = "rollouts",
    seed: int = 0,
    **settings: Any,
) -> Run:
    """The same for asyncio: several runs at once share the model's batches."""
    config = _configured(problem, search, model, reward, seed, settings)
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_run(config), _loop()))


def _configured(problem: str, search: str, model: str, reward: str, seed: int, settings: dict[str, Any]) -> RunConfig:
    return catalogue.checked(configure(model, problem, search, settings, reward, seed))


async def _run(config: RunConfig) -> Run:
    from rlm_core.runs.runner import run_search

    records: list[Record] = []
    pool = _models()
    key = catalogue.model_key(config)
    loaded = await pool.get(key, lambda text: None)
    async with pool.turn(key, config.shares_batches):
        tree = await run_search(config, loaded.policy(config.shares_batches), records.append, source=pool)
    if tree.finished is not None and tree.finished.stop == "failed":
        raise RlmError(tree.finished.detail)
    return Run(records)


@lru_cache(maxsize=1)
def _models() -> ModelPool:
    """The models of this process, loaded when a run first needs them."""
    from rlm_core.models.pool import ModelPool

    return ModelPool()


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """A loop in a thread of its own, so that a notebook, which has one already, can wait for a run."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="rlm_core").start()
    return loop
