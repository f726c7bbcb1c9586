"""Why a node was or was not chosen: the arithmetic at its parent, or its rank among its alternatives; then the choice below it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from pages.explore.ranks_html import ranks_html
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import table_html
from pages.shared.language import deferred, node_name, told, tr, translated
from pages.shared.state import one_of
from rlm_core import catalogue
from rlm_core.core.events import Choice, Selected, Term
from rlm_core.core.structure import Compared
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number
from rlm_core.figures.ranks import pool
from rlm_core.figures.ranks.alternatives import alternatives, below
from rlm_core.figures.ranks.table import CHOSEN, OWN_ROW, Ranks, Row, step
from rlm_core.runs.outcome import two_choices
from rlm_core.search.rules import Arm, Rule, added, best

NOW, LAST = deferred("Now"), deferred("Last decision")


def decision(tree: SearchTree, node: Node, compares: Compared) -> None:
    """Why this node, then what is chosen below it. compares: the states that this strategy compares."""
    parent = None if node.parent is None else tree.nodes[node.parent]
    when = ""
    if parent is not None:
        heading = st.container()
        if parent.decision is not None:
            when = _when(tree) if _by_rule(parent) else ""
            chosen = _decided(tree, parent, when, node)
            heading.markdown(f"##### {asked(chosen == node.id, next=when == NOW)}")
        elif found := told(alternatives, tree, node, compares):
            heading.markdown(f"##### {_asked_of(tree, found)}")
            if found.asked != node.id and compares == Compared.CANDIDATES:
                st.caption(tr("Node {id} is a step of candidate {asked}.", id=node.id, asked=found.asked))
            _ranked(tree, found, compares)
        else:
            heading.markdown(f"##### {asked(True)}")
            st.caption(tr("It is the only step from {name}, so nothing was compared.", name=node_name(parent.id)))
    if node.decision is not None:
        st.markdown(f"##### {tr('What would be chosen below it?') if _by_rule(node) else tr('What was chosen below it?')}")
        _decided(tree, node, when or (_when(tree) if _by_rule(node) else ""), None)
    elif found := told(below, tree, node, compares):
        chosen = any(row.chosen for row in found.rows)
        st.markdown(f"##### {tr('What was chosen below it?') if chosen else _unchosen(tree, found)}")
        _ranked(tree, found, compares)


def asked(chosen: bool, *, next: bool = False) -> str:
    """The question about a node that was chosen, or was not. next: is it about the choice to come?"""
    if next:
        return tr("Why this one next?") if chosen else tr("Why not this one next?")
    return tr("Why this one?") if chosen else tr("Why not this one?")


def _asked_of(tree: SearchTree, found: Ranks) -> str:
    """The question about the node of a table; where no row was chosen, what is so."""
    if not any(row.chosen for row in found.rows):
        return _unchosen(tree, found)
    return asked(any(row.chosen for row in found.rows if row.node == found.asked))


def _unchosen(tree: SearchTree, found: Ranks) -> str:
    """Over a table without a chosen row: one step may have been continued before another, as in a depth-first search."""
    if any(tree.nodes[row.node].children for row in found.rows):
        return tr("What became of these steps?")
    return tr("Nothing was chosen here") if tree.finished else tr("Nothing was chosen here yet")


def _by_rule(at: Node) -> bool:
    """Did a formula choose among its children?"""
    return at.decision is not None and catalogue.rule(at.decision[1].rule) is not None


def _when(tree: SearchTree) -> str:
    """With the figures of this moment, or with those that the search decided by; and that the answer is picked otherwise."""
    when = one_of(tr("Arithmetic"), [NOW, LAST], "arithmetic")
    st.caption(told(two_choices, tree))
    return when


def _ranked(tree: SearchTree, found: Ranks, compares: Compared) -> None:
    """The table of the alternatives; all of many on request."""
    asked = next((r for r in found.rows if r.node == found.asked), None)
    if asked is not None and asked.reason:
        st.markdown(tr("Node {node}: **{reason}**.", node=asked.node, reason=markdown_text(asked.reason)))
    st.caption(markdown_text(found.how))
    few = told(pool.short, tree, found) if compares == Compared.CANDIDATES else found.short()
    st.html(ranks_html(few))
    if len(few.rows) < len(found.rows):
        with st.expander(tr("All {n:,}", n=len(found.rows))):
            st.html(ranks_html(found))


def _decided(tree: SearchTree, at: Node, which: str, own: Node | None) -> int | None:
    """The decision among the children of `at`; returns the child that it chose, None for none of them.

    own: the child that is asked about; None for all of them.
    """
    assert at.decision is not None
    seq, event = at.decision
    made = next(c for c in event.choices if c.parent == at.id)
    if made.drawn:
        st.caption(tr("At {name}, as drawn in event {seq:,}; the next draws will differ.", name=node_name(at.id), seq=seq))
        _drawn(tree, made, own)
        return made.chosen
    rule = catalogue.rule(event.rule)
    choice = made if rule is None or which == LAST else now(tree, at, rule, event.constant)
    if choice is None:
        st.caption(tr("At {name} nothing can be chosen any more: every child was pruned.", name=node_name(at.id)))
        return None
    pending = tr(", pending simulations counted as visits of value 0") if rule else ""
    when = tr("as event {seq:,} decided{pending}", seq=seq, pending=pending) if choice is made else tr("at this moment")
    values = {"name": node_name(at.id), "when": when, "node": choice.chosen, "mark": CHOSEN}
    st.caption(
        tr("At {name}, {when}: node {node} ({mark}) was chosen.", **values)
        if choice is made
        else tr("At {name}, {when}: node {node} ({mark}) would be chosen.", **values)
    )
    _arithmetic(tree, choice, event, own)
    return choice.chosen


def _drawn(tree: SearchTree, choice: Choice, own: Node | None) -> None:
    """Thompson sampling: the two draws that chose between a new and an existing child, and the draw of each child."""
    wider = choice.chosen == choice.parent
    rows = [(tr("wider: a new child"), number(choice.wider or 0.0)), (tr("deeper: an existing child"), number(choice.deeper or 0.0))]
    st.html(table_html(("", tr("drawn")), rows, 0 if wider else 1, text_columns=(0,)))
    if wider:
        return
    ranked = sorted((t for t in choice.terms if t.node != choice.parent), key=lambda t: -(t.total or 0.0))
    drawn = [_row(tree, t, choice, (f"{t.visits:,}", number(t.q or 0.0), number(t.total or 0.0))) for t in ranked]
    st.html(ranks_html(Ranks("", ("N", tr("mean"), tr("drawn")), tuple(drawn), own.id if own is not None else None)))


def now(tree: SearchTree, node: Node, rule: Rule, c: float) -> Choice | None:
    """The choice of the rule among a node's children at this moment; None if all of them were pruned."""
    ways = [tree.nodes[c] for c in node.children if not tree.nodes[c].pruned]
    if not ways:
        return None
    terms = rule.terms([Arm(w.id, w.visits, w.total, w.prior) for w in ways], node.visits, c)
    return Choice(node.id, node.visits, best(terms).node, terms)


