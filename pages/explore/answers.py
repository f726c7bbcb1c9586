"""Answers and votes: the answers of the candidates, the choice among them, and the choice from fewer candidates."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html, theme
from pages.shared.language import counted, node_name, told, tr
from pages.shared.plot import chart
from rlm_core.core.structure import Compared
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import readable, voters
from rlm_core.figures.charts.candidates import votes_figure
from rlm_core.figures.palette import MARKS
from rlm_core.figures.ranks.votes import weight
from rlm_core.runs.outcome import VERDICTS, choice, cut_off, two_choices, unanswered, why_unanswered
from rlm_core.search.pool import cost, first_n, pooled

MAX_BARS = 12
"""Answers in the chart; the others are listed below it on request."""
RULES = ("weighted", "naive", "majority")


def answers(run: str, tree: SearchTree, compared: Compared) -> None:
    """compared: the states that this strategy compares. Where they are candidates, the first n can be looked at alone."""
    answered = tree.answered
    if answered is None and tree.started is not None and tree.started.elsewhere and tree.finished is not None:
        st.caption(tr("The log does not say which answer was picked; the Data tab lists the solutions."))
    elif answered is None:
        st.caption(tr("The answer is chosen when the search ends; move the timeline to the end to see it."))
    elif answered.answer is None:
        st.info(tr("There is no answer: {why_unanswered}. {advice}", why_unanswered=told(why_unanswered, tree), advice=_advice(tree)))
    else:
        chart(told(votes_figure, answered, tree, theme=theme(), most=MAX_BARS), key="votes")
        where = tr(" It stands in {name}.", name=node_name(answered.node)) if answered.node is not None else ""
        st.caption(markdown_text(f"{told(choice, answered)}{where} {told(two_choices, tree)}"))
        if (more := len(answered.votes) - MAX_BARS) > 0:
            with st.expander(counted(more, "more answer")):
                rest = sorted(answered.votes, key=lambda v: (v.answer != answered.answer, -v.weight))[MAX_BARS:]
                rows = [(MARKS[v.correct] + readable(v.answer), weight(v.weight), told(voters, v, tree)) for v in rest]
                st.html(table_html((tr("Answer"), tr("Weight"), tr("By")), rows, text_columns=(0,), words=(2,)))
    if compared == Compared.CANDIDATES:
        _first_candidates(run, tree)


def _advice(tree: SearchTree) -> str:
    """What can be changed so that a run without an answer gets one."""
    said = []
    if told(unanswered, tree):
        said.append(tr("Another sample, prompt format or model can state one; a larger budget lengthens no finished solution."))
    if cut_short := told(cut_off, tree):
        said.append(
            tr("{cut_short}; a higher limit lets it end.", cut_short=cut_short)
            if cut_short.startswith("1 ")
            else tr("{cut_short}; a higher limit lets them end.", cut_short=cut_short)
        )
    return " ".join(said) or tr("A larger budget gives the search time to finish one.")


def _first_candidates(run: str, tree: SearchTree) -> None:
    """The answer from the first n candidates of the same pool, by each rule; nothing is generated again."""
    most, key, known = len(pooled(tree)), f"first.{run}", f"first.{run}.of"
    if most < 2:
        return
    if st.session_state.get(key, 0) >= st.session_state.get(known, 0):
        st.session_state[key] = most  # all of them, also while more come, until a person asks for fewer
    st.session_state[key] = max(1, min(st.session_state[key], most))
    st.session_state[known] = most
    n = st.slider(tr("First n candidates"), 1, most, key=key, help=tr("The same candidates in the order in which they were sampled."))
    scored = any(c.score is not None for c in tree.candidates())
    rules = RULES if scored else ("majority",)
    own = tree.answered.method if tree.answered else ""
    rows = []
    for rule in rules:
        picked = first_n(tree, rule, n)
        title = tr("{rule} (this run's rule)", rule=rule) if rule == own else rule
        answer = tr("no answer") if picked.answer is None else readable(picked.answer)
        rows.append((title, answer, tr(VERDICTS[picked.correct]) if picked.answer is not None else "–"))
    st.html(table_html((tr("Picked by"), tr("Answer"), ""), rows, rules.index(own) if own in rules else None, text_columns=(1,)))
    tokens = cost(tree, n)
    known = tr("An unknown number of tokens") if tokens is None else counted(tokens, "token")
    spent = tr("{known} generated for {candidates} of {most:,}.", known=known, candidates=counted(n, "candidate"), most=most)
    st.caption(spent if n == most else tr("{spent} The run's own answer rests on all {most:,}.", spent=spent, most=most))
