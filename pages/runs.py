"""Saved runs: everything that was ever run here; open, import, delete."""

from datetime import datetime

import pandas as pd
import streamlit as st

from pages.widgets.backend import store, supervisor
from pages.widgets.looks import STATUS, style
from pages.widgets.run_view import open_run
from pages.widgets.safe import markdown_text
from pages.widgets.shortcuts import shortcuts
from rlm_core import catalogue
from rlm_core.errors import RlmError
from rlm_core.runs.imports import import_log
from rlm_core.runs.store import RunRow
from rlm_core.wording import counted


def page() -> None:
    supervisor()
    style()
    st.markdown("### Saved runs")
    _saved_runs()
    _import()
    shortcuts({})


def frame(rows: list[RunRow]) -> pd.DataFrame:
    """One line a run, newest first."""
    verdict = {True: "✓ correct", False: "✕ wrong", None: ""}
    return pd.DataFrame(
        [
            {
                "Started": datetime.fromtimestamp(r.created),
                "Status": STATUS[r.status][1],
                "Problem": r.problem.question,
                "Strategy": catalogue.title("search", r.config.search),
                "Reward": catalogue.title("reward", r.config.reward) + (" ⚑ oracle" if r.summary.get("oracle") else ""),
                "Model": r.config.model,
                "Answer": r.summary.get("answer") or "–",
                "Verdict": verdict[r.summary.get("correct")],
                "Tokens": r.summary.get("generated"),
                "Seconds": r.summary.get("seconds"),
                "Link": f"/?run={r.id}",
            }
            for r in rows
        ]
    )


def _saved_runs() -> None:
    rows = store().list(500)
    if not rows:
        st.info("Nothing has been run yet. Press Run on the Explore page and the run will be kept here.", icon=":material/history:")
    else:
        st.caption(f"{counted(len(rows), 'run')}, kept in {markdown_text(str(store().folder))}. Select one to open or delete it.")
        chosen = st.dataframe(
            frame(rows),
            hide_index=True,
            width="stretch",
            height=min(460, 38 + 35 * len(rows)),
            on_select="rerun",
            selection_mode="multi-row",
            key="runs",
            column_config={
                "Started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm:ss"),
                "Problem": st.column_config.TextColumn(width="medium"),
                "Tokens": st.column_config.NumberColumn(format="localized"),
                "Seconds": st.column_config.NumberColumn(format="%.1f s"),
                "Link": st.column_config.LinkColumn(display_text="open"),
            },
        )
        picked = [rows[i] for i in chosen.selection.rows]  # type: ignore[attr-defined]
        open_it, delete_it, _ = st.columns([1, 1, 4])
        if open_it.button("Open", icon=":material/open_in_new:", disabled=len(picked) != 1, width="stretch"):
            open_run(picked[0].id)
            st.switch_page("pages/explore.py", query_params={"run": picked[0].id})
        if delete_it.button(
            "Delete",
            icon=":material/delete:",
            disabled=not picked,
            width="stretch",
            help="A run that is being worked on must be cancelled first.",
        ):
            for row in picked:
                store().delete(row.id)
                if st.session_state.get("shown") == row.id:
                    del st.session_state["shown"]  # Explore has nothing to come back to
            st.rerun()


def _import() -> None:
    with st.expander("Import an event log"):
        uploaded = st.file_uploader("A log written by `python -m rlm_core run --out` or exported here", type=["jsonl"])
        if uploaded is not None and st.button("Import", icon=":material/upload_file:"):
            try:
                run, warning = import_log(store(), uploaded.getvalue(), uploaded.name)
            except RlmError as error:
                st.error(markdown_text(str(error)), icon=":material/error:")
            else:
                if warning:
                    st.warning(markdown_text(warning), icon=":material/warning:")
                st.success("Imported.", icon=":material/check:")
                st.page_link("pages/explore.py", label="Open it", query_params={"run": run}, icon=":material/open_in_new:")


if __name__ == "__main__":
    page()
