"""Small pieces of HTML that pages share; every changing text in them goes through `html_text`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from pages.widgets.safe import html_text
from rlm_core.events import Token
from rlm_core.figures import visual

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

_CSS = """
<style>
.rlm-steps {font-family: var(--st-code-font, monospace); font-size: 0.86rem; line-height: 1.65; overflow-wrap: anywhere;}
.rlm-steps .step {display: flex; gap: .6rem; padding: .1rem 0;}
.rlm-steps .n {opacity: .55; min-width: 1.2rem; text-align: right; font-variant-numeric: tabular-nums; user-select: none;}
.rlm-tok {border-radius: 2px; padding: 1px 0; color: #10131a;}
.rlm-ramp {display: flex; align-items: center; gap: .5rem; font-size: .74rem; opacity: .8; margin-top: .3rem;}
.rlm-ramp i {display: inline-block; width: 7rem; height: .55rem; border-radius: 2px;}
.rlm-table {width: 100%; border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums;}
.rlm-table th {text-align: right; font-weight: 600; opacity: .7; padding: .2rem .35rem; border-bottom: 1px solid rgba(128,128,128,.35);}
.rlm-table td {text-align: right; padding: .24rem .35rem; border-bottom: 1px solid rgba(128,128,128,.16);}
.rlm-table th:first-child, .rlm-table td:first-child, .rlm-table .l {text-align: left;}
.rlm-table td.l {font-family: var(--st-code-font, monospace); overflow-wrap: anywhere;}
.rlm-table tr.win td {font-weight: 700;}
.rlm-sentence {border-left: 4px solid var(--st-primary-color); padding: .35rem .8rem; font-size: 1.02rem; min-height: 2.4rem; overflow-wrap: anywhere;}
.rlm-sentence b {margin-right: .4rem;}
.rlm-formula {font-size: .9rem; padding: .3rem 0; overflow-wrap: anywhere;}
.rlm-oracle {display: inline-block; background: #ffd43b; color: #1b1f2a; font-weight: 700; padding: .05rem .5rem; border-radius: 3px; border: 2px solid #1b1f2a;}
[data-testid="stSidebar"] .st-key-runbar {position: sticky; bottom: 0; z-index: 5; background: var(--st-secondary-background-color); padding: .5rem 0 .6rem; border-top: 1px solid rgba(128,128,128,.25);}
</style>
"""
ORACLE = '<span class="rlm-oracle" title="This search could see the reference answer">⚑ ORACLE</span>'


def style() -> None:
    """The style sheet of these pieces; once a page."""
    st.html(_CSS)


def theme() -> visual.Theme:
    """The drawing theme that fits the page's."""
    return visual.DARK if st.context.theme.type == "dark" else visual.LIGHT


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
