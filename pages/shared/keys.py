"""Help on a page: its keyboard shortcuts and the glossary. "?" opens it, "/" goes to the problem."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.shared.glossary import glossary

EXPLORE = {
    "Ctrl Enter": "Run",
    "Space": "Play or pause the replay",
    "← →": "One event back or forward",
    "Home End": "First or last event",
}
LABELS = {
    "G N B": "Rate the step good, neutral or bad",
    "S": "Skip the step",
    "U": "Undo the last label",
    "← →": "Previous or next solution",
}
PROBLEM = {"/": "Go to the problem"}
ALWAYS = {"?": "Show these keys"}

_GLOSSARY = "glossary.asked"
"""In the session's state: how often the glossary was asked for, and whether it is to be shown now."""
_LISTEN = """<script>
(() => {
  if (window.rlmKeys) return;
  window.rlmKeys = true;
  const boxes = ['task', 'rewards-score-problem', 'rewards-measure-set'].map((key) => `.st-key-${key} input`).join();
  document.addEventListener('keydown', (event) => {
    const at = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || ['INPUT', 'TEXTAREA'].includes(at?.tagName)) return;
    const button = event.key === '?' && document.querySelector('.st-key-shortcuts [data-testid=stPopover] button');
    const box = event.key === '/' && document.querySelector(boxes);
    if (!button && !box) return;
    event.preventDefault();
    button ? button.click() : box.focus();
  });
})();
</script>"""
"""Streamlit's own shortcuts are letters and named keys only. The listener stays when another page is opened."""


def shortcuts(keys: Mapping[str, str]) -> None:
    """The keys of a page in its upper right corner, opened by a click or by "?", with the glossary below; last on a page."""
    times, shown = st.session_state.get(_GLOSSARY, (0, False))
    key = f"keys.{times}"  # a popover with another key is a new one, which is closed
    with st.container(key="shortcuts"), st.popover("", icon=":material/keyboard:", type="tertiary", key=key):
        rows = "".join(f"<div>{_caps(k)}</div><span>{meaning}</span>" for k, meaning in {**keys, **ALWAYS}.items())
        st.html(f'<div class="rlm-keys">{rows}</div>')
        st.button("Glossary", icon=":material/menu_book:", type="tertiary", key="glossary", on_click=_ask, args=(times + 1, True))
    if shown:
        _ask(times, False)
        glossary()
    st.html(_LISTEN, unsafe_allow_javascript=True)


def _ask(times: int, shown: bool) -> None:
    st.session_state[_GLOSSARY] = (times, shown)


def _caps(keys: str) -> str:
    return " ".join(f"<kbd>{key}</kbd>" for key in keys.split())
