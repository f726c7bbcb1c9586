"""Help on every page: the keys it answers."""

from __future__ import annotations

import pytest

from tests.pages.app import html, opened


@pytest.mark.parametrize("page", ["explore", "runs", "rewards", "labels"])
def test_the_keys_are_listed_on_every_page(store, page):
    assert "Show these keys" in html(opened(page))
