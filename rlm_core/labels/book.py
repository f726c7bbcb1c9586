"""The label book: solutions and their labels, in the same file as the saved runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from rlm_core.core.errors import LabelError
from rlm_core.core.wording import counted
from rlm_core.labels.base import HUMAN, Label, Solution
from rlm_core.runs.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS solutions (
    id TEXT PRIMARY KEY, task TEXT NOT NULL, model TEXT NOT NULL, steps INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS labels (
    solution TEXT NOT NULL REFERENCES solutions(id) ON DELETE CASCADE, step INTEGER NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL,
    value REAL NOT NULL, at REAL NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (solution, step, source, by)) WITHOUT ROWID;
"""
_COLUMNS = "solution, step, source, by, value, at, tokens"
_PUT = f"""INSERT INTO labels ({_COLUMNS}) VALUES (?,?,?,?,?,?,?)
    ON CONFLICT DO UPDATE SET value=excluded.value, at=excluded.at, tokens=excluded.tokens"""


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
        with store.write() as db:
            db.executescript(_SCHEMA)

    def add(self, solutions: Iterable[Solution]) -> int:
        """Keep solutions; one that is there already stays as it is. Returns how many are new."""
        rows = [(s.id, s.problem.task, s.model, len(s.steps), msgspec.json.encode(s)) for s in solutions]
        with self._store.write() as db:
            before = db.total_changes
            db.executemany("INSERT OR IGNORE INTO solutions (id, task, model, steps, data) VALUES (?,?,?,?,?)", rows)
            return db.total_changes - before

    def get(self, solution: str) -> Solution:
        """The solution of that id; LabelError if there is none."""
        row = self._store.db().execute("SELECT data FROM solutions WHERE id=?", (solution,)).fetchone()
        if row is None:
            raise _missing(solution)
        return msgspec.json.decode(row["data"], type=Solution)

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
        where, given = _where({"task": task, "model": model})
        if labelled is not None:
            inner, more = _labelled(labelled, {"source": source, "by": by})
            where, given = f"{where} AND {inner}", given + more
        rows = self._store.db().execute(f"SELECT data FROM solutions WHERE {where} ORDER BY rowid", given)
        return [msgspec.json.decode(r["data"], type=Solution) for r in rows]

    def count(self, *, labelled: bool, source: str | tuple[str, ...], by: str | None = None) -> int:
        """How many solutions have (or lack) a label of this source, or of any of these."""
        where, given = _labelled(labelled, {"source": source, "by": by})
        return self._store.db().execute(f"SELECT COUNT(*) AS n FROM solutions WHERE {where}", given).fetchone()["n"]

    def problems(self, source: tuple[str, ...]) -> int:
        """How many problems the solutions are of that have a label of any of these sources."""
        where, given = _labelled(True, {"source": source})
        asked = "SELECT COUNT(DISTINCT json_extract(CAST(data AS TEXT), '$.problem.question')) AS n FROM solutions"
        return self._store.db().execute(f"{asked} WHERE {where}", given).fetchone()["n"]

    def put(self, labels: Iterable[Label], *, keep_newer: bool = False) -> int:
        """Keep labels; one by the same source and maker on the same step is replaced, with `keep_newer` only if it is older.

        Returns how many were kept. LabelError, and nothing is kept, if a solution is not there or does not have the step.
        """
        labels = list(labels)
        with self._store.write() as db:
            for one in {(la.solution, la.step) for la in labels}:
                row = db.execute("SELECT steps FROM solutions WHERE id=?", (one[0],)).fetchone()
                _check(*one, None if row is None else row["steps"])
            before = db.total_changes
            db.executemany(_PUT + " WHERE excluded.at > labels.at" * keep_newer, [msgspec.structs.astuple(la) for la in labels])
            return db.total_changes - before

    def remove(self, label: Label) -> None:
        """Take back the label of one source and maker on one step."""
        with self._store.write() as db:
            db.execute(
                "DELETE FROM labels WHERE solution=? AND step=? AND source=? AND by=?",
                (label.solution, label.step, label.source, label.by),
            )

    def labels(self, *, source: str | None = None, by: str | None = None, solution: str | None = None) -> list[Label]:
        """Labels by solution, step and time; each argument narrows them down."""
        where, given = _where({"source": source, "by": by, "solution": solution})
        rows = self._store.db().execute(f"SELECT {_COLUMNS} FROM labels WHERE {where} ORDER BY solution, step, at, source, by", given)
        return [Label(**dict(r)) for r in rows]

    def counts(self) -> Counts:
        """Counts of the content."""
        db = self._store.db()
        sources = db.execute("SELECT source, COUNT(*) AS n, SUM(tokens) AS t FROM labels GROUP BY source ORDER BY source").fetchall()
        people = db.execute("SELECT by, COUNT(*) AS n FROM labels WHERE source=? GROUP BY by ORDER BY by", (HUMAN,)).fetchall()
        return Counts(
            solutions=db.execute("SELECT COUNT(*) AS n FROM solutions").fetchone()["n"],
            by_source={r["source"]: r["n"] for r in sources},
            by_annotator={r["by"]: r["n"] for r in people},
            tokens={r["source"]: r["t"] for r in sources},
        )


_Given = Mapping[str, str | tuple[str, ...] | None]


def _where(given: _Given) -> tuple[str, list[str]]:
    """The conditions that are given, as SQL and its values; several values are alternatives."""
    asked = {k: (v,) if isinstance(v, str) else v for k, v in given.items() if v is not None}
    words = (f"{k} IN ({','.join('?' * len(values))})" for k, values in asked.items())
    return " AND ".join(["1", *words]), [v for values in asked.values() for v in values]


def _labelled(has: bool, by: _Given) -> tuple[str, list[str]]:
    """Solutions that have, or lack, a label of these."""
    where, given = _where(by)
    return f"id {'' if has else 'NOT'} IN (SELECT solution FROM labels WHERE {where})", given


def _check(solution: str, step: int, steps: int | None) -> None:
    if steps is None:
        raise _missing(solution)
    if step >= steps:
        only = f"they are numbered 1 to {steps}" if steps > 1 else "only step 1 can be labelled"
        raise LabelError(f"Solution {solution} has {counted(steps, 'step')}, so there is no step {step + 1} to label; {only}.")


def _missing(solution: str) -> LabelError:
    return LabelError(f"There is no solution {solution} in the label book; add it before its steps are labelled.")
