"""The icon of a structure as inline SVG (64 × 28 px), in the colours of a theme."""

from __future__ import annotations

from rlm_core.core.structure import Dot, Icon, Line
from rlm_core.figures.palette import Theme

WIDTH, HEIGHT = 64, 28


def miniature(icon: Icon, theme: Theme) -> str:
    """The icon as an `<svg>`; no text of anyone's is in it."""
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    drawn = "".join([*(_line(line, theme) for line in icon.lines), *(_dot(dot, theme) for dot in icon.dots)])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} aria-hidden="true">{drawn}</svg>'


def _line(line: Line, theme: Theme) -> str:
    colour, width = (theme.ink, 1.8) if line.strong else (theme.muted, 1)
    dashes = ' stroke-dasharray="2 1.5"' if line.dashed else ""
    return f'<path d="{_way(line)}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashes}/>'


def _way(line: Line) -> str:
    if not line.bend:
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in line.points)
    (x0, y0), (x1, y1) = line.points
    return f"M{x0:g} {y0:g}Q{(x0 + x1) / 2:g} {max(y0, y1) + line.bend:g} {x1:g} {y1:g}"


def _dot(dot: Dot, theme: Theme) -> str:
    colour = theme.ink if dot.strong else theme.muted
    if dot.finished:
        return f'<rect x="{dot.x - 2.2:g}" y="{dot.y - 2.2:g}" width="4.4" height="4.4" fill="{colour}"/>'
    fill = theme.surface if dot.hollow else colour
    return f'<circle cx="{dot.x:g}" cy="{dot.y:g}" r="{dot.radius:g}" fill="{fill}" stroke="{colour}"/>'
