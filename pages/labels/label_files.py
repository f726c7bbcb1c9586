"""Import and export: solutions and labels as files of JSON lines, and how many the label book holds."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.downloads import Download, downloads
from pages.shared.escape import markdown_text
from pages.shared.html import figures_html
from pages.shared.services import book
from rlm_core.core.wording import counted, listed
from rlm_core.labels import files as label_formats
from rlm_core.labels import prm800k
from rlm_core.labels.base import Solution

MAX_REASONS = 12
"""Reasons of refusal that are listed; the others are counted."""
SOURCES = {
    "human": ("Human labels", "Labels by people: good, neutral or bad."),
    "oracle": ("By the exact solver", "Labels by the exact solver of the problem's kind."),
    "noisy": ("By the exact solver, with flips", "Labels by the exact solver, a share of them flipped."),
    "hard": ("By Monte-Carlo, hard", "1 if any rollout from the step was correct."),
    "soft": ("By Monte-Carlo, soft", "The share of rollouts from the step that were correct."),
    "judge": ("By a judge", "Labels by a language model used as a judge."),
    "unsaid": ("From files, maker unknown", "Labels of imported files that do not name who or what made them."),
}


def label_files() -> None:
    """The contents of the label book, its export and an import."""
    held = st.container()
    out, into = st.columns(2, gap="large")
    with into:
        st.markdown("##### Import")
        from_file("labels_files")
    counts = book().counts()
    with held:
        sources = [(*SOURCES[source], n) for source, n in counts.by_source.items()]
        figures = [("Solutions", "Solutions whose steps can be labelled.", counts.solutions), *sources]
        st.html(figures_html([(name, f"{n:,}", meaning) for name, meaning, n in figures]))
    with out:
        st.markdown("##### Export")
        total = sum(counts.by_source.values())
        st.markdown(
            f"All {counted(total, 'label')} with their solutions, one line per solution and labeler, in the format of PRM800K."
            if total
            else "There are no labels yet; those you give on the tab Annotate can be exported here."
        )
        if total:
            file = Download("Download labels.jsonl", "download", "labels.jsonl", "application/jsonl", _written)
            downloads([file], key="labels.export")


def _written() -> str:
    return prm800k.write(book().solutions(labelled=True), book().labels()).decode()


def from_file(key: str, added: Callable[[list[Solution]], None] | None = None) -> None:
    """Upload a file and add its solutions and labels; reports how many were added, and why lines were refused."""
    uploaded = st.file_uploader(
        "A file of JSON lines",
        type=["jsonl", "json", "txt"],
        key=f"{key}_file",
        help=f"Labels or solutions, one JSON object per line: {', '.join(f.name for f in label_formats.FORMATS)}, or lines exported here.",
    )
    if uploaded is None or not st.button("Import", icon=":material/upload_file:", key=f"{key}_import"):
        return
    with st.spinner("Reading…"):
        taken = label_formats.read(uploaded.getvalue(), uploaded.name)
        new = book().add(taken.solutions)
        kept = book().put(taken.labels, keep_newer=True)
    message = _taken(taken, new, kept)
    if added and taken.solutions and not taken.refused and not taken.left_out:
        st.toast(message, icon=":material/check:")
        added(taken.solutions)
        return
    if taken.solutions:
        st.success(message, icon=":material/check:")
    if taken.refused:
        st.error(_refused(taken), icon=":material/error:")
    if taken.left_out:
        st.info("\n\n".join(markdown_text(sentence) for sentence in taken.left_out), icon=":material/info:")


def _taken(taken: label_formats.FileContent, new: int, kept: int) -> str:
    """Counts of solutions and labels, how many are new to the book, and the formats of the lines."""
    older = len(taken.labels) - kept
    message = f"Took {counted(len(taken.solutions), 'solution')} ({new:,} new) and {counted(kept, 'label')}"
    message += f"; {counted(older, 'label')} left out because this book has the same or newer ones." if older else "."
    return f"{message} Read as {listed([f'{name} ({counted(n, taken.row)})' for name, n in taken.read.items()])}."


def _refused(taken: label_formats.FileContent) -> str:
    """The refused rows with reasons, as a list."""
    lines = [f"- {markdown_text(sentence)}" for sentence in taken.refused[:MAX_REASONS]]
    lines += [f"- and {len(taken.refused) - MAX_REASONS:,} more reasons"] * (len(taken.refused) > MAX_REASONS)
    many = f"{counted(taken.unread, taken.row)} could not be taken" if taken.unread else "Nothing could be taken"
    return f"**{many}{', the others were:' if taken.solutions else ':'}**\n\n" + "\n".join(lines)
