"""What a lesson shows: a recorded run with its tree and player, the slider on c, step scores, votes, a group, stages and curves."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.escape import html_text
from pages.shared.html import figures_html, table_html, theme
from pages.shared.language import language, node_name, told, tr
from pages.shared.links import run_link
from pages.shared.page_tools import presenting
from pages.shared.player import chosen_moment, drawn_for, player, shown
from pages.shared.plot import plot
from pages.shared.run_figure import draw_run
from pages.shared.services import store
from pages.shared.tree import tree_view
from rlm_core.core.structure import Picture
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import number, readable
from rlm_core.figures.tree.history import encoded, history
from rlm_core.lessons import sources, tables
from rlm_core.lessons.reading import Figure
from rlm_core.narrate import sentences
from rlm_core.search.breakpoints import stops

WIDE = ("run", "grpo", "stages", "curve", "votes", "steps")
"""Figures that stand beside the text."""
_PLAYER, _TREE, _CHAIN = "lesson.player", "lesson.tree", "lesson.chain"
_MOMENT, _NODE = "lesson.moment", "lesson.node"
"""In the session's state: what is shown, the moment and the node that a person chose there."""
CURVE_PX = 420


@st.cache_data(show_spinner=False, max_entries=32)
def _history(run: str, code: str, quiet: bool) -> tuple[bytes, dict[str, list[int]]]:
    events, tree = (sources.unverified(run), sources.covered(run)) if quiet else (sources.records(run), sources.tree(run))
    return encoded(told(history, run, events, tree)), stops(events)


def run_figure(of: Figure, place: str, selected: int | None, quiet: bool) -> None:
    """A recorded run from a moment on, as a chain or a tree, with the sentence of the moment and the numbers of the selected node.

    place: of the step, for what a person chose there.
    selected: the node that a slider chose; None for the one that the lesson names.
    quiet: without sentence, numbers, verdicts and probes, which could tell what is to be predicted.
    """
    run, last = of.of, len(sources.records(of.of))
    scope = f"{run}.{place}"
    message = (st.session_state.get(_PLAYER) or {}).get("at")
    known = st.session_state.get(_MOMENT)
    start = known[1] if known and known[0] == scope else min(of.whole("t") or last, last)
    moment, answered = chosen_moment(message, scope, start)
    st.session_state[_MOMENT] = (scope, moment)
    at = shown(moment, last)
    data, stopped = _history(run, language(), quiet)
    chosen = st.session_state.get(_NODE)
    node = chosen[1] if chosen and chosen[0] == (scope, selected) else selected if selected is not None else of.whole("node") or ROOT

    def choose(node: int) -> None:
        st.session_state[_NODE] = ((scope, selected), node)

    record = sources.records(run)[at - 1]
    if sources.is_chain(run):
        highlight = sentences.touched(record.event)
        drawn = sources.covered if quiet else sources.tree
        clicked = draw_run(Picture.CHAIN, drawn(run, at), drawn(run), highlight, node, key=_CHAIN, scope=run)
        if clicked is not None and clicked != node:
            choose(clicked)
            st.rerun()
    else:
        tree_view(data, key=_TREE, run=run, events=last, live=False, selected=node, choose=choose)
    with st.container(key="moment"):
        player(key=_PLAYER, scope=scope, start=moment, last=last, answered=answered, stops=stopped)
        before = sources.tree(run, at - 1) if at > 1 else SearchTree()
        kind = "" if quiet else html_text(told(sentences.headline, record.event))
        said = tr("What happened at this moment is said once you have predicted.") if quiet else told(sentences.sentence, record, before)
        st.html(f'<div class="rlm-sentence" {drawn_for(at)}><b>{kind}</b>{html_text(said)}</div>')
    if not quiet:
        _facts(sources.tree(run, at), node)
    if of.caption:
        st.caption(of.caption)


def _facts(tree: SearchTree, selected: int) -> None:
    """The numbers of the selected node at the moment."""
    node = tree.nodes.get(selected)
    if node is None:
        return
    figures = [(tr("Step"), readable(node.text) or node_name(node.id), "")]
    figures += [(tr("Visits N"), f"{node.visits:,}", ""), (tr("Value Q"), number(node.q), "")] if node.q is not None else []
    figures += [(tr("Score"), number(node.score), "")] if node.score is not None and node.q is None else []
    figures += [(tr("Answer"), readable(node.answer), "")] if node.answer is not None else []
    st.html(figures_html(figures))


def slider(of: Figure, key: str) -> int:
    """The slider on c over one choice of a run, with the arithmetic; returns the node that would be selected."""
    event, level = of.whole("t") or 0, of.whole("level") or 0
    recorded, _ = sources.choice(of.of, event, level)
    c = st.slider("c", 0.0, 3.0, value=recorded.constant, step=0.01, format="%.2f", key=f"uct.{key}")
    found = tables.at_constant(of.of, event, level, c)
    _table(found)
    st.html(f'<div class="rlm-formula">{html_text(found.formula)}</div>')
    if of.caption:
        st.markdown(of.caption)
    return found.chosen


def figure(of: Figure, key: str) -> None:
    """A figure that is no run."""
    _DRAW[of.kind](of, key)


def _table(made: tables.Table) -> None:
    words = {
        "node": tr("node"),
        "step": tr("step"),
        "bonus": tr("bonus"),
        "total": tr("total"),
        "number": tr("number"),
        "score": tr("score"),
        "answer": tr("answer"),
        "votes": tr("votes"),
        "sum of scores": tr("sum of scores"),
        "right": tr("right"),
        "reward": tr("reward"),
        "advantage": tr("advantage"),
        "stage": tr("stage"),
        "steps": tr("steps"),
    }
    head = [words.get(key, key) for key in made.head]
    st.html(table_html(head, made.rows, made.winner, text_columns=made.texts))


def _steps(of: Figure, key: str) -> None:
    for node in of.several("nodes"):
        _table(tables.step_scores(of.of, node))
    _caption(of)


def _votes(of: Figure, key: str) -> None:
    _table(tables.votes(of.of))
    _caption(of)


def _grpo(of: Figure, key: str) -> None:
    _table(tables.group(of.of, of.whole("at") or 0, of.whole("group") or 0, of.whole("advantage") != 0))
    _caption(of)


def _stages(of: Figure, key: str) -> None:
    _table(told(tables.stages, of.of))
    _caption(of)


def _curve(of: Figure, key: str) -> None:
    made = told(tables.curve_figure, of, theme=theme(), large=presenting())
    plot(made, key=f"curve.{key}", height=int(made.layout.height or CURVE_PX), scope=of.of)
    _caption(of)


def _try(of: Figure, key: str) -> None:
    if of.caption:
        st.markdown(of.caption)
    run_link(sources.keep(store(), of.of), tr("Open this run"), of.whole("t"))


def _caption(of: Figure) -> None:
    if of.caption:
        st.caption(of.caption)


_DRAW: dict[str, Callable[[Figure, str], None]] = {
    "steps": _steps,
    "votes": _votes,
    "grpo": _grpo,
    "stages": _stages,
    "curve": _curve,
    "try": _try,
}
