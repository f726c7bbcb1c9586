"""Often said, actually: corrections with their sources, which can be searched."""

from __future__ import annotations

import streamlit as st

from pages.blueprint import address
from pages.blueprint.sources import source_html
from pages.shared.escape import html_text
from pages.shared.language import tr
from pages.shared.state import remembered
from rlm_core.blueprint.corrections import Correction, corrections

WORDS, ONE = "blueprint.said.words", "blueprint.said.one"
ALL = "all"


def said() -> None:
    found = corrections()
    address.take("said", ONE, [ALL, *found], ALL)
    address.take_text("q", WORDS)
    one = st.session_state[ONE]
    address.write("said", one if one != ALL else None)
    if one != ALL:
        address.write("q", None)
        st.button(tr("All of them"), icon=":material/arrow_back:", key="blueprint.said.all", on_click=address.go, args=({ONE: ALL},))
        _correction(found[one], alone=True)
        return
    words = remembered(
        st.text_input, tr("Search"), key=WORDS, default="", placeholder=tr("Words to look for"), max_chars=100, label_visibility="collapsed"
    )
    address.write("q", words)
    shown = [c for c in found.values() if c.matches(words) or _translated(c, words)]
    st.caption(tr("{n} of {all}", n=len(shown), all=len(found)))
    if not shown:
        st.info(tr("Nothing has all of these words."), icon=":material/search_off:")
    for correction in shown:
        _correction(correction, alone=False)


def _translated(correction: Correction, words: str) -> bool:
    """Are all of the words in what is shown, in the page's language?"""
    text = f"{tr(correction.said)} {tr(correction.right)}".casefold()
    return all(word in text for word in words.casefold().split())


def _correction(correction: Correction, alone: bool) -> None:
    """Both sentences with the sources, and a button that shows the correction alone, so that the address is a link to it."""
    sources = " · ".join(map(source_html, correction.sources))
    sides = (("wrong", tr("Often said"), correction.said), ("right", tr("Actually"), correction.right))
    parts = "".join(f'<div class="{kind}"><small>{html_text(head)}</small><p>{html_text(tr(text))}</p></div>' for kind, head, text in sides)
    with st.container(border=True):
        text_at, link_at = st.columns([12, 1], vertical_alignment="bottom")
        text_at.html(f'<div class="rlm-said">{parts}<div class="sources">{html_text(tr("Sources:"))} {sources}</div></div>')
        if not alone:
            link_at.button(
                tr("Link"),
                icon=":material/link:",
                type="tertiary",
                key=f"blueprint.said.{correction.name}",
                help=tr("Shows this alone, with an address of its own."),
                on_click=address.go,
                args=({ONE: correction.name},),
            )
