"""Services that all sessions share: the store, the supervised worker, and the logs read so far."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict

import streamlit as st

from rlm_core.app.supervisor import HAS_WORKER, Supervisor
from rlm_core.core.events import Record
from rlm_core.jobs.forecast import CostHistory
from rlm_core.jobs.queue import Jobs
from rlm_core.labels.book import LabelBook
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.store import Store

MAX_LOGS = 32


@st.cache_resource(show_spinner=False)
def store() -> Store:
    return Store()


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


class LogReader:
    """Decoded logs of the runs that were read last; only new events are read from the store."""

    def __init__(self, source: Store) -> None:
        self._store = source
        self._logs: OrderedDict[str, list[Record]] = OrderedDict()
        self._lock = threading.Lock()

    def records(self, run: str) -> list[Record]:
        """All records of a run so far (a copy of the list)."""
        with self._lock:
            log = self._logs.setdefault(run, [])
            log.extend(self._store.events(run, after=len(log)))
            self._logs.move_to_end(run)
            while len(self._logs) > MAX_LOGS:
                self._logs.popitem(last=False)
            return list(log)


@st.cache_resource(show_spinner=False)
def logs() -> LogReader:
    return LogReader(store())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    return Jobs(store())


@st.cache_resource(show_spinner=False)
def cost_history() -> CostHistory:
    return CostHistory(store())
