"""The Explore page before there is a run: what the app shows, a button that starts a first run, example runs, and the latest runs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.comparisons import go_to_comparison, start_preset
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import STATUS, miniature_html
from pages.shared.language import deferred, tr
from pages.shared.links import FIRST_LESSON, LESSONS_PATH, NEW_TRAINING, TRAINING_PATH, go_to, open_run
from pages.shared.plot import preload
from pages.shared.services import store
from rlm_core import catalogue
from rlm_core.evaluation.presets import PRESETS
from rlm_core.runs.examples import Example, examples

EXAMPLE = deferred("One example, no evidence: measure on a problem set for evidence.")
PICKED = deferred("Picked out of several because they show the idea; other seeds may end otherwise.")
PARTS = (
    (
        deferred("1 · A model proposes"),
        deferred("A small language model on this machine writes possible next steps, each with its probability."),
    ),
    (
        deferred("2 · A search decides"),
        deferred("Where to go on, when to come back: a tree of thoughts grows, and every choice shows its arithmetic."),
    ),
    (deferred("3 · A reward judges"), deferred("Rollouts, a verifier or the model's own confidence say how promising a state is.")),
)
WHAT_TO_DO = (
    deferred("Choose a problem, a model, a strategy and a reward on the left, and press Run."),
    deferred("Watch the tree grow, go back to any moment, and click a node to read why it was chosen."),
    deferred("Or begin with one of these; everything stays on this machine."),
)
COLUMNS = 3
"""Example runs in a row."""


def welcome(start: Callable[[], None] | None) -> None:
    """start: queues and shows a run; None while the settings are wrong."""
    st.markdown(tr("### See a language model reason"))
    st.html(
        '<div class="rlm-parts">' + "".join(f"<div><b>{tr(title)}</b><span>{tr(text)}</span></div>" for title, text in PARTS) + "</div>"
    )
    st.html(f'<p class="rlm-begin">{" ".join(map(tr, WHAT_TO_DO))}</p>')
    with st.container(horizontal=True):
        offered = tr("Grow a first tree")
        if st.button(offered, type="primary", icon=":material/account_tree:", disabled=start is None, key="first") and start:
            start()
        offered, why = tr("Compare two searches"), f"{tr(PRESETS[0].sentence)} {tr(EXAMPLE)}"
        if st.button(offered, icon=":material/compare:", key="first.comparison", help=why):
            go_to_comparison(start_preset(PRESETS[0]))
        offered, why = (
            tr("Open the first lesson"),
            tr("Five minutes: what a reasoning model is, on a run that is ready."),
        )
        if st.button(offered, icon=":material/school:", key="first.lesson", help=why):
            go_to(LESSONS_PATH, FIRST_LESSON)
        offered, why = tr("Train in five minutes"), tr("Four stages, as DeepSeek-R1 was trained, on the bundled model and this machine.")
        if st.button(offered, icon=":material/model_training:", key="first.training", help=why):
            go_to(TRAINING_PATH, NEW_TRAINING)
    _examples()
    preload()
    recent = store().list(5)
    if recent:
        st.markdown("#### " + tr("Your last runs"))
        for row in recent:
            search, status = tr(catalogue.title("search", row.config.search)), tr(STATUS[row.status][1]).lower()
            label = f"{row.name or row.problem.question} — {search}, {status}"
            if st.button(markdown_text(label), key=f"open.{row.id}", icon=":material/history:", type="tertiary"):
                open_run(row.id)
                st.rerun()


def _examples() -> None:
    """A card for each example run; a click opens it at the event where it becomes interesting."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("#### " + tr("Watch a run that is ready"), width="content")
        st.caption(tr(PICKED), width="content")
    cards = list(examples().values())
    for first in range(0, len(cards), COLUMNS):
        for place, example in zip(st.columns(COLUMNS), cards[first : first + COLUMNS], strict=False):
            with place.container(height="stretch", key=f"card_{example.name}"):
                _card(example)


def _card(example: Example) -> None:
    """The card, and over all of it a button without a look of its own (`welcome.css`)."""
    icon = catalogue.structure(store().get(example.run).config.search).icon
    title, sentence = html_text(tr(example.title)), html_text(tr(example.sentence))
    st.html(f'<div class="rlm-card"><div>{miniature_html(icon)}<b>{title}</b></div><span>{sentence}</span></div>')
    if st.button(tr("Watch: {title}", title=markdown_text(tr(example.title))), key=f"example.{example.name}"):
        open_run(example.run, example.begin)
        st.rerun()
