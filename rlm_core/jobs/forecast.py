"""The cost of work done on this machine, and the expected cost of a job.

A job comes to units of work: sampling solutions, judging them by one reward, labelling them by one maker, training a head. Tokens
and seconds of each unit are recorded when it is done. A forecast scales the record of the same kind and model that is nearest in
size. Many solutions at once take less time each than few, so a unit more than its `max_ratio` times as large as every record gets
no forecast.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import select

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.phrases import say
from rlm_core.core.problem import Problem
from rlm_core.core.wording import duration
from rlm_core.core.words import RunStatus
from rlm_core.runs.database import AnyRow
from rlm_core.runs.dialects import replace
from rlm_core.runs.schema import SPENDING
from rlm_core.runs.store import RunRow, Store

MAX_SIZE_RATIO = 4
"""Usual largest ratio of the size of a unit to the size of the record that its forecast scales."""
MAX_SIMILAR_RUNS = 5
"""The number of newest finished runs with the same settings that the forecast of a run averages."""
MIN_SPEED_TOKENS = 100
"""A run of fewer tokens tells no speed."""
LONG_SECONDS = 120.0
"""A run that is expected to take longer is warned of."""
SAMPLING = "sampling"


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """A kind of work for one model.

    kind: such as "sampling" or "judging solutions by logprob".
    model: the model that the job works with.
    count: solutions, or states of a tree.
    max_ratio: largest ratio of its size to that of the record that its forecast scales.
    """

    kind: str
    model: str
    count: int
    max_ratio: float = MAX_SIZE_RATIO


def judging(reward: str, states: bool = False) -> str:
    """The kind of work of judging whole solutions, or the states of a tree."""
    return f"judging {'states' if states else 'solutions'} by {reward}"


def _said(kind: str) -> str:
    """A kind of work in words: a reward has its title."""
    what, _, reward = kind.partition(" by ")
    return say(f"{what} by {catalogue.reward_words(reward)}" if what.startswith("judging ") else kind)


def labelling(maker: str, rollouts: int, judge: str) -> str:
    """The kind of work of labelling by one of MAKERS."""
    how = {"hard": f" of {rollouts} rollouts", "soft": f" of {rollouts} rollouts", "judge": f" by {judge}"}
    return f"{maker} labels{how.get(maker, '')}"


def judged(rewards: Sequence[str], model: str, count: int, sampled: bool) -> list[WorkUnit]:
    """The units of judging that many solutions by several rewards, and of sampling them first where they are `sampled`."""
    return [WorkUnit(SAMPLING, model, count)] * sampled + [WorkUnit(judging(name), model, count) for name in rewards]


class CostHistory:
    """The last cost of each unit of work, in one data folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, unit: WorkUnit, tokens: int, seconds: float) -> None:
        """Record the cost of a unit that is done; it replaces an earlier record of the same kind, model and size."""
        row = {"what": unit.kind, "model": unit.model, "pieces": unit.count, "tokens": tokens, "seconds": seconds, "at": time.time()}
        with self._store.write() as db:
            replace(db, SPENDING, [row])

    def forecast(self, units: Sequence[WorkUnit]) -> str:
        """The expected cost of these units, as a sentence; empty where there is nothing to do."""
        units = [u for u in units if u.count]
        if not units:
            return ""
        tokens = seconds = 0.0
        unknown = []
        for u in units:
            row = self._nearest(u)
            if row is None:
                unknown.append(u.kind)
                continue
            tokens += row.tokens * u.count / row.pieces
            seconds += row.seconds * u.count / row.pieces
        if len(unknown) == len(units):
            return say("How long this takes here is not known yet: nothing of this kind and size has been done on this machine.")
        cost = say("{duration} and {tokens} tokens", duration=duration(seconds), tokens=f"{tokens:,.0f}" if tokens else say("no"))
        if not unknown:
            return say("About {cost}, going by earlier work on this machine.", cost=cost)
        kinds = say(", ").join(map(_said, dict.fromkeys(unknown)))
        return say("At least {cost}, going by earlier work on this machine; not timed yet at this size: {kinds}.", cost=cost, kinds=kinds)

    def _nearest(self, unit: WorkUnit) -> AnyRow | None:
        """The record of the same kind and model that is nearest in size, if one is within its largest ratio."""
        same = select(SPENDING).where(SPENDING.c.what == unit.kind, SPENDING.c.model == unit.model)
        rows = (r for r in self._store.rows(same) if r.pieces * unit.max_ratio >= unit.count)
        return min(rows, key=lambda r: abs(math.log(r.pieces / unit.count)), default=None)


