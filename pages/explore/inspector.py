"""The inspector: text and statistics of a node, why it was or was not chosen, and its scores."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.explore.decision import decision
from pages.explore.node_facts import facts_html
from pages.explore.step_html import ramp_html, steps_html
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import figures_html, table_html
from pages.shared.language import counted, listed, tr, words_of
from pages.shared.reward_picker import reward_words
from rlm_core import catalogue
from rlm_core.core.events import Evaluated
from rlm_core.core.structure import Compared
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import number, problem_label, words
from rlm_core.figures.palette import LOOKS, look


def inspector(tree: SearchTree, node: Node, compared: Compared, actions: Callable[[], object] = lambda: None) -> None:
    """All about a node at a moment.

    compared: the states that this strategy compares.
    actions: draws what a person can do with the node, below its text.
    """
    st.markdown(f"##### {tr('The root') if node.id == ROOT else tr('Node {id}', id=node.id)} · {markdown_text(_state(node))}")
    _text(tree, node)
    actions()
    _statistics(tree, node)
    decision(tree, node, compared)
    _scores(node)


def nothing_yet(tree: SearchTree) -> None:
    """Before the root joins the tree."""
    st.markdown(tr("##### The problem"))
    if tree.started is not None:
        st.html(f'<div class="rlm-steps">{html_text(problem_label(tree.problem))}</div>')
    st.caption(
        tr("The tree is still empty; its root joins with the next event. Click a node later to see what it says and why it was chosen.")
    )


def _text(tree: SearchTree, node: Node) -> None:
    steps = [_shown(tree, tree.nodes[n]) for n in tree.path(node.id)[1:]]
    if not steps:
        st.caption(tr("The bare problem, before any step:"))
        st.html(f'<div class="rlm-steps">{html_text(problem_label(tree.problem))}</div>')
        return
    st.html(steps_html(steps, node.tokens) + (ramp_html() if node.tokens else "") + facts_html(tree, node))
    if node.finished:
        given = (
            tr("Answer: {answer}", answer=markdown_text(node.answer))
            if node.answer is not None
            else tr("It finished without stating an answer")
        )
        verdict = {True: tr("; the verifier says **correct**."), False: tr("; the verifier says **wrong**."), None: "."}[node.correct]
        st.markdown(given + verdict)
    if node.pruned:
        st.markdown(tr("Pruned: {pruned}.", pruned=words_of(node.pruned)))


def _state(node: Node) -> str:
    """The state of a node without the reason why it was pruned, which stands below its text."""
    return tr(LOOKS[look(node)].words) + (tr(", pruned") if node.finished and node.pruned else "")


def _shown(tree: SearchTree, node: Node) -> str:
    """The text of a step; a description where the text is empty or has special tokens."""
    return node.text if node.text.strip() and "<" not in node.text else words(tree, node)


def _statistics(tree: SearchTree, node: Node) -> None:
    """The statistics that this strategy has."""
    figures: list[tuple[str, str, str]] = []
    if any(n.visits for n in tree.nodes.values()):
        q = "–" if node.q is None else number(node.q)
        figures.append((tr("Visits N"), f"{node.visits:,}", ""))
        figures.append((tr("Value Q"), q, ""))
    elif node.score is not None:
        figures.append(
            (tr("Score"), number(node.score), tr("The latest score of this state, the problem with all steps up to here; from 0 to 1."))
        )
    if node.prior != 1.0:
        figures.append((tr("Prior P"), number(node.prior), tr("The policy's share for this step among its siblings, from 0 to 1.")))
    if figures:
        st.html(figures_html(figures))
    if node.logprob is not None:
        st.caption(
            tr(
                "This step alone: mean log-probability {number} per token over {tokens}.",
                number=number(node.logprob),
                tokens=counted(len(node.tokens), "token"),
            )
        )
    elif node.length is not None:
        above = tree.nodes[node.parent or ROOT]
        alone = above.id == ROOT or above.size is not None or above.forced
        long = counted(node.length, "token")
        st.caption(
            tr("This step alone: {tokens}.", tokens=long)
            if alone
            else tr("The steps of this answer up to here together: {tokens}.", tokens=long)
        )


def _scores(node: Node) -> None:
    """The score of every reward that judged it."""
    if node.evaluations:
        st.markdown(tr("##### Its scores"))
    for evaluation in node.evaluations:
        _evaluation(evaluation, node.depth)


def _evaluation(e: Evaluated, steps: int) -> None:
    """The score of a reward, and how it came about. steps: of the path up to the node."""
    badge = " (oracle)" if e.oracle else ""
    mixed = " + ".join(f"{p.weight:.2f}·{p.score:.2f} {markdown_text(p.name)}" for p in e.parts)
    st.markdown(
        tr(
            "**{reward_words}**{badge} scored it **{number}**",
            reward_words=markdown_text(reward_words(e.reward)),
            badge=badge,
            number=number(e.score),
        )
        + (f" = {mixed}" if mixed else "")
    )
    over_path = [name for name in (e.reward, *(p.name for p in e.parts)) if catalogue.over_path(name)]
    if over_path and steps > 1:
        of = {"rewards": markdown_text(listed(over_path)), "steps": counted(steps, "step")}
        st.caption(
            tr("The score by {rewards} is of the whole path: of all {steps} up to here, not of this one alone.", **of)
            if e.parts
            else tr("It is the score of the whole path: of all {steps} up to here, not of this one alone.", **of)
        )
    if len(e.steps) > 1:
        st.caption(tr("Step by step: ") + " · ".join(f"{s:.2f}" for s in e.steps))
    if e.note:
        with st.expander(tr("What the judge wrote")):
            st.text(e.note)
    if e.rollouts:
        rows = [(" ; ".join(r.steps), "–" if r.answer is None else r.answer, f"{r.score:.2f}") for r in e.rollouts]
        with st.expander(counted(len(rows), "rollout")):
            st.html(table_html((tr("To the end"), tr("Answer"), tr("Score")), rows, text_columns=(0, 1)))
