"""A clock that the browser advances between two updates of the server."""

from __future__ import annotations

import math

import streamlit as st

from pages.shared.escape import html_text
from pages.shared.language import tr

_TICK = """<script>
(() => {
  if (window.rlmClock) return;
  const LATE = 3;  // seconds by which an update of the server may lag behind the time shown; a clock does not go back by less
  const words = (s, { short, long }) =>
    s < 120 ? short.replace('{s}', s) : long.replace('{min}', Math.floor(s / 60)).replace('{s}', s % 60);
  const shown = new Map();
  const tick = () => document.querySelectorAll('.rlm-clock').forEach((clock) => {
    const { of, seconds } = clock.dataset;
    if (clock.rlmFrom !== seconds) { clock.rlmFrom = seconds; clock.rlmSince = performance.now(); }
    let now = Math.floor(Number(seconds) + (performance.now() - clock.rlmSince) / 1000);
    const before = shown.get(of) ?? 0;
    if (now < before && before - now <= LATE) now = before;
    shown.set(of, now);
    const text = words(now, clock.dataset);
    if (clock.textContent !== text) clock.textContent = text;
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
        return tr("{seconds:,.1f} s", seconds=seconds)
    words = f'data-short="{html_text(tr("{s} s"))}" data-long="{html_text(tr("{min} min {s} s"))}"'
    now = tr("{seconds:,.0f} s", seconds=math.floor(seconds))
    return f'<span class="rlm-clock" data-of="{html_text(of)}" data-seconds="{seconds:.2f}" {words}>{now}</span>'
