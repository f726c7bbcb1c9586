"""The oracle overlay: what the exact solver says of every node, against the reward's scores. Only this view sees it, no search does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.explore import address
from pages.explore.debug.links import node_links
from pages.explore.debug.other_scores import other_scores
from pages.shared.escape import html_text
from pages.shared.html import theme
from pages.shared.language import counted, deferred, told, tr
from pages.shared.plot import plot, width_of
from pages.shared.services import logs
from pages.shared.state import one_of
from rlm_core.core.events import Record
from rlm_core.core.tree import Node, SearchTree, replay
from rlm_core.core.wording import number
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.runs.solvability import THRESHOLD, misjudged, solvability
from rlm_core.runs.store import RunRow

HEIGHT = 400
MAX_LISTED = 8
"""Nodes of a list."""
TRUTH, REWARD, APART = COLOURS = (deferred("Truth"), deferred("Reward"), deferred("Reward − truth"))
HINT = deferred("The exact solver reads the right answer")
ABOUT = deferred("This view alone asks the exact solver which nodes can still reach a right answer.")


def oracle(row: RunRow, records: list[Record], tree: SearchTree) -> None:
    truth = _truth(row.id, len(records))
    seen = tr("The search of this run could see the right answer too.") if tree.oracle else tr("The search did not see it.")
    badge = f'<span class="rlm-oracle" title="{html_text(tr(HINT))}">⚑ ORACLE</span>'
    st.html(f"<div>{badge} {html_text(tr(ABOUT))} {html_text(seen)}</div>")
    if not truth:
        st.info(tr("The exact solver can tell nothing about this problem's nodes."), icon=":material/info:")
        return
    winnable = sum(truth.values())
    st.markdown(tr("**{winnable:,} of {nodes}** can still reach a right answer.", winnable=winnable, nodes=counted(len(truth), "node")))
    own = {n.id: n.score for n in tree.nodes.values() if n.score is not None}
    scores = {row.config.reward: own, **other_scores(row.id, records)} if own else other_scores(row.id, records)
    scores.pop("oracle", None)
    names = [name for name, given in scores.items() if given]
    reward = one_of(tr("Reward compared"), names, f"debug.oracle.{'.'.join(names)}") if names else ""
    _picture(row, tree, truth, scores.get(reward, {}))
    _lists(tree, truth, scores.get(reward, {}))


@st.cache_data(max_entries=64, show_spinner=False)
def _truth(run: str, events: int) -> dict[int, bool]:
    """The exact solver's word on each node of the first so many events of a run."""
    return solvability(replay(logs().records(run)[:events]))


def _picture(row: RunRow, tree: SearchTree, truth: Mapping[int, bool], scores: Mapping[int, float]) -> None:
    by = one_of(tr("Colour by"), COLOURS if scores else COLOURS[:1], f"debug.colour.{bool(scores)}")
    known = {n: float(word) for n, word in truth.items()}
    colours = {
        TRUTH: Colours(tr("exact solver"), known),
        REWARD: Colours(tr("reward"), scores),
        APART: Colours(tr("reward − exact solver"), {n: s - known[n] for n, s in scores.items() if n in known}, difference=True),
    }[by]
    key = "plot.Oracle"
    selected = address.selected(tree)
    figure = told(tree_figure, tree, theme=theme(), colours=colours, height=HEIGHT, width=width_of(key), selected=selected)
    clicked = plot(figure, key=key, height=HEIGHT, scope=row.id, file=f"{row.id}-oracle")
    if clicked is not None and clicked in tree.nodes and clicked != selected:
        address.select(clicked)
        st.rerun(scope="fragment")


def _lists(tree: SearchTree, truth: Mapping[int, bool], scores: Mapping[int, float]) -> None:
    """The misjudged branches, each by its first node."""
    found = misjudged(tree, scores, truth)
    _list(tree, tr("Right branches scored below {threshold}", threshold=THRESHOLD), found.low, scores, "low")
    _list(tree, tr("Right branches that were pruned"), found.pruned, scores, "pruned")
    _list(tree, tr("Wrong branches scored {threshold} or more", threshold=THRESHOLD), found.high, scores, "high")


def _list(tree: SearchTree, title: str, nodes: Sequence[Node], scores: Mapping[int, float], key: str) -> None:
    st.markdown(f"**{title}**: {len(nodes):,}" if nodes else tr("**{title}**: none", title=title))
    shown = nodes[:MAX_LISTED]
    notes = [tr("score {score}", score=number(scores[n.id])) if n.id in scores else tr("not scored") for n in shown]
    node_links(tree, [n.id for n in shown], f"debug.{key}", notes)
    if len(nodes) > MAX_LISTED:
        st.caption(tr("… and {n:,} more; each list begins with the worst.", n=len(nodes) - MAX_LISTED))
