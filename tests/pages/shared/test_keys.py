"""Help on every page: the keys it answers, and the glossary."""

from __future__ import annotations

import pytest

from pages.shared.glossary import FILE
from tests.pages.app import click, html, opened, text


@pytest.mark.parametrize("page", ["explore", "runs", "rewards", "labels"])
def test_the_keys_are_listed_on_every_page(store, page):
    assert "Show these keys" in html(opened(page))


def test_the_glossary_is_shown_when_asked_for_and_only_then(store):
    at = opened("runs")
    assert "Best-of-N" not in text(at)
    assert "**Best-of-N**: " in text(click(at, "glossary"))
    assert "**Best-of-N**: " not in text(at.run())


def test_every_term_of_the_glossary_has_one_sentence():
    terms = [line for line in FILE.read_text().splitlines() if line.startswith("- ")]
    assert len(terms) >= 40
    for line in terms:
        assert line.startswith("- **")
        assert line.endswith(".")
        assert line.count(". ") == 0
