"""The stages of a training as a diagram: a box per policy with what was measured, an arrow from the policy that each began with."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.core.wording import shorten
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import axis, chart, line_style
from rlm_core.figures.plotly_style import Trace, base_layout
from rlm_core.figures.text import letters, safe
from rlm_core.runs.training_files import Interval, StageRow

HALF, INSIDE = 0.41, 0.36
"""Half the width of a box and of what stands in it, where neighbours are 1 apart."""
BOX_PX, ABOVE_PX, ARC_PX = 196, 40, 34
"""Height of the boxes, of the room above them for data, and below them for an arrow past other boxes, in px."""
TITLE_CHARS = 23
USUAL = 5
"""Boxes of a whole pipeline, for which there is room from the beginning."""
LINE_PX = 19
KINDS = {
    "base": "before training",
    "sft": "supervised fine-tuning",
    "grpo": "reinforcement learning",
    "rejection": "rejection sampling + SFT",
}
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to a later one, by their places.

    data: answers go along it, not weights.
    """

    source: int
    target: int
    data: bool = False


def arrows(stages: Sequence[StageRow]) -> list[Arrow]:
    """Weights go from the policy that a stage began with; data of rejection sampling come from the stage before it."""
    found = list[Arrow]()
    for i, row in enumerate(stages):
        before = next((j for j in range(i - 1, -1, -1) if stages[j].checkpoint == row.start), None)
        if i and before is not None:
            found.append(Arrow(before, i))
        if row.kind == "rejection" and i and before != i - 1:
            found.append(Arrow(i - 1, i, data=True))
    return found


