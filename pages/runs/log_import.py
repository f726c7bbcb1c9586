"""Import of logs, of this program or another: each run in them becomes a saved run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.in_place import in_place
from pages.shared.language import counted, tr, words_of
from pages.shared.links import run_link
from pages.shared.services import store
from rlm_core.core.errors import RlmError
from rlm_core.runs.formats import formats
from rlm_core.runs.import_log import ImportedRun, import_log

MAX_LINKS = 5
"""Runs of one file that get a link; the others are in the table."""
_UPLOADS, _RESULTS = "import.files", "import.results"
"""In the session's state: the number of imports so far, and of the last one (file name, runs, error) per file."""


def log_import() -> None:
    """The uploader, and the result of the last import."""
    with st.expander(tr("Import event logs"), icon=":material/upload_file:", key="import"):
        st.session_state.setdefault(_UPLOADS, 0)
        key = f"{_UPLOADS}.{st.session_state[_UPLOADS]}"
        in_place("logs").file_uploader(
            tr(
                "Logs written by `python -m rlm_core run --out`, exported here, or of another program; each run in them "
                "joins the list above"
            ),
            type=["jsonl", "json"],
            accept_multiple_files=True,
            key=key,
            on_change=_import,
            args=(key,),
        )
        with st.popover(tr("Programs whose logs can be read"), type="tertiary", icon=":material/help:"):
            described = (f.description for f in formats().values())
            st.markdown("\n".join(f"- **{markdown_text(tr(d.title))}.** {markdown_text(tr(d.sentence))}" for d in described))
        for name, runs, error in st.session_state.get(_RESULTS, ()):
            _result(name, runs, error)


def _import(key: str) -> None:
    """Callback: import the files before the page is drawn, so that its list has them; the uploader is then empty."""
    results: list[tuple[str, Sequence[ImportedRun], str]] = []
    for file in st.session_state[key]:
        try:
            results.append((file.name, import_log(store(), file.getvalue(), file.name), ""))
        except RlmError as error:
            results.append((file.name, (), str(error)))
    st.session_state[_RESULTS] = results
    st.session_state[_UPLOADS] += 1


def _result(name: str, runs: Sequence[ImportedRun], error: str) -> None:
    if error:
        st.error(words_of(error), icon=":material/error:")
        return
    for note in dict.fromkeys(run.note for run in runs if run.note and not run.source):
        st.warning(words_of(note), icon=":material/warning:")
    source = tr(", a log of {source}", source=markdown_text(runs[0].source)) if runs[0].source else ""
    many = (
        tr(" {runs} in it; the first {max_links} are linked here.", runs=counted(len(runs), "run"), max_links=MAX_LINKS)
        if len(runs) > MAX_LINKS
        else ""
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            tr(":material/check: Imported {name}{source}.{many}", name=markdown_text(name), source=source, many=many), width="content"
        )
        for number, run in enumerate(runs[:MAX_LINKS], 1):
            run_link(run.run, tr("Open it") if len(runs) == 1 else tr("Open run {number}", number=number))
    for note in dict.fromkeys(run.note for run in runs if run.note and run.source):
        st.caption(markdown_text(note))
