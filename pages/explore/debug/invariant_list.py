"""The invariants of a run, each with a mark and, where it is broken, a link to the first place."""

from __future__ import annotations

import streamlit as st

from pages.explore.debug.links import event_link, node_links
from pages.shared.escape import markdown_text
from pages.shared.language import tr, translated
from pages.shared.services import logs
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.invariants import Invariant, invariants
from rlm_core.runs.store import RunRow

MARKS = {True: "✓", False: "✕", None: "–"}


def invariant_list(row: RunRow, records: list[Record], tree: SearchTree) -> None:
    found = _checked(row.id, len(records))
    kept, broken, idle = (sum(i.holds is holds for i in found) for holds in (True, False, None))
    apart = tr("; {idle} does not apply", idle=idle) if idle == 1 else tr("; {idle} do not apply", idle=idle) if idle else ""
    verdict = (
        tr("{broken} of {n} invariants is broken", broken=broken, n=len(found))
        if broken == 1
        else tr("{broken} of {n} invariants are broken", broken=broken, n=len(found))
        if broken
        else tr("{kept} invariants hold", kept=kept)
    )
    st.markdown(
        tr("**{verdict}{apart}.** All are worked out again from the {n:,} events of the log.", verdict=verdict, apart=apart, n=len(records))
    )
    for i in found:
        _line(i, tree)


@st.cache_data(max_entries=64, show_spinner=False)
def _checked(run: str, events: int) -> list[Invariant]:
    """The invariants of the first so many events of a run."""
    return invariants(logs().records(run)[:events])


def _line(invariant: Invariant, tree: SearchTree) -> None:
    word, _, rest = invariant.law.partition(": ")
    detail = translated(invariant.detail)
    said = tr("does not apply: {detail}", detail=detail) if invariant.holds is None else detail
    law = f"{MARKS[invariant.holds]} **{tr(word)}**: {markdown_text(tr(rest))}"
    st.markdown(f"{law}  \n{markdown_text(said[:1].upper() + said[1:])}{tr('.')}")
    if invariant.holds is False:
        with st.container(horizontal=True):
            if invariant.event is not None:
                event_link(invariant.event, f"debug.broken.{word}", invariant.node)
            if invariant.node is not None:
                node_links(tree, [invariant.node], f"debug.broken.{word}")
