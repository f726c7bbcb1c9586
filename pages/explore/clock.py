"""A clock that the browser advances between two updates of the server."""

from __future__ import annotations

import math

import streamlit as st

from pages.shared.escape import html_text

_TICK = """<script>
(() => {
  if (window.rlmClock) return;
  const LATE = 3;  // seconds by which an update of the server may lag behind the time shown; a clock does not go back by less
  const words = (s) => (s < 120 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`);
  const shown = new Map();
  const tick = () => document.querySelectorAll('.rlm-clock').forEach((clock) => {
    const { of, seconds } = clock.dataset;
    if (clock.rlmFrom !== seconds) { clock.rlmFrom = seconds; clock.rlmSince = performance.now(); }
    let now = Math.floor(Number(seconds) + (performance.now() - clock.rlmSince) / 1000);
    const before = shown.get(of) ?? 0;
    if (now < before && before - now <= LATE) now = before;
    shown.set(of, now);
    if (clock.textContent !== words(now)) clock.textContent = words(now);
  });
  window.rlmClock = setInterval(tick, 100);
})();
</script>"""


def start() -> None:
    """Let the clocks of the page tick; once per page."""
    st.html(_TICK, unsafe_allow_javascript=True)


def clock_html(of: str, seconds: float, running: bool) -> str:
    """Seconds as text, increasing from now on if running.

    of: name of what is timed; the clock of one name never goes back.
    """
    if not running:
        return f"{seconds:,.1f} s"
    return f'<span class="rlm-clock" data-of="{html_text(of)}" data-seconds="{seconds:.2f}">{math.floor(seconds):,} s</span>'
