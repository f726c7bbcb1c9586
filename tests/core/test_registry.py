"""What other packages offer is taken or refused in one sentence; what this package offers is never replaced."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from rlm_core.core import registry
from rlm_core.core.registry import Page, offer

GOOD = Page("Mine", ":material/star:", "mine", lambda: None)
TAKEN = Page("Another", ":material/star:", "runs", lambda: None)
ODD = Page("Odd", ":material/star:", "a/b", lambda: None)
OWN = [Page("Saved runs", ":material/history:", "runs", lambda: None)]
HERE = "tests.core.test_registry"


def pages(monkeypatch: pytest.MonkeyPatch, *values: str):
    """The pages that are offered where these entry points are installed."""
    installed = EntryPoints(EntryPoint(f"e{i}", value, "rlm_explorer.pages") for i, value in enumerate(values))
    monkeypatch.setattr(registry, "entry_points", lambda group: installed.select(group=group))
    return offer("pages", Page, OWN, lambda page: page.path)


def test_without_plug_ins_only_what_is_here_is_offered(monkeypatch):
    found = pages(monkeypatch)
    assert list(found.items) == ["runs"]
    assert found.refused == ()


def test_a_plug_in_comes_after_what_is_here(monkeypatch):
    found = pages(monkeypatch, f"{HERE}:GOOD")
    assert [page.title for page in found.items.values()] == ["Saved runs", "Mine"]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("nowhere_at_all:PAGE", "importing it failed with ModuleNotFoundError: No module named 'nowhere_at_all'"),
        (f"{HERE}:MISSING", f"importing it failed with AttributeError: module '{HERE}' has no attribute 'MISSING'"),
        (f"{HERE}:HERE", "it is a str, not a Page"),
        (f"{HERE}:TAKEN", "the name 'runs' is taken"),
        (f"{HERE}:ODD", "its name 'a/b' has other signs than letters, digits, '.', '_' and '-'"),
    ],
    ids=["broken", "missing", "wrong type", "taken", "odd name"],
)
def test_what_cannot_be_used_is_refused_in_a_sentence_and_the_others_stay(monkeypatch, value, why):
    found = pages(monkeypatch, value, f"{HERE}:GOOD")
    assert list(found.items) == ["runs", "mine"]
    assert found.refused == (f"The package (unknown) offers {value} under rlm_explorer.pages, which was not taken: {why}.",)


def test_the_second_of_two_plug_ins_of_one_name_is_refused(monkeypatch):
    found = pages(monkeypatch, f"{HERE}:GOOD", f"{HERE}:GOOD")
    assert list(found.items) == ["runs", "mine"]
    assert len(found.refused) == 1
