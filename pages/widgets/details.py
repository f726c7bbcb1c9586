"""Below the tree: answers and votes, the events in words, the nodes as data, and exports."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.widgets.exports import exports, nodes_frame
from pages.widgets.looks import table_html, theme
from pages.widgets.plot import chart
from rlm_core.events import Record
from rlm_core.figures.candidates import votes_figure
from rlm_core.narrate import headline, sentence
from rlm_core.runs.summary import summarise
from rlm_core.search.pool import cost, cut, pooled
from rlm_core.tree import SearchTree
from rlm_core.wording import counted, readable

EVENTS_SHOWN = 400
"""Events in words around the present moment; the export has all of them."""


def details(run: str, records: list[Record], tree: SearchTree, figure: go.Figure, shape: str) -> None:
    """shape: the strategy's; a fan's candidates can be cut to the first n."""
    answers, events, data, export = st.tabs(["Answers and votes", "Events", "Data", "Export"])
    with answers:
        _answers(tree)
        if shape == "fan":
            _first(run, tree)
    with events:
        _events(records, tree.seq)
    with data:
        st.dataframe(nodes_frame(tree), hide_index=True, width="stretch", height=320)
    with export:
        _export(run, records, tree, figure)


def _answers(tree: SearchTree) -> None:
    if tree.answered is None:
        st.caption("The answer is picked when the search ends; move the timeline to the end to see it.")
        return
    if tree.answered.answer is None:
        st.info("No candidate was finished, so there is no answer. A larger budget gives the search time to finish one.")
        return
    chart(votes_figure(tree.answered, theme=theme()), key="votes")


def _first(run: str, tree: SearchTree) -> None:
    """What fewer candidates of the same pool would have answered; nothing is generated again."""
    most, key = len(pooled(tree)), f"first.{run}"
    if most < 2:
        return
    st.session_state[key] = min(st.session_state.get(key, most), most)
    n = st.slider("First n candidates", 1, most, key=key, help="The same candidates in the order in which they were sampled.")
    scored = any(c.score is not None for c in tree.candidates())
    rows = []
    for method in ("naive", "weighted", "majority") if scored else ("majority",):
        picked = cut(tree, method, n)
        verdict = {True: "✓ correct", False: "✕ wrong", None: "–"}[picked.correct]
        rows.append(
            (method, "no answer" if picked.answer is None else readable(picked.answer), verdict if picked.answer is not None else "–")
        )
    st.html(table_html(("Picked by", "Answer", ""), rows, text_columns=(1,)))
    st.caption(f"{counted(cost(tree, n), 'token')} generated for {counted(n, 'candidate')} of {most:,}.")


def _events(records: list[Record], moment: int) -> None:
    """Sentences of the events up to the moment, newest first."""
    tree, rows = SearchTree(), []
    first = max(0, moment - EVENTS_SHOWN)
    for record in records[:moment]:
        if record.seq > first:
            rows.append(
                {"event": record.seq, "time (s)": record.time, "kind": headline(record.event), "what happened": sentence(record, tree)}
            )
        tree.apply(record)
    st.dataframe(pd.DataFrame(rows[::-1]), hide_index=True, width="stretch", height=320)
    if first:
        st.caption(f"The last {EVENTS_SHOWN} events up to this moment; the exported log has all {len(records):,}.")


def _export(run: str, records: list[Record], tree: SearchTree, figure: go.Figure) -> None:
    st.caption("The log is the whole run; import it on the page of saved runs, or read it with `python -m rlm_core replay`.")
    moment = exports(run, records, tree, figure)
    st.caption(f"Nodes, graph and picture are those of {moment.words}, and say so in their names and inside.")
    st.json(summarise(tree).as_dict(), expanded=False)
