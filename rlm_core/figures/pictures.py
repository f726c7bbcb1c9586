"""The pictures of a run by name, as the page draws them."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from rlm_core.core.errors import ConfigError
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.figures import palette
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.charts.candidates import candidates_figure, votes_figure
from rlm_core.figures.tree.figure import tree_figure

VOTES = "Votes"
KINDS = {Picture.TREE: tree_figure, Picture.CANDIDATES: candidates_figure, Picture.CHAIN: ribbon_figure}
THEMES = {palette.LIGHT.name: palette.LIGHT, palette.DARK.name: palette.DARK}


def picture(kind: str, tree: SearchTree, theme: str = "light", **look: Any) -> go.Figure:
    """A picture of a tree; ConfigError if there is none of that kind or theme, or if there is nothing to draw.

    kind: tree, candidates, chain or votes.
    theme: light or dark.
    look: further arguments of the figure.
    """
    drawing = THEMES.get(theme)
    if drawing is None:
        raise ConfigError(f"There is no theme '{theme}'; allowed are {', '.join(THEMES)}.")
    if kind.title() == VOTES:
        if tree.answered is None:
            raise ConfigError("There are no votes to draw, because this run has no answer.")
        return votes_figure(tree.answered, theme=drawing, tree=tree, **look)
    if kind.title() not in list(KINDS):
        raise ConfigError(f"There is no picture '{kind}'; allowed are {', '.join([*KINDS, VOTES]).lower()}.")
    return KINDS[Picture(kind.title())](tree, theme=drawing, **look)
