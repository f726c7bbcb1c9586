"""One problem set: its rows, the row that is open, and what can be done with the set."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.problems.deletion import delete
from pages.problems.set_list import open_set
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import rows_html
from pages.shared.language import counted, tr, words_of
from pages.shared.links import go_to_controls, measure_link, noted_config
from pages.shared.services import problem_sets
from pages.shared.set_picker import SET_KEY, TASK_KEY, row_key
from pages.shared.state import set_value, values
from pages.shared.strategy_form import EXPLORE_MODEL, fill_model
from pages.shared.table_height import table_height
from rlm_core.core.errors import RlmError
from rlm_core.core.wording import clean, shorten
from rlm_core.evaluation.sweep import Strategy
from rlm_core.models.listed import NANO, SMOLLM2, in_nano_notation
from rlm_core.problems.datasets import SetRow
from rlm_core.problems.sets import SET
from rlm_core.problems.tables import Refusal
from rlm_core.runs.problem_sets import MAX_NAME_CHARACTERS, ProblemSet

MAX_LISTED = 500
MEASURED = 20
"""Problems of a set that a new sweep begins with."""
MAX_REASONS = 50
"""Rows that were not taken which are listed; the others are counted."""
MAX_CELL_CHARACTERS = 300
VISIBLE_ROWS = 8
QUESTION_HEIGHT = 230
"""px; a longer question is scrolled."""


def set_view(chosen: ProblemSet) -> None:
    """The set's name and actions, its rows, and the row that is open."""
    _head(chosen)
    list_at, row_at = st.columns([3, 2], gap="large")
    with list_at:
        rows = _rows(chosen)
        if chosen.refused:
            with st.expander(tr("{rows} of the file not taken", rows=counted(len(chosen.refused), "row")), icon=":material/warning:"):
                st.markdown(reasons(chosen.refused, chosen.unit, MAX_REASONS))
    with row_at:
        if rows is not None:
            _row(chosen, rows)


def _head(chosen: ProblemSet) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="problems.head"):
        st.markdown(f"##### {markdown_text(chosen.name)}", width="content")
        measure_link(whole_or_first(chosen), tr("Measure on this set"), _strategies())
        st.caption(
            tr(
                "Write {value} for its first 20 problems, with seed=0 for 20 at random, and {value2} for row 7.",
                value=markdown_text(f"{SET}:{chosen.name}:n=20"),
                value2=markdown_text(f"{SET}:{chosen.name}#{7}"),
            ),
            width="stretch",
        )
        with st.popover(tr("Rename"), icon=":material/edit:", key=f"problems.rename.{chosen.id}"):
            name = st.text_input(tr("Name"), chosen.name, max_chars=MAX_NAME_CHARACTERS, key=f"problems.name.{chosen.id}.{chosen.name}")
            if st.button(tr("Rename"), type="primary", key="problems.rename.go"):
                _rename(chosen, name)
        st.button(tr("Delete"), icon=":material/delete:", key="problems.delete", on_click=delete, args=(chosen,))


def _strategies() -> list[Strategy]:
    """The strategy that Explore's controls hold, with its model and sampling; none where that model reads no words."""
    config = noted_config()
    return [Strategy.of(config)] if config and not in_nano_notation(config.model) else []


def whole_or_first(chosen: ProblemSet) -> str:
    """The problems that are measured first: the first ones, or all of a small set."""
    return f"{SET}:{chosen.name}:n={min(MEASURED, chosen.size)}"


def _rename(chosen: ProblemSet, name: str) -> None:
    try:
        problem_sets().rename(chosen.id, name)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
    else:
        open_set(chosen.id)
        st.rerun()


def _rows(chosen: ProblemSet) -> SetRow | None:
    """The rows that hold what is searched for, as a table; returns the one that is open."""
    text = st.text_input(
        tr("Search"),
        key=f"problems.search.{chosen.id}",
        placeholder=tr("Search in questions, answers, ids, levels and subjects"),
        label_visibility="collapsed",
    ).strip()
    found = problem_sets().search(chosen.id, text, MAX_LISTED + 1)
    if not found:
        st.info(tr("No row holds this text."), icon=":material/search_off:")
        return None
    rows = found[:MAX_LISTED]
    noted = {tr("Level"): "level", tr("Subject"): "subject", tr("Id"): "id"}
    lines = [
        {tr("Row"): r.number, tr("Question"): _cell(r.question), tr("Answer"): _cell(r.answer)}
        | {title: getattr(r, f) for title, f in noted.items()}
        for r in rows
    ]
    empty = [title for title, field in noted.items() if not any(getattr(r, field) for r in rows)]
    picked = st.dataframe(
        pd.DataFrame(lines).drop(columns=empty),
        hide_index=True,
        height=table_height(len(rows), VISIBLE_ROWS),
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [0]}},
        key=f"problems.rows.{chosen.id}.{text}",
        placeholder="",
        column_config={
            tr("Row"): st.column_config.NumberColumn(width=60),
            tr("Question"): st.column_config.TextColumn(width="large"),
            tr("Answer"): st.column_config.TextColumn(width="small"),
        },
    )
    if len(found) > MAX_LISTED:
        st.caption(tr("The first {max_listed:,} rows; search for others.", max_listed=MAX_LISTED))
    places = [i for i in picked.selection.rows if i < len(rows)]
    return rows[places[0] if places else 0]


def _cell(text: str) -> str:
    return shorten(clean(text), MAX_CELL_CHARACTERS)


def _row(chosen: ProblemSet, row: SetRow) -> None:
    """A row in full, and the button that explores it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{markdown_text(chosen.name)} \\#{row.number}**", width="stretch")
        explored = st.button(tr("Explore this problem"), type="primary", icon=":material/account_tree:", key="problems.explore")
    with st.container(height=QUESTION_HEIGHT, border=True):
        lines = "<br>".join(map(html_text, row.question.split("\n")))
        st.html(f'<div class="rlm-question">{lines}</div>')
    answer = row.answer or tr("none: nothing can tell right from wrong")
    facts = [(tr("Answer"), answer), (tr("Id"), row.id), (tr("Level"), row.level), (tr("Subject"), row.subject)]
    st.html(rows_html([(name, value) for name, value in facts if value]))
    if explored:
        for key, value in ((TASK_KEY, SET), (SET_KEY, chosen.id), (row_key(chosen.id), row.number)):
            set_value(key, value)
        if values([EXPLORE_MODEL]).get(EXPLORE_MODEL, NANO.name) == NANO.name:
            fill_model(EXPLORE_MODEL, SMOLLM2.name)  # the bundled model reads no words
        go_to_controls()


def reasons(refused: tuple[Refusal, ...], unit: str, most: int) -> str:
    """Rows that were not taken and why, as a list in Markdown; of more than `most` the others are counted."""
    lines = [f"- {tr(unit)} {r.number:,}: {words_of(r.reason)}" for r in refused[:most]]
    return "\n".join([*lines, tr("- and {n:,} more", n=len(refused) - most)] if len(refused) > most else lines)
