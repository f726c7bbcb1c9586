"""Seconds that go on in the browser while the server has nothing new to say."""

from __future__ import annotations

import streamlit as st

_TICK = """<script>
(() => {
  if (window.rlmClock) return;
  const words = (s) => (s < 120 ? `${Math.floor(s)} s` : `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`);
  const tick = () => document.querySelectorAll('.rlm-clock').forEach((clock) => {
    if (clock.rlmFrom !== clock.dataset.from) { clock.rlmFrom = clock.dataset.from; clock.rlmSince = performance.now(); }
    const shown = words(Number(clock.dataset.seconds) + (performance.now() - clock.rlmSince) / 1000);
    if (clock.textContent !== shown) clock.textContent = shown;
  });
  window.rlmClock = setInterval(tick, 200);
})();
</script>"""


def start() -> None:
    """Have the page's clocks tick; once on a page."""
    st.html(_TICK, unsafe_allow_javascript=True)


def clock_html(seconds: float, running: bool) -> str:
    """So many seconds, going on from now if running."""
    if not running:
        return f"{seconds:,.1f} s"
    return f'<span class="rlm-clock" data-seconds="{seconds:.2f}" data-from="{seconds:.2f}">{seconds:,.0f} s</span>'
