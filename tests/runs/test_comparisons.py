"""Saved comparisons."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import RunNotFound
from rlm_core.runs.comparisons import Comparisons
from rlm_core.runs.store import Store


@pytest.fixture
def store(any_store) -> Store:
    return any_store


def test_a_comparison_is_there_again_with_its_runs_in_order(store):
    new = Comparisons(store).create("A or B", ["b", "a"], ["B", "A"])
    found = Comparisons(store).get(new)
    assert (found.name, found.runs, found.titles) == ("A or B", ("b", "a"), ("B", "A"))


def test_a_deleted_comparison_can_be_put_back(store):
    comparisons = Comparisons(store)
    new = comparisons.create("A or B", ["a", "b"], ["A", "B"])
    comparisons.delete(new)
    assert comparisons.list() == []
    with pytest.raises(RunNotFound, match=f"There is no comparison '{new}'"):
        comparisons.get(new)
    assert [c.id for c in comparisons.list(deleted=True)] == [new]
    comparisons.restore(new)
    assert [c.id for c in comparisons.list()] == [new]


def test_a_comparison_can_be_renamed(store):
    comparisons = Comparisons(store)
    new = comparisons.create("A or B", ["a", "b"], ["A", "B"])
    comparisons.rename(new, "Which?")
    assert comparisons.get(new).name == "Which?"
