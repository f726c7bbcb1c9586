"""Problem sets in the store: one per file and columns, renamed and deleted with a way back."""

from __future__ import annotations

import time

import msgspec
import pytest

from rlm_core.core.errors import ProblemError, RlmError
from rlm_core.problems.datasets import guessed, read_rows
from rlm_core.problems.tables import read
from rlm_core.runs.problem_sets import ProblemSets, fitting_split
from rlm_core.runs.store import BIN_DAYS, Store
from tests.problem_files import gsm8k, imported


@pytest.fixture
def store(any_store) -> Store:
    return any_store


def test_a_set_keeps_what_is_known_of_its_file_and_which_rows_were_not_taken(store):
    kept = imported(store)
    assert (kept.name, kept.source, kept.split, kept.size, kept.unit) == ("GSM8K", "gsm8k_test.jsonl", "test", 4, "Line")
    assert (kept.columns.question, kept.columns.answer) == ("question", "answer")
    assert [(r.number, r.reason) for r in kept.refused] == [(3, "it is not JSON.")]
    assert len(kept.hash) == 64
    assert time.time() - kept.created < 60
    assert ProblemSets(store).list() == [kept]


def test_its_rows_keep_their_numbers(store):
    kept, sets = imported(store), ProblemSets(store)
    assert sets.numbers(kept.id) == [1, 2, 4, 5]
    assert [(r.number, r.answer) for r in sets.rows(kept.id, [5, 2, 3])] == [(2, "12"), (5, "30")]


def test_rows_are_found_by_any_of_their_texts(store):
    kept, sets = imported(store), ProblemSets(store)
    assert [r.number for r in sets.search(kept.id, "TIMES 4", 10)] == [4]
    assert [r.number for r in sets.search(kept.id, "", 2)] == [1, 2]
    assert sets.search(kept.id, "%", 10) == []


def test_the_same_file_with_the_same_columns_is_one_set(store):
    kept = imported(store)
    assert imported(store, "again") == kept
    content = gsm8k()
    table = read(content, "renamed.jsonl")
    other = msgspec.structs.replace(guessed(table), answer="")
    second, new = ProblemSets(store).add("GSM8K", content, table, other, read_rows(table, other))
    assert new
    assert second.id != kept.id
    assert second.name == "GSM8K-2"


def test_an_import_brings_a_deleted_set_back(store):
    kept = imported(store)
    ProblemSets(store).delete([kept.id])
    assert ProblemSets(store).list() == []
    assert imported(store).id == kept.id
    assert len(ProblemSets(store).list()) == 1


def test_a_renamed_set_is_found_by_both_names(store):
    kept, sets = imported(store), ProblemSets(store)
    sets.rename(kept.id, "grade-school")
    assert sets.find("Grade-School").id == kept.id
    assert sets.find("GSM8K").name == "grade-school"
    sets.rename(kept.id, "GSM8K")
    assert sets.find("gsm8k").name == "GSM8K"


def test_a_name_of_now_comes_before_a_name_of_before(store):
    first, sets = imported(store), ProblemSets(store)
    sets.rename(first.id, "old")
    second = imported(store, "GSM8K", gsm8k(7))
    assert sets.find("GSM8K").id == second.id


@pytest.mark.parametrize("name", ["", "  ", "a b", "a:b", "a#1", "a,b", "50%", "x" * 61, "a\nb", "a\x00b"])
def test_a_name_that_no_spec_could_hold_is_refused(store, name):
    kept, sets = imported(store), ProblemSets(store)
    with pytest.raises(ProblemError, match="cannot be the name of a problem set"):
        sets.rename(kept.id, name)
    assert sets.get(kept.id).name == "GSM8K"


def test_two_sets_do_not_have_one_name(store):
    imported(store)
    other = imported(store, "MATH", gsm8k(7))
    with pytest.raises(ProblemError, match="named gsm8k already"):
        ProblemSets(store).rename(other.id, "gsm8k")


def test_a_deleted_set_is_put_back_with_its_rows_and_another_name_where_its_own_was_taken(store):
    kept, sets = imported(store), ProblemSets(store)
    sets.delete([kept.id])
    assert [s.id for s in sets.deleted()] == [kept.id]
    with pytest.raises(ProblemError, match="was deleted; it can be put back"):
        sets.find("GSM8K")
    imported(store, "GSM8K", gsm8k(7))
    sets.restore([kept.id])
    assert sets.get(kept.id).name == "GSM8K-2"
    assert len(sets.numbers(kept.id)) == 4


def test_a_set_removed_for_good_leaves_no_rows(store):
    kept, sets = imported(store), ProblemSets(store)
    sets.purge([kept.id])
    assert sets.list() == [kept]
    sets.delete([kept.id])
    sets.purge([kept.id])
    assert sets.deleted() == []
    assert sets.numbers(kept.id) == []


def test_a_set_is_removed_when_the_time_to_put_it_back_is_over(store):
    kept = imported(store)
    with store.write() as db:
        db.exec_driver_sql(f"UPDATE problem_sets SET deleted={time.time() - BIN_DAYS * 86_400 - 1}")
    with pytest.raises(RlmError):
        ProblemSets(store).get(kept.id)


def test_an_unknown_name_is_answered_with_the_nearest(store):
    imported(store)
    with pytest.raises(RlmError, match="no problem set named 'GSM8'; did you mean 'GSM8K'"):
        ProblemSets(store).find("GSM8")


@pytest.mark.parametrize(
    ("file", "split"),
    [("gsm8k_train_300.jsonl", "train"), ("test-00000-of-00001.parquet", "test"), ("x_valid.csv", "validation"), ("contest.csv", "")],
)
def test_the_split_is_guessed_by_the_name_of_the_file(file, split):
    assert fitting_split(file) == split
