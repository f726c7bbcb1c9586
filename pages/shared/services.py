"""Services that all sessions share: the store, the supervised worker, and the logs read so far."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import streamlit as st

from pages.shared.language import language, told
from rlm_core.app.supervisor import HAS_WORKER, Supervisor
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures.tree.history import encoded, history
from rlm_core.jobs.forecast import CostHistory
from rlm_core.jobs.queue import Jobs
from rlm_core.labels.book import LabelBook
from rlm_core.runs.examples import keep_examples
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.store import Store
from rlm_core.search.breakpoints import stops

MAX_LOGS = 32


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The store, with the example runs in it."""
    made = Store()
    keep_examples(made)
    return made


@st.cache_resource(show_spinner=False)
def book() -> LabelBook:
    return LabelBook(store())


@st.cache_resource(show_spinner=False)
def problem_sets() -> ProblemSets:
    return ProblemSets(store())


@st.cache_resource(show_spinner=False)
def supervisor() -> Supervisor | None:
    """Starts the worker with the first session; None if the process that started the server has a worker (as `make run` has)."""
    return None if os.environ.get(HAS_WORKER) else Supervisor(store())


@dataclass(frozen=True, slots=True)
class Reading:
    """A run's log as it stands.

    records: all events so far.
    tree: their replay; not to be changed.
    stops: where simulations and levels end, as `search/breakpoints.stops` finds it.
    """

    run: str
    records: list[Record]
    tree: SearchTree
    stops: dict[str, list[int]]
    _histories: dict[str, bytes] = field(default_factory=dict)

    @property
    def history(self) -> bytes:
        """The tree's history for the browser in the page's language, as `figures/tree/history.encoded` makes it."""
        code = language()
        if code not in self._histories:
            self._histories[code] = encoded(told(history, self.run, self.records, self.tree))
        return self._histories[code]


class LogReader:
    """Decoded logs of the runs that were read last; only new events are read from the store."""

    def __init__(self, source: Store) -> None:
        self._store = source
        self._logs: OrderedDict[str, list[Record]] = OrderedDict()
        self._readings: dict[str, Reading] = {}
        self._lock = threading.Lock()

    def records(self, run: str) -> list[Record]:
        """All records of a run so far (a copy of the list)."""
        with self._lock:
            log = self._logs.setdefault(run, [])
            log.extend(self._store.events(run, after=len(log)))
            self._logs.move_to_end(run)
            while len(self._logs) > MAX_LOGS:
                old, _ = self._logs.popitem(last=False)
                self._readings.pop(old, None)
            return list(log)

    def reading(self, run: str) -> Reading:
        """The log of a run with its tree, made anew only where there are new events. LogError if it cannot be replayed."""
        records = self.records(run)
        known = self._readings.get(run)
        if known is None or len(known.records) != len(records):
            tree = replay(records)
            known = self._readings[run] = Reading(run, records, tree, stops(records))
        return known


@st.cache_resource(show_spinner=False)
def logs() -> LogReader:
    return LogReader(store())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    return Jobs(store())


@st.cache_resource(show_spinner=False)
def cost_history() -> CostHistory:
    return CostHistory(store())
