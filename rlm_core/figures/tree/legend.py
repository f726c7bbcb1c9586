"""The legend of a tree."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core.core.phrases import say
from rlm_core.figures import palette
from rlm_core.figures.plotly_style import Trace, forced_sample, now_sample, sample, state_sample, strokes
from rlm_core.figures.tree.traces import Canvas


def legend(canvas: Canvas, best: Sequence[int], highlighted: Sequence[int]) -> list[Trace]:
    """The states, lines and marks that this picture holds, in the shapes they have in it, and no others."""
    tree, theme = canvas.tree, canvas.theme
    nodes = tree.nodes.values()
    present = {palette.look(n) for n in nodes} | {"pruned" for n in nodes if n.pruned} | {"unscored" for n in nodes if n.value is None}
    roomy = {palette.look(n) for n in nodes if canvas.sizes[n.id] >= palette.DENSE}
    rows = []
    for state, look in palette.LOOKS.items():
        if state not in present or (state == "open" and present == {"open"}):
            continue
        hollow = state == "pruned" or {canvas.colours.paint(n) for n in nodes if palette.look(n) == state} == {"hollow"}
        fill = theme.surface if hollow else theme.unscored if state == "unscored" else theme.muted
        marker = {"size": 12, "color": fill, "line": {"width": 1.5, "color": theme.pruned if hollow else theme.outline}}
        rows.append(state_sample(look, marker, state in roomy))
    if len(best) > 1:
        rows.append(sample(say("best path"), "lines", line={"width": 4.5, "color": theme.path}))
    rows += strokes(theme, [k for k, seen in (("backtrack", tree.backtracks), ("correction", tree.corrections)) if seen])
    rows += forced_sample(palette.BEGUN_WORDS if tree.branch else palette.FORCED_WORDS) if any(n.forced for n in nodes) else []
    return rows + (now_sample(theme) if highlighted else [])
