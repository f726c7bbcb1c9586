"""Scripts that draw a run in a browser: the tree on a canvas, and the player of its moments; for a page with a server or without one.

Each script defines what it is named after and needs those that stand before it in the list of its user.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent
TREE = ("words.js", "state.js", "layout.js", "labels.js", "paint.js", "view.js")
"""Define the class TreeView."""
PLAYER = ("words.js", "player.js")
"""Define the function drawPlayer."""
TREE_WORDS = (
    "Tree",
    "Find text or number",
    "Find a node by its text or number",
    "Find a node by its text or number (F); Enter goes to the next one",
    "Nodes shown",
    "All nodes",
    "Best path only",
    "Path to the selected node",
    "Visited more than …",
    "Visits that a node must exceed",
    "Collapse or open the selected node (C), or double-click a node",
    "Open every collapsed node",
    "Zoom out (−)",
    "Zoom in (+), or click the tree and turn the wheel",
    "Show the whole tree (0)",
    "Full screen; Esc goes back",
    "best path",
    "several nodes; click to open",
    "now",
    "Click the tree, or hold {key}, to zoom with the wheel",
    "visits",
    "score {score} by {reward}",
    "prior",
    "Root",
    "answers",
    "{n} nodes below it",
    "best value",
    "Node {node}",
    "Tree of {n} nodes at event {event}",
    "; node {node} is selected",
    "{shown} of {last}",
    "none",
    "{n} nodes",
    "best {value}",
)
"""What the tree says, beside the signs of `palette`."""
PLAYER_WORDS = (
    "To the beginning (Home)",
    "One step back (←)",
    "Play or pause (Space)",
    "One step forward (→)",
    "To the end (End); a live run is followed",
    "Event shown",
    "Length of a step",
    "Length of a step of the arrow keys and of the replay",
    "Speed of the replay",
    "{shown} of {last}",
    "event {shown} of {last}",
)
"""What the player says."""
REPLAY_WORDS = (
    "Event {event} of {last}, {seconds} s after the start.",
    "rank",
    "node",
    "Node {node}",
    "It is not in the tree yet at this moment.",
    "The root",
    "Pruned: {why}.",
    "It finished without stating an answer.",
    "Answer: {answer}",
    "Visits N",
    "Value Q",
    "Score by {reward}",
    "Prior P",
    "∞ (first)",
    "At {where}, as event {event} decided: node {node} (▶) was chosen.",
    "step",
    "bonus",
    "total",
    "Why this one?",
    "Why not this one?",
    "Nothing was chosen here yet",
    "Nothing was chosen here",
    "What became of these steps?",
    "Node {node} is a step of candidate {candidate}.",
    "Its siblings",
    "value",
    "What was chosen below it?",
)
"""What the page that replays a run says."""


@lru_cache(maxsize=16)
def source(*names: str) -> str:
    """The texts of these files of the folder, one after another, each once."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in dict.fromkeys(names))