def stages_figure(stages: Sequence[StageRow], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """The diagram. stages: the base and every finished stage, in order."""
    grown = palette.LARGE if large else 1.0
    lines = arrows(stages)
    low = -ARC_PX * 2 if any(a.target - a.source > 1 for a in lines) else -4
    drawing = _Drawing(theme, grown)
    for i, row in enumerate(stages):
        drawing.box(i, row)
    for arrow in lines:
        drawing.arrow(arrow, stages)
    height = int((BOX_PX + ABOVE_PX - low) * grown)
    style = base_layout(theme, large, height)
    style.pop("coloraxis")
    hidden = {"visible": False, "fixedrange": True}
    style |= {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "dragmode": False,
        "showlegend": False,
        "xaxis": hidden | {"range": [-0.45, max(len(stages), USUAL) - 0.55]},
        "yaxis": hidden | {"range": [low, BOX_PX + ABOVE_PX]},
        "shapes": drawing.shapes,
        "annotations": drawing.notes,
    }
    return go.Figure({"data": [_hover(stages)], "layout": style}, skip_invalid=False)


class _Drawing:
    """Shapes and texts of the diagram; heights are in px of the usual type."""

    def __init__(self, theme: palette.Theme, grown: float) -> None:
        self.theme, self.grown = theme, grown
        self.shapes, self.notes = list[Shape](), list[Shape]()

    def box(self, x: int, row: StageRow) -> None:
        rl = row.kind == "grpo"
        line = {"color": self.theme.outline if rl else self.theme.edge, "width": 2 if rl else 1}
        self.shapes.append(
            {"type": "rect", "x0": x - HALF, "x1": x + HALF, "y0": 0, "y1": BOX_PX, "fillcolor": self.theme.band, "line": line}
        )
        self.shapes[-1]["layer"] = "below"
        top, m = BOX_PX - 14, row.measures
        signs = int(TITLE_CHARS * len(row.title) / letters(row.title)) if row.title else TITLE_CHARS  # as wide as so many letters
        title = textwrap.wrap(row.title.replace("、", "、 "), signs)
        title = [*title[:1], shorten(" ".join(title[1:]), signs)] if len(title) > 1 else [*title, ""]
        for line, words in enumerate(title):
            self.text(x - INSIDE, top - line * LINE_PX, f"<b>{safe(words)}</b>", 14)
        self.text(
            x - INSIDE,
            top - (2 if title[1] else 1) * LINE_PX,
            say(KINDS[row.kind]) if row.kind in KINDS else safe(row.kind),
            12,
            muted=True,
        )
        self.bar(x, top - 3.3 * LINE_PX, "pass@1", m.pass_at_1, 0)
        self.bar(x, top - 5.3 * LINE_PX, f"pass@{m.k}", m.pass_at_k, 1)
        self.text(x - INSIDE, top - 7.35 * LINE_PX, say("{length:.1f} tokens per answer", length=m.length[0]), 12, muted=True)
        self.text(
            x - INSIDE,
            top - 8.25 * LINE_PX,
            say("format {format:.0%} · language {language:.0%}", format=m.format[0], language=m.language[0]),
            12,
            muted=True,
        )

    def bar(self, x: int, y: float, name: str, value: Interval, place: int) -> None:
        """A measure with its interval in figures, and below it on a line from 0 to 1."""
        found, low, high = value
        self.text(x - INSIDE, y, f"{name} <b>{found:.2f}</b> [{low:.2f}, {high:.2f}]", 13)
        at, width, left = y - 0.8 * LINE_PX, 2 * INSIDE, x - INSIDE
        colour = palette.series(self.theme, place)
        ends = [(end - 0.004, end + 0.004, 4.0, self.theme.ink) for end in (low, high)]
        drawn = [(0.0, 1.0, 2.5, self.theme.faint), (0.0, found, 2.5, colour), (low, high, 0.8, self.theme.ink), *ends]
        for start, end, thick, fill in drawn:
            box = {"type": "rect", "x0": left + width * start, "x1": left + width * end, "y0": at - thick, "y1": at + thick}
            self.shapes.append(box | {"fillcolor": fill, "line": {"width": 0}})

    def text(self, x: float, y: float, text: str, size: float, *, muted: bool = False, anchor: str = "left", plate: bool = False) -> None:
        font = {"size": size * self.grown, "color": self.theme.muted if muted else self.theme.ink}
        note = {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": anchor, "yanchor": "middle", "align": anchor, "font": font}
        self.notes.append(note | ({"bgcolor": self.theme.surface, "borderpad": 2} if plate else {}))

    def arrow(self, arrow: Arrow, stages: Sequence[StageRow]) -> None:
        gain = stages[arrow.target].measures.pass_at_1[0] - stages[arrow.source].measures.pass_at_1[0]
        said = f"{gain:+.2f}".replace("-", "−")
        source, target = arrow.source, arrow.target
        if arrow.data:
            y = BOX_PX + 16
            self.path([(source, BOX_PX), (source, y), (target, y), (target, BOX_PX)], dashed=True)
            self.text((source + target) / 2, y, say("its right answers"), 12, muted=True, anchor="center", plate=True)
        elif target - source == 1:
            y = BOX_PX / 2
            self.path([(source + HALF, y), (target - HALF, y)])
            self.text((source + target) / 2, y + 12, said, 12, anchor="center", plate=False)
        else:
            y = -ARC_PX
            self.path([(source, 0), (source, y), (target, y), (target, 0)])
            words = say("the weights of “{stage}” · pass@1 {change}", stage=safe(shorten(stages[source].title, TITLE_CHARS)), change=said)
            self.text((source + target) / 2, y, words, 12, anchor="center", plate=True)

    def path(self, points: Sequence[tuple[float, float]], *, dashed: bool = False) -> None:
        """A line through the points, with a head at the last."""
        (ax, ay), (x, y) = points[-2], points[-1]
        line = {"color": self.theme.muted, "width": 2, "dash": "5px,4px" if dashed else "solid"}
        if len(points) > 2:
            drawn = "M" + " L".join(f"{px},{py}" for px, py in points)
            self.shapes.append({"type": "path", "path": drawn, "line": line})
        head = {"x": x, "y": y, "ax": ax, "ay": ay, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True}
        self.notes.append(head | {"arrowhead": 2, "arrowsize": 1.1, "arrowwidth": 2 if not dashed else 1, "arrowcolor": self.theme.muted})


def _hover(stages: Sequence[StageRow]) -> Shape:
    """An invisible point on each box, which tells what does not fit into it."""
    texts = []
    for row in stages:
        m = row.measures
        lines = [
            f"<b>{safe(row.title)}</b>",
            say("{problems:,} held-out problems, {answers:,} answers each", problems=m.problems, answers=m.samples),
        ]
        lines += [say("from {start}", start=safe(row.start))] if row.kind != "base" else []
        lines += [say("{steps:,} optimiser steps, {seconds:,.0f} s", steps=row.steps, seconds=row.seconds)] if row.steps else []
        lines += [safe(row.data)] if row.data else []
        lines += [f"{safe(name)}: pass@1 {found['pass_at_1'][0]:.2f}" for name, found in m.by_language.items() if "pass_at_1" in found]
        texts.append("<br>".join(lines))
    marker = {"size": 90, "opacity": 0, "symbol": "square"}
    place = {"x": list(range(len(stages))), "y": [BOX_PX / 2] * len(stages)}
    return {"type": "scatter", "mode": "markers", **place, "marker": marker, "hovertext": texts, "hoverinfo": "text"}


EXCHANGE_PX = 400


def exchange_figure(stages: Sequence[StageRow], *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """pass@1 against pass@k: a point per stage with both 95 % intervals, an arrow from the policy that it began with."""
    data = list[Trace]()
    for i, row in enumerate(stages):
        one, many = row.measures.pass_at_1, row.measures.pass_at_k
        style = line_style(theme, i, large)
        bars = {
            "error_x": {"type": "data", "symmetric": False, "array": [one[2] - one[0]], "arrayminus": [one[0] - one[1]]},
            "error_y": {"type": "data", "symmetric": False, "array": [many[2] - many[0]], "arrayminus": [many[0] - many[1]]},
        }
        bars = {name: bar | {"thickness": 1.2, "width": 3, "color": style["marker"]["color"]} for name, bar in bars.items()}
        said = f"<b>{safe(row.title)}</b><br>pass@1 {one[0]:.3f} [{one[1]:.3f}, {one[2]:.3f}]"
        said += f"<br>pass@{row.measures.k} {many[0]:.3f} [{many[1]:.3f}, {many[2]:.3f}]"
        point = {"type": "scatter", "mode": "markers", "x": [one[0]], "y": [many[0]], "marker": style["marker"], "name": safe(row.title)}
        data.append(point | bars | {"hovertext": [said], "hoverinfo": "text"})
    notes = list[Shape]()
    for arrow in arrows(stages):
        if not arrow.data:
            (ax, ay), (x, y) = (_place(stages[i]) for i in (arrow.source, arrow.target))
            note = {"ax": ax, "ay": ay, "x": x, "y": y, "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "text": "", "showarrow": True}
            notes.append(note | {"arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": theme.muted, "standoff": 9, "startstandoff": 9})
    return chart(
        data,
        theme,
        large,
        height=EXCHANGE_PX,
        annotations=notes,
        xaxis=axis("pass@1", theme, tickformat=".2f"),
        yaxis=axis(f"pass@{stages[-1].measures.k}", theme, tickformat=".2f"),
    )


def _place(row: StageRow) -> tuple[float, float]:
    return row.measures.pass_at_1[0], row.measures.pass_at_k[0]
