"""The inspector: what a node says, what it is worth and who thinks so, why its children are (not) chosen."""

from __future__ import annotations

import math

import streamlit as st

from pages.widgets.facts import facts_html
from pages.widgets.keep import one_of
from pages.widgets.looks import figures_html, ramp_html, steps_html, table_html
from pages.widgets.safe import html_text, markdown_text
from rlm_core.events import Choice, Evaluated, Selected, Term
from rlm_core.figures.visual import in_words
from rlm_core.selection import Arm, best, terms
from rlm_core.tree import Node, SearchTree
from rlm_core.wording import counted, number, problem_label, words


def inspector(tree: SearchTree, node: Node) -> None:
    st.markdown(f"##### Node {node.id} · {in_words(node)}")
    _says(tree, node)
    _worth(node)
    if node.children:
        _why(tree, node)


def _says(tree: SearchTree, node: Node) -> None:
    steps = [_shown(tree, tree.nodes[n]) for n in tree.path(node.id)[1:]]
    if not steps:
        st.caption("The bare problem, before any step:")
        st.html(f'<div class="rlm-steps">{html_text(problem_label(tree.problem))}</div>')
        return
    st.html(steps_html(steps, node.tokens) + (ramp_html() if node.tokens else "") + facts_html(tree, node))
    if node.finished:
        given = f"Answer: {markdown_text(node.answer)}" if node.answer is not None else "It states no answer."
        verdict = {True: " — the verifier says **correct**.", False: " — the verifier says **wrong**.", None: ""}[node.correct]
        st.markdown(given + verdict)
    if node.pruned:
        st.markdown(f"Pruned: {markdown_text(node.pruned)}.")


def _shown(tree: SearchTree, node: Node) -> str:
    """A step as it was written; where it holds markers or nothing at all, in words."""
    return node.text if node.text.strip() and "<" not in node.text else words(tree, node)


def _worth(node: Node) -> None:
    figures = (
        ("Visits N", f"{node.visits:,}", "How many simulations went through this node."),
        (
            "Value Q",
            "–" if node.q is None else f"{node.q:.2f}",
            "Mean of the values backed up, Q = W/N, or by the rule of the search.",
        ),
        ("Prior P", "–" if node.prior == 1.0 else f"{node.prior:.2f}", "The policy's share for this step among its siblings."),
    )
    st.html(figures_html(figures))
    if node.logprob is not None:
        st.caption(f"Mean log-probability {number(node.logprob)} a token over {len(node.tokens)} tokens.")
    for evaluation in node.evaluations:
        _evaluation(evaluation)


def _evaluation(e: Evaluated) -> None:
    badge = " (oracle)" if e.oracle else ""
    mixed = " + ".join(f"{p.weight:.2f}·{p.score:.2f} {markdown_text(p.name)}" for p in e.parts)
    st.markdown(f"**{markdown_text(e.reward)}**{badge} scored it **{e.score:.2f}**{f' = {mixed}' if mixed else ''}")
    if len(e.steps) > 1:
        st.caption("Step by step: " + " · ".join(f"{s:.2f}" for s in e.steps))
    if e.note:
        with st.expander("What the judge wrote"):
            st.text(e.note)
    if e.rollouts:
        rows = [(" ; ".join(r.steps), "–" if r.answer is None else r.answer, f"{r.score:.2f}") for r in e.rollouts]
        with st.expander(counted(len(rows), "rollout")):
            st.html(table_html(("To the end", "Answer", "Score"), rows, text_columns=(0, 1)))


def _why(tree: SearchTree, node: Node) -> None:
    st.markdown("##### Why this child?")
    if node.decision is None:
        st.html(_children(tree, node))
        return
    seq, event = node.decision
    made = next(c for c in event.choices if c.parent == node.id)
    if event.rule == "thompson":
        st.caption(f"As event {seq:,} drew; the next draws will differ.")
        _drawn(tree, made)
        return
    which = one_of("Arithmetic", ["Now", "Last decision"], "arithmetic")
    if which == "Last decision":
        st.caption(f"As event {seq:,} decided, pending simulations counted as visits of value 0.")
        _arithmetic(tree, made, event)
    else:
        st.caption("With the statistics of this moment; the marked child would be chosen next.")
        _arithmetic(tree, now(tree, node, event), event)


