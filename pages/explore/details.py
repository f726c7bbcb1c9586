"""Below the tree: answers and votes, the events in words, the nodes as data, and exports."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pages.explore.export import exports, nodes_frame
from pages.explore.votes import votes
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.narrate.sentences import headline, sentence
from rlm_core.runs.summary import summarise

EVENTS_SHOWN = 400
"""Events in words around the present moment; the export has all of them."""


def details(run: str, records: list[Record], tree: SearchTree, figure: go.Figure, shape: str) -> None:
    """shape: the strategy's; a fan's candidates can be cut to the first n."""
    answers, events, data, export = st.tabs(["Answers and votes", "Events", "Data", "Export"])
    with answers:
        votes(run, tree, shape)
    with events:
        _events(records, tree.seq)
    with data:
        st.dataframe(nodes_frame(tree), hide_index=True, width="stretch", height=320)
    with export:
        _export(run, records, tree, figure)


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
    with st.expander("Figures of this moment", icon=":material/data_object:"):
        st.json(summarise(tree).as_dict())
