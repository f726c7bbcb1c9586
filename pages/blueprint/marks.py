"""Marks as signs, with words for those who do not see them."""

from __future__ import annotations

from pages.shared.escape import html_text
from pages.shared.language import tr
from rlm_core.blueprint.systems import MARKS, Mark, System

SIGNS = {Mark.FULL: "●", Mark.PARTIAL: "◐", Mark.NONE: "○", Mark.UNKNOWN: "?"}
AMOUNT_WORDS = {Mark.FULL: "full", Mark.PARTIAL: "partial", Mark.NONE: "none", Mark.UNKNOWN: "unknown"}
"""English words, which `tr` translates."""


def mark_title(name: str) -> str:
    return tr(next(m.title for m in MARKS if m.name == name))


def mark_html(mark: Mark) -> str:
    words = html_text(tr(AMOUNT_WORDS[mark]))
    sign = f'<span class="rlm-mark {mark.value}" aria-hidden="true" title="{words}">{SIGNS[mark]}</span>'
    return f'{sign}<span class="rlm-hidden">{words}</span>'


def legend() -> str:
    """The four signs and what they mean."""
    return " · ".join(f"{SIGNS[m]} {tr(AMOUNT_WORDS[m])}" for m in Mark)


def strategies(system: System) -> str:
    return ", ".join(map(tr, system.scheme.strategies)) or "–"


def structure(system: System) -> str:
    return tr(system.scheme.shape or system.scheme.structure)


def granularity(system: System) -> str:
    """What a step is: "fine: token, coarse: thought"."""
    scheme = system.scheme
    fine, coarse = (tr(words) if words else "" for words in (scheme.fine, scheme.coarse))
    said = [tr("fine: {step}", step=fine)] * bool(fine) + [tr("coarse: {step}", step=coarse)] * bool(coarse)
    return ", ".join(said) or "–"


def origin(system: System) -> str:
    return tr("Table 1 of the paper") if system.origin == "table" else tr("our decomposition")
