"""The figures of a sweep as tables, and its problems one by one."""

from __future__ import annotations

import streamlit as st

from pages.shared.language import tr
from pages.shared.sweep_results import SweepView, table_of_figures, table_of_pairs, wins_and_losses


def table(view: SweepView) -> None:
    table_of_figures(view, "scaling.figures")
    if len(view.sweep.strategies) > 1:
        st.markdown(tr("**Every two strategies at the same budget**, on the problems that both know"))
        table_of_pairs(view, "scaling.pairs")
    st.markdown(tr("**Problem by problem**"))
    wins_and_losses(view, "scaling.wins")
