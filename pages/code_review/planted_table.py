"""The review of the example against its planted faults: recall and precision, and which faults were found."""

from __future__ import annotations

import streamlit as st

from pages.shared.html import table_html
from pages.shared.language import listed, tr, translated
from rlm_core.core.wording import interval
from rlm_core.review.findings import Finding
from rlm_core.review.planted import Result, faults, is_about, measured, points_to
from rlm_core.review.whole import NO_MODEL, Review


def planted_table(found: Review) -> None:
    """Draw the table."""
    findings = found.findings
    rows = [(tr("The checks alone"), [f for f in findings if f.checked])]
    if found.model != NO_MODEL:
        rows.append((tr("The model alone"), [f for f in findings if any(by.startswith("candidate") for by in f.by)]))
        rows.append((tr("Both"), findings))
    st.markdown(f"##### {tr('Against the planted faults')}")
    head = (tr("Review"), tr("Recall"), tr("Precision"), tr("Faults found"), tr("Beyond the checks"), tr("Findings"))
    st.html(table_html(head, [(name, *_figures(measured(some, faults()))) for name, some in rows], words=(), terms=False))
    st.caption(
        tr(
            "A fault is found by a finding at its line, or at one next to it, that has a word of it. "
            "In brackets: 95 % intervals. The checks were written for some of these kinds, and for none of the others."
        )
    )
    with st.expander(tr("Every planted fault"), icon=":material/bug_report:"):
        head = (tr("Place"), tr("Fault"), tr("Found by"))
        st.html(table_html(head, [_fault(findings, i) for i in range(len(faults()))], text_columns=(0,), words=(1, 2), terms=False))


def _figures(r: Result) -> tuple[str, ...]:
    precision = interval(r.precision) if r.precision else "–"
    return interval(r.recall), precision, f"{r.found} / {r.faults}", f"{r.found_beyond} / {r.beyond}", f"{r.findings}"


def _fault(findings: list[Finding], number: int) -> tuple[str, str, str]:
    fault = faults()[number]
    by = dict.fromkeys(who for f in findings if points_to(f, fault) and is_about(f, fault) for who in f.by)
    return f"{fault.file}:{fault.line}", fault.title, listed([translated(who) for who in by]) or "–"
