"""Above the table of saved runs: a box for words, a filter for each thing a run is told by, and a choice of further columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.runs.known_runs import KnownRuns, chosen
from pages.runs.run_table import MORE, setting_titles
from pages.shared.html import STATUS
from pages.shared.language import counted, deferred, tr
from pages.shared.state import remembered, set_value
from rlm_core.runs.finding import NO_ANSWER, Search, failed_start, verdict
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.store import RunRow

ORACLE = {deferred("with oracle"): True, deferred("without oracle"): False}
TEXT, FAILED, COLUMNS = "runs.text", "runs.failed", "runs.columns"
FILTERS = ("status", "strategy", "model", "verdict", "tag", "oracle")
WORDS_HELP = deferred(
    'Runs in which all the words occur: in name, problem, note, tags, answer, id or settings. "Quoted words" stand together.'
)
COLUMNS_HELP = deferred("Settings that differ among the runs shown are columns already.")
ORDER = (*VERDICTS.values(), NO_ANSWER)


def search(runs: KnownRuns) -> Search:
    """Draw the box and the filters; returns what is looked for."""
    rows = runs.rows
    failed = sum(failed_start(r) for r in rows)
    with st.container(horizontal=True, vertical_alignment="center"):
        text = remembered(
            st.text_input,
            tr("Search"),
            live=True,
            key=TEXT,
            default="",
            label_visibility="collapsed",
            icon=":material/search:",
            placeholder=tr("Search names, problems, notes, tags, answers, settings"),
            help=tr(WORDS_HELP),
        )
        shown = failed and remembered(
            st.toggle, tr("Show failed starts ({failed:,})", failed=failed), key=FAILED, default=False, width="content"
        )
        with st.popover(tr("Columns"), icon=":material/view_column:", key="runs.columns.menu"):
            _columns(runs)
    strategies = {r.config.search: tr(chosen(s)["Strategy"]) for r, s in zip(rows, runs.settings, strict=True)}
    models = {r.config.model: tr(chosen(s)["Model"]) for r, s in zip(rows, runs.settings, strict=True)}
    at = iter(st.columns(len(FILTERS)))
    there = {verdict(r) for r in rows}
    return Search(
        text=text,
        statuses=_filter(next(at), deferred("Status"), {r.status: tr(STATUS[r.status][1]) for r in rows}),
        strategies=_filter(next(at), deferred("Strategy"), strategies),
        models=_filter(next(at), deferred("Model"), models),
        verdicts=_filter(next(at), deferred("Verdict"), {v: tr(v) for v in ORDER if v in there}),
        tags=_filter(next(at), deferred("Tag"), {t: t for r in rows for t in r.tags}),
        oracle=_one(_filter(next(at), deferred("Oracle"), {name: tr(name) for name, has in ORACLE.items() if has in _oracles(rows)})),
        failed_starts=bool(shown),
    )


def clear() -> None:
    """Show all runs; for the press of a button."""
    set_value(TEXT, "")
    set_value(FAILED, True)
    for name in FILTERS:
        set_value(f"runs.{name}", [])


def more_columns() -> list[str]:
    """Titles of the columns that a person added."""
    return list(st.session_state.get(COLUMNS, ()))


def how_many(shown: int, rows: Sequence[RunRow], asked: Search) -> str:
    """How many of the runs are shown, in words."""
    hidden = 0 if asked.failed_starts else sum(failed_start(r) for r in rows)
    runs = counted(len(rows), "run")
    said = tr("{shown:,} of {runs}", shown=shown, runs=runs) if shown < len(rows) else runs
    return said + (tr(", {failed_starts} hidden", failed_starts=counted(hidden, "failed start")) if hidden and not asked.asks else "")


def _filter(at: Any, title: str, offered: Mapping[Any, str]) -> list[Any]:
    """A filter of which several values can be chosen; one that no run has any more is chosen no longer."""
    key = f"runs.{title.lower()}"
    options = sorted(offered, key=list(offered).index if title == "Verdict" else lambda value: offered[value].casefold())
    if gone := set(st.session_state.get(key, ())) - set(options):
        set_value(key, [value for value in st.session_state[key] if value not in gone])
    name: Callable[[Any], str] = offered.__getitem__
    return remembered(
        at.multiselect,
        tr(title),
        options,
        key=key,
        default=[],
        format_func=name,
        placeholder=tr(title),
        label_visibility="collapsed",
        disabled=not options,
    )


def _columns(runs: KnownRuns) -> None:
    titles = [*MORE, *setting_titles(runs)]
    if gone := set(more_columns()) - set(titles):
        set_value(COLUMNS, [title for title in more_columns() if title not in gone])
    remembered(
        st.multiselect,
        tr("More columns"),
        titles,
        key=COLUMNS,
        default=[],
        placeholder=tr("Choose columns"),
        format_func=tr,
        help=tr(COLUMNS_HELP),
    )


def _oracles(rows: Sequence[RunRow]) -> set[bool]:
    return {bool(r.summary.get("oracle")) for r in rows}


def _one(chosen: Sequence[str]) -> bool | None:
    """Both kinds together ask for nothing."""
    return ORACLE[chosen[0]] if len(chosen) == 1 else None
