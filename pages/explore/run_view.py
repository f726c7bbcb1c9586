"""One run, live or saved: headline, picture, timeline, sentence, inspector and the tabs below."""

from __future__ import annotations

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from pages.explore import address
from pages.explore.answers import answers
from pages.explore.branching import relatives, write_step
from pages.explore.debug.panel import debug
from pages.explore.event_list import event_list
from pages.explore.export import export, nodes_frame
from pages.explore.headline import headline
from pages.explore.inspector import inspector, nothing_yet
from pages.explore.origin import origin
from pages.explore.picture import picture
from pages.explore.status import run_buttons, status_line
from pages.explore.stepping import follow_pause, opened, why_paused
from pages.explore.timeline import timeline
from pages.shared.escape import html_text, markdown_text
from pages.shared.links import SHOWN_RUN_KEY, begin, way_back
from pages.shared.services import logs, store
from pages.shared.tabs import places
from rlm_core import catalogue
from rlm_core.core.errors import LogError, RunNotFound
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree, replay
from rlm_core.narrate import sentences
from rlm_core.runs.store import RunRow

LIVE_SECONDS = 0.5
"""Between two readings of a live run."""
INSPECTOR_HEIGHT = 760
TABS_KEY = "explore.tab"
"""In the session's state: the title of the open tab."""


def run_view(run: str) -> None:
    """The run named in the address, at the moment and node named there."""
    try:
        row = store().get(run)
    except RunNotFound as error:
        st.error(markdown_text(str(error)), icon=":material/search_off:")
        if st.button("Back to the start", icon=":material/home:"):
            st.query_params.clear()
            st.session_state.pop(SHOWN_RUN_KEY, None)
            st.rerun()
        return
    if st.session_state.get(SHOWN_RUN_KEY) != run:
        begin(address.moment())
        opened(row)
        st.session_state[SHOWN_RUN_KEY] = run
    st.fragment(_body, run_every=LIVE_SECONDS if row.active else None)(run, row.active)


def _body(run: str, was_active: bool) -> None:
    """Everything that changes with the run or the moment; drawn again by itself while either moves."""
    row = store().get(run)
    try:
        records = logs().records(run)
        full_tree = replay(records)
    except LogError as error:
        st.error(f"{markdown_text(str(error))} The run's other events are kept in the store.", icon=":material/broken_image:")
        return
    compared = catalogue.structure(row.config.search).compared
    main, side = st.columns([17, 8], gap="medium")
    with main:
        head = st.container()
        if records:
            tree, figure = _moment(row, records, full_tree)
        else:
            tree, figure = full_tree, None
            status_line(row, full_tree, 0)
            run_buttons(row, records, 0)
        with head:
            way_back(run)
            headline(row, full_tree, tree)
            origin(row, full_tree)
            relatives(row)
    if figure is not None:
        with side, st.container(height=INSPECTOR_HEIGHT, border=True):
            if tree.nodes:
                node = tree.nodes[address.selected(tree)]
                inspector(tree, node, compared, partial(write_step, row, tree, node))
            else:
                nothing_yet(tree)
        _tabs(row, records, tree, full_tree, figure)
    if was_active and not row.active:
        st.rerun()


def _moment(row: RunRow, records: list[Record], full_tree: SearchTree) -> tuple[SearchTree, go.Figure]:
    """Status line, picture, timeline and sentence; returns the tree of the moment and its figure."""
    line, drawing, below = st.container(), st.container(), st.container(key="moment")
    with below:
        follow_pause(row, len(records))
        moment = timeline(row.id, len(records))
        record = records[moment - 1]
        tree = replay(records[: moment - 1])
        sentence = sentences.sentence(record, tree)
        st.html(f'<div class="rlm-sentence"><b>{html_text(sentences.headline(record.event))}</b>{html_text(sentence)}</div>')
        why_paused(row, tree, record.event)
        tree.apply(record)
        st.caption(f"Event {moment:,} of {len(records):,}, {record.time:.2f} s after the start.")
    address.set_moment(moment, len(records))
    with line:
        status_line(row, tree, len(records))
        run_buttons(row, records, moment)
    with drawing:
        highlight = sentences.touched(record.event) if moment < len(records) or row.active else ()
        figure = picture(row, tree, full_tree, highlight)
    return tree, figure


def _tabs(row: RunRow, records: list[Record], tree: SearchTree, full_tree: SearchTree, figure: go.Figure) -> None:
    """Below the picture: answers and votes, the events in words, the nodes as data, exports, and Debug, which is drawn while it is open."""
    titles = ["Answers and votes", "Events", "Data", "Export", "Debug"]
    answers_at, events_at, data_at, export_at, debug_at = places(titles, TABS_KEY)
    with answers_at:
        answers(row.id, tree, catalogue.structure(row.config.search).compared)
    with events_at:
        event_list(records, tree.seq)
    with data_at:
        st.dataframe(nodes_frame(tree), hide_index=True, width="stretch", height=320)
    with export_at:
        export(row.id, records, tree, figure)
    if debug_at.open:
        with debug_at:
            debug(row, records, full_tree)
