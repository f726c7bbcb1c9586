"""The panes of a comparison: a tree each, all at the same compute, on one timeline."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import streamlit as st

from pages.compare.addressed import Addressed
from pages.compare.header import header
from pages.compare.pane import Pane
from pages.compare.summary import summary
from pages.shared.escape import html_text
from pages.shared.html import STATUS, oracle_badge, theme
from pages.shared.language import counted, tr, words_of
from pages.shared.links import run_link
from pages.shared.player import chosen_moment, player, shown
from pages.shared.plot import plot, width_of
from pages.shared.run_figure import run_figure
from pages.shared.services import logs, store
from pages.shared.state import one_of
from rlm_core import catalogue
from rlm_core.core.errors import LogError
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import readable, shorten
from rlm_core.core.words import RunStatus
from rlm_core.narrate import sentences
from rlm_core.runs.compute import PASSES, SECONDS, TOKENS, UNITS, moments
from rlm_core.runs.outcome import VERDICTS

LIVE_SECONDS = 0.5
"""Between two readings of live runs."""
HEIGHTS = {2: 400, 3: 340, 4: 290}
"""Height in px of a picture, by the number of panes."""
MAX_MOMENTS = 400
"""Positions of the timeline; where there are more amounts, they are thinned evenly."""
PLAY_MS = 160
NOUNS = {TOKENS: ("token",), PASSES: ("pass", "passes")}
_PLAYER = "compare.player"


def panes(found: Addressed) -> None:
    """Everything of a comparison; drawn again by itself while a run is active."""
    header(found)
    active = any(r.active for r in found.rows)
    st.fragment(_body, run_every=LIVE_SECONDS if active else None)(found, active)


def _body(found: Addressed, was_active: bool) -> None:
    rows = [store().get(r.id) for r in found.rows]
    unit_at, timeline_at = st.columns([3, 8], vertical_alignment="center")
    with unit_at:
        unit = one_of(tr("Compute"), UNITS, "compare.unit")
    try:
        there = [Pane.of(row, title, logs().records(row.id), unit) for row, title in zip(rows, found.titles, strict=True)]
    except LogError as error:
        st.error(words_of(error), icon=":material/broken_image:")
        return
    with timeline_at:
        amount = _timeline(found.scope, there, unit)
    _grid(there, amount, unit)
    summary(found, there)
    if was_active and not any(r.active for r in rows):
        st.rerun()


def live_amount(there: Sequence[Pane]) -> float:
    """The compute up to which every run that is at work has come; of the longest run where none is."""
    working = [p.clock.end for p in there if p.row.status == RunStatus.RUNNING]
    return min(working) if working else max(p.clock.end for p in there)


def positions(there: Sequence[Pane]) -> list[float]:
    """The amounts of the timeline's positions, up to the live one."""
    end = live_amount(there)
    amounts = moments([p.clock for p in there])
    amounts = amounts[: bisect_right(amounts, end)] or [0.0]
    if len(amounts) <= MAX_MOMENTS:
        return amounts
    last = len(amounts) - 1
    return [amounts[round(i * last / (MAX_MOMENTS - 1))] for i in range(MAX_MOMENTS)]


def _timeline(scope: str, there: Sequence[Pane], unit: str) -> float:
    """Draw the shared timeline; returns the amount of compute to show."""
    amounts = positions(there)
    scope = f"{scope}.{unit}"
    message = (st.session_state.get(_PLAYER) or {}).get("at")
    chosen, answered = chosen_moment(message, scope, None)
    texts = [_amount(a, unit) for a in amounts]
    player(key=_PLAYER, scope=scope, start=None, last=len(amounts), answered=answered, amounts=texts, interval=PLAY_MS)
    return amounts[shown(chosen, len(amounts)) - 1]


def _amount(amount: float, unit: str) -> str:
    """ "1,204 tokens"."""
    return tr("{seconds:,.1f} s", seconds=amount) if unit == SECONDS else counted(int(amount), *NOUNS[unit])


def _grid(there: Sequence[Pane], amount: float, unit: str) -> None:
    """The panes in one row, four of them in two."""
    width = 2 if len(there) in (2, 4) else 3
    for first in range(0, len(there), width):
        for i, place in enumerate(st.columns(width, gap="medium")):
            if first + i < len(there):
                with place:
                    _draw(there[first + i], first + i, amount, unit, HEIGHTS[len(there)])


def _draw(pane: Pane, number: int, amount: float, unit: str, height: int) -> None:
    """One pane: title, state, picture and the sentence of its latest event."""
    now = pane.at(amount)
    tree, count = now.tree, now.count
    ended = count == len(pane.records) and not pane.row.active
    st.html(
        f'<div class="rlm-pane"><b>{html_text(pane.title)}</b> {oracle_badge() if pane.full_tree.oracle else ""}'
        f"<span>{_state(pane, tree, ended, amount, unit)}</span></div>"
    )
    if not tree.nodes:
        waiting = pane.row.active and not pane.records
        st.caption(words_of(pane.row.message) if waiting else tr("Nothing is complete at this compute yet."))
        return
    key = f"plot.compare.{number}"
    picture = catalogue.structure(pane.row.config.search).pictures[0]
    highlight = () if ended else sentences.touched(pane.records[count - 1].event)
    look = {"theme": theme(), "selected": None, "large": False, "width": width_of(key), "height": height}
    figure = run_figure(picture, tree, pane.full_tree, highlight, look)
    full_height = int(figure.layout.height or height)
    with st.container(height=height + 8, border=False) if full_height > height else st.container():
        plot(figure, key=key, height=full_height, scope=pane.row.id)
    st.html(f'<div class="rlm-sentence small">{html_text(now.sentence)}</div>')
    run_link(pane.row.id, tr("Open in Explore"), count if count < len(pane.records) else None)


def _state(pane: Pane, tree: SearchTree, ended: bool, amount: float, unit: str) -> str:
    """Verdict once it has ended, else how many candidates there are so far; and what it has spent."""
    if not pane.records:
        return tr(STATUS[pane.row.status][1])
    spent = _amount(pane.clock.spent_within(amount), unit)
    if ended and tree.answered is not None and tree.answered.answer is not None:
        kind = {True: "right", False: "wrong", None: "open"}[tree.answered.correct]
        stated = html_text(shorten(readable(tree.answered.answer), 28))
        verdict = f'{stated} <i class="{kind}">{tr(VERDICTS[tree.answered.correct])}</i>'
        return tr("{verdict} · ended at {spent}", verdict=verdict, spent=spent)
    if ended:
        how = tr("No answer") if pane.row.status == RunStatus.FINISHED else tr(STATUS[pane.row.status][1])
        return tr("{verdict} · ended at {spent}", verdict=how, spent=spent)
    finished = tree.candidates()
    right = sum(bool(n.correct) for n in finished)
    return tr("{candidates}, {right} right · {spent}", candidates=counted(len(finished), "candidate"), right=right, spent=spent)
