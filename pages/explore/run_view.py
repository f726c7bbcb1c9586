"""One run as it is seen: head, picture, timeline, sentence, inspector, details. Live or saved, it is the same."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from pages.explore import status, timeline
from pages.explore.details import details
from pages.explore.inspector import inspector, nothing_yet
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import theme
from pages.shared.links import SHOWN, begin, open_run
from pages.shared.plot import plot, preload, width_of
from pages.shared.services import logs, store
from pages.shared.state import keep, one_of, restore
from rlm_core import catalogue
from rlm_core.core.errors import LogError, RunNotFound
from rlm_core.core.events import Record
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.charts.candidate_rows import undrawn
from rlm_core.figures.charts.candidates import candidates_figure
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.figures.tree.layout import layout
from rlm_core.narrate.sentences import headline, sentence, touched
from rlm_core.runs.store import RunRow

LIVE_SECONDS = 0.5
"""How often a live run is read again."""
PICTURE_HEIGHT = 430
LARGE_HEIGHT = 560
PICTURES = {
    "tree": ["Tree", "Candidates"],
    "fan": ["Candidates", "Tree"],
    "chain": ["Tree", "Chain"],
    "ribbon": ["Chain", "Tree"],
    "effort": ["Chain", "Tree", "Candidates"],
    "draft": ["Tree", "Chain"],
}
"""The pictures offered for a strategy's shape, the one shown first in front."""


PARTS = (
    ("1 · A model proposes", "A small language model on this machine writes possible next steps, each with its probability."),
    ("2 · A search decides", "Where to go on, when to come back: a tree of thoughts grows, and every choice shows its arithmetic."),
    ("3 · A reward judges", "Rollouts, a verifier or the model's own confidence say how promising a state is."),
)


def empty_view(start: Callable[[], None] | None) -> None:
    """Before there is a run: what this is, and the one thing to do (`start`, None while the settings are wrong)."""
    st.markdown("### See a language model reason")
    st.markdown("A reasoning model is more than its network: watch the parts work together, one event at a time.")
    st.html('<div class="rlm-parts">' + "".join(f"<div><b>{title}</b><span>{text}</span></div>" for title, text in PARTS) + "</div>")
    if st.button("Grow a first tree", type="primary", icon=":material/account_tree:", disabled=start is None, key="first") and start:
        start()
    preload()
    recent = store().list(5)
    if recent:
        st.markdown("##### Your last runs")
        for row in recent:
            label = f"{row.problem.question} — {catalogue.title('search', row.config.search)}, {row.status}"
            if st.button(markdown_text(label), key=f"open.{row.id}", icon=":material/history:", type="tertiary"):
                open_run(row.id)
                st.rerun()


def run_view(run: str) -> None:
    """The run named in the address, at the moment and node named there."""
    try:
        row = store().get(run)
    except RunNotFound as error:
        st.error(markdown_text(str(error)), icon=":material/search_off:")
        if st.button("Back to the start", icon=":material/home:"):
            st.query_params.clear()
            st.session_state.pop(SHOWN, None)
            st.rerun()
        return
    if st.session_state.get(SHOWN) != run:
        begin(_whole(st.query_params.get("t")))
        st.session_state[SHOWN] = run
    st.fragment(_body, run_every=LIVE_SECONDS if row.active else None)(run, row.active)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _body(run: str, was_active: bool) -> None:
    """Everything that changes with the run or the moment; drawn again by itself while either moves."""
    row = store().get(run)
    try:
        records = logs().records(run)
        whole = replay(records)
    except LogError as error:
        st.error(f"{markdown_text(str(error))} The run's other events are kept in the store.", icon=":material/broken_image:")
        return
    shape = catalogue.shape(row.config.search)
    main, side = st.columns([17, 8], gap="medium")
    with main:
        head = st.container()
        if not records:
            tree, figure = whole, None
            status.progress(row, whole, 0)
            status.buttons(row)
        else:
            tree, figure = _picture(row, records, whole)
        with head:
            status.headline(row, whole, tree)
    if figure is not None:
        with side:
            _inspect(tree, shape)
        details(run, records, tree, figure, shape)
    if was_active and not row.active:
        st.rerun()


def _picture(row: RunRow, records: list[Record], whole: SearchTree) -> tuple[SearchTree, go.Figure]:
    """Status line, picture, timeline and sentence; returns the tree of the moment and its figure."""
    line, picture, below = st.container(), st.container(), st.container()
    with below:
        moment = timeline.timeline(row.id, len(records))
        record = records[moment - 1]
        before = replay(records[: moment - 1])
        said, tree = sentence(record, before), before
        tree.apply(record)
        st.html(f'<div class="rlm-sentence"><b>{html_text(headline(record.event))}</b>{html_text(said)}</div>')
        st.caption(f"Event {moment:,} of {len(records):,}, {record.time:.2f} s after the start.")
    _remember(moment, len(records))
    with line:
        status.progress(row, tree, len(records))
        status.buttons(row)
    with picture:
        figure = _draw(row, tree, whole, touched(record.event) if moment < len(records) or row.active else ())
    return tree, figure


def _draw(row: RunRow, tree: SearchTree, whole: SearchTree, lit: tuple[int, ...]) -> go.Figure:
    shape = catalogue.shape(row.config.search)
    offered = PICTURES.get(shape, PICTURES["tree"])
    kind_at, size_at = st.columns([3, 1], vertical_alignment="center")
    with kind_at:
        picture = f"picture.{shape if shape in PICTURES else 'tree'}"
        kind = one_of("Picture", offered, picture)
    with size_at:
        restore("large", False)
        large = keep("large", st.toggle("Large type", key="large", help="For a lecture hall."))
    height = LARGE_HEIGHT if large else PICTURE_HEIGHT
    chosen = selected(tree)
    if kind == "Candidates":
        figure = candidates_figure(tree, theme=theme(), selected=chosen, large=large, width=width_of("plot.Candidates"), height=height)
    elif kind == "Chain":
        look = {"theme": theme(), "selected": chosen, "large": large, "width": width_of("plot.Chain"), "height": height}
        figure = ribbon_figure(tree, whole=whole, highlight=lit, **look)
    else:
        places = layout(whole)  # of the whole run, so that the picture holds still while time moves
        figure = tree_figure(
            tree, places=places, theme=theme(), selected=chosen, highlight=lit, large=large, height=height, width=width_of("plot.Tree")
        )
    tall = int(figure.layout.height or height)
    with st.container(height=height + 8, border=False) if tall > height else st.container():
        clicked = plot(figure, key=f"plot.{kind}", height=tall, scope=row.id, file=f"{row.id}-at-event-{tree.seq}")
    if kind == "Candidates" and (left := undrawn(tree)):
        st.caption(f"{left:,} more candidates are counted in the rows and not drawn; the Data tab lists them all.")
    if clicked is not None and clicked in tree.nodes and clicked != chosen:
        st.query_params["node"] = str(clicked)
        st.rerun(scope="fragment")
    return figure


def selected(tree: SearchTree) -> int:
    """The node named in the address, if it is there at this moment; else the root."""
    node = _whole(st.query_params.get("node"))
    return node if node in tree.nodes else ROOT


def _remember(moment: int, last: int) -> None:
    """Keep the address a link to just this view."""
    if moment == last:
        st.query_params.pop("t", None)
    else:
        st.query_params["t"] = str(moment)


def _inspect(tree: SearchTree, shape: str) -> None:
    node = selected(tree)
    with st.container(height=760, border=True):
        if tree.nodes:
            inspector(tree, tree.nodes[node], shape)
        else:
            nothing_yet(tree)
