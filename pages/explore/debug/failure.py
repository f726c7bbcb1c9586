"""Why the answer is wrong: the cause, the same with this run's numbers, and the nodes that show it."""

from __future__ import annotations

import streamlit as st

from pages.explore.debug.links import node_links
from pages.shared.language import tr, words_of
from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.runs.attribution import CAUSES, attribute
from rlm_core.runs.store import RunRow


def failure(row: RunRow, _: list[Record], tree: SearchTree) -> None:
    found = attribute(tree)
    if found is None:
        st.info(_why_not(row, tree), icon=":material/info:")
        return
    st.markdown(f"**{tr(found.cause).capitalize()}.** {tr(CAUSES[found.cause])}")
    st.markdown(words_of(found.sentence))
    node_links(tree, found.nodes, "debug.evidence")
    others = tr(", ").join(_in_brief(cause) for cause in CAUSES if cause != found.cause)
    st.caption(tr("The causes are asked in a fixed order, and the first that fits counts. The others are {others}.", others=others))


def _in_brief(cause: str) -> str:
    sentence = tr(CAUSES[cause])
    return f"{tr(cause)} ({sentence[0].lower()}{sentence[1:].rstrip('.。')})"


def _why_not(row: RunRow, tree: SearchTree) -> str:
    if row.active:
        return tr("The run has not ended; a cause is given to wrong answers of finished runs.")
    if tree.finished is None or tree.finished.stop in ("failed", "cancelled", "interrupted"):
        return tr("The run did not end in order, so no cause is given.")
    if tree.answered is not None and tree.answered.correct:
        return tr("The answer is right.")
    return tr("There is nothing to check the answer against, so nothing is known to be wrong.")
