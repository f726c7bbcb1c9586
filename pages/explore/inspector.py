"""The inspector: text and statistics of a node, why it was or was not chosen, and its scores."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.explore.decision import decision
from pages.explore.node_facts import facts_html
from pages.explore.step_html import ramp_html, steps_html
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import figures_html, table_html
from rlm_core import catalogue
from rlm_core.core.events import Evaluated
from rlm_core.core.structure import Compared
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import counted, listed, number, problem_label, words
from rlm_core.figures.palette import LOOKS, look


def inspector(tree: SearchTree, node: Node, compared: Compared, actions: Callable[[], object] = lambda: None) -> None:
    """All about a node at a moment.

    compared: the states that this strategy compares.
    actions: draws what a person can do with the node, below its text.
    """
    st.markdown(f"##### {'The root' if node.id == ROOT else f'Node {node.id}'} · {markdown_text(_state(node))}")
    _text(tree, node)
    actions()
    _statistics(tree, node)
    decision(tree, node, compared)
    _scores(node)


def nothing_yet(tree: SearchTree) -> None:
    """Before the root joins the tree."""
    st.markdown("##### The problem")
    if tree.started is not None:
        st.html(f'<div class="rlm-steps">{html_text(problem_label(tree.problem))}</div>')
    st.caption("The tree is still empty; its root joins with the next event. Click a node later to see what it says and why it was chosen.")


def _text(tree: SearchTree, node: Node) -> None:
    steps = [_shown(tree, tree.nodes[n]) for n in tree.path(node.id)[1:]]
    if not steps:
        st.caption("The bare problem, before any step:")
        st.html(f'<div class="rlm-steps">{html_text(problem_label(tree.problem))}</div>')
        return
    st.html(steps_html(steps, node.tokens) + (ramp_html() if node.tokens else "") + facts_html(tree, node))
    if node.finished:
        given = f"Answer: {markdown_text(node.answer)}" if node.answer is not None else "It finished without stating an answer"
        verdict = {True: "; the verifier says **correct**.", False: "; the verifier says **wrong**.", None: "."}[node.correct]
        st.markdown(given + verdict)
    if node.pruned:
        st.markdown(f"Pruned: {markdown_text(node.pruned)}.")


def _state(node: Node) -> str:
    """The state of a node without the reason why it was pruned, which stands below its text."""
    return LOOKS[look(node)].words + (", pruned" if node.finished and node.pruned else "")


def _shown(tree: SearchTree, node: Node) -> str:
    """The text of a step; a description where the text is empty or has special tokens."""
    return node.text if node.text.strip() and "<" not in node.text else words(tree, node)


def _statistics(tree: SearchTree, node: Node) -> None:
    """The statistics that this strategy has."""
    figures: list[tuple[str, str, str]] = []
    if any(n.visits for n in tree.nodes.values()):
        q = "–" if node.q is None else number(node.q)
        figures.append(("Visits N", f"{node.visits:,}", ""))
        figures.append(("Value Q", q, ""))
    elif node.score is not None:
        figures.append(("Score", number(node.score), "The latest score of this state, the problem with all steps up to here; from 0 to 1."))
    if node.prior != 1.0:
        figures.append(("Prior P", number(node.prior), "The policy's share for this step among its siblings, from 0 to 1."))
    if figures:
        st.html(figures_html(figures))
    if node.logprob is not None:
        st.caption(f"This step alone: mean log-probability {number(node.logprob)} per token over {counted(len(node.tokens), 'token')}.")
    elif node.length is not None:
        above = tree.nodes[node.parent or ROOT]
        alone = above.id == ROOT or above.size is not None or above.forced
        st.caption(f"{'This step alone' if alone else 'The steps of this answer up to here together'}: {counted(node.length, 'token')}.")


def _scores(node: Node) -> None:
    """The score of every reward that judged it."""
    if node.evaluations:
        st.markdown("##### Its scores")
    for evaluation in node.evaluations:
        _evaluation(evaluation, node.depth)


def _evaluation(e: Evaluated, steps: int) -> None:
    """The score of a reward, and how it came about. steps: of the path up to the node."""
    badge = " (oracle)" if e.oracle else ""
    mixed = " + ".join(f"{p.weight:.2f}·{p.score:.2f} {markdown_text(p.name)}" for p in e.parts)
    st.markdown(
        f"**{markdown_text(catalogue.reward_words(e.reward))}**{badge} scored it **{number(e.score)}**{f' = {mixed}' if mixed else ''}"
    )
    over_path = [name for name in (e.reward, *(p.name for p in e.parts)) if catalogue.over_path(name)]
    if over_path and steps > 1:
        whose = f"The score by {markdown_text(listed(over_path))} is" if e.parts else "It is the score"
        st.caption(f"{whose} of the whole path: of all {counted(steps, 'step')} up to here, not of this one alone.")
    if len(e.steps) > 1:
        st.caption("Step by step: " + " · ".join(f"{s:.2f}" for s in e.steps))
    if e.note:
        with st.expander("What the judge wrote"):
            st.text(e.note)
    if e.rollouts:
        rows = [(" ; ".join(r.steps), "–" if r.answer is None else r.answer, f"{r.score:.2f}") for r in e.rollouts]
        with st.expander(counted(len(rows), "rollout")):
            st.html(table_html(("To the end", "Answer", "Score"), rows, text_columns=(0, 1)))