def _drawn(tree: SearchTree, choice: Choice) -> None:
    """Thompson sampling: the two draws that chose between a new child and one there is, and each child's own."""
    wider = choice.chosen == choice.parent
    rows = [("wider: a new child", f"{choice.wider or 0.0:.2f}"), ("deeper: into one there is", f"{choice.deeper or 0.0:.2f}")]
    st.html(table_html(("", "drawn"), rows, 0 if wider else 1, text_columns=(0,)))
    if not wider:
        ranked = sorted((t for t in choice.terms if t.node != choice.parent), key=lambda t: -(t.total or 0.0))
        drawn = [(f"{t.node}", tree.nodes[t.node].text, f"{t.visits:,}", f"{t.q or 0.0:.2f}", f"{t.total or 0.0:.2f}") for t in ranked]
        winner = next(i for i, t in enumerate(ranked) if t.node == choice.chosen)
        st.html(table_html(("", "step", "N", "mean", "drawn"), drawn, winner, text_columns=(1,)))


def now(tree: SearchTree, node: Node, event: Selected) -> Choice:
    """What the rule would choose among a node's children at this moment."""
    ways = [tree.nodes[c] for c in node.children if not tree.nodes[c].pruned]
    reckoned = terms([Arm(w.id, w.visits, w.total, w.prior) for w in ways], node.visits, event.rule, event.constant)
    return Choice(node.id, node.visits, best(reckoned).node, reckoned)


def _arithmetic(tree: SearchTree, choice: Choice, event: Selected) -> None:
    ranked = sorted(choice.terms, key=lambda t: (-(math.inf if t.total is None else t.total), t.node != choice.chosen))
    rows = [_row(tree, t, t.node == choice.chosen) for t in ranked]
    winner = next(i for i, t in enumerate(ranked) if t.node == choice.chosen)
    st.html(table_html(("", "step", "N", "Q", "bonus", "total"), rows, winner, text_columns=(1,)))
    st.html(f'<div class="rlm-formula">{html_text(formula(ranked[winner], choice.visits, event.rule, event.constant))}</div>')


def _row(tree: SearchTree, t: Term, chosen: bool) -> tuple[str, ...]:
    unvisited = t.total is None
    return (
        f"{'▶ ' if chosen else ''}{t.node}",
        tree.nodes[t.node].text,
        f"{t.visits:,}",
        "–" if t.q is None else f"{t.q:.2f}",
        "∞" if unvisited else f"{t.bonus:.2f}",
        "∞ (first)" if unvisited else f"{t.total:.2f}",
    )


def formula(t: Term, parent_visits: int, rule: str, c: float) -> str:
    """The chosen child's arithmetic with the numbers filled in."""
    if t.total is None:
        return f"Node {t.node} has not been visited, so its bonus is infinite and it goes first."
    q, bonus = t.q or 0.0, t.bonus or 0.0
    equal = "=" if round(round(q, 2) + round(bonus, 2), 2) == round(t.total, 2) else "≈"
    added = f"{q:.2f} + {bonus:.2f} {equal} {t.total:.2f}"
    if rule == "uct":
        root = f"{q:.2f} + {c:.2f}·√(ln {parent_visits} / {t.visits})"
        return f"UCT = Q + c·√(ln N(parent) / N) = {root} = {added}"
    if rule == "x1":
        return (
            f"x1 = q + √(N(parent)−1) / (1+N) · [c₁ + ln((N(parent)+c₂)/c₂)] = {q:.2f} + √{max(0, parent_visits - 1)} / (1+{t.visits})"
            f" · [{c:.2f} + …] = {added}, with c₂ = 19652"
        )
    return (
        f"PUCT = Q + P·√N(parent) / (1+N) · [c + ln((N(parent)+c₂+1)/c₂)] = {q:.2f} + {t.prior:.2f}·√{parent_visits} / (1+{t.visits})"
        f" · [{c:.2f} + …] = {added}, with c₂ = 19652"
    )


def _children(tree: SearchTree, node: Node) -> str:
    """Children where no rule chose among them: what each is worth."""
    rows = [
        (str(c.id), c.text, "–" if c.logprob is None else number(c.logprob), "–" if c.value is None else f"{c.value:.2f}")
        for c in (tree.nodes[i] for i in node.children)
    ]
    return table_html(("", "step", "mean log p", "value"), rows, text_columns=(1,))
