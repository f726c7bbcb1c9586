"""The Labels page: rate the steps of solutions, see how far annotators agree, import and export labels, train from them."""

from pathlib import Path

import streamlit as st

from pages.labels.agreement import agreement
from pages.labels.annotation import annotation
from pages.labels.automatic_labels import automatic_labels
from pages.labels.head_training import head_training
from pages.labels.label_files import label_files
from pages.shared.html import style
from pages.shared.keys import LABELS, shortcuts
from pages.shared.language import deferred, tr
from pages.shared.services import supervisor
from pages.shared.tabs import tabs

SHEET = Path(__file__).with_name("labels.css")
TABS = {
    deferred("Annotate"): annotation,
    deferred("Make labels"): automatic_labels,
    deferred("Train"): head_training,
    deferred("Agreement"): agreement,
    deferred("Import and export"): label_files,
}


def labels() -> None:
    supervisor()
    style(SHEET)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.markdown(tr("### Labels"), width="content")
        st.caption(
            tr("A label says how good a step of a solution is. Rewards are measured by labels, and trained on them."), width="content"
        )
    tabs(TABS, key="labels.tab")
    shortcuts(LABELS)
