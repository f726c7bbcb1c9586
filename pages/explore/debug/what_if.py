"""What other settings would have changed: the controls, the first decision that flips, the answer, and what is not known."""

from __future__ import annotations

import streamlit as st

from pages.explore.debug.links import event_link, node_links
from pages.explore.debug.other_scores import other_scores
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import oracle_badge, table_html
from pages.shared.language import counted, deferred, tr, translated, words_of
from rlm_core import catalogue
from rlm_core.core.events import Record, Selected
from rlm_core.core.structure import Compared
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import readable
from rlm_core.rewards.aggregate import METHODS as AGGREGATIONS
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.store import RunRow
from rlm_core.runs.what_if.answer import METHODS
from rlm_core.runs.what_if.changes import Changes, recorded_aggregation
from rlm_core.runs.what_if.decisions import RULES, Decision
from rlm_core.runs.what_if.recompute import Flip, WhatIf, what_if
from rlm_core.search.pool import pooled

AS_IT_WAS = deferred("as it was")
MAX_ROWS = 12
"""Rows of a decision that are shown."""


def what_if_view(row: RunRow, records: list[Record], tree: SearchTree) -> None:
    if row.active:
        st.info(tr("The run has not ended; what other settings would have changed is worked out from a whole log."), icon=":material/info:")
        return
    changes = _controls(row, records, tree)
    found = what_if(records, changes)
    if found.flip is not None:
        _flip(found.flip, found.decisions)
    else:
        st.markdown(tr("**No decision flips**: {decisions} made again, each as it was.", decisions=counted(found.decisions, "decision")))
    _answer(found, tree)
    if changes.reward in ("oracle", "verifier"):
        said = tr("Here the changed scores come from the right answer; the run itself is as it was.")
        st.html(f"<div>{oracle_badge()} {html_text(said)}</div>")
    for sentence in found.unknown:
        st.caption(f":material/help: {words_of(sentence)}")


def _controls(row: RunRow, records: list[Record], tree: SearchTree) -> Changes:
    """One control per setting that the log can be asked about."""
    walks = [r.event for r in records if isinstance(r.event, Selected) and r.event.rule in RULES]
    scores = other_scores(row.id, records)
    aggregation = recorded_aggregation(records, row.config.reward_parameters.get("aggregate"))
    c = rule = first = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if walks:
            rule = _choice(tr("Rule"), list(RULES), walks[0].rule, row.id)
            given = st.number_input("c", 0.0, 10.0, value=float(walks[0].constant), step=0.1, key=f"debug.c.{row.id}", width=130)
            c = None if given == walks[0].constant else given
        reward = _choice(tr("Reward"), list(scores), row.config.reward, row.id)
        how = _choice(tr("Step scores become one by"), list(AGGREGATIONS), aggregation, row.id) if aggregation and not reward else None
        method = _choice(tr("Answer by"), list(METHODS), tree.answered.method if tree.answered else "", row.id)
        most = len(pooled(tree))
        if catalogue.structure(row.config.search).compared == Compared.CANDIDATES and most > 1:
            n = st.number_input(tr("First n candidates"), 1, most, value=most, key=f"debug.first.{row.id}", width=150)
            first = None if n == most else int(n)
    if not scores:
        st.caption(tr("Judge this run's tree on the Rewards page (On a tree), and its other rewards can be chosen here."))
    return Changes(c, rule, how, reward, scores.get(reward) if reward else None, method, first)


def _choice(label: str, offered: list[str], own: str, run: str) -> str | None:
    """One of the names; None for the run's own, which is the first."""
    title = f"{own or tr('none')} ({tr(AS_IT_WAS)})"
    chosen = st.selectbox(label, [title, *(o for o in offered if o != own)], key=f"debug.{label}.{run}", width=210)
    return None if chosen == title else chosen


def _flip(flip: Flip, decisions: int) -> None:
    st.markdown(tr("**Decision {decisions:,} is the first that flips.** {sentence}", decisions=decisions, sentence=words_of(flip.sentence)))
    event_link(flip.event, "debug.flip", flip.at)
    was_at, would_at = st.columns(2, gap="medium")
    for place, title, decision in ((was_at, tr("As it was"), flip.was), (would_at, tr("With the changed settings"), flip.would)):
        with place:
            _decision(title, decision)


def _decision(title: str, decision: Decision) -> None:
    st.markdown(f"**{title}**: {words_of(decision.how)}")
    first = decision.chosen[0] if decision.chosen else None
    winner = next((i for i, r in enumerate(decision.rows) if r[0] == str(first)), None)
    rows = [[translated(cell) for cell in row] for row in decision.rows[:MAX_ROWS]]
    st.html(table_html([translated(head) for head in decision.head], rows, winner))
    if len(decision.rows) > MAX_ROWS:
        st.caption(tr("… and {n:,} more.", n=len(decision.rows) - MAX_ROWS))
    if decision.formula:
        st.html(f'<div class="rlm-formula">{html_text(decision.formula)}</div>')


def _answer(found: WhatIf, tree: SearchTree) -> None:
    """The answer that would have come out, or the answer over the recorded nodes, beside the run's own."""
    answered = found.answered
    if answered is None:
        return
    lead = tr("The answer would have been") if found.certain else tr("Over the recorded nodes the answer is")
    said = (
        f"**{markdown_text(readable(answered.answer))}**, {tr(VERDICTS[answered.correct])}"
        if answered.answer is not None
        else f"**{tr('none')}**"
    )
    same = tree.answered is not None and (answered.answer, answered.node) == (tree.answered.answer, tree.answered.node)
    st.markdown(f"{lead} {said}{f' – {tr(AS_IT_WAS)}' if same else ''}.")
    if answered.node is not None:
        node_links(tree, [answered.node], "debug.answer")
