"""The page of problem sets: a file is looked at before it is imported, and every step has a way back."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.jobs.sweep_file import read_strategies
from rlm_core.runs.problem_sets import ProblemSets
from rlm_core.runs.store import Store
from tests.pages.app import click, go_to, opened, text
from tests.problem_files import gsm8k, imported

CSV = 'number;the question;right;more\n1;"What is\n2;3?";5;<b>x</b>\n2;;6;y\n3;"**Bold**?";7;z\n'.encode("utf-8-sig")


def uploaded(name: str, content: bytes) -> AppTest:
    at = opened("problems")
    at.file_uploader[0].set_value((name, content, "")).run()
    assert not at.exception, at.exception
    return at


def columns(at: AppTest) -> dict[str, str]:
    return {s.label: s.value for s in at.selectbox if s.label in ("Question", "Answer", "Id", "Level", "Subject")}


def sets(store: Store) -> ProblemSets:
    return ProblemSets(store)


def choose_row(at: AppTest, table: int, row: int) -> None:
    at.session_state[at.dataframe[table].key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    at.run()
    assert not at.exception, at.exception


def test_a_published_file_is_imported_with_two_clicks_and_its_bad_rows_are_named(store):
    at = uploaded("gsm8k_test.jsonl", gsm8k())
    assert columns(at) == {"Question": "question", "Answer": "answer", "Id": "", "Level": "", "Subject": ""}
    assert list(at.dataframe[0].value["Answer as it is read"]) == ["6", "12", "24", "30"]
    assert "Line 3: it is not JSON" in text(at).replace("\\", "")
    click(at, "problems.go")
    (kept,) = sets(store).list()
    assert (kept.name, kept.split, kept.size) == ("gsm8k_test", "test", 4)
    assert "Imported 4 problems of gsm8k_test.jsonl as gsm8k_test." in text(at).replace("\\", "")
    assert "1 row not taken:\n\n- Line 3: it is not JSON." in text(at).replace("\\", "")
    assert list(at.dataframe[0].value["Name"]) == ["gsm8k_test"]
    assert list(at.dataframe[1].value["Row"]) == [1, 2, 4, 5]


def test_columns_are_chosen_in_a_preview(store):
    at = uploaded("contest.csv", CSV)
    assert columns(at)["Question"] == "the question"
    assert columns(at)["Answer"] == ""
    assert "Without answers" in text(at)
    at.selectbox(key=next(s.key for s in at.selectbox if s.label == "Answer")).set_value("right").run()
    assert list(at.dataframe[0].value["Answer as it is read"]) == ["5", "7"]
    assert "Row 2: it has no text under" in text(at).replace("\\", "")
    at.text_input(key=next(t.key for t in at.text_input if t.label == "Name")).set_value("contest-2026").run()
    click(at, "problems.go")
    (kept,) = sets(store).list()
    assert (kept.name, kept.columns.answer, kept.split) == ("contest-2026", "right", "")
    assert [r.question for r in sets(store).rows(kept.id, [1, 3])] == ["What is\n2;3?", "**Bold**?"]


def test_a_file_on_this_machine_is_imported_by_its_path(store, tmp_path):
    (tmp_path / "gsm8k.jsonl").write_bytes(gsm8k())
    at = opened("problems")
    at.text_input[0].set_value(str(tmp_path / "gsm8k.jsonl")).run()
    click(at, "problems.go")
    assert [s.source for s in sets(store).list()] == ["gsm8k.jsonl"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("x.jsonl", b"", "is empty"), ("x.jsonl", b"hello", "Line 1 of x.jsonl was not taken"), ("x.parquet", b"PAR1", "not a Parquet file")],
)
def test_a_file_without_problems_is_one_sentence(store, name, content, said):
    at = uploaded(name, content)
    assert said in at.error[0].value.replace("\\", "")
    assert len(at.error) == 1


@pytest.mark.parametrize("path", ["/no/such/file.jsonl", "/", "~nobody/x.csv"])
def test_a_path_that_is_no_file_is_one_sentence(store, path):
    at = opened("problems")
    at.text_input[0].set_value(path).run()
    assert "cannot be read" in at.error[0].value


def test_a_name_that_cannot_be_is_refused_before_anything_is_kept(store):
    at = uploaded("x.jsonl", gsm8k())
    at.text_input(key=next(t.key for t in at.text_input if t.label == "Name")).set_value("a:b").run()
    click(at, "problems.go")
    assert "cannot be the name of a problem set" in at.error[0].value
    assert sets(store).list() == []


def test_the_same_file_again_is_the_set_that_is_there(store):
    imported(store)
    at = uploaded("copy.jsonl", gsm8k())
    click(at, "problems.go")
    assert "is here already: GSM8K" in text(at)
    assert len(sets(store).list()) == 1


def test_a_set_is_deleted_and_the_deletion_undone(store):
    imported(store)
    at = opened("problems")
    click(at, "problems.delete")
    assert sets(store).list() == []
    click(at, "undo.go")
    assert [s.name for s in sets(store).list()] == ["GSM8K"]


def test_a_deleted_set_is_put_back_or_removed_for_good(store):
    first, second = imported(store), imported(store, "other", gsm8k(7))
    sets(store).delete([first.id, second.id])
    at = opened("problems")
    click(at, f"problems.back.{first.id}")
    assert [s.id for s in sets(store).list()] == [first.id]
    click(at, f"problems.purge.{second.id}")
    assert sets(store).deleted() == []


def test_a_set_is_renamed_and_a_name_that_is_taken_refused(store):
    kept = imported(store)
    imported(store, "other", gsm8k(7))
    sets(store).delete([imported(store, "other", gsm8k(7)).id])
    at = opened("problems")
    at.text_input(key=f"problems.name.{kept.id}.GSM8K").set_value("grade school")
    click(at, "problems.rename.go")
    assert "cannot be the name" in at.error[0].value
    at.text_input(key=f"problems.name.{kept.id}.GSM8K").set_value("school")
    click(at, "problems.rename.go")
    assert sets(store).get(kept.id).name == "school"


def test_the_row_that_is_chosen_is_shown_whole_and_found_by_its_text(store):
    imported(store, content=b'{"question": "What <b>is</b>\\n6?", "answer": 6}\n{"question": "And 7?", "answer": 7}')
    at = opened("problems")
    assert "What &lt;b&gt;is&lt;/b&gt;<br>6?" in text(at)
    choose_row(at, 1, 1)
    assert "And 7?" in text(at)
    at.text_input(key=next(t.key for t in at.text_input if t.label == "Search")).set_value("AND").run()
    assert list(at.dataframe[1].value["Row"]) == [2]
    at.text_input(key=next(t.key for t in at.text_input if t.label == "Search")).set_value("nothing").run()
    assert "No row holds this text" in text(at)


def test_the_other_set_of_the_list_is_opened(store):
    imported(store)
    imported(store, "other", gsm8k(7))
    at = opened("problems")
    assert len(at.dataframe[1].value) == 6
    choose_row(at, 0, 1)
    assert len(at.dataframe[1].value) == 4
    assert "##### GSM8K" in text(at)


def test_a_set_is_measured_on_the_page_of_sweeps(store):
    imported(store)
    link = next(e.proto for e in opened("problems").get("page_link") if e.proto.label == "Measure on this set")
    assert link.page == "scaling"
    assert dict(parse_qsl(link.query_string)) == {"problems": "set:GSM8K:n=4"}


def test_what_is_set_on_explore_comes_along_to_the_page_of_sweeps(store):
    imported(store)
    at = opened("explore")
    at.selectbox(key="model").set_value("smollm2").run()
    at.selectbox(key="search").set_value("best_of_n").run()
    at.number_input(key="search.best_of_n.n").set_value(5).run()
    at.number_input(key="temperature").set_value(0.3).run()
    link = next(e.proto for e in go_to(at, "problems").get("page_link") if e.proto.label == "Measure on this set")
    (strategy,) = read_strategies(dict(parse_qsl(link.query_string))["strategies"], "the link")
    assert (strategy.model, strategy.search, strategy.search_parameters["n"], strategy.temperature) == ("smollm2", "best_of_n", 5, 0.3)


def test_a_row_is_explored(store):
    kept = imported(store)
    at = opened("problems")
    choose_row(at, 1, 2)
    click(at, "problems.explore")
    assert at.session_state["task"] == "set"
    assert at.session_state["set.id"] == kept.id
    assert at.session_state[f"set.{kept.id}.row"] == 4
    assert at.session_state["model"] == "smollm2"
    assert "What is 6 times 4?" in text(at)
