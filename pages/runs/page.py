"""The Saved runs page: find, open, compare, name, delete, put back and import runs."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.runs.annotating import annotate, tag
from pages.runs.deletion import ask_to_delete, deleted_runs, undo_last
from pages.runs.known_runs import known
from pages.runs.log_import import log_import
from pages.runs.question import ANNOTATE, DELETE, ask, is_asked
from pages.runs.run_table import contents, pick, ticks, untick
from pages.runs.search import clear, how_many, more_columns, search
from pages.shared.comparisons import MAX_RUNS, MIN_RUNS
from pages.shared.escape import markdown_text
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import counted, deferred, tr
from pages.shared.links import go_to, go_to_run
from pages.shared.services import store, supervisor
from rlm_core.runs.store import RunRow

SHEET = Path(__file__).with_name("runs.css")
MAX_LISTED = 5000
TABLE = "runs"
COMPARE_HELP = deferred("Tick from {least} to {most} runs to see them side by side.")


def runs() -> None:
    supervisor()
    style(SHEET)
    st.markdown("### " + tr("Saved runs"))
    undo_last()
    rows = store().list(MAX_LISTED)
    if rows:
        _saved(rows)
    else:
        st.info(tr("There are no runs yet. Press Run on the Explore page and the run will be kept here."), icon=":material/history:")
    log_import()
    deleted_runs()
    shortcuts({})


def _saved(rows: Sequence[RunRow]) -> None:
    """Search and filters, the buttons for the ticked runs, and the table."""
    all_runs = known(rows)
    asked = search(all_runs)
    found = all_runs.of([i for i, row in enumerate(rows) if asked.matches(row, all_runs.settings[i])])
    shown = found.rows
    buttons, said = st.container(), st.container(horizontal=True, vertical_alignment="center", key="runs.said")
    picked: list[RunRow] = []
    if shown:
        picked = pick(shown, contents(found, more_columns()), TABLE)
    else:
        st.info(tr("No run matches the search and filters."), icon=":material/search_off:")
    hidden = ticks(TABLE).intersection(r.id for r in rows).difference(r.id for r in shown)
    with buttons:
        _buttons(picked)
    with said:
        newest = tr("The newest {max_listed:,} are searched. ", max_listed=MAX_LISTED) if len(rows) == MAX_LISTED else ""
        st.caption(
            tr(
                "**{how_many}**, kept in {place}. {newest}",
                how_many=how_many(len(shown), rows, asked),
                place=markdown_text(store().place),
                newest=newest,
            ),
            width="content",
        )
        if asked.asks or not shown:
            st.button(tr("Show all runs"), icon=":material/filter_alt_off:", type="tertiary", key="runs.clear", on_click=clear)
        if picked:
            st.caption(tr("{n:,} ticked", n=len(picked)), width="content")
            st.button(tr("Untick all"), type="tertiary", key="runs.untick.all", on_click=untick, args=(TABLE,))
        if hidden:
            st.caption(
                tr("{ticked_runs} hidden by the filters, left alone.", ticked_runs=counted(len(hidden), "ticked run")), width="content"
            )
            st.button(tr("Untick"), type="tertiary", key="runs.untick", on_click=untick, args=(TABLE, hidden))
    if picked and is_asked(DELETE):
        ask_to_delete(picked, TABLE, len(hidden))
    if picked and is_asked(ANNOTATE):
        tags = sorted({t for r in rows for t in r.tags})
        annotate(picked[0], tags) if len(picked) == 1 else tag(picked, tags)


def _buttons(picked: Sequence[RunRow]) -> None:
    """What can be done with the ticked runs that are shown."""
    count, compare_help = len(picked), tr(COMPARE_HELP, least=MIN_RUNS, most=MAX_RUNS)
    with st.container(horizontal=True):
        if st.button(tr("Open"), icon=":material/open_in_new:", disabled=count != 1, key="open", help=tr("Tick one run to open it.")):
            go_to_run(picked[0].id)
        if st.button(
            tr("Compare"), icon=":material/compare:", disabled=not MIN_RUNS <= count <= MAX_RUNS, key="compare", help=compare_help
        ):
            go_to("compare", {"runs": ",".join(r.id for r in picked)})
        label = tr("Name, note, tags …") if count < 2 else tr("Tag {count:,} …", count=count)
        st.button(label, icon=":material/edit:", disabled=not picked, key="annotate", on_click=ask, args=(ANNOTATE,))
        label = tr("Delete {count:,} …", count=count) if picked else tr("Delete …")
        st.button(label, icon=":material/delete:", disabled=not picked, key="delete", on_click=ask, args=(DELETE,))
