"""The top of a comparison: its name, its problem, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from pages.compare.addressed import Addressed
from pages.shared.comparisons import comparisons
from pages.shared.escape import html_text, markdown_text
from pages.shared.language import told, tr, words_of
from rlm_core.core.words import RunStatus
from rlm_core.runs.outcome import right_answer


def header(found: Addressed) -> None:
    name, back = st.columns([5, 2], vertical_alignment="center")
    problems = {r.problem.question: r.problem for r in found.rows}
    with name:
        st.html(f'<h4 class="rlm-problem" tabindex="0">{html_text(found.name)}</h4>{_problem(found)}')
    with back.container(horizontal=True, horizontal_alignment="right"):
        if st.button(tr("All comparisons"), icon=":material/arrow_back:", key="compare.back"):
            st.query_params.clear()
            st.rerun()
        with st.popover("", icon=":material/edit:", help=tr("Name this comparison")):
            _name(found)
    if len(problems) > 1:
        st.warning(
            tr("These runs solve different problems; their trees can be looked at, their accuracy cannot be compared."),
            icon=":material/warning:",
        )
    budgets = {r.config.budget for r in found.rows}
    if len(budgets) > 1:
        st.info(tr("These runs had different budgets; the timeline still shows them at equal compute."), icon=":material/info:")
    for row, title in zip(found.rows, found.titles, strict=True):
        if row.status == RunStatus.FAILED:
            why = words_of(row.message)
            st.error(tr("{title} failed: {why}", title=markdown_text(title), why=why), icon=":material/error:")


def _problem(found: Addressed) -> str:
    problem = found.rows[0].problem
    right = told(right_answer, problem)
    facts = [html_text(problem.question)] + (
        [f"{tr('right:')} <b>{html_text(right)}</b>"] if problem.reference is not None and right else []
    )
    return f'<div class="rlm-facts">{" · ".join([*facts, tr("seed {seed}", seed=found.rows[0].config.seed)])}</div>'


def _name(found: Addressed) -> None:
    name = st.text_input(tr("Name"), value=found.name, key=f"compare.name.{found.scope}")
    if st.button(tr("Save"), icon=":material/save:", disabled=not name.strip()):
        if found.id:
            comparisons().rename(found.id, name.strip())
        else:
            new = comparisons().create(name.strip(), [r.id for r in found.rows], found.titles)
            st.query_params.clear()
            st.query_params["id"] = new
        st.rerun()
