"""The page of problem sets: import files, look at their rows, rename, delete and put back."""

import streamlit as st

from pages.problems.deletion import deleted_sets, undo_last
from pages.problems.set_import import report, set_import
from pages.problems.set_list import pick_set
from pages.problems.set_view import set_view
from pages.shared import services
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import tr


def problem_sets() -> None:
    services.supervisor()
    style()
    st.markdown(tr("### Problem sets"))
    st.caption(
        tr(
            "Problems from files, such as GSM8K, MATH-500 or AIME as published. Choose a row in Explore, or name a "
            "set wherever problems are asked for, such as set:GSM8K:n=20."
        )
    )
    undo_last()
    report()
    sets = services.problem_sets().list()
    if sets:
        set_view(pick_set(sets))
    set_import(first=not sets)
    deleted_sets()
    shortcuts({})
