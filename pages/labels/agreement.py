"""How far annotators agree with each other, and with the exact solver."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html
from pages.shared.language import listed, tr
from pages.shared.services import book
from rlm_core.core.wording import number
from rlm_core.labels.agreement import Pair, alpha, pairwise, units, with_oracle
from rlm_core.labels.base import HUMAN


def agreement() -> None:
    """Pairs of annotators, all of them together, and each against the oracle."""
    labels = book().labels(source=HUMAN)
    people = sorted({la.by for la in labels})
    if not people:
        st.info(tr("No person has labelled a step yet; begin on the tab Annotate."), icon=":material/groups:")
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(tr("##### With each other"))
        if len(people) < 2:
            st.markdown(tr("Agreement needs a second annotator: label the same solutions under another name."))
        else:
            _pairs(pairwise(labels), alpha(units(labels)))
    with right:
        st.markdown(tr("##### With the oracle"))
        rows = with_oracle(labels, book().solutions(labelled=True, source=HUMAN))
        if not rows:
            st.markdown(tr("None of the labelled problems has an exact solver that could say which steps are right."))
            return
        st.html(
            table_html(
                (tr("Annotator"), tr("Steps compared"), tr("Agree"), tr("Share")),
                [(r.by, f"{r.compared:,}", f"{r.agree:,}", f"{r.agree / r.compared:.0%}") for r in rows],
            )
        )
        st.caption(
            tr(
                "The oracle says whether a right answer can still be reached after a step: bad agrees with no, good and "
                "neutral with yes. Steps after the first lost one are left out."
            )
        )


def _pairs(pairs: list[Pair], together: float | None) -> None:
    shared = [p for p in pairs if p.steps]
    st.html(
        table_html(
            (tr("Annotators"), tr("Steps both labelled"), tr("Same rating"), tr("Cohen's κ")),
            [
                (
                    listed([p.a, p.b]),
                    f"{p.steps:,}",
                    "–" if p.share is None else f"{p.share:.0%}",
                    "–" if p.kappa is None else number(p.kappa),
                )
                for p in shared
            ],
        )
    )
    st.markdown(
        tr("**Krippendorff's α, all together: {number}**", number=number(together))
        if together is not None
        else tr("**Krippendorff's α cannot be given:** no step was labelled twice, or all labels are the same.")
    )
    for reason, without in (
        (tr("they labelled no step in common"), [p for p in pairs if not p.steps]),
        (tr("both gave every step the same rating, so chance would agree too"), [p for p in pairs if p.steps and p.kappa is None]),
    ):
        if without:
            st.caption(
                tr(
                    "No κ for {listed}: {reason}.",
                    listed=markdown_text(listed([listed([p.a, p.b]) for p in without], most=4)),
                    reason=reason,
                )
            )
    st.caption(
        tr(
            "1 is full agreement, 0 is agreement by chance, and below 0 is less than that. κ (Cohen 1960) compares "
            "two annotators; α (Krippendorff 2011, nominal) takes any number of annotators, also with missing labels."
        )
    )
