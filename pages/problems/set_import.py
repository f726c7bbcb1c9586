"""Import of a file as a problem set: its first rows, the choice of columns, and a report of the rows that were not taken."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.problems.set_list import open_set
from pages.problems.set_view import reasons
from pages.shared.escape import markdown_text
from pages.shared.in_place import in_place
from pages.shared.language import counted, deferred, tr, translated, words_of
from pages.shared.services import problem_sets
from pages.shared.table_height import table_height
from rlm_core.core.errors import ProblemError, RlmError, first_line
from rlm_core.core.wording import clean, shorten
from rlm_core.problems.datasets import Columns, guessed, read_rows
from rlm_core.problems.tables import ENDINGS, Table, read
from rlm_core.runs.problem_sets import MAX_NAME_CHARACTERS, SPLITS, checked_name, fitting_name, fitting_split

PREVIEWED, VISIBLE_ROWS = 20, 6
"""Rows that are shown before an import, and how many of them are seen at once."""
MAX_REASONS = 5
"""Rows that were not taken which a message lists; the set itself lists more."""
MAX_CELL_CHARACTERS = 300
COLUMNS = {
    "question": (deferred("Question"), deferred("The problem in words.")),
    "answer": (deferred("Answer"), deferred("The reference answer, or a worked solution that marks it by #### or a box.")),
    "id": (deferred("Id"), deferred("Only shown.")),
    "level": (deferred("Level"), deferred("Only shown.")),
    "subject": (deferred("Subject"), deferred("Only shown.")),
}
_TIMES, _REPORT = "problems.imports", "problems.report"
"""In the session's state: the number of imports so far, and the id of the set that the last one made with whether it is new."""


@dataclass(frozen=True, slots=True)
class _File:
    """A file that was uploaded or named by its path, and its SHA-256."""

    name: str
    content: bytes
    digest: str


def set_import(first: bool) -> None:
    """The controls of an import. first: there is no set yet, so they are open."""
    with st.expander(tr("Import a file"), icon=":material/upload_file:", expanded=first, key=f"problems.import.{first}"):
        file = _file()
        if file is None:
            return
        try:
            with st.spinner(tr("Reading the file …")):
                table = _table(file.digest, file.name, file.content)
        except RlmError as error:
            st.error(words_of(error), icon=":material/error:")
            return
        _choices(file, table)


def _file() -> _File | None:
    """The file that a person uploads or names; None if there is none, or if it cannot be read."""
    times = st.session_state.setdefault(_TIMES, 0)
    upload_at, path_at = st.columns(2, gap="large")
    with upload_at:
        uploaded = in_place("problems-file").file_uploader(
            tr("JSON Lines, JSON, CSV, TSV or Parquet, one problem per row"), type=list(ENDINGS), key=f"problems.file.{times}"
        )
    with path_at:
        path = in_place("problems-path").text_input(
            tr("Or the path of a file on this machine, of any size"), key=f"problems.path.{times}", placeholder="/data/gsm8k_test.jsonl"
        )
    path = path.strip()
    if uploaded is not None:
        name, content = uploaded.name, uploaded.getvalue()
    elif path:
        try:
            name, content = Path(path).name, Path(path).expanduser().read_bytes()
        except (OSError, ValueError, RuntimeError) as error:
            reason = translated(getattr(error, "strerror", None) or first_line(error))
            path_at.error(markdown_text(tr("{path} cannot be read: {reason}.", path=path, reason=reason)), icon=":material/error:")
            return None
    else:
        return None
    return _File(name, content, hashlib.sha256(content).hexdigest())


@st.cache_resource(max_entries=2, show_spinner=False)
def _table(digest: str, name: str, _content: bytes) -> Table:
    """Read once, although the page is drawn anew at every choice."""
    return read(_content, name)


