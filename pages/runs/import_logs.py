"""Taking event logs from files: what is dropped here is a saved run at once."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.links import run_link
from pages.shared.services import store
from rlm_core.core.errors import RlmError
from rlm_core.runs.import_log import import_log

FILES, TOLD = "import.files", "import.told"


def import_logs() -> None:
    """The place for files, and what became of those that were dropped last."""
    with st.expander("Import event logs", icon=":material/upload_file:", key="import"):
        st.session_state.setdefault(FILES, 0)
        key = f"{FILES}.{st.session_state[FILES]}"
        st.file_uploader(
            "Logs written by `python -m rlm_core run --out`, or exported here; each becomes a run of the list above",
            type=["jsonl"],
            accept_multiple_files=True,
            key=key,
            on_change=_take,
            args=(key,),
        )
        for name, run, said in st.session_state.get(TOLD, ()):
            _tell(name, run, said)


def _take(key: str) -> None:
    """Import the files before the page is drawn again, so that its list has them; the place for files is empty then."""
    told: list[tuple[str, str, str]] = []
    for file in st.session_state[key]:
        try:
            run, warning = import_log(store(), file.getvalue(), file.name)
        except RlmError as error:
            told.append((file.name, "", str(error)))
        else:
            told.append((file.name, run, warning))
    st.session_state[TOLD] = told
    st.session_state[FILES] += 1


def _tell(name: str, run: str, said: str) -> None:
    if not run:
        st.error(markdown_text(said), icon=":material/error:")
        return
    if said:
        st.warning(markdown_text(said), icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: Imported {markdown_text(name)}.", width="content")
        run_link(run, "Open it")
