"""The visual language: the one place that says what a colour, a shape, a size and a line width mean.

Value is colour (viridis, colour-blind safe), state is shape, visits are area, a share of visits is
line width. The accent colour means "now" and nothing else; the best path is thick ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.core.phrases import say
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, THINK, TOOL, WAIT
from rlm_core.core.tree import Node

VALUE = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
"""Viridis: 0 is the first colour, 1 the last."""
VALUE_WORDS = ("unlikely", "likely correct")

CONFIDENCE = ("#eef1f6", "#d3dcea", "#b2c4dc", "#8da9cc", "#668bb8", "#446e9f", "#2b5485", "#173a67")
"""How sure the model is of an answer, from 0 to 1; a scale of its own, for what it is sure of may be wrong."""
CONFIDENCE_WORDS = ("unsure", "confident")

DIFFERENCE = ("#b2182b", "#d6604d", "#f4a582", "#dcdfe4", "#92c5de", "#4393c3", "#2166ac")
"""Difference of two scores: −1 is the first colour, no difference the grey in the middle, +1 the last."""
DIFFERENCE_WORDS = ("lower", "the same", "higher")

SERIES = {
    "light": ("#0b66b0", "#b03a2e", "#117a55", "#8f3f97", "#8a6100", "#0e7c86", "#5c6f00", "#4a5568"),
    "dark": ("#74b6f5", "#ff9d8a", "#5ed0a3", "#d9a2e4", "#e3bc55", "#5fcbd5", "#bdd65c", "#b8c3d2"),
}
"""Colours of the lines of a chart by theme, which tell lines apart and mean nothing else; each line has its own dash and symbol too."""
LINE_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "6px,3px,2px,3px,2px,3px", "2px,6px")
LINE_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "hexagon", "pentagon")

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", "Segoe UI", system-ui, sans-serif'
LARGE = 1.5
"""Factor of the large-type mode, for a lecture hall."""
DENSE = 9.0
"""Markers smaller than this (px) cannot hold a mark inside."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one theme, `#rrggbb`.

    name: light or dark.
    surface: the page behind the transparent paper; fills hollow nodes and label plates.
    ink: text.
    muted: text of less weight.
    edge: lines of the tree.
    faint: lines of a grid.
    path: the best path.
    outline: of evaluated nodes.
    unscored: fill of nodes that no reward has judged; a grey far from the colours of low values in lightness.
    pruned: outline and lines of nodes that will not be continued.
    accent: the present moment.
    band: a quiet background area.
    """

    name: str
    surface: str
    ink: str
    muted: str
    edge: str
    faint: str
    path: str
    outline: str
    unscored: str
    pruned: str
    accent: str
    band: str


LIGHT = Theme(
    name="light",
    surface="#ffffff",
    ink="#1d2330",
    muted="#566070",
    edge="#b3bcc9",
    faint="#e3e7ed",
    path="#1d2330",
    outline="#3a4354",
    unscored="#e6eaf0",
    pruned="#7d8797",
    accent="#d9480f",
    band="#f1f4f8",
)
DARK = Theme(
    name="dark",
    surface="#12141c",
    ink="#f2f4f8",
    muted="#a9b3c1",
    edge="#4b5668",
    faint="#262d3a",
    path="#f2f4f8",
    outline="#cfd6e0",
    unscored="#5f6b7e",
    pruned="#8591a3",
    accent="#ff8a3d",
    band="#171c26",
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is drawn.

    words: on hover, and in the legend where it has no words of its own.
    symbol: plotly's name of the shape.
    dense: the shape in a dense tree.
    mark: the sign inside, if any.
    legend: words of the legend; empty for `words`.
    """

    words: str
    symbol: str
    dense: str
    mark: str = ""
    legend: str = ""


LOOKS = {
    "open": Look("open", "circle", "circle"),
    "unscored": Look("open, not evaluated", "circle-dot", "circle", legend="not evaluated"),
    "pruned": Look("pruned", "circle", "circle"),
    "cut": Look("cut off", "diamond", "diamond", legend="cut off"),
    "finished": Look("finished, unchecked", "square", "square", legend="finished"),
    "correct": Look("finished, correct", "square", "square", "✓", "correct"),
    "wrong": Look("finished, wrong", "square", "x", "✕", "wrong"),
}
"""Every state in the order of the legend."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a line that is no ordinary edge is drawn.

    words: in the legend.
    dash: plotly's pattern of dashes.
    width: in px.
    head: plotly's symbol at its end.
    """

    words: str
    dash: str
    width: float
    head: str


