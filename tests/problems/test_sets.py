"""What a spec says of the rows of a file or a set, and which rows those are."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import RlmError
from rlm_core.problems.datasets import Columns
from rlm_core.problems.sets import RowsSpec, rows_spec

ALL = list(range(1, 101))


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("set:GSM8K", {"source": "GSM8K", "stored": True}),
        ("set:GSM8K:n=20,seed=0,first=5", {"source": "GSM8K", "stored": True, "n": 20, "seed": 0, "first": 5}),
        ("set:GSM8K#17", {"source": "GSM8K", "stored": True, "row": 17}),
        ("gsm8k.jsonl", {"source": "gsm8k.jsonl", "stored": False}),
        (" /a/b c/x.json/y.CSV:n=2 ", {"source": "/a/b c/x.json/y.CSV", "stored": False, "n": 2}),
        (r"C:\data\x.parquet#3", {"source": r"C:\data\x.parquet", "stored": False, "row": 3}),
        ("x.tsv:question=q,answer=a#3", {"source": "x.tsv", "stored": False, "row": 3, "columns": Columns("q", "a")}),
    ],
)
def test_a_spec_names_rows_of_a_set_or_a_file(spec, meant):
    assert rows_spec(spec) == RowsSpec(text=spec.strip(), **meant)


@pytest.mark.parametrize("spec", ["chain:n=20", "countdown", "text:question=See data.csv#3", "gsm8k.txt", "", "nonsense"])
def test_any_other_spec_speaks_of_generated_problems(spec):
    assert rows_spec(spec) is None


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("set:", "names no problem set; write for example set:GSM8K:n=20"),
        ("x.csv#0", "the row must be a whole number of at least 1, and not '0'"),
        ("x.csv#", "the row must be a whole number of at least 1, and not ''"),
        ("x.csv:n=many", "n must be a whole number of at least 1, and not 'many'"),
        ("x.csv:first=0", "first must be a whole number of at least 1"),
        ("set:A:seed=-1", "seed must be a whole number of at least 0"),
        ("set:A:seeds=1", "did you mean 'seed'?"),
        ("set:A:question=q", "allowed are n, first, seed"),
        ("x.csv:n", "not of the form name=value"),
    ],
)
def test_a_mistake_in_a_spec_is_one_sentence(spec, said):
    with pytest.raises(RlmError) as found:
        rows_spec(spec)
    assert said in str(found.value)


def chosen(spec: str, numbers: list[int]) -> list[int]:
    found = rows_spec(spec)
    assert found is not None
    return found.chosen(numbers)


def test_without_a_seed_the_first_rows_are_taken_from_the_one_that_is_named():
    assert chosen("set:A", ALL) == ALL
    assert chosen("set:A:n=3", ALL) == [1, 2, 3]
    assert chosen("set:A:n=2,first=4", [1, 2, 5, 9, 10]) == [5, 9]
    assert chosen("set:A#9", [1, 9]) == [9]


def test_with_a_seed_they_are_a_random_choice_in_order_and_the_same_each_time():
    one, again, other = (chosen(f"set:A:n=10,seed={seed}", ALL) for seed in (0, 0, 1))
    assert one == again == sorted(set(one))
    assert len(one) == 10
    assert one != other
    assert one != ALL[:10]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("set:A:n=101", "A has 100 problems; 'set:A:n=101' asks for 101."),
        ("set:A:first=200", "A has 0 problems from row 200 on; 'set:A:first=200' asks for 1."),
        ("set:A#101", "A has no problem in row 101; its rows are from 1 to 100."),
    ],
)
def test_more_rows_than_there_are_is_one_sentence(spec, said):
    with pytest.raises(RlmError) as found:
        chosen(spec, ALL)
    assert str(found.value) == said
