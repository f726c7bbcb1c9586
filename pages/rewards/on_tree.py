"""A saved tree seen through rewards: coloured by one, by another, by the oracle or by a difference; what each got wrong."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.jobs import job_view, price, start
from pages.shared.label_files import run_words
from pages.shared.plot import plot, width_of
from pages.shared.reward_picker import pick_rewards, reward_title
from pages.shared.services import logs, store
from pages.shared.state import keep, restore
from rlm_core.core.errors import RlmError
from rlm_core.core.tree import ROOT, Node, SearchTree, replay
from rlm_core.core.wording import readable
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.jobs.queue import JobRow, RunScoreJob

SHOWN = "rewards.tree.job"
DEFAULT = ("prm:nano", "logprob", "oracle")
HEIGHT = 460
HALF = 0.5
"""A state below it counts as killed, one from it on as loved."""


def on_a_tree() -> None:
    ended = [r for r in store().list(100) if not r.active and r.summary.get("nodes", 0) > 1]
    if not ended:
        st.info("Run a search on the Explore page first; its tree can then be seen through any reward.", icon=":material/account_tree:")
        return
    names = {r.id: run_words(r) for r in ended}
    run_at, rewards_at, go_at = st.columns([5, 5, 2], vertical_alignment="bottom")
    with run_at:
        run = st.selectbox("Saved run", list(names), format_func=names.__getitem__, key="rewards.tree.run")
    model = next(r.config.model for r in ended if r.id == run)
    with rewards_at:
        chosen = pick_rewards("rewards.tree.rewards", model, DEFAULT)
    job = RunScoreJob(run, chosen)
    with go_at:
        if st.button("Judge", type="primary", icon=":material/balance:", width="stretch", disabled=not chosen):
            start(job, SHOWN)
    if chosen:
        price(lambda: job)
    nothing = "Press Judge: every state of the saved tree is scored by each reward; the run itself stays as it is."
    job_view(RunScoreJob, SHOWN, lambda j: f"run {j.run}: {', '.join(j.rewards)}", _draw, nothing)


def _draw(row: JobRow) -> None:
    try:
        run = store().get(row.result["run"])
    except RlmError as error:
        st.error(markdown_text(str(error)), icon=":material/search_off:")
        return
    tree = replay(logs().records(run.id))
    for name, s in row.result["scores"].items():
        if "error" in s:
            st.error(f"**{markdown_text(reward_title(name))}**: {markdown_text(s['error'])}", icon=":material/error:")
    scores = {n: {int(k): v for k, v in s["nodes"].items()} for n, s in row.result["scores"].items() if "error" not in s}
    if not scores:
        return
    st.caption(" · ".join(markdown_text(_cost(n, row.result["scores"][n])) for n in scores))
    colours = _colours(scores)
    figure = tree_figure(tree, theme=theme(), colours=colours, height=HEIGHT, width=width_of("plot.Judged"), selected=_selected(row.id))
    clicked = plot(figure, key="plot.Judged", height=HEIGHT, scope=row.id)
    if clicked is not None and clicked in tree.nodes and clicked != _selected(row.id):
        st.session_state[f"rewards.node.{row.id}"] = clicked
        st.rerun(scope="fragment")
    node = _selected(row.id)
    if node is not None:
        said = "; ".join(f"{reward_title(n)} {s[node]:.2f}" for n, s in scores.items() if node in s) or "no reward scored it"
        st.markdown(f"**Node {node}**: {markdown_text(' ; '.join(map(readable, tree.steps(node))))} — {markdown_text(said)}.")
    if "oracle" in scores:
        _mistakes(tree, scores)
    else:
        st.caption("Choose the oracle among the rewards to see which correct branches were killed and which wrong ones were loved.")


def _cost(name: str, s: dict[str, Any]) -> str:
    """What judging the tree took, and whether the reward saw the truth."""
    parts = [f"{s.get('passes', 0):,} reward passes", f"{s['generated']:,} tokens"] + (["sees the truth"] if s["oracle"] else [])
    return f"{reward_title(name, s['oracle'])}: {', '.join(parts)}"


def _selected(job: str) -> int | None:
    return st.session_state.get(f"rewards.node.{job}")


def _colours(scores: dict[str, dict[int, float]]) -> Colours:
    names = list(scores)
    pairs = [(a, b) for a in names for b in names if a != b]
    offered: list[Any] = [*names, *pairs]
    restore("rewards.colour", offered[0])
    if st.session_state["rewards.colour"] not in offered:
        st.session_state["rewards.colour"] = offered[0]
    chosen = keep("rewards.colour", st.selectbox("Colour by", offered, format_func=_coloured, key="rewards.colour"))
    if isinstance(chosen, str):
        return Colours(reward_title(chosen), scores[chosen])
    a, b = (scores[n] for n in chosen)
    return Colours(_coloured(chosen), {n: a[n] - b[n] for n in a.keys() & b.keys()}, difference=True)


def _coloured(choice: str | tuple[str, str]) -> str:
    return reward_title(choice) if isinstance(choice, str) else f"{reward_title(choice[0])} − {reward_title(choice[1])}"


def _mistakes(tree: SearchTree, scores: dict[str, dict[int, float]]) -> None:
    """For each reward: where a branch that could be won begins to be scored low, and where a lost one begins to be scored high."""
    truth = scores["oracle"]
    names = [n for n in scores if n != "oracle"]
    if not names:
        return
    st.caption("Each mistaken branch is listed by the node where it begins; what grows below it is not listed again.")
    name = st.segmented_control("Mistakes of", names, default=names[0], format_func=reward_title, key="rewards.mistakes", required=True)
    own = scores[name or names[0]]
    killed = mistaken(tree, {n for n, s in own.items() if s < HALF and truth.get(n) == 1.0})
    loved = mistaken(tree, {n for n, s in own.items() if s >= HALF and truth.get(n) == 0.0})
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Correct branches it killed** ({len(killed):,}): can still be won, scored below {HALF}")
        _list(tree, killed, own, "killed")
    with right:
        st.markdown(f"**Wrong branches it loved** ({len(loved):,}): cannot be won any more, scored {HALF} or more")
        _list(tree, loved, own, "loved")


def mistaken(tree: SearchTree, wrong: set[int]) -> list[Node]:
    """Where each mistaken branch begins: nodes in `wrong` whose parent is not, in order of birth."""
    return [tree.nodes[n] for n in sorted(wrong) if tree.nodes[n].parent not in wrong]


def _list(tree: SearchTree, nodes: list[Node], own: dict[int, float], kind: str) -> None:
    if not nodes:
        st.caption("None in this tree.")
        return
    rows = [
        {
            "node": n.id,
            "score": own[n.id],
            "steps so far": " ; ".join(readable(tree.nodes[i].text) for i in tree.path(n.id) if i != ROOT),
            "visits": n.visits,
            "pruned": n.pruned or "",
        }
        for n in sorted(nodes, key=lambda n: own[n.id], reverse=kind == "loved")
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height=min(300, 60 + 35 * len(rows)))
