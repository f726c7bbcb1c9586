"""The comparison that the address names: a saved one (?id=…) or any runs (?runs=a,b)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shared.comparisons import MAX_RUNS, MIN_RUNS, comparisons
from pages.shared.language import tr
from pages.shared.services import store
from rlm_core import catalogue
from rlm_core.core.config import Branch
from rlm_core.core.errors import ConfigError
from rlm_core.core.wording import shorten
from rlm_core.runs.settings import different
from rlm_core.runs.store import RunRow


@dataclass(frozen=True, slots=True)
class Addressed:
    """What is compared.

    id: of the saved comparison; "" for runs that were only put side by side.
    rows: the runs, in the order in which they stand.
    titles: their names or strategies, one per run, each another one.
    """

    id: str
    name: str
    rows: tuple[RunRow, ...]
    titles: tuple[str, ...]

    @property
    def scope(self) -> str:
        """Text that tells it from any other comparison."""
        return "-".join(r.id for r in self.rows)


def addressed() -> Addressed | None:
    """None where the address names no comparison; RlmError where it names one that is not there."""
    if comparison := st.query_params.get("id"):
        saved = comparisons().get(comparison)
        return Addressed(saved.id, saved.name, tuple(store().get(r) for r in saved.runs), saved.titles)
    if named := st.query_params.get("runs"):
        runs = [r.strip() for r in named.split(",") if r.strip()]
        if not MIN_RUNS <= len(runs) <= MAX_RUNS:
            raise ConfigError(
                tr(
                    "The address names {n} runs; from {min_runs} to {max_runs} can stand side by side.",
                    n=len(runs),
                    min_runs=MIN_RUNS,
                    max_runs=MAX_RUNS,
                )
            )
        rows = tuple(store().get(r) for r in runs)
        return Addressed("", tr("Runs side by side"), rows, titles_of(rows))
    return None


def titles_of(rows: tuple[RunRow, ...]) -> tuple[str, ...]:
    """The name of each run, or else its strategy; where two are called alike, with a number and what tells them apart."""
    titles = [r.name or tr(catalogue.title("search", r.config.search)) for r in rows]
    return tuple(t if titles.count(t) == 1 else f"{t} ({i}{_apart(rows[i - 1], rows)})" for i, t in enumerate(titles, 1))


def _apart(row: RunRow, rows: Sequence[RunRow]) -> str:
    """What tells a run from the others: the step from which it was branched off, and the settings in which it differs."""
    begun = row.config.branch
    said = tr(", branched off at “{steps}”", steps=shorten(begun.steps[-1], 24)) if isinstance(begun, Branch) else ""
    names = dict.fromkeys(name for other in rows if other.id != row.id for name in different(row.config, other.config))
    return said + (tr(": other {lower}", lower=", ".join(names).lower()) if names else "")
