"""Where a run from elsewhere came from, what its log does not tell, and what to look at in a run that comes with the app."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import listed, tr, translated, words_of
from rlm_core.core.tree import SearchTree
from rlm_core.runs.examples import examples
from rlm_core.runs.missing import missing
from rlm_core.runs.store import RunRow


def origin(row: RunRow, full_tree: SearchTree) -> None:
    """A note on a run that another program told of, or that comes with the app; nothing for any other."""
    if example := examples().get(row.id):
        with st.container(key="origin"):
            st.caption(
                tr(
                    ":material/play_circle: **Example: {title}** · {sentence}",
                    title=markdown_text(tr(example.title)),
                    sentence=markdown_text(tr(example.sentence)),
                )
            )
        return
    source = full_tree.started.elsewhere if full_tree.started else ""
    if not source:
        return
    lacking = missing(full_tree)
    had = markdown_text(listed([translated(one) for one in lacking]))
    working = tr(", which works on this run and can stop it") if row.active else ""
    said = [tr("Told by {source}{working}.", source=markdown_text(source), working=working)]
    said += (
        [(tr("Its log has {lacking} yet.", lacking=had) if row.active else tr("Its log has {lacking}.", lacking=had))] if lacking else []
    )
    said += [words_of(row.message)] if row.message and not row.active and full_tree.finished and not full_tree.finished.detail else []
    with st.container(key="origin"):
        st.caption(f":material/input: {' '.join(said)}")
