"""One place says what a spec of problems means: generated ones, rows of a file, rows of a set in the store."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import RlmError
from rlm_core.problems import make
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.set_specs import check_set, counted_set, first_problems, problem_of
from tests.problem_files import gsm8k, imported


@pytest.fixture
def file(tmp_path) -> str:
    path = tmp_path / "gsm8k.jsonl"
    path.write_bytes(gsm8k())
    return str(path)


@pytest.fixture
def kept(store):
    return imported(store)


def test_a_row_of_a_file_or_a_set_is_a_problem_that_needs_neither_again(store, kept, file):
    for spec, name in ((f"{file}#4", "gsm8k.jsonl"), ("set:GSM8K#4", "GSM8K")):
        problem = problem_of(spec, store)
        assert (problem.question, problem.reference, problem.data) == ("What is 6 times 4?", "24", {"set": name, "row": 4})
        assert make(problem.spec) == problem
    assert problem_of("chain:seed=3", store) == make("chain:seed=3")


def test_a_set_is_counted_without_making_its_problems(store, kept, file):
    for source in (file, "set:GSM8K"):
        for rest, rows in (("", [1, 2, 4, 5]), (":n=2", [1, 2]), (":first=2,n=2", [2, 4]), ("#5", [5])):
            assert check_set(source + rest, store) == len(rows)
            assert [p.data["row"] for p in counted_set(source + rest, store=store)] == rows
    assert check_set("chain:n=20", store) == len(counted_set("chain:n=20", store=store)) == 20


def test_defaults_are_for_generated_problems_only(store, kept):
    assert counted_set("chain:n=2", {"split": "train"}, store) != counted_set("chain:n=2", store=store)
    assert counted_set("set:GSM8K", {"split": "train"}, store) == counted_set("set:GSM8K", store=store)


def test_a_measurement_takes_the_first_problems_of_a_kind_and_all_of_a_set(store, kept, file):
    assert len(first_problems("chain", None, 7, store)) == 7
    assert len(first_problems("chain", 3, 7, store)) == 3
    assert len(first_problems("set:GSM8K", None, 7, store)) == 4
    assert len(first_problems(file, 2, 7, store)) == 2


def test_a_row_that_was_not_taken_is_answered_with_the_reason(store, kept, file):
    for spec in (f"{file}#3", "set:GSM8K#3"):
        with pytest.raises(RlmError, match=r"has no problem in row 3. Line 3 .*was not taken: it is not JSON"):
            problem_of(spec, store)


@pytest.mark.parametrize("spec", ["set:GSM8K", "{file}", "set:GSM8K:n=1"])
def test_one_problem_needs_the_number_of_its_row(store, kept, file, spec):
    with pytest.raises(RlmError, match="does not say which problem; write the number of its row behind it"):
        problem_of(spec.format(file=file), store)


def test_columns_of_a_file_may_be_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("question;real question;result\nno;Is it?;yes\n", encoding="utf-8")
    problem = problem_of(f"{path}:question=real question,answer=result#1")
    assert (problem.question, problem.reference) == ("Is it?", "yes")
    with pytest.raises(RlmError, match="no column named 'resalt'; did you mean 'result'"):
        problem_of(f"{path}:answer=resalt#1")


def test_a_file_that_has_changed_is_read_again(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(gsm8k(5))
    assert check_set(str(path)) == 4
    path.write_bytes(gsm8k(9))
    assert check_set(str(path)) == 8


def test_a_renamed_set_is_still_meant_by_specs_with_its_earlier_name(store, kept):
    ProblemSets(store).rename(kept.id, "other")
    assert [p.data["set"] for p in counted_set("set:GSM8K:n=1", store=store)] == ["other"]


@pytest.mark.parametrize("spec", ["/no/such.jsonl", "/no/such.jsonl#1", "\0.csv", "set:nothing", "set:nothing#1", "chain", "nothing:n=3"])
def test_what_is_not_there_is_one_sentence(store, spec):
    with pytest.raises(RlmError) as found:
        check_set(spec, store)
    assert "\n" not in str(found.value)


def test_the_apps_own_store_is_used_where_none_is_given(store, kept):
    assert check_set("set:GSM8K") == 4
