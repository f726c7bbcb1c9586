"""Where two of the compared runs part, and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.compare.pane import Pane
from pages.shared.escape import markdown_text
from pages.shared.html import rows_html
from pages.shared.language import told, tr, words_of
from pages.shared.links import run_link
from pages.shared.state import remembered
from rlm_core.core.errors import LogError
from rlm_core.runs.run_diff import RunDiff, diff


def differences(there: Sequence[Pane]) -> None:
    """Choose two runs, of two there are; the first event in which they differ, with links to that moment in each."""
    pair = _pair(there)
    if pair is None:
        return
    try:
        found = told(diff, *(p.records for p in pair))
    except LogError as error:
        st.info(words_of(error), icon=":material/info:")
        return
    st.markdown(markdown_text(found.sentence))
    for pane, said, event in zip(pair, (found.first, found.second), found.events, strict=True):
        if said:
            st.html(rows_html([(pane.title, said)]))
        if event is not None:
            run_link(pane.row.id, tr("{title}: event {event:,}", title=markdown_text(pane.title), event=event), event)
    _settings(found)


def _pair(there: Sequence[Pane]) -> tuple[Pane, Pane] | None:
    titles = [p.title for p in there]
    first, second = titles[:2]
    if len(there) > 2:
        left, right = st.columns(2)
        first = remembered(left.selectbox, tr("First"), titles, key="compare.diff.first", default=titles[0], offered=titles)
        second = remembered(right.selectbox, tr("Second"), titles, key="compare.diff.second", default=titles[1], offered=titles)
    if first == second:
        st.caption(tr("Choose two different runs."))
        return None
    return there[titles.index(first)], there[titles.index(second)]


def _settings(found: RunDiff) -> None:
    if found.settings:
        st.caption(tr("Settings that differ: {list}.", list=markdown_text(tr(", ").join(map(tr, found.settings)))))
