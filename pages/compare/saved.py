"""Comparisons to begin with: the presets, and those that were saved."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from pages.shared.comparisons import comparisons, go_to_comparison, start_preset
from pages.shared.escape import markdown_text
from pages.shared.language import counted, tr
from rlm_core.evaluation.presets import PRESETS, Preset

COLUMNS = 3
OWN = "compare.own"
"""In the session's state: is the form of a comparison of one's own shown?"""


def presets() -> None:
    """A card per preset, whose button starts it on the bundled model, and one for a comparison of one's own."""
    st.caption(
        tr(
            "Each of these shows one problem, and that of the first was chosen so that its trees are worth watching: "
            "it is an example, no evidence. For evidence, measure the same strategies on a problem set, below the "
            "trees."
        )
    )
    cards = [*PRESETS, None]
    for first in range(0, len(cards), COLUMNS):
        for place, preset in zip(st.columns(COLUMNS), cards[first : first + COLUMNS], strict=False):
            with place.container(border=True, height="stretch", vertical_alignment="distribute"):
                if preset is None:
                    _own()
                else:
                    _preset(preset)


def _preset(preset: Preset) -> None:
    _words(tr(preset.title), tr(preset.sentence))
    if st.button(tr("Compare"), key=f"preset.{preset.name}", icon=":material/play_arrow:", width="stretch"):
        go_to_comparison(start_preset(preset))


def _own() -> None:
    _words(
        tr("Your own comparison"), tr("Two to four strategies with any model, search, reward and settings, on a problem of your choice.")
    )
    shown = st.session_state.get(OWN, False)
    if st.button(tr("Close") if shown else tr("Set up"), key="preset.own", icon=":material/tune:", width="stretch"):
        st.session_state[OWN] = not shown
        st.rerun()


def _words(title: str, sentence: str) -> None:
    with st.container(gap="small"):
        st.markdown(f"**{markdown_text(title)}**")
        st.caption(markdown_text(sentence))


def saved() -> None:
    """The saved comparisons, newest first, and the deleted ones that can be put back."""
    found = comparisons().list()
    if found:
        st.markdown(tr("##### Saved comparisons"))
    for c in found:
        title, when, delete = st.columns([6, 2, 1], vertical_alignment="center")
        if title.button(markdown_text(c.name), key=f"open.{c.id}", icon=":material/compare:", type="tertiary"):
            go_to_comparison(c.id)
        when.caption(f"{datetime.fromtimestamp(c.created):%d %b %H:%M} · {counted(len(c.runs), 'strategy', 'strategies')}")
        if delete.button(
            "", key=f"delete.{c.id}", icon=":material/delete:", help=tr("Delete; its runs stay, and it can be put back."), type="tertiary"
        ):
            comparisons().delete(c.id)
            st.rerun()
    if gone := comparisons().list(deleted=True):
        with st.expander(tr("Deleted comparisons ({n:,})", n=len(gone)), icon=":material/delete:"):
            for c in gone:
                if st.button(markdown_text(c.name), key=f"restore.{c.id}", icon=":material/undo:", help=tr("Put it back"), type="tertiary"):
                    comparisons().restore(c.id)
                    st.rerun()