LINKS = {
    "backtrack": Stroke("backtrack", "5px,3px", 1.8, "arrow"),
    "correction": Stroke("correction", "1.5px,2.5px", 2.4, "diamond"),
    "restart": Stroke("starts again", "10px,3px,2px,3px", 1.8, "arrow-open"),
}
SYMBOLS = {TOOL: "hexagon2", WAIT: "hourglass", BACKTRACK: "triangle-left", END_THINK: "triangle-right", THINK: "triangle-right"}
"""Marks with a symbol of their own in a chain; a backtrack and the ends of the thinking only where they stand by themselves."""
SYMBOL_WORDS = {TOOL: "tool call", WAIT: "Wait"}
FORCED_WORDS = "by the decoder"
BEGUN_WORDS = "begun with"
UNDONE_WORDS = "undone"

BOXED = {"✓": "☑", "✕": "☒"}
"""The square of a finished node with its mark in it, as one letter: a line of a legend cannot hold a mark in its marker."""
MARKS = {True: "✓ ", False: "✕ ", None: ""}
"""Before an answer: what the verifier says of it."""
SIZE_WORDS = "area: visits · line: share of visits"
ORACLE_BADGE = "⚑ ORACLE · the search sees the answer"
ORACLE_PAPER, ORACLE_INK = "#ffd43b", "#1b1f2a"
"""The badge of a run that uses the truth: the same plate at the head of a page and in a picture, in both themes."""


def series(theme: Theme, i: int) -> str:
    """The colour of line i of a chart."""
    colours = SERIES[theme.name]
    return colours[i % len(colours)]


def look(node: Node) -> str:
    """The key in LOOKS for a node: its state, with open nodes that nobody has judged apart."""
    return "unscored" if node.state == "open" and node.value is None else node.state


def in_words(node: Node) -> str:
    """The state of a node in words, with the reason if it was pruned."""
    if not node.pruned:
        return say(LOOKS[look(node)].words)
    why = say("pruned: {reason}", reason=say(node.pruned))
    return why if node.state == "pruned" else f"{say(LOOKS[node.state].words)}{say(', ')}{why}"


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=8)
def _ramp(stops: tuple[str, ...], steps: int = 256) -> tuple[str, ...]:
    """`steps` colours that run evenly through the stops."""
    colours = []
    for i in range(steps):
        at = i / (steps - 1) * (len(stops) - 1)
        low = min(int(at), len(stops) - 2)
        pairs = zip(_rgb(stops[low]), _rgb(stops[low + 1]), strict=True)
        colours.append("#" + "".join(f"{round(a + (b - a) * (at - low)):02x}" for a, b in pairs))
    return tuple(colours)


def value_colour(value: float) -> str:
    """The colour of a value in [0,1]; what lies outside is drawn as the nearer end.

    >>> value_colour(0.0), value_colour(1.0), value_colour(1.2)
    ('#440154', '#fde725', '#fde725')
    """
    return _ramp(VALUE)[round(255 * min(1.0, max(0.0, value)))]


def confidence_colour(confidence: float) -> str:
    """The colour of a confidence in [0,1].

    >>> confidence_colour(0.0), confidence_colour(1.0)
    ('#eef1f6', '#173a67')
    """
    return _ramp(CONFIDENCE)[round(255 * min(1.0, max(0.0, confidence)))]


def difference_colour(difference: float) -> str:
    """The colour of a difference in [−1,1].

    >>> difference_colour(-1.0), difference_colour(1.0)
    ('#b2182b', '#2166ac')
    """
    return _ramp(DIFFERENCE)[round(127.5 * (1 + min(1.0, max(-1.0, difference))))]


@lru_cache(maxsize=2048)
def luminance(colour: str) -> float:
    """Relative luminance in [0,1] (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _rgb(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Contrast ratio of two colours, from 1 to 21 (WCAG 2).

    >>> round(contrast("#000000", "#ffffff"))
    21
    """
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Black or white: the one with more contrast on `fill`."""
    return max("#000000", "#ffffff", key=lambda c: contrast(c, fill))


def faded(colour: str, alpha: float) -> str:
    """The colour as rgba(); alpha in [0,1]."""
    return f"rgba({','.join(map(str, _rgb(colour)))},{alpha:g})"


def diameter(visits: int, reference: int, low: float, high: float) -> float:
    """Marker diameter in px: area ∝ visits, `high` at `reference` visits, never below `low`.

    >>> diameter(25, 100, 4, 30), diameter(100, 100, 4, 30), diameter(0, 100, 4, 30)
    (15.0, 30.0, 4.0)
    """
    return float(max(low, min(high, high * math.sqrt(visits / reference))))


SHARES = (0.1, 0.3, 0.6)
WIDTHS = (1.0, 1.9, 3.2, 5.0)
"""Line widths (px) of an edge that takes < 10 %, < 30 %, < 60 %, and more of its parent's visits."""


def width_class(share: float) -> int:
    """Index in WIDTHS for a share of the parent's visits in [0,1]."""
    return sum(share >= bound for bound in SHARES)
