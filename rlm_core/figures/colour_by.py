"""The quantity that colours a node: its value, a reward's score, numbers from elsewhere, or the difference of two scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rlm_core.core.tree import Node
from rlm_core.figures import palette

Paint = Literal["value", "unscored", "hollow"]
CONFIDENCE = "confidence of the probe"
"""The quantity that colours a chain: how sure the model would answer at each point."""


@dataclass(frozen=True, slots=True)
class Colours:
    """The quantity that colours the nodes.

    by: "value", "score" (the latest), CONFIDENCE or the name of a reward that scored them; with `given`, its label.
    given: numbers from elsewhere, in [0,1] by node. Pruned nodes are hollow unless they are given a number.
    difference: the given numbers lie in [−1,1] and use the diverging scale.
    """

    by: str = "value"
    given: Mapping[int, float] | None = None
    difference: bool = False

    def of(self, node: Node) -> float | None:
        """The number that colours a node; None if it has none."""
        if self.given is not None:
            return self.given.get(node.id)
        if self.by == CONFIDENCE:
            return node.probe.confidence if node.probe else None
        if self.by == "value":
            return node.value
        if self.by == "score":
            return node.score
        return next((e.score for e in reversed(node.evaluations) if e.reward == self.by), None)

    def paint(self, node: Node) -> Paint:
        """Hollow if pruned, neutral if nobody has judged it, else the value's colour."""
        if node.pruned and (self.given is None or node.id not in self.given):
            return "hollow"
        return "unscored" if self.of(node) is None else "value"

    def fill(self, node: Node, theme: palette.Theme) -> str:
        """The colour inside a node's marker."""
        flat = {"hollow": theme.surface, "unscored": theme.unscored}.get(self.paint(node))
        sure = palette.confidence_colour if self.by == CONFIDENCE else palette.value_colour
        colour = palette.difference_colour if self.difference else sure
        return flat or colour(self.of(node) or 0.0)
