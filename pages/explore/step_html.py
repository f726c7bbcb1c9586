"""The steps of a node as HTML, with the probability of each token as its colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pages.shared.escape import html_text
from pages.shared.language import tr
from rlm_core.core.events import Token


def steps_html(steps: Sequence[str], tokens: Sequence[Token]) -> str:
    """Numbered steps; the tokens of the last one are coloured by probability, with their log-probabilities on hover."""
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
    low, high = html_text(tr("improbable")), html_text(tr("certain (token probability)"))
    return f'<div class="rlm-ramp">{low} <i style="background:linear-gradient(90deg,{stops})"></i> {high}</div>'
