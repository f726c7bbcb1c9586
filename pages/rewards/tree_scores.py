"""The tree of a saved run coloured by the scores of a reward, the oracle or the difference of two; the mistakes of each reward."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pandas as pd
import streamlit as st

from pages.rewards.failures import without_failures
from pages.shared.escape import html_text, markdown_text
from pages.shared.glossary import term
from pages.shared.html import theme
from pages.shared.jobs import job_button, job_view
from pages.shared.language import counted, told, tr, translated, words_of
from pages.shared.links import run_link
from pages.shared.plot import plot, width_of
from pages.shared.reward_picker import pick_rewards, reward_title
from pages.shared.run_picker import ended_runs, pick_run
from pages.shared.services import logs, store
from pages.shared.state import remembered
from pages.shared.table_height import table_height
from rlm_core.core.errors import RlmError
from rlm_core.core.tree import ROOT, Node, SearchTree, replay
from rlm_core.core.wording import readable
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.score_run import JOB, RunScoreJob
from rlm_core.runs.solvability import THRESHOLD, misjudged

JOB_KEY = "rewards.tree.job"
DEFAULT = ("prm:nano", "logprob", "oracle")
HEIGHT = 460
VISIBLE_ROWS = 7


def tree_scores() -> None:
    ended = ended_runs()
    if not ended:
        st.info(tr("Run a search on the Explore page first; its tree can then be seen through any reward."), icon=":material/account_tree:")
        return
    run_at, rewards_at, go_at = st.columns([5, 5, 2], vertical_alignment="bottom")
    with run_at:
        run = pick_run(tr("Saved run"), ended, "rewards.tree.run")
    with rewards_at:
        chosen = pick_rewards("rewards.tree.rewards", run.config.model, DEFAULT)
    job_button(go_at, JOB, "balance", lambda: RunScoreJob(run.id, chosen), key=JOB_KEY, possible=bool(chosen))
    job_view(JOB, JOB_KEY, lambda j: tr("run {run}: {list}", run=j.run, list=", ".join(map(reward_title, j.rewards))), _draw)


def _draw(row: JobRow) -> None:
    try:
        run = store().get(row.result["run"])
    except RlmError as error:
        st.error(words_of(error), icon=":material/search_off:")
        return
    tree = replay(logs().records(run.id))
    good = without_failures(row.result["scores"])
    if not good:
        return
    scores = {name: {int(node): score for node, score in s["nodes"].items()} for name, s in good.items()}
    colour_at, cost_at = st.columns([3, 7], vertical_alignment="bottom")
    cost_at.caption("  \n".join(markdown_text(_cost(name, s)) for name, s in good.items()))
    with colour_at:
        colours = _colours(scores)
    selected = _picture(row.id, tree, colours)
    _node(run.id, tree, scores, selected)
    if "oracle" in scores:
        _mistakes(row.id, tree, scores)
    else:
        st.caption(tr("Choose the oracle among the rewards to see the false negatives and false positives of the others."))


def _node(run: str, tree: SearchTree, scores: dict[str, dict[int, float]], selected: int | None) -> None:
    """The node that was clicked with every reward's score, and the way to it on the Explore page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if selected is None:
            st.caption(tr("Click a node, or a row of the lists below: its steps and every score stand here."), width="stretch")
            run_link(run, tr("Open the run on Explore"))
            return
        summary = "; ".join(f"{reward_title(n)} {s[selected]:.2f}" for n, s in scores.items() if selected in s) or tr("no reward scored it")
        steps = " ; ".join(map(readable, tree.steps(selected))) or tr("the bare problem")
        st.markdown(
            tr("**Node {selected}**: {steps} — {summary}.", selected=selected, steps=markdown_text(steps), summary=markdown_text(summary)),
            width="stretch",
        )
        run_link(run, tr("Open node {selected} on Explore", selected=selected), node=selected)


