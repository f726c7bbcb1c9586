"""Below a ribbon: what the model would answer at each probe, and how sure it would be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlm_core.core.events import Probed
from rlm_core.core.phrases import say
from rlm_core.core.wording import readable, shorten
from rlm_core.figures import palette
from rlm_core.figures.chain.path import ChainPath
from rlm_core.figures.chain.viewport import CAPTION, STRIP, Room
from rlm_core.figures.plotly_style import Trace
from rlm_core.figures.text import safe
from rlm_core.figures.tree.traces import Canvas
from rlm_core.figures.tree.viewport import CHARACTER

WORDS_AT, TOP = 1.42, 1.8
"""Height of the answers' texts and the axis' end, in units of the confidence."""
BAR = 0.66


@dataclass(slots=True)
class AnswerSpan:
    """Consecutive probes that give the same answer.

    first: place of the first of them.
    end: place where the next answer begins.
    probe: one of them.
    """

    first: float
    end: float
    probe: Probed


def same_answers(canvas: Canvas, path: ChainPath) -> list[AnswerSpan]:
    """Runs of equal answers along the chain."""
    runs: list[AnswerSpan] = []
    for n in path.chain:
        probe, x = canvas.tree.nodes[n].probe, canvas.places[n][0]
        if probe is None:
            continue
        if runs and (runs[-1].probe.answer, runs[-1].probe.correct) == (probe.answer, probe.correct):
            runs[-1].end = x + 0.5
        else:
            if runs:
                runs[-1].end = x - 0.5
            runs.append(AnswerSpan(x - 0.5, x + 0.5, probe))
    return runs


def strip(canvas: Canvas, path: ChainPath) -> list[Trace]:
    """A bar for each probe, and each answer once over the bars it holds for; nothing without probes."""
    probed = [n for n in path.chain if canvas.tree.nodes[n].probe is not None]
    if not probed:
        return []
    on = {"xaxis": "x", "yaxis": "y2", "hoverinfo": "skip", "showlegend": False}
    sure = [canvas.tree.nodes[n].probe.confidence for n in probed]  # type: ignore[union-attr]
    bars = {
        "type": "bar",
        "x": [canvas.places[n][0] for n in probed],
        "y": sure,
        "width": BAR,
        "marker": {"color": sure, "coloraxis": "coloraxis", "line": {"width": 0.8, "color": canvas.theme.outline}},
    }
    runs = same_answers(canvas, path)
    brackets = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for r in runs for x in (r.first + 0.17, r.end - 0.17, None)],
        "y": [1.12, 1.12, None] * len(runs),
        "line": {"width": 2, "color": canvas.theme.edge},
    }
    texts = {
        "type": "scatter",
        "mode": "text",
        "x": [(r.first + r.end) / 2 for r in runs],
        "y": [WORDS_AT] * len(runs),
        "text": [_answer(canvas, r) for r in runs],
        "textposition": "middle center",
        "textfont": {"size": canvas.viewport.font, "color": canvas.theme.ink},
    }
    return [bars | on, brackets | on, texts | on]


def _answer(canvas: Canvas, run: AnswerSpan) -> str:
    """ "✓ 46", shortened to the bars below it; only ✓ or ✕ where no more fits."""
    mark = palette.MARKS[run.probe.correct]
    limit = int(((run.end - run.first) * canvas.viewport.step - 4) / (canvas.viewport.font * CHARACTER))
    answer = "–" if run.probe.answer is None else readable(run.probe.answer)
    room = limit - len(mark) - (1 if mark else 0)
    if len(answer) <= room or room >= 4:
        return mark + safe(shorten(answer, room))
    return mark.strip() if limit >= 1 else ""


def axis(space: Room, scale: float) -> dict[str, Any]:
    """The strip's own y axis, which zooming leaves alone."""
    hidden = {"visible": False, "showgrid": False, "zeroline": False, "fixedrange": True, "range": [0, TOP], "anchor": "x"}
    return hidden | {"domain": [0, STRIP * scale / space.height]}


def caption(theme: palette.Theme, space: Room, scale: float) -> dict[str, Any]:
    """The words over the strip."""
    at = {"xref": "paper", "yref": "paper", "x": 0, "xanchor": "left", "yanchor": "middle", "showarrow": False}
    height = (STRIP + CAPTION / 2) * scale / space.height
    return at | {
        "y": height,
        "text": say("made to answer here: what it would say, and how sure it is (bar: 0 to 1)"),
        "font": {"size": 12 * scale, "color": theme.muted},
    }
