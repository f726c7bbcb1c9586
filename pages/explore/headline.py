"""The headline of a run: its problem, its answer with the verdict, and the names of its parts."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import html_text
from pages.shared.html import oracle_badge
from pages.shared.language import node_name, told, tr, translated
from rlm_core import catalogue
from rlm_core.core.events import Answered
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import readable, set_place, shorten
from rlm_core.runs.outcome import VERDICTS, cut_off, picked_by, right_answer, two_choices, why_unanswered
from rlm_core.runs.store import RunRow

MAX_ANSWER_CHARS = 80


def headline(row: RunRow, full_tree: SearchTree, moment: SearchTree) -> None:
    """The problem, the answer with its verdict and the right answer; then strategy and model, and a badge if the search had the oracle."""
    strategy = tr(catalogue.title("search", row.config.search))
    named = [strategy, tr(catalogue.reward_title(row.config)), tr(catalogue.title("model", row.config.model))]
    named += [] if row.elsewhere else [tr("seed {seed}", seed=row.config.seed)]
    facts = " · ".join(html_text(name) for name in named if name)
    st.html(
        f'<h4 class="rlm-problem" tabindex="0">{_name(row)}{_place(row)}{html_text(row.problem.question)}</h4>'
        f'<div class="rlm-verdict">{_verdict(row, full_tree, moment)}</div>'
        f'<div class="rlm-facts">{facts} {oracle_badge() if full_tree.oracle else ""}</div>'
    )


def _name(row: RunRow) -> str:
    """The name that a person gave the run; empty if it has none."""
    return f'<span class="rlm-badge">{html_text(row.name)}</span> ' if row.name else ""


def _place(row: RunRow) -> str:
    """The row of a problem set that the problem is from; empty if it is from none."""
    place = set_place(row.problem)
    return f'<span class="rlm-badge">{html_text(place)}</span> ' if place else ""


def _verdict(row: RunRow, full_tree: SearchTree, moment: SearchTree) -> str:
    """The run's answer with its verdict and the right answer; "final" at a moment before the answer."""
    answered = full_tree.answered
    if answered is None:
        why = tr("its log does not say which was picked") if row.elsewhere else tr("the run ended before one was picked")
        return f"<b>{tr('No answer yet')}</b>" if row.active else f"<b>{tr('No answer')}</b><span>{why}</span>"
    right = told(right_answer, row.problem)
    if answered.answer is None:
        parts = [f"<b>{tr('No answer')}</b>", f"<span>{told(why_unanswered, full_tree)}</span>"]
    else:
        stated = readable(answered.answer)
        kind = {True: "right", False: "wrong", None: "open"}[answered.correct]
        parts = [
            f"<span>{tr('Answer') if moment.answered else tr('Final answer')}</span>"
            f'<b title="{html_text(stated)}">{html_text(shorten(stated, MAX_ANSWER_CHARS))}</b>'
            f'<i class="{kind}">{tr(VERDICTS[answered.correct])}</i>' + _where(full_tree, answered)
        ]
    if right and (answered.correct is not True or answered.answer is None):
        parts.append(f"<span>{tr('right:')} <b>{html_text(shorten(right, MAX_ANSWER_CHARS))}</b></span>")
    return "".join(parts) + _limited(row, full_tree)


def _where(tree: SearchTree, answered: Answered) -> str:
    """The node that states the answer, and by what it was picked where the search itself goes by a formula."""
    said = ["" if answered.node is None else tr("in {name}", name=node_name(answered.node)), told(picked_by, tree)]
    return (
        f'<small title="{html_text(told(two_choices, tree))}">{html_text(tr(", ").join(filter(None, said)))}</small>' if any(said) else ""
    )


def _limited(row: RunRow, full_tree: SearchTree) -> str:
    """The limits that cut solutions off, and which to raise if there is no answer. A failed run has its own message."""
    if full_tree.finished and full_tree.finished.detail and full_tree.finished.stop != "failed":
        return f'<strong class="row">{html_text(translated(full_tree.finished.detail))}</strong>'
    cut = told(cut_off, full_tree)
    return f'<small class="row">{html_text(cut)}</small>' if cut else ""
