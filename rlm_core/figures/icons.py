"""Small drawings of the structures that strategies build, as inline SVG (64 × 28 px): a picture of the shape, not of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rlm_core.figures.palette import Theme

WIDTH, HEIGHT = 64, 28
Point = tuple[float, float]


class _Pen:
    """Collects lines below and dots above; strong ones are on the way that is taken, hollow ones were given up."""

    def __init__(self, theme: Theme) -> None:
        self.theme, self.lines, self.dots = theme, "", ""

    def line(self, *points: Point, strong: bool = False, dash: str = "") -> None:
        colour, width = (self.theme.ink, 1.8) if strong else (self.theme.muted, 1)
        way = "M" + "L".join(f"{x:g} {y:g}" for x, y in points)
        self._path(way, colour, width, dash)

    def arc(self, start: Point, end: Point, bend: float) -> None:
        """Dashed, bulging downwards."""
        middle = (start[0] + end[0]) / 2
        way = f"M{start[0]:g} {start[1]:g}Q{middle:g} {max(start[1], end[1]) + bend:g} {end[0]:g} {end[1]:g}"
        self._path(way, self.theme.muted, 1, "2 1.5")

    def _path(self, way: str, colour: str, width: float, dash: str) -> None:
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.lines += f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}/>'

    def dot(self, *points: Point, strong: bool = False, hollow: bool = False, radius: float = 2.2) -> None:
        colour = self.theme.ink if strong else self.theme.muted
        fill = self.theme.surface if hollow else colour
        for x, y in points:
            self.dots += f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{colour}"/>'

    def square(self, x: float, y: float, strong: bool = False) -> None:
        colour = self.theme.ink if strong else self.theme.muted
        self.dots += f'<rect x="{x - 2.2:g}" y="{y - 2.2:g}" width="4.4" height="4.4" fill="{colour}"/>'


def miniature(shape: str, theme: Theme) -> str:
    """The structure as an `<svg>`; a plain tree for a word that is not known. No text of anyone's is in it."""
    pen = _Pen(theme)
    SHAPES.get(shape, _tree)(pen)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} aria-hidden="true">{pen.lines}{pen.dots}</svg>'


def _chain(pen: _Pen) -> None:
    points = [(5.0, 14.0), (19.0, 14.0), (33.0, 14.0), (47.0, 14.0)]
    pen.line(*points, (59, 14), strong=True)
    pen.dot(*points, strong=True)
    pen.square(59, 14, strong=True)


def _fan(pen: _Pen) -> None:
    for y in (3, 8.5, 19.5, 25):
        pen.line((5, 14), (20, y), (59, y))
        pen.square(59, y)
    pen.line((5, 14), (59, 14), strong=True)
    pen.square(59, 14, strong=True)
    pen.dot((5, 14), strong=True)


def _rows(pen: _Pen, kept: Sequence[Sequence[float]], rows: Sequence[float], parents: Sequence[Sequence[float]]) -> None:
    """Levels of which some go on: hollow dots fall."""
    for i, level in enumerate(kept):
        x = 22 + 18 * i
        for parent in parents[i]:
            for y in rows:
                if abs(y - parent) <= 12:
                    pen.line((x - 18, parent), (x, y))
        for y in rows:
            pen.dot((x, y), strong=y in level, hollow=y not in level)


def _layers(pen: _Pen) -> None:
    _rows(pen, [(3.5, 17.5), (10.5, 17.5), (10.5,)], (3.5, 10.5, 17.5, 24.5), [(14,), (3.5, 17.5), (10.5, 17.5)])
    pen.dot((4, 14), strong=True)


def _subtrees(pen: _Pen) -> None:
    for top in (4.0, 20.0):
        pen.line((4, 14), (20, top + 2), strong=True)
        for x in (20, 38):
            pen.line((x, top + 2), (x + 18, top), strong=True)
            pen.line((x, top + 2), (x + 18, top + 5.5))
            pen.dot((x + 18, top + 5.5), hollow=True, radius=1.8)
            pen.dot((x + 18, top), strong=True, radius=1.8)
        pen.dot((20, top + 2), strong=True, radius=1.8)
    pen.dot((4, 14), strong=True)


def _tree(pen: _Pen) -> None:
    pen.line((5, 14), (23, 5))
    pen.line((23, 5), (41, 3))
    pen.line((23, 5), (41, 9))
    pen.line((23, 20), (41, 25))
    pen.line((41, 17), (59, 21))
    pen.line((5, 14), (23, 20), (41, 17), (59, 14), strong=True)
    pen.dot((23, 5), (41, 3), (41, 9), (41, 25), (59, 21))
    pen.dot((5, 14), (23, 20), (41, 17), strong=True)
    pen.square(59, 14, strong=True)


def _particles(pen: _Pen) -> None:
    ways = ((4, 4), (11, 4), (18, 18), (25, 18))
    for a, b in ways:
        pen.line((5, a), (23, a))
        pen.line((23, b), (41, a), (59, a))
        pen.dot((5, a), (59, a), radius=1.8)
        pen.dot((23, a), hollow=a in (11, 25), strong=a in (4, 18), radius=2.6 if a in (4, 18) else 1.6)


def _forest(pen: _Pen) -> None:
    for x, strong in ((4, False), (25, True), (46, False)):
        pen.line((x, 14), (x + 7, 7), (x + 14, 4), strong=strong)
        pen.line((x, 14), (x + 7, 20), (x + 14, 24))
        pen.line((x + 7, 20), (x + 14, 16))
        pen.dot((x, 14), (x + 7, 7), (x + 14, 4), strong=strong, radius=1.8)
        pen.dot((x + 7, 20), (x + 14, 24), (x + 14, 16), radius=1.8)


def _ribbon(pen: _Pen) -> None:
    pen.line((4, 21), (12, 13), (20, 5))
    pen.arc((20, 5), (12, 13), 6)
    pen.line((12, 13), (28, 6))
    pen.line((28, 6), (36, 21), dash="2 1.5")
    pen.line((36, 21), (44, 13), (52, 5), (60, 5), strong=True)
    pen.dot((20, 5), hollow=True)
    pen.dot((4, 21), (12, 13), (28, 6))
    pen.dot((36, 21), (44, 13), (52, 5), strong=True)
    pen.square(60, 5, strong=True)


def _draft(pen: _Pen) -> None:
    pen.line((4, 7), (16, 7), (28, 7))
    pen.arc((28, 7), (16, 7), 7)
    pen.line((16, 7), (28, 21), (43, 21), (58, 21), strong=True)
    pen.dot((28, 7), hollow=True)
    pen.dot((4, 7), (16, 7), strong=True)
    pen.dot((28, 21), (43, 21), strong=True)
    pen.square(58, 21, strong=True)


def _effort(pen: _Pen) -> None:
    for y, end, strong in ((5, 18, False), (14, 36, True), (23, 58, False)):
        pen.line((5, y), (end, y), strong=strong)
        pen.dot(*[(float(x), y) for x in range(5, end, 13)], strong=strong, radius=1.8)
        pen.square(end, y, strong=strong)


SHAPES: dict[str, Callable[[_Pen], None]] = {
    "chain": _chain,
    "fan": _fan,
    "layers": _layers,
    "subtrees": _subtrees,
    "tree": _tree,
    "particles": _particles,
    "forest": _forest,
    "ribbon": _ribbon,
    "draft": _draft,
    "effort": _effort,
}
