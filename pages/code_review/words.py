"""Words of a review in the language of the page."""

from __future__ import annotations

from pages.shared.language import tr


def level(name: str) -> str:
    """An effort or a severity."""
    return {"auto": tr("auto"), "low": tr("low"), "medium": tr("medium"), "high": tr("high")}.get(name, name)


def part_title(name: str) -> str:
    """A part of the score, or a feature of the review PRM."""
    titles = {
        "on_change": tr("on a changed line"),
        "about": tr("about the code"),
        "actionable": tr("actionable"),
        "fresh": tr("not said before"),
        "agreed": tr("candidates that agree"),
        "judged": tr("judge"),
        "severity": tr("severity"),
        "check": tr("found by a check"),
    }
    return titles.get(name, name)
