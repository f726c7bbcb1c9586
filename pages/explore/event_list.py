"""The events of a run in sentences, as a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared.language import told, tr
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.narrate.sentences import headline, sentence

MAX_LISTED = 400
"""Events in the table; the exported log has all of them."""


def event_list(records: list[Record], moment: int) -> None:
    """The events up to the moment, newest first."""
    tree, rows = SearchTree(), []
    first = max(0, moment - MAX_LISTED)
    for record in records[:moment]:
        if record.seq > first:
            rows.append(
                {
                    tr("event"): record.seq,
                    tr("time (s)"): record.time,
                    tr("kind"): told(headline, record.event),
                    tr("what happened"): told(sentence, record, tree),
                }
            )
        tree.apply(record)
    st.dataframe(pd.DataFrame(rows[::-1]), hide_index=True, width="stretch", height=320)
    if first:
        st.caption(
            tr("The last {max_listed} events up to this moment; the exported log has all {n:,}.", max_listed=MAX_LISTED, n=len(records))
        )
