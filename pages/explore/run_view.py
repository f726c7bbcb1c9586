"""One run, live or saved: headline, picture, timeline, sentence, inspector and the tabs below."""

from __future__ import annotations

from functools import partial

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
from pages.explore.picture import choose_picture, picture
from pages.explore.status import run_buttons, status_line
from pages.explore.stepping import follow_pause, opened, why_paused
from pages.explore.timeline import timeline
from pages.shared.escape import html_text
from pages.shared.language import deferred, told, tr, words_of
from pages.shared.links import SHOWN_RUN_KEY, begin, close_run, way_back
from pages.shared.player import drawn, drawn_for
from pages.shared.services import Reading, logs, store
from pages.shared.tabs import tabs
from rlm_core import catalogue
from rlm_core.core.errors import LogError, RunNotFound
from rlm_core.core.tree import SearchTree, replay
from rlm_core.narrate import sentences
from rlm_core.runs.store import RunRow

LIVE_SECONDS = 0.5
"""Between two readings of a live run."""
TABS_KEY = "explore.tab"
"""In the session's state: the title of the open tab."""


_REACH = """<i class="rlm-drawn"></i><script>
(() => {
  if (window.rlmReach) return;
  window.rlmReach = true;
  document.addEventListener('click', (event) => {
    const tab = event.target.closest?.('.st-key-details [role=tab]'), low = tab?.getBoundingClientRect().top > 0.6 * window.innerHeight;
    if (low) tab.closest('.st-key-details').scrollIntoView();
  }, true);
})();
</script>"""
"""The tabs begin at the lower edge of the window; what belongs to one that is clicked there is brought into sight."""


def run_view(run: str) -> None:
    """The run named in the address, at the moment and node named there."""
    try:
        row = store().get(run)
    except RunNotFound as error:
        st.error(words_of(error), icon=":material/search_off:")
        st.button(tr("Back to the start"), icon=":material/home:", on_click=close_run)
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
        read = logs().reading(run)
    except LogError as error:
        st.error(tr("{error} The run's other events are kept in the store.", error=words_of(error)), icon=":material/broken_image:")
        return
    main, side = st.columns([17, 8], gap="medium")
    with main:
        head = st.container(key="head")
        if read.records:
            tree = _moment(row, read)
        else:
            tree = read.tree
            status_line(row, tree, 0)
            run_buttons(row, read.records, 0)
        with head:
            way_back(run)
            headline(row, read.tree, tree)
            origin(row, read.tree)
            relatives(row)
    if read.records:
        with side, st.container(border=True, key="inspector"):
            if tree.nodes:
                node = tree.nodes[address.selected(tree)]
                inspector(tree, node, catalogue.structure(row.config.search).compared, partial(write_step, row, tree, node))
            else:
                nothing_yet(tree)
            drawn(tree.seq)
        with st.container(key="details"):
            _tabs(row, read, tree)
            drawn(tree.seq)
    if was_active and not row.active:
        st.rerun()


def _moment(row: RunRow, read: Reading) -> SearchTree:
    """Status line, picture, timeline and sentence; returns the tree of the moment."""
    records = read.records
    line, drawing, below = st.container(), st.container(), st.container(key="moment")
    with below:
        follow_pause(row, len(records))
        moment = timeline(row.id, read)
        record = records[moment - 1]
        tree = replay(records[: moment - 1], checked=True)  # `read` is a replay of all of them
        sentence = told(sentences.sentence, record, tree)
        kind = html_text(told(sentences.headline, record.event))
        st.html(f'<div class="rlm-sentence" {drawn_for(moment)}><b>{kind}</b>{html_text(sentence)}</div>')
        why_paused(row, tree, record.event)
        tree.apply(record)
        st.caption(tr("Event {moment:,} of {n:,}, {time:.2f} s after the start.", moment=moment, n=len(records), time=record.time))
    address.set_moment(moment, len(records))
    with line, st.container(horizontal=True, vertical_alignment="top", gap="small"):
        with st.container():
            status_line(row, tree, len(records))
        kind = choose_picture(row, st.container(width="content"))
    with line:
        run_buttons(row, records, moment)
    with drawing:
        picture(kind, row, read, tree, sentences.touched(record.event) if moment < len(records) or row.active else ())
    return tree


def _tabs(row: RunRow, read: Reading, tree: SearchTree) -> None:
    """Below the picture: answers and votes, the events in words, the nodes as data, exports, and Debug. Only the open one is drawn."""
    tabs(
        {
            deferred("Answers and votes"): partial(answers, row.id, tree, catalogue.structure(row.config.search).compared),
            deferred("Events"): partial(event_list, read.records, tree.seq),
            deferred("Data"): partial(_nodes, tree),
            deferred("Export"): partial(export, row, read, tree),
            deferred("Debug"): partial(debug, row, read.records, read.tree),
        },
        TABS_KEY,
    )
    st.html(_REACH, unsafe_allow_javascript=True)


def _nodes(tree: SearchTree) -> None:
    frame = nodes_frame(tree)
    if len(frame):
        frame["state"] = frame["state"].map(tr)
    st.dataframe(frame.rename(columns=tr), hide_index=True, width="stretch", height=320)
