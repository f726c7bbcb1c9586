"""Help on a page: its keyboard shortcuts, the glossary and the search. "?" opens the shortcuts, "/" goes to the problem."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.shared.find import find, search_button
from pages.shared.glossary import definitions_html, glossary
from pages.shared.language import deferred, tr

_UNIT = '<b class="rlm-unit"></b>'
"""The length of a step that is chosen beside the timeline; its text comes from the player, by a variable of the style sheet."""
EXPLORE = {
    "Ctrl Enter": deferred("Run"),
    "Space": deferred("Play or pause the replay"),
    "← →": deferred("One step back or forward; a step is now one {unit}"),
    "Home End": deferred("First or last event"),
    "P": deferred("Present: large, for a class; Esc goes back"),
    "F": deferred("Find a node by its text or number"),
    "C": deferred("Collapse or open the selected node"),
    "+ − 0": deferred("Zoom in or out, or show the whole tree"),
    "W A S D": deferred("In the tree: sibling above, parent, sibling below, first child"),
}
LABELS = {
    "G N B": deferred("Rate the step good, neutral or bad"),
    "S": deferred("Skip the step"),
    "U": deferred("Undo the last label"),
    "← →": deferred("Previous or next solution"),
}
PROBLEM = {"/": deferred("Go to the problem")}
ALWAYS = {"Ctrl K": deferred("Search everything"), "?": deferred("Show these keys")}

_LISTEN = """<script>
(() => {
  if (window.rlmKeys) return;
  window.rlmKeys = true;
  const boxes = '.st-key-task input, [class*=st-key-field-] [data-testid=stPopover] button';
  document.addEventListener('keydown', (event) => {
    const at = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || ['INPUT', 'TEXTAREA'].includes(at?.tagName)) return;
    const button = event.key === '?' && document.querySelector('.st-key-shortcuts [data-testid=stPopover] button');
    const box = event.key === '/' && document.querySelector(boxes);
    if (!button && !box) return;
    event.preventDefault();
    button ? button.click() : box.focus();
  });
  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('.rlm-glossary')) return;
    event.target.closest('[popover]').hidePopover();
    document.querySelector('.st-key-glossary button')?.click();
  });
})();
</script>"""
"""Streamlit's own shortcuts are letters and named keys only. The listener stays when another page is opened."""


def shortcuts(keys: Mapping[str, str]) -> None:
    """In the upper right corner of a page: the search over everything, the glossary, and the page's keys, opened by a click or by "?".

    Besides, hidden, the definitions of all terms.

    Last on a page.
    """
    with st.container(key="shortcuts", horizontal=True, gap="xsmall"):
        sought = search_button()
        asked = st.button(tr("Glossary"), icon=":material/menu_book:", type="tertiary", key="glossary", help=tr("Glossary"))
        with st.popover(tr("Keys of this page"), icon=":material/keyboard:", type="tertiary", help=tr("Keys of this page")):
            rows = "".join(f"<div>{_caps(k)}</div><span>{tr(meaning, unit=_UNIT)}</span>" for k, meaning in {**keys, **ALWAYS}.items())
            st.html(f'<div class="rlm-keys">{rows}</div>')
    if sought:
        find()
    elif asked:
        glossary()
    st.html(definitions_html() + _LISTEN, unsafe_allow_javascript=True)


def _caps(keys: str) -> str:
    return " ".join(f"<kbd>{key}</kbd>" for key in keys.split())
