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


@lru_cache(maxsize=16)
def source(*names: str) -> str:
    """The texts of these files of the folder, one after another, each once."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in dict.fromkeys(names))
