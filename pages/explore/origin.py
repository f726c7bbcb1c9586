"""Where a run from elsewhere came from, what its log does not tell, and what to look at in a run that comes with the app."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import listed
from rlm_core.runs.examples import examples
from rlm_core.runs.missing import missing
from rlm_core.runs.store import RunRow


def origin(row: RunRow, full_tree: SearchTree) -> None:
    """A note on a run that another program told of, or that comes with the app; nothing for any other."""
    if example := examples().get(row.id):
        with st.container(key="origin"):
            st.caption(f":material/play_circle: **Example: {markdown_text(example.title)}** · {markdown_text(example.sentence)}")
        return
    source = full_tree.started.elsewhere if full_tree.started else ""
    if not source:
        return
    lacking = missing(full_tree)
    working = ", which works on this run and can stop it" if row.active else ""
    said = [f"Told by {markdown_text(source)}{working}."]
    said += [f"Its log has {markdown_text(listed(lacking))}{' yet' if row.active else ''}."] if lacking else []
    said += [markdown_text(row.message)] if row.message and not row.active and full_tree.finished and not full_tree.finished.detail else []
    with st.container(key="origin"):
        st.caption(f":material/input: {' '.join(said)}")
