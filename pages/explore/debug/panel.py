"""The Debug tab: one of four views of the whole run, whatever moment the picture shows."""

from __future__ import annotations

from collections.abc import Callable

from pages.explore.debug.failure import failure
from pages.explore.debug.invariant_list import invariant_list
from pages.explore.debug.oracle import oracle
from pages.explore.debug.what_if import what_if_view
from pages.shared.language import deferred, tr
from pages.shared.state import one_of
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.store import RunRow

View = Callable[[RunRow, list[Record], SearchTree], None]
VIEWS: dict[str, View] = {
    deferred("Why it is wrong"): failure,
    deferred("What if"): what_if_view,
    deferred("Oracle"): oracle,
    deferred("Invariants"): invariant_list,
}


def debug(row: RunRow, records: list[Record], full_tree: SearchTree) -> None:
    """records, full_tree: of the whole run so far."""
    chosen = one_of(tr("Debug view"), list(VIEWS), "debug.view")
    VIEWS[chosen](row, records, full_tree)
