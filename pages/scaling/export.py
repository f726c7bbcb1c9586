"""Files of a sweep: its results, its tables and the sweep itself. Each figure has buttons of its own, in its upper right corner."""

from __future__ import annotations

import io

import streamlit as st

from pages.shared.downloads import Download, downloads
from pages.shared.language import tr
from pages.shared.sweep_results import SweepView, figures_frame, figures_of, pairs_frame, pairs_of
from rlm_core.jobs.sweep import SweepJob
from rlm_core.jobs.sweep_file import write_sweep
from rlm_core.jobs.sweep_results import results_frame, write_parquet

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"


def export(view: SweepView, job: SweepJob) -> None:
    """The buttons. job: what was asked, for the files that can be opened or run again."""
    name = "".join(c if c.isalnum() else "-" for c in job.name).strip("-").lower() or "sweep"
    downloads(
        (
            Download(tr("Results (Parquet)"), "table", f"{name}.parquet", PARQUET, lambda: parquet(job, view)),
            Download(tr("Results (CSV)"), "csv", f"{name}.csv", CSV, lambda: results_frame(view.sweep, view.results).to_csv(index=False)),
            Download(
                tr("Figures (CSV)"),
                "table_chart",
                f"{name}-figures.csv",
                CSV,
                lambda: figures_frame(view, figures_of(view.version, view)).to_csv(index=False),
            ),
            Download(
                tr("Pairs (CSV)"),
                "compare_arrows",
                f"{name}-pairs.csv",
                CSV,
                lambda: pairs_frame(view, pairs_of(view.version, view)).to_csv(index=False),
            ),
            Download(tr("Sweep (YAML)"), "description", f"{name}.yaml", "application/yaml", lambda: write_sweep(job)),
        ),
        key="scaling.exports",
    )
    st.caption(
        tr(
            "Parquet and CSV have one row per search; the Parquet file also holds the sweep and opens on this page. "
            "The YAML file is the sweep itself: `rlm-explorer sweep FILE --out results.parquet` runs it. Every figure "
            "is saved as PNG, SVG or HTML by the buttons in its corner."
        )
    )
    with st.expander(tr("The sweep as YAML"), icon=":material/description:"):
        st.code(write_sweep(job), language="yaml")


def parquet(job: SweepJob, view: SweepView) -> bytes:
    """The results as a file that this page and the command line read."""
    file = io.BytesIO()
    write_parquet(file, job, view.sweep, view.results)
    return file.getvalue()
