"""How to choose: a few questions, a recommendation with reasons and sources, and what runs made here say of it."""

from __future__ import annotations

import msgspec
import streamlit as st

from pages.blueprint import address
from pages.blueprint.evidence import Evidence, Row, evidence
from pages.blueprint.sources import source_markdown
from pages.shared.comparisons import go_to_comparison, start_preset
from pages.shared.escape import html_text, markdown_text
from pages.shared.language import tr
from pages.shared.links import go_to, measure_link
from pages.shared.state import remembered
from rlm_core.blueprint.guide import Guide, guides
from rlm_core.evaluation.presets import PRESETS
from rlm_core.evaluation.sweep import Strategy

GUIDE = "blueprint.guide"
BAR_PX = 150


def choose() -> None:
    found = guides()
    titles = {name: tr(guide.title) for name, guide in found.items()}
    guide = found[address.one_of(st.container(), "guide", tr("Choice"), titles, GUIDE)]
    asked_at, said_at = st.columns([2, 3], gap="large")
    with asked_at:
        answers = _answers(guide)
    with said_at:
        _recommendation(guide, answers)
        _evidence(guide)


def _answers(guide: Guide) -> dict[str, str]:
    """The answers given so far."""
    found = {}
    for question in guide.questions:
        key = f"{GUIDE}.{guide.name}.{question.name}"
        address.take(question.name, key, question.answers, None)
        answer = remembered(
            st.radio,
            tr(question.text),
            list(question.answers),
            key=key,
            default=None,
            index=None,
            format_func=lambda a, answers=question.answers: tr(answers[a]),
        )
        address.write(question.name, answer)
        if answer:
            found[question.name] = answer
    return found


def _recommendation(guide: Guide, answers: dict[str, str]) -> None:
    with st.container(border=True):
        recommended = guide.recommended(answers)
        if recommended is None:
            left = len(guide.questions) - len(answers)
            st.markdown(tr("Answer the questions for a recommendation: {n} to go.", n=left))
            return
        st.markdown(f"#### {tr(recommended.title)}")
        for reason in recommended.reasons:
            source = f" — {source_markdown(reason.source)}" if reason.source else ""
            st.markdown(f"- {markdown_text(tr(reason.text))}{source}")


def _evidence(guide: Guide) -> None:
    st.markdown(f"##### {tr('Measured here')}")
    found = evidence(guide)
    if not found:
        st.info(tr("Nothing was measured here yet that sets these against each other."), icon=":material/science:")
    elif guide.stages:
        st.caption(tr("Accuracy after each stage. No training without a cold start is shown, so what it adds in the end stays open."))
    for number, one in enumerate(found):
        _one(one, number)
    _measure(guide)


def _one(one: Evidence, number: int) -> None:
    own = tr("came with the app") if one.bundled else tr("yours")
    with st.expander(f"{markdown_text(one.title)} · {own}", expanded=number == 0):
        budgets = list(dict.fromkeys(r.budget for r in one.rows))
        st.html("".join(_table(budget, [r for r in one.rows if r.budget == budget]) for budget in budgets))
        st.caption(tr("Share solved with its 95 % interval; n problems. Small models on small problems: a tendency, no law."))
        if st.button(tr("Open it"), icon=":material/open_in_new:", key=f"blueprint.evidence.{number}", type="tertiary"):
            go_to(*one.link)


def _table(budget: str, rows: list[Row]) -> str:
    caption = f"<caption>{html_text(tr('At {budget}', budget=budget))}</caption>" if budget else ""
    return f'<table class="rlm-evidence">{caption}<tbody>{"".join(map(_line, rows))}</tbody></table>'


def _line(row: Row) -> str:
    """A figure, with a bar whose whisker is its interval."""
    low, value, high = (round(BAR_PX * share) for share in (row.low, row.value, row.high))
    bar = (
        f'<span class="bar" aria-hidden="true" style="width:{BAR_PX}px"><i style="width:{value}px"></i>'
        f'<em style="left:{low}px;width:{max(2, high - low)}px"></em></span>'
    )
    figure = f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"
    return (
        f"<tr><td>{html_text(tr(row.side))}</td><td>{html_text(row.what)}</td><td>{bar}</td>"
        f"<td>{figure}</td><td>n = {row.problems:,}</td></tr>"
    )


def _measure(guide: Guide) -> None:
    """The ways to measure it here."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if guide.stages:
            if st.button(tr("Train one here"), icon=":material/model_training:", key="blueprint.train"):
                go_to("training")
        else:
            strategies = msgspec.convert(guide.strategies, list[Strategy])
            measure_link(guide.measure, tr("Measure it on {problems}", problems=guide.measure), strategies)
        preset = next((p for p in PRESETS if p.name == guide.compare), None)
        if preset is not None and st.button(tr("One example side by side"), icon=":material/compare:", key="blueprint.compare"):
            go_to_comparison(start_preset(preset))
