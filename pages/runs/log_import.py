"""Import of event logs: each file becomes a saved run."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.links import run_link
from pages.shared.services import store
from rlm_core.core.errors import RlmError
from rlm_core.runs.import_log import import_log

_UPLOADS, _RESULTS = "import.files", "import.results"
"""In the session's state: the number of imports so far, and of the last one (file name, run or "", warning or error) per file."""


def log_import() -> None:
    """The uploader, and the result of the last import."""
    with st.expander("Import event logs", icon=":material/upload_file:", key="import"):
        st.session_state.setdefault(_UPLOADS, 0)
        key = f"{_UPLOADS}.{st.session_state[_UPLOADS]}"
        st.file_uploader(
            "Logs written by `python -m rlm_core run --out`, or exported here; each becomes a run in the list above",
            type=["jsonl"],
            accept_multiple_files=True,
            key=key,
            on_change=_import,
            args=(key,),
        )
        for name, run, message in st.session_state.get(_RESULTS, ()):
            _result(name, run, message)


def _import(key: str) -> None:
    """Callback: import the files before the page is drawn, so that its list has them; the uploader is then empty."""
    results: list[tuple[str, str, str]] = []
    for file in st.session_state[key]:
        try:
            run, warning = import_log(store(), file.getvalue(), file.name)
        except RlmError as error:
            results.append((file.name, "", str(error)))
        else:
            results.append((file.name, run, warning))
    st.session_state[_RESULTS] = results
    st.session_state[_UPLOADS] += 1


def _result(name: str, run: str, message: str) -> None:
    if not run:
        st.error(markdown_text(message), icon=":material/error:")
        return
    if message:
        st.warning(markdown_text(message), icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: Imported {markdown_text(name)}.", width="content")
        run_link(run, "Open it")
