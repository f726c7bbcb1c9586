"""Pieces of HTML that several pages use; every text of a model or a person in them goes through `html_text`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import streamlit as st

from pages.shared.escape import html_text
from pages.shared.glossary import explained, term
from pages.shared.language import deferred, tr
from pages.shared.page_tools import presenting
from rlm_core.core.structure import Icon
from rlm_core.core.words import RunStatus
from rlm_core.figures import palette
from rlm_core.figures.icons import HEIGHT, WIDTH, miniature

STATUS = {
    RunStatus.QUEUED: ("blue", deferred("Queued")),
    RunStatus.LOADING: ("blue", deferred("Loading")),
    RunStatus.RUNNING: ("blue", deferred("Running")),
    "paused": ("orange", deferred("Paused")),
    "waiting": ("orange", deferred("Waiting")),
    RunStatus.FINISHED: ("green", deferred("Finished")),
    RunStatus.CANCELLED: ("gray", deferred("Cancelled")),
    RunStatus.FAILED: ("red", deferred("Failed")),
    RunStatus.INTERRUPTED: ("orange", deferred("Interrupted")),
}
"""Colour and English word of each status of a run."""

_HERE = Path(__file__).parent
_SHARED = tuple(_HERE / f"{name}.css" for name in ("html", "keys", "glossary", "problem_field"))
"""Sheets of every page."""


def oracle_badge() -> str:
    """On a run whose search could see the reference answer."""
    return f'<span class="rlm-oracle" title="{html_text(tr("This search could see the reference answer"))}">⚑ ORACLE</span>'


def style(*sheets: Path) -> None:
    """The style sheets of a page: those of what pages share, and its own (`sheets`); once per page, before anything it draws.

    A piece of HTML with nothing but a sheet would be drawn below all of the page, after it: all would move when the sheet comes.
    """
    dark = st.context.theme.type == "dark"
    page, side, accent = ("#12141c", "#1b1e29", "#91a7ff") if dark else ("#ffffff", "#f5f6fa", "#3b5bdb")
    right, wrong = ("#8ce99a", "#ffa8a8") if dark else ("#226d31", "#b02525")
    plate = f"--rlm-oracle: {palette.ORACLE_PAPER}; --rlm-oracle-ink: {palette.ORACLE_INK};"
    colours = f"--rlm-page: {page}; --rlm-side: {side}; --rlm-accent: {accent}; --rlm-right: {right}; --rlm-wrong: {wrong}; {plate}"
    large = (_HERE / "presenter.css",) if presenting() else ()
    st.html(f'<style>:root {{{colours}}}\n{"".join(map(_read, (*_SHARED, *sheets, *large)))}</style><i class="rlm-style"></i>')


@cache
def _read(sheet: Path) -> str:
    return sheet.read_text(encoding="utf-8")


def theme() -> palette.Theme:
    """The drawing theme that fits the page's."""
    return palette.DARK if st.context.theme.type == "dark" else palette.LIGHT


def figures_html(figures: Sequence[tuple[str, str, str]]) -> str:
    """A row of figures: (name, value, meaning). A name opens its definition, the glossary's or else the meaning."""
    cells = "".join(f"<div><small>{explained(name, meaning)}</small><b>{html_text(value)}</b></div>" for name, value, meaning in figures)
    return f'<div class="rlm-figures">{cells}</div>'


def terms_html(before: str, names: Sequence[str]) -> str:
    """A line of terms, each of which opens its definition, for a table whose heads cannot. before: the words in front of them."""
    return f'<div class="rlm-terms">{html_text(before)} {" · ".join(map(term, names))}</div>'


def rows_html(rows: Sequence[tuple[str, str]]) -> str:
    """Small rows of name and value, escaped here; empty for no rows."""
    cells = "".join(f"<div><small>{html_text(name)}</small><span>{html_text(value)}</span></div>" for name, value in rows)
    return f'<div class="rlm-rows">{cells}</div>' if rows else ""


def miniature_html(icon: Icon) -> str:
    """The drawing of a structure as an image, in the theme of the page."""
    encoded = base64.b64encode(miniature(icon, theme()).encode()).decode()
    return f'<img class="rlm-miniature" width="{WIDTH}" height="{HEIGHT}" alt="" src="data:image/svg+xml;base64,{encoded}">'


def table_html(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    winner: int | None = None,
    text_columns: Sequence[int] = (),
    words: Sequence[int] = (),
    terms: bool = True,
) -> str:
    """A compact table of texts (escaped here); row `winner` is emphasised.

    text_columns: those of problems and answers, in letters of equal width. words: those of words. The others hold numbers.
    terms: whether a head that the glossary has opens its definition; not in a file, where there are no definitions.
    """
    kinds = {**dict.fromkeys(text_columns, "l"), **dict.fromkeys(words, "w")}
    cells = "".join(f'<th class="{kinds.get(i, "")}">{term(h) if terms else html_text(h)}</th>' for i, h in enumerate(head))
    lines = [
        f'<tr class="{"win" if number == winner else ""}">'
        + "".join(f'<td class="{kinds.get(i, "")}">{html_text(c)}</td>' for i, c in enumerate(row))
        + "</tr>"
        for number, row in enumerate(rows)
    ]
    return f'<table class="rlm-table"><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
