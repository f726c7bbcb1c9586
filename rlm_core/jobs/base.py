"""The type of a job, and the jobs there are.

A kind of job is one file of this folder: the settings that a person asks for, the units of work they come to, and the function
that does it. Pages import the same file as the worker, so it imports no torch: models and the training of heads come with the
`JobContext`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.registry import exported
from rlm_core.jobs.context import JobContext
from rlm_core.jobs.forecast import WorkUnit
from rlm_core.labels.book import LabelBook
from rlm_core.runs.store import Store

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Job(Generic[C]):
    """A kind of job.

    description: its name in the table of jobs; the label of its button and what pressing it does; its settings.
    parts: the units of work that a job comes to. RlmError if it names a run or a set of problems that does not exist.
    check: asked before a job is queued; an RlmError says in one sentence why it cannot be done.
    stored: what is queued, asked after `check`: the job itself, or the same one with its large inputs put into the store under their ids.
        The table of jobs is read whenever a page is drawn, so it holds no large texts.
    run: does a job and returns its result. Its last argument is the result that an earlier attempt saved, empty for a new job.
        RlmError says in one sentence why the job cannot be done. It can be cancelled at any await.
    help: does a part of a job that another worker runs, until no part is left; None where a job cannot be shared. It can be cancelled too.
    """

    description: Description[C]
    parts: Callable[[C, Store, LabelBook], list[WorkUnit]]
    run: Callable[[C, JobContext, Mapping[str, Any]], Awaitable[dict[str, Any]]]
    check: Callable[[C], None] = lambda job: None
    stored: Callable[[C, Store], C] = lambda job, store: job
    help: Callable[[C, JobContext], Awaitable[None]] | None = None

    def setting(self, name: str) -> Parameter:
        """The declared setting of that name."""
        return next(p for p in self.description.parameters if p.name == name)


@lru_cache(maxsize=1)
def jobs() -> dict[str, Job[Any]]:
    """Every kind of job by name."""
    return {j.description.name: j for j in exported("rlm_core.jobs", "JOB", Job)}


def job_of(settings: object) -> Job[Any]:
    """The kind of job that has such settings."""
    return next(j for j in jobs().values() if j.description.config is type(settings))