def _picture(job: str, tree: SearchTree, colours: Colours) -> int | None:
    """Draw the tree; returns the node that was clicked last."""
    key = _selected(job)
    selected = st.session_state.get(key)
    figure = told(tree_figure, tree, theme=theme(), colours=colours, height=HEIGHT, width=width_of("plot.Judged"), selected=selected)
    clicked = plot(figure, key="plot.Judged", height=HEIGHT, scope=job)
    if clicked is not None and clicked in tree.nodes and clicked != selected:
        st.session_state[key] = clicked
        st.rerun(scope="fragment")
    return selected


def _selected(job: str) -> str:
    """In the session's state: the node of that job's tree that was clicked last, in the picture or in a list."""
    return f"rewards.node.{job}"


def _cost(name: str, s: dict[str, Any]) -> str:
    """Cost of judging the tree, and whether the reward saw the truth."""
    parts = [counted(s.get("passes", 0), "reward pass", "reward passes"), counted(s["generated"], "token")] + (
        [tr("sees the truth")] if s["oracle"] else []
    )
    return f"{reward_title(name, s['oracle'])}: {', '.join(parts)}"


def _colours(scores: dict[str, dict[int, float]]) -> Colours:
    """The colours of the nodes: scores of one reward, or the difference of two."""
    names = list(scores)
    offered: list[Any] = [*names, *permutations(names, 2)]
    chosen = remembered(
        st.selectbox, tr("Colour by"), offered, key="rewards.colour", default=offered[0], offered=offered, format_func=_coloured
    )
    if isinstance(chosen, str):
        return Colours(reward_title(chosen), scores[chosen])
    a, b = (scores[n] for n in chosen)
    return Colours(_coloured(chosen), {n: a[n] - b[n] for n in a.keys() & b.keys()}, difference=True)


def _coloured(choice: str | tuple[str, str]) -> str:
    return reward_title(choice) if isinstance(choice, str) else f"{reward_title(choice[0])} − {reward_title(choice[1])}"


def _mistakes(job: str, tree: SearchTree, scores: dict[str, dict[int, float]]) -> None:
    """The false negatives and false positives of one reward, by the node at which each begins."""
    truth = scores["oracle"]
    names = [n for n in scores if n != "oracle"]
    if not names:
        return
    name = st.segmented_control(tr("Mistakes of"), names, default=names[0], format_func=reward_title, key="rewards.mistakes", required=True)
    own = scores[name or names[0]]
    found = misjudged(tree, own, {n: word == 1.0 for n, word in truth.items()})
    left, right = st.columns(2, gap="large")
    with left:
        _head(tr("False negatives"), len(found.low), tr("scored below {threshold} though", threshold=THRESHOLD), tr("winnable"))
        _list(job, f"low.{name}", tree, found.low, own)
    with right:
        _head(tr("False positives"), len(found.high), tr("scored {threshold} or more though", threshold=THRESHOLD), tr("lost"))
        _list(job, f"high.{name}", tree, found.high, own)
    st.caption(tr("Only the first node of a misjudged branch is listed. A click on the box of a row shows its node in the tree."))


def _head(name: str, count: int, scored: str, truth: str) -> None:
    st.html(f'<div class="rlm-list-head"><b>{term(name)} ({count:,})</b>: {html_text(scored)} {term(truth)}</div>')


def _list(job: str, which: str, tree: SearchTree, nodes: Sequence[Node], own: dict[int, float]) -> None:
    """One row per node; a row that is picked shows its node in the tree. own: the score that the reward gave each node."""
    if not nodes:
        st.caption(tr("None in this tree."))
        return
    rows = [
        {
            tr("node"): n.id,
            tr("score"): own[n.id],
            tr("steps so far"): " ; ".join(readable(tree.nodes[i].text) for i in tree.path(n.id) if i != ROOT),
            tr("visits"): n.visits,
            tr("pruned"): translated(n.pruned),
        }
        for n in nodes
    ]
    key = f"rewards.list.{job}.{which}"

    def picked() -> None:
        if chosen := st.session_state[key]["selection"]["rows"]:
            st.session_state[_selected(job)] = nodes[chosen[0]].id

    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        height=table_height(len(rows), VISIBLE_ROWS),
        key=key,
        on_select=picked,
        selection_mode="single-row",
        column_config={tr("score"): st.column_config.NumberColumn(format="%.2f")},
    )
