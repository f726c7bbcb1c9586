"""Where the diff comes from: the example, pasted text, an uploaded patch or a range of a local repository."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.shared.language import tr, words_of
from pages.shared.state import remembered
from rlm_core.core.errors import ReviewError
from rlm_core.review.diff import Diff
from rlm_core.review.git_range import git_diff
from rlm_core.review.planted import faults, planted
from rlm_core.review.reading import decoded, parse

EXAMPLE, PASTE, UPLOAD, GIT = "Example", "Paste a diff", "Upload a patch", "Local git range"
SOURCES = (EXAMPLE, PASTE, UPLOAD, GIT)
KIND, TEXT, FOLDER, RANGE = "review.source", "review.text", "review.folder", "review.range"
_READ = "review.read"
"""In the session's state: what was last read of a repository: folder, range and text."""


@dataclass(frozen=True, slots=True)
class Given:
    """A diff and where it comes from, in a few words."""

    diff: Diff
    name: str


def source() -> Given | None:
    """The controls of the source; the diff, or None where there is none yet or it cannot be read, which is said."""
    kind = remembered(
        st.segmented_control,
        tr("Where the change comes from"),
        SOURCES,
        key=KIND,
        default=EXAMPLE,
        format_func=_title,
        label_visibility="collapsed",
        required=True,
    )
    try:
        given = {EXAMPLE: _example, PASTE: _pasted, UPLOAD: _uploaded, GIT: _git}[kind or EXAMPLE]()
    except ReviewError as error:
        st.error(words_of(error), icon=":material/error:")
        return None
    if given is not None:
        files, added = len(given.diff.files), sum(len(f.added) for f in given.diff.files)
        removed = sum(len(f.removed) for f in given.diff.files)
        st.caption(tr("Files: {files:,} · lines added: {added:,} · lines removed: {removed:,}", files=files, added=added, removed=removed))
    return given


def _title(kind: str) -> str:
    return {
        EXAMPLE: tr("Try it on a patch with planted faults"),
        PASTE: tr("Paste a diff"),
        UPLOAD: tr("Upload a patch"),
        GIT: tr("Local git range"),
    }[kind]


def _example() -> Given:
    st.markdown(
        tr(
            "A made-up shop with {n} planted faults, {beyond} of them of kinds that no check knows. "
            "After the review a table says how many were found.",
            n=len(faults()),
            beyond=sum(not f.check for f in faults()),
        )
    )
    return Given(planted(), "planted.patch")


def _pasted() -> Given | None:
    text = remembered(
        st.text_area,
        tr("Unified diff"),
        key=TEXT,
        default="",
        height=220,
        placeholder="diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py",
    )
    if not (text or "").strip():
        st.caption(tr("Paste what `git diff` or `diff -u` writes; it stays on this machine unless the model is on another one."))
        return None
    return Given(parse(text), tr("pasted diff"))


def _uploaded() -> Given | None:
    file = st.file_uploader(tr("A patch"), type=["patch", "diff", "txt"], key="review.file")
    return Given(parse(decoded(file.getvalue())), file.name) if file is not None else None


def _git() -> Given | None:
    folder_at, range_at, go_at = st.columns([5, 4, 2], vertical_alignment="bottom")
    folder = remembered(
        folder_at.text_input, tr("Folder of the repository"), key=FOLDER, default="", help=tr("On the machine that serves this page.")
    )
    revisions = remembered(
        range_at.text_input,
        tr("Range"),
        key=RANGE,
        default="HEAD~1..HEAD",
        help=tr("Such as main..feature; one revision is compared with HEAD."),
    )
    if go_at.button(tr("Read"), icon=":material/difference:", width="stretch", key="review.git"):
        st.session_state.pop(_READ, None)
        st.session_state[_READ] = (folder, revisions, git_diff(folder, revisions))
    read = st.session_state.get(_READ)
    if read is None or read[:2] != (folder, revisions):
        st.caption(tr("Press Read to take the difference of the range."))
        return None
    return Given(parse(read[2]), revisions)
