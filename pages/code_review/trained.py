"""What the labels of findings teach: the trained score against the untrained one, on held-out labels."""

from __future__ import annotations

import msgspec
import streamlit as st

from pages.code_review.words import part_title
from pages.shared.html import figures_html, table_html
from pages.shared.language import tr, words_of
from pages.shared.services import store
from rlm_core.core.errors import TrainingError
from rlm_core.core.wording import interval, number
from rlm_core.review import prm
from rlm_core.review.findings import Finding
from rlm_core.review.labels import FindingLabels


@st.cache_data(show_spinner=False, max_entries=4)
def _held_out(judged: tuple[tuple[bytes, bool, str], ...]) -> prm.Gain:
    """The gain, measured once for the same labels."""
    return prm.held_out([prm.Verdict(msgspec.json.decode(f, type=Finding), ok, diff) for f, ok, diff in judged])


def trained_panel() -> None:
    """Draw the panel."""
    judged = prm.verdicts(FindingLabels(store()).all())
    with st.expander(tr("The review PRM: what your labels teach"), icon=":material/model_training:"):
        st.caption(
            tr(
                "A logistic regression on the parts of the score learns from approved and rejected findings. "
                "It is trained anew with every label, and can score the next review (Scored by)."
            )
        )
        if short := prm.missing(judged):
            st.progress(
                min(1.0, len(judged) / prm.MIN_LABELS),
                text=tr("{n} of {needed} findings have a label", n=len(judged), needed=prm.MIN_LABELS),
            )
            st.caption(words_of(short))
            return
        try:
            _gain(_held_out(tuple((msgspec.json.encode(v.finding), v.approved, v.diff) for v in judged)))
        except TrainingError as error:
            st.caption(words_of(error))
        model = prm.train(judged)
        rows = [(part_title(name), number(value)) for name, value in zip(prm.FEATURES, model.coefficients, strict=True)]
        st.html(table_html((tr("Part"), tr("Coefficient")), rows, terms=False))


def _gain(gain: prm.Gain) -> None:
    """Draw the two scores on the findings that were held out."""
    st.html(
        figures_html(
            [
                (
                    tr("Held-out labels"),
                    f"{gain.labels:,}",
                    tr("Of {n:,} files. The labels of the other files trained the score.", n=gain.files),
                ),
                (
                    tr("AUC of the fixed weights"),
                    f"{gain.untrained:.2f}",
                    tr("The chance that an approved finding scores above a rejected one."),
                ),
                (
                    tr("AUC learned, on held-out labels"),
                    f"{gain.trained:.2f}",
                    tr("Each label is scored by a model that has not seen its file."),
                ),
            ]
        )
    )
    low, high = gain.gain[1:]
    said = tr("better") if low > 0 else tr("worse") if high < 0 else tr("not shown to be better: the interval contains 0")
    st.markdown(tr("Gain {gain} (95 % interval over files): {said}.", gain=interval(gain.gain), said=said))
