"""Labels: say of each step whether it is good, see how far people agree, bring labels in and out."""

import streamlit as st

from pages.labels.agreement import agreement
from pages.labels.annotate import annotate
from pages.labels.make import make_labels
from pages.labels.train import train_head
from pages.shared.html import style
from pages.shared.keys import LABELS, shortcuts
from pages.shared.label_files import files
from pages.shared.services import supervisor

TABS = [("Annotate", annotate), ("Make labels", make_labels), ("Train", train_head), ("Agreement", agreement), ("Import and export", files)]


def labels() -> None:
    supervisor()
    style()
    st.markdown("### Labels")
    for tab, (_, draw) in zip(st.tabs([title for title, _ in TABS], key="labels.tab", on_change="rerun"), TABS, strict=True):
        if tab.open:
            with tab:
                draw()
    shortcuts(LABELS)
