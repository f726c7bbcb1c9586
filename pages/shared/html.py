"""Small pieces of HTML that pages share; every changing text in them goes through `html_text`."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages.shared.escape import html_text
from rlm_core.core.events import Token
from rlm_core.figures import palette
from rlm_core.figures.icons import HEIGHT, WIDTH, miniature

STATUS = {
    "queued": ("blue", "Queued"),
    "loading": ("blue", "Loading"),
    "running": ("blue", "Running"),
    "paused": ("orange", "Paused"),
    "finished": ("green", "Finished"),
    "cancelled": ("gray", "Cancelled"),
    "failed": ("red", "Failed"),
    "interrupted": ("orange", "Interrupted"),
}
"""Colour and word of each status of a run."""

_CSS = (Path(__file__).parent / "html.css").read_text()
ORACLE = '<span class="rlm-oracle" title="This search could see the reference answer">⚑ ORACLE</span>'


def style() -> None:
    """The style sheet of these pieces; once a page."""
    dark = st.context.theme.type == "dark"
    side, accent = ("#1b1e29", "#91a7ff") if dark else ("#f5f6fa", "#3b5bdb")
    right, wrong = ("#8ce99a", "#ffa8a8") if dark else ("#226d31", "#b02525")
    plate = f"--rlm-oracle: {palette.ORACLE_PAPER}; --rlm-oracle-ink: {palette.ORACLE_INK};"
    st.html(
        f"<style>:root {{--rlm-side: {side}; --rlm-accent: {accent}; --rlm-right: {right}; --rlm-wrong: {wrong}; {plate}}}\n{_CSS}</style>"
    )


def theme() -> palette.Theme:
    """The drawing theme that fits the page's."""
    return palette.DARK if st.context.theme.type == "dark" else palette.LIGHT


def status_badge(status: str) -> None:
    colour, word = STATUS[status]
    st.badge(word, color=colour)  # type: ignore[arg-type]


def steps_html(steps: Sequence[str], tokens: Sequence[Token]) -> str:
    """Numbered steps; the last one's tokens coloured by probability, each with its log-probability on hover."""
    rows = []
    for number, text in enumerate(steps, 1):
        inner = tokens_html(tokens) if number == len(steps) and tokens else html_text(text)
        rows.append(f'<div class="step"><span class="n">{number}</span><span>{inner}</span></div>')
    return f'<div class="rlm-steps">{"".join(rows)}</div>'


def tokens_html(tokens: Sequence[Token]) -> str:
    return "".join(
        f'<span class="rlm-tok" style="background:{token_colour(t.logprob)}" '
        f'title="log p = {t.logprob:.2f}, p = {math.exp(t.logprob):.2f}">{html_text(t.text) or "∅"}</span>'
        for t in tokens
    )


def token_colour(logprob: float) -> str:
    """From amber (improbable) to near white (certain): kept apart from the scale of values."""
    p = math.exp(logprob)
    low, high = (240, 140, 60), (236, 240, 245)
    return "rgb({},{},{})".format(*(round(a + (b - a) * p) for a, b in zip(low, high, strict=True)))


def figures_html(figures: Sequence[tuple[str, str, str]]) -> str:
    """A row of figures: (name, value, what it means on hover)."""
    cells = "".join(
        f'<div title="{html_text(meaning)}"><small>{html_text(name)}</small><b>{html_text(value)}</b></div>'
        for name, value, meaning in figures
    )
    return f'<div class="rlm-figures">{cells}</div>'


def rows_html(rows: Sequence[tuple[str, str]]) -> str:
    """Small rows of a name and what it holds (escaped here); empty without any."""
    cells = "".join(f"<div><small>{html_text(name)}</small><span>{html_text(value)}</span></div>" for name, value in rows)
    return f'<div class="rlm-rows">{cells}</div>' if rows else ""


def miniature_html(shape: str) -> str:
    """The structure's drawing as a picture, in the page's theme."""
    drawn = base64.b64encode(miniature(shape, theme()).encode()).decode()
    return f'<img class="rlm-miniature" width="{WIDTH}" height="{HEIGHT}" alt="" src="data:image/svg+xml;base64,{drawn}">'


def ramp_html() -> str:
    """The legend of `token_colour`."""
    stops = ",".join(token_colour(math.log(max(p, 1e-4))) for p in (0.0, 0.25, 0.5, 0.75, 1.0))
    return f'<div class="rlm-ramp">improbable <i style="background:linear-gradient(90deg,{stops})"></i> certain (token probability)</div>'


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], winner: int | None = None, text_columns: Sequence[int] = ()) -> str:
    """A compact table of texts (escaped here); row `winner` is emphasised."""
    cells = "".join(f'<th class="{"l" if i in text_columns else ""}">{html_text(h)}</th>' for i, h in enumerate(head))
    lines = [
        f'<tr class="{"win" if number == winner else ""}">'
        + "".join(f'<td class="{"l" if i in text_columns else ""}">{html_text(c)}</td>' for i, c in enumerate(row))
        + "</tr>"
        for number, row in enumerate(rows)
    ]
    return f'<table class="rlm-table"><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