def kind_of(problem: Problem) -> tuple[str, ...]:
    """The task of a problem and all its settings except the seed: equal for problems of one kind and size, and for rows of one set.

    >>> kind_of(Problem("chain", "chain:steps=7,seed=3", "")), kind_of(Problem("countdown", "countdown:seed=1", ""))
    (('chain', 'steps=7'), ('countdown',))
    """
    if problem.data.get("set"):
        return (problem.task, f"set={problem.data['set']}")
    task, _, settings = problem.spec.partition(":")
    return (task, *sorted(s for s in settings.split(",") if s and not s.startswith("seed=")))


@dataclass(frozen=True, slots=True)
class RunForecast:
    """The expected cost of a run.

    sentence: for a person; empty where nothing is known.
    tokens: that are generated; None if not known.
    seconds: of work; None if not known.
    """

    sentence: str = ""
    tokens: float | None = None
    seconds: float | None = None

    @property
    def long(self) -> bool:
        """Is the run to take so long that a person should be warned?"""
        return self.seconds is not None and self.seconds > LONG_SECONDS

    @property
    def tokens_of_a_minute(self) -> int | None:
        """The tokens of about a minute of it, in two digits; None if they are not known."""
        if not self.tokens or not self.seconds:
            return None
        tokens = max(1, int(self.tokens * 60 / self.seconds))
        unit = 10 ** max(0, len(str(tokens)) - 2)
        return tokens // unit * unit


def run_forecast(config: RunConfig, problem: Problem, rows: Sequence[RunRow]) -> RunForecast:
    """The expected cost of a run: the mean of the newest finished runs that differ in their seeds alone.

    rows: the newest runs first.
    Where no run is similar, the most that its budgets allow.
    """
    wanted = msgspec.structs.replace(config, problem="", seed=0)
    alike = (
        r.summary
        for r in rows
        if r.status == RunStatus.FINISHED
        and r.summary.get("seconds")
        and msgspec.structs.replace(r.config, problem="", seed=0) == wanted
        and kind_of(r.problem) == kind_of(problem)
    )
    found = list(itertools.islice(alike, MAX_SIMILAR_RUNS))
    if not found:
        return _bound(config, rows)
    tokens, seconds = (sum(s[name] for s in found) / len(found) for name in ("generated", "seconds"))
    by = say("the last run") if len(found) == 1 else say("the last {n} runs", n=len(found))
    values = {"tokens": tokens, "duration": duration(seconds), "by": by}
    sentence = say("About {tokens:,.0f} tokens and {duration}, going by {by} with these settings on this kind of problem.", **values)
    return RunForecast(sentence, tokens, seconds)


def _bound(config: RunConfig, rows: Sequence[RunRow]) -> RunForecast:
    """What the budgets of tokens and seconds allow, at the speed at which the model last ran here."""
    tokens, limit = config.budget.tokens, config.budget.seconds
    if tokens is None:
        return RunForecast(say("At most {duration}.", duration=duration(limit)), None, limit) if limit else RunForecast()
    most = say("At most {tokens:,} tokens", tokens=tokens)
    measured = _last_measured(config, rows)
    also = say(" and {duration}", duration=duration(limit)) if limit else ""
    if measured is None:
        return RunForecast(say("{most}{also}; how fast this model is here has not been measured yet.", most=most, also=also), tokens, limit)
    speed = measured.summary["generated"] / measured.summary["seconds"]
    seconds = tokens / speed
    if limit and limit <= seconds:
        return RunForecast(f"{most}{also}" + say("."), tokens, limit)
    by = f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}"
    values = {"most": most, "duration": duration(seconds), "speed": by, "search": say(catalogue.title("search", measured.config.search))}
    sentence = say("{most}, which take {duration} at the {speed} tokens/s last measured with this model ({search}).", **values)
    return RunForecast(sentence, tokens, seconds)


def _last_measured(config: RunConfig, rows: Sequence[RunRow]) -> RunRow | None:
    """The newest run of the same model, loaded alike, that is long enough to tell its speed; one of the same search first."""
    fit = [
        r
        for r in rows
        if not r.active
        and not r.elsewhere
        and (r.config.model, r.config.loading) == (config.model, config.loading)
        and r.summary.get("generated", 0) >= MIN_SPEED_TOKENS
        and r.summary.get("seconds")
    ]
    return next((r for r in fit if r.config.search == config.search), next(iter(fit), None))
