"""Import and export: solutions and labels as files of JSON lines, and how many the label book holds."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shared.downloads import Download, downloads
from pages.shared.html import figures_html
from pages.shared.language import counted, deferred, listed, tr, words_of
from pages.shared.services import book
from rlm_core.labels import files as label_formats
from rlm_core.labels import prm800k
from rlm_core.labels.base import Solution

MAX_REASONS = 12
"""Reasons of refusal that are listed; the others are counted."""
SOURCES = {
    "human": (deferred("Human labels"), deferred("Labels by people: good, neutral or bad.")),
    "oracle": (deferred("By the exact solver"), deferred("Labels by the exact solver of the problem's kind.")),
    "noisy": (deferred("By the exact solver, with flips"), deferred("Labels by the exact solver, a share of them flipped.")),
    "hard": (deferred("By Monte-Carlo, hard"), deferred("1 if any rollout from the step was correct.")),
    "soft": (deferred("By Monte-Carlo, soft"), deferred("The share of rollouts from the step that were correct.")),
    "judge": (deferred("By a judge"), deferred("Labels by a language model used as a judge.")),
    "unsaid": (deferred("From files, maker unknown"), deferred("Labels of imported files that do not name who or what made them.")),
}


def label_files() -> None:
    """The contents of the label book, its export and an import."""
    held = st.container()
    out, into = st.columns(2, gap="large")
    with into:
        st.markdown(tr("##### Import"))
        from_file("labels_files")
    counts = book().counts()
    with held:
        sources = [(*map(tr, SOURCES[source]), n) for source, n in counts.by_source.items()]
        figures = [(tr("Solutions"), tr("Solutions whose steps can be labelled."), counts.solutions), *sources]
        st.html(figures_html([(name, f"{n:,}", meaning) for name, meaning, n in figures]))
    with out:
        st.markdown(tr("##### Export"))
        total = sum(counts.by_source.values())
        st.markdown(
            tr(
                "All {labels} with their solutions, one line per solution and labeler, in the format of PRM800K.",
                labels=counted(total, "label"),
            )
            if total
            else tr("There are no labels yet; those you give on the tab Annotate can be exported here.")
        )
        if total:
            file = Download(tr("Download labels.jsonl"), "download", "labels.jsonl", "application/jsonl", _written)
            downloads([file], key="labels.export")


def _written() -> str:
    return prm800k.write(book().solutions(labelled=True), book().labels()).decode()


def from_file(key: str, added: Callable[[list[Solution]], None] | None = None) -> None:
    """Upload a file and add its solutions and labels; reports how many were added, and why lines were refused."""
    uploaded = st.file_uploader(
        tr("A file of JSON lines"),
        type=["jsonl", "json", "txt"],
        key=f"{key}_file",
        help=tr(
            "Labels or solutions, one JSON object per line: {list}, or lines exported here.",
            list=tr(", ").join(tr(f.name) for f in label_formats.FORMATS),
        ),
    )
    if uploaded is None or not st.button(tr("Import"), icon=":material/upload_file:", key=f"{key}_import"):
        return
    with st.spinner(tr("Reading…")):
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
        st.info("\n\n".join(words_of(sentence) for sentence in taken.left_out), icon=":material/info:")


def _taken(taken: label_formats.FileContent, new: int, kept: int) -> str:
    """Counts of solutions and labels, how many are new to the book, and the formats of the lines."""
    older = len(taken.labels) - kept
    message = tr(
        "Took {solutions} ({new:,} new) and {labels}",
        solutions=counted(len(taken.solutions), "solution"),
        new=new,
        labels=counted(kept, "label"),
    )
    message += tr("; {labels} left out because this book has the same or newer ones.", labels=counted(older, "label")) if older else tr(".")
    return tr(
        "{message} Read as {listed}.",
        message=message,
        listed=listed([f"{tr(name)} ({counted(n, taken.row)})" for name, n in taken.read.items()]),
    )


def _refused(taken: label_formats.FileContent) -> str:
    """The refused rows with reasons, as a list."""
    lines = [f"- {words_of(sentence)}" for sentence in taken.refused[:MAX_REASONS]]
    lines += [tr("- and {n:,} more reasons", n=len(taken.refused) - MAX_REASONS)] * (len(taken.refused) > MAX_REASONS)
    many = tr("{count} could not be taken", count=counted(taken.unread, taken.row)) if taken.unread else tr("Nothing could be taken")
    head = tr("{many}, the others were:", many=many) if taken.solutions else f"{many}:"
    return f"**{head}**\n\n" + "\n".join(lines)