def _choices(file: _File, table: Table) -> None:
    """The columns, name and split of the set, what its first problems then are, and the button."""
    guess = guessed(table)
    columns = Columns(*(_column(place, name, table, guess, file) for place, name in zip(st.columns(5), COLUMNS, strict=True)))
    _preview(table, columns)
    name_at, split_at, go_at = st.columns([4, 3, 3], vertical_alignment="bottom")
    name = name_at.text_input(tr("Name"), fitting_name(file.name), max_chars=MAX_NAME_CHARACTERS, key=f"problems.new.{file.digest}")
    split = split_at.selectbox(
        tr("Split"),
        SPLITS,
        index=SPLITS.index(fitting_split(file.name)),
        format_func=lambda s: s or tr("not known"),
        key=f"problems.split.{file.digest}",
        help=tr("Which part of a published set this is; shown beside its name."),
    )
    label = tr("Import {rows}", rows=counted(len(table.rows), "row"))
    if go_at.button(label, type="primary", icon=":material/upload_file:", width="stretch", key="problems.go"):
        _import(file, table, columns, name, split)


def _column(place: DeltaGenerator, field: str, table: Table, guess: Columns, file: _File) -> str:
    title, help = COLUMNS[field]
    offered = [*table.columns, *[""] * (field != "question")]
    return place.selectbox(
        tr(title),
        offered,
        index=offered.index(getattr(guess, field)),
        format_func=lambda c: shorten(clean(c), 60) or tr("none"),
        key=f"problems.column.{field}.{file.digest}",
        help=tr(help),
    )


def _preview(table: Table, columns: Columns) -> None:
    """The first rows as problems, and why some would not be taken."""
    head = replace(table, rows=table.rows[:PREVIEWED], refused=tuple(r for r in table.refused if r.number <= table.rows[:PREVIEWED][-1][0]))
    try:
        found = read_rows(head, columns)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    lines = [(r.number, _cell(r.question), _cell(r.answer), _cell(r.id), _cell(r.level), _cell(r.subject)) for r in found.rows]
    shown = pd.DataFrame(lines, columns=[tr(table.unit), tr("Question"), tr("Answer as it is read"), tr("Id"), tr("Level"), tr("Subject")])
    unused = [
        title for field, title in (("id", tr("Id")), ("level", tr("Level")), ("subject", tr("Subject"))) if not getattr(columns, field)
    ]
    st.dataframe(
        shown.drop(columns=unused),
        hide_index=True,
        height=table_height(len(lines), VISIBLE_ROWS),
        column_config={tr(table.unit): st.column_config.NumberColumn(width=60), tr("Question"): st.column_config.TextColumn(width=850)},
    )
    if found.refused:
        listed = reasons(tuple(found.refused), table.unit, MAX_REASONS)
        st.warning(tr("Of these first rows would not be taken:\n\n{listed}", listed=listed), icon=":material/warning:")
    if not columns.answer:
        st.warning(tr("Without answers nothing can tell right from wrong."), icon=":material/warning:")


def _cell(text: str) -> str:
    return shorten(clean(text), MAX_CELL_CHARACTERS)


def _import(file: _File, table: Table, columns: Columns, name: str, split: str) -> None:
    try:
        checked_name(name)
        with st.spinner(tr("Reading the problems …")):
            found = read_rows(table, columns)
            made, new = problem_sets().add(name, file.content, table, columns, found, split)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    st.session_state[_REPORT] = (made.id, new)
    st.session_state[_TIMES] += 1
    open_set(made.id)
    st.rerun()


def report() -> None:
    """What came of the last import, until there is another."""
    made, new = st.session_state.get(_REPORT, ("", False))
    try:
        kept = problem_sets().get(made)
    except ProblemError:
        return
    if not new:
        st.info(tr("This file with these columns is here already: {name}.", name=markdown_text(kept.name)), icon=":material/info:")
        return
    source = markdown_text(clean(kept.source))
    st.success(
        tr(
            "Imported {problems} of {source} as {name}.",
            problems=counted(kept.size, "problem"),
            source=source,
            name=markdown_text(kept.name),
        ),
        icon=":material/check:",
    )
    if kept.refused:
        listed = reasons(kept.refused, kept.unit, MAX_REASONS)
        st.warning(tr("{rows} not taken:\n\n{listed}", rows=counted(len(kept.refused), "row"), listed=listed), icon=":material/warning:")
