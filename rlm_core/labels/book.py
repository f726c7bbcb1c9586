"""The label book: solutions and their labels, in the same file as the saved runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Insert, Select, and_, column, delete, distinct, func, select, true

from rlm_core.core.errors import LabelError
from rlm_core.core.wording import counted
from rlm_core.labels.base import HUMAN, Label, Solution
from rlm_core.runs.dialects import insert, json_text
from rlm_core.runs.schema import LABELS, SOLUTIONS
from rlm_core.runs.store import Store


@dataclass(frozen=True, slots=True)
class Counts:
    """Contents of the book.

    solutions: number of solutions.
    by_source: labels by source.
    by_annotator: a person's labels by annotator.
    tokens: generated for the labels, by source.
    """

    solutions: int
    by_source: dict[str, int]
    by_annotator: dict[str, int]
    tokens: dict[str, int]


class LabelBook:
    """All solutions and labels of one data folder; any number of processes may share it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, solutions: Iterable[Solution]) -> int:
        """Keep solutions; one that is there already stays as it is. Returns how many are new."""
        rows = [
            {"id": s.id, "task": s.problem.task, "model": s.model, "steps": len(s.steps), "data": msgspec.json.encode(s)} for s in solutions
        ]
        with self._store.write() as db:
            return _put(db, insert(db, SOLUTIONS).on_conflict_do_nothing(), rows)

    def get(self, solution: str) -> Solution:
        """The solution of that id; LabelError if there is none."""
        row = self._store.row(select(SOLUTIONS.c.data).where(SOLUTIONS.c.id == solution))
        if row is None:
            raise _missing(solution)
        return msgspec.json.decode(row.data, type=Solution)

    def solutions(
        self,
        *,
        task: str | None = None,
        model: str | None = None,
        labelled: bool | None = None,
        source: str | None = None,
        by: str | None = None,
    ) -> list[Solution]:
        """Solutions in the order they were added.

        task, model: only of this problem family, only by this model. labelled: only those that have (True) or lack
        (False) a label, where `source` and `by` say whose labels count (None: anyone's); None takes both.
        """
        wanted = _where({"task": task, "model": model})
        if labelled is not None:
            wanted &= _labelled(labelled, {"source": source, "by": by})
        rows = self._store.rows(select(SOLUTIONS.c.data).where(wanted).order_by(SOLUTIONS.c.rowid))
        return [msgspec.json.decode(r.data, type=Solution) for r in rows]

    def count(self, *, labelled: bool, source: str | tuple[str, ...], by: str | None = None) -> int:
        """How many solutions have (or lack) a label of this source, or of any of these."""
        return self._number(select(func.count()).select_from(SOLUTIONS).where(_labelled(labelled, {"source": source, "by": by})))

    def problems(self, source: tuple[str, ...]) -> int:
        """How many problems the solutions are of that have a label of any of these sources."""
        question = json_text(SOLUTIONS.c.data, "problem", "question")
        return self._number(select(func.count(distinct(question))).where(_labelled(True, {"source": source})))

    def _number(self, counting: Select[int]) -> int:
        return self._store.rows(counting)[0][0]

    def put(self, labels: Iterable[Label], *, keep_newer: bool = False) -> int:
        """Keep labels; one by the same source and maker on the same step is replaced, with `keep_newer` only if it is older.

        Returns how many were kept. LabelError, and nothing is kept, if a solution is not there or does not have the step.
        """
        labels = list(labels)
        with self._store.write() as db:
            for one in {(la.solution, la.step) for la in labels}:
                _check(*one, db.execute(select(SOLUTIONS.c.steps).where(SOLUTIONS.c.id == one[0])).scalar())
            put = insert(db, LABELS)
            new = {name: put.excluded[name] for name in ("value", "at", "tokens")}
            older = put.excluded["at"] > LABELS.c.at if keep_newer else None
            put = put.on_conflict_do_update(index_elements=list(LABELS.primary_key), set_=new, where=older)
            return _put(db, put, [msgspec.structs.asdict(la) for la in labels])

    def remove(self, label: Label) -> None:
        """Take back the label of one source and maker on one step."""
        with self._store.write() as db:
            key = {column.name: getattr(label, column.name) for column in LABELS.primary_key}
            db.execute(delete(LABELS).filter_by(**key))

    def labels(self, *, source: str | None = None, by: str | None = None, solution: str | None = None) -> list[Label]:
        """Labels by solution, step and time; each argument narrows them down."""
        c = LABELS.c
        wanted = _where({"source": source, "by": by, "solution": solution})
        rows = self._store.rows(select(LABELS).where(wanted).order_by(c.solution, c.step, c.at, c.source, c.by))
        return [Label(*r) for r in rows]

    def counts(self) -> Counts:
        """Counts of the content."""
        c = LABELS.c
        sources = self._store.rows(select(c.source, func.count(), func.sum(c.tokens)).group_by(c.source).order_by(c.source))
        people = self._store.rows(select(c.by, func.count().label("n")).where(c.source == HUMAN).group_by(c.by).order_by(c.by))
        return Counts(
            solutions=self._number(select(func.count()).select_from(SOLUTIONS)),
            by_source={source: count for source, count, _ in sources},
            by_annotator={row.by: row.n for row in people},
            tokens={source: int(tokens) for source, _, tokens in sources},
        )


_Given = Mapping[str, str | tuple[str, ...] | None]


def _where(given: _Given) -> ColumnElement[bool]:
    """The conditions that are given; several values are alternatives."""
    asked = {k: (v,) if isinstance(v, str) else v for k, v in given.items() if v is not None}
    return and_(true(), *(column(name).in_(values) for name, values in asked.items()))


def _labelled(has: bool, by: _Given) -> ColumnElement[bool]:
    """Solutions that have, or lack, a label of these."""
    labelled = select(LABELS.c.solution).where(_where(by))
    return SOLUTIONS.c.id.in_(labelled) if has else SOLUTIONS.c.id.not_in(labelled)


def _put(db: Connection, statement: Insert, rows: list[dict[str, Any]]) -> int:
    """Insert rows; returns how many were inserted or changed."""
    return db.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount if rows else 0


def _check(solution: str, step: int, steps: int | None) -> None:
    if steps is None:
        raise _missing(solution)
    if step >= steps:
        only = f"they are numbered 1 to {steps}" if steps > 1 else "only step 1 can be labelled"
        raise LabelError(f"Solution {solution} has {counted(steps, 'step')}, so there is no step {step + 1} to label; {only}.")


def _missing(solution: str) -> LabelError:
    return LabelError(f"There is no solution {solution} in the label book; add it before its steps are labelled.")
