"""Branches on the page: a step written by a person in the inspector, and the links between a run and those that go on from its steps."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import counted, deferred, language, told, tr, translated, words_of
from pages.shared.links import compare_link, open_run, run_link
from pages.shared.services import logs, store
from rlm_core.core.config import Branch
from rlm_core.core.errors import RlmError, RunNotFound
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import shorten
from rlm_core.runs.branching import branch, refuse
from rlm_core.runs.run_diff import diff
from rlm_core.runs.store import RunRow

MAX_STEP_CHARACTERS = 500
MAX_BRANCHES = 6
"""Branches of a run that are linked, the newest of them; the list of saved runs has all."""
_EDIT = (deferred("Edit step"), deferred("The step as you would have it; the search then goes on from it as a run of its own."))
_ADD = (
    deferred("Add child"),
    deferred("A next step that the model did not propose; the search then goes on from it as a run of its own."),
)


def write_step(row: RunRow, tree: SearchTree, node: Node) -> None:
    """The buttons that open the two forms: another text for this step, and a step below it.

    A run from elsewhere has none: only the program that made it can go on from it.
    """
    if row.elsewhere:
        return
    edit_at, add_at = st.columns(2, gap="small")
    with edit_at:
        _form(row, tree, node, edit=True)
    with add_at:
        _form(row, tree, node, edit=False)


def _form(row: RunRow, tree: SearchTree, node: Node, *, edit: bool) -> None:
    label, help = map(tr, _EDIT if edit else _ADD)
    key = f"{'edit' if edit else 'add'}_step"
    try:
        refuse(row.config.search, tree, node.id, edit=edit)
    except RlmError as error:
        st.button(label, disabled=True, width="stretch", key=key, help=words_of(error))
        return
    with st.popover(label, width="stretch", key=f"{key}.{row.id}.{node.id}"), st.form(f"{key}_form", border=False):
        text = st.text_input(
            tr("Step in place of that of node {id}", id=node.id) if edit else tr("Step below node {id}", id=node.id),
            node.text if edit else "",
            max_chars=MAX_STEP_CHARACTERS,
            key=f"{key}_text.{row.id}.{node.id}",
            help=tr("{help} Write it as the model writes its steps.", help=help),
        )
        if st.form_submit_button(tr("Run from here"), type="primary", icon=":material/play_arrow:", key=f"{key}_run"):
            _start(row, tree, node, text, edit=edit)
        st.caption(tr("With the settings of this run; the steps before it are taken over."))


def _start(row: RunRow, tree: SearchTree, node: Node, text: str, *, edit: bool) -> None:
    """Queue the branch and show it, or say what is wrong with the step."""
    try:
        config = branch(row.config, tree, row.id, node.id, text, edit=edit)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    open_run(store().create(config, row.problem))
    st.rerun()


def relatives(row: RunRow) -> None:
    """Links from a branch to its parent and to their comparison, and from a run to its branches."""
    branches = store().branches(row.id)
    begun = row.config.branch
    if isinstance(begun, Branch):
        _parent(row, begun)
    if branches:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="branches"):
            st.caption(tr("{branches} from steps written here:", branches=counted(len(branches), "branch", "branches")))
            for child in branches[-MAX_BRANCHES:]:
                made = child.config.branch
                text = f"“{shorten(made.steps[-1], 24)}”" if isinstance(made, Branch) else ""
                run_link(
                    child.id,
                    markdown_text(tr("{words} at node {node}", words=text, node=made.node)) if isinstance(made, Branch) else child.id,
                )


def _parent(row: RunRow, begun: Branch) -> None:

    step = markdown_text(shorten(begun.steps[-1], 24))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="parent"):
        said = (
            tr("It goes on from an edited step, “{step}”.", step=step)
            if begun.edited
            else tr("It goes on from an added child, “{step}”.", step=step)
        )
        st.caption(said, width="content")
        try:
            parent = store().get(begun.run)
        except RunNotFound:
            st.caption(tr("Its parent, run {run}, is not here.", run=markdown_text(begun.run)))
            return
        run_link(parent.id, tr("Its parent"), node=begun.node)
        compare_link((parent.id, row.id), tr("Compare them"))
        if not row.active and not parent.active:
            with st.popover(tr("Where they part"), key="parted"):
                st.caption(tr("The first run is the parent, the second is this branch."))
                st.markdown(markdown_text(_parted(parent.id, row.id, language())))


@st.cache_data(show_spinner=False, max_entries=32)
def _parted(parent: str, child: str, code: str) -> str:
    """The difference of two ended runs in words. code: of the page's language."""
    try:
        return told(diff, logs().records(parent), logs().records(child)).sentence
    except RlmError as error:
        return translated(str(error))