def _arithmetic(tree: SearchTree, choice: Choice, event: Selected, own: Node | None) -> None:
    ranked = sorted(choice.terms, key=lambda t: (-(math.inf if t.total is None else t.total), t.node != choice.chosen))
    rows = [_row(tree, t, choice, _figures(t)) for t in ranked]
    st.html(ranks_html(Ranks("", ("N", "Q", tr("bonus"), tr("total")), tuple(rows), own.id if own is not None else None)))
    rule = catalogue.rule(event.rule)
    won = next(t for t in ranked if t.node == choice.chosen)
    told = (
        ""
        if won.total is None or won.bonus is None
        else tr("{total} = Q + bonus = {added}", total=event.rule or tr("Total"), added=added(won))
    )  # of another program
    lines = [rule.filled(won, choice.visits, event.constant) if rule else told]
    lines += [compared(ranked, choice, own)] if own is not None else []
    if any(lines):
        st.html("".join(f'<div class="rlm-formula">{html_text(line)}</div>' for line in lines if line))


def compared(ranked: Sequence[Term], choice: Choice, own: Node) -> str:
    """A sentence that compares the node asked about with the chosen one; empty for the chosen one itself."""
    if own.id == choice.chosen:
        return ""
    mine = next((t for t in ranked if t.node == own.id), None)
    if mine is None:
        return tr("Node {id} was not compared: {why}.", id=own.id, why=translated(own.pruned) or tr("it was not there yet"))
    won = next(t for t in ranked if t.node == choice.chosen)
    if mine.total is None:
        return tr(
            "Node {id} ({own_row}) was never visited either; at a tie the higher prior, then the older node goes first.",
            id=own.id,
            own_row=OWN_ROW,
        )
    if won.total is None:
        return tr(
            "Node {id} ({own_row}) has {number}; a node never visited goes before it.",
            id=own.id,
            own_row=OWN_ROW,
            number=number(mine.total),
        )
    if mine.total == won.total:
        return tr(
            "Node {id} ({own_row}) ties with it at {number}; then the higher prior, then the older node goes first.",
            id=own.id,
            own_row=OWN_ROW,
            number=number(mine.total),
        )
    values = {"id": own.id, "own_row": OWN_ROW, "number": number(mine.total)}
    if number(mine.total) == number(won.total):
        return tr("Node {id} ({own_row}) has {number}, narrowly less than it.", **values)
    return tr("Node {id} ({own_row}) has {number}, less than it.", **values)


def _row(tree: SearchTree, t: Term, choice: Choice, figures: tuple[str, ...]) -> Row:
    return Row(t.node, step(tree, tree.nodes[t.node]), figures, chosen=t.node == choice.chosen)


def _figures(t: Term) -> tuple[str, ...]:
    """N, Q, bonus and total."""
    unvisited = t.total is None or t.bonus is None
    return (
        f"{t.visits:,}",
        "–" if t.q is None else number(t.q),
        "∞" if unvisited else number(t.bonus or 0.0),
        tr("∞ (first)") if unvisited else number(t.total or 0.0),
    )
