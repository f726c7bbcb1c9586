"""Import and export of labels: good lines are imported, bad ones are named with the reason, and hostile text stays text."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.labels.book import LabelBook
from tests.pages.app import html, open_tab, opened, row, text

MIXED = ["{oops", {"problem": "Is <b>42</b> right?", "steps": ["<img src=x>", "Answer: 42"]}, {"problem": "chain:steps=99", "steps": ["1"]}]


def labelled(by: str, *ratings: int) -> dict:
    """A line in the format of PRM800K."""
    steps = [{"completions": [{"text": f"step {i}", "rating": r}], "chosen_completion": 0} for i, r in enumerate(ratings)]
    question = {"problem": "How many?", "ground_truth_answer": "42"}
    return {"labeler": by, "timestamp": "2023-01-22T04:34:27", "question": question, "label": {"steps": steps, "finish_reason": "solution"}}


@pytest.fixture
def at(store) -> AppTest:
    return open_tab(opened("labels"), "labels.tab", "Import and export")


def upload(at: AppTest, name: str, lines: list) -> None:
    content = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    at.file_uploader(key="labels_files_file").set_value((name, content.encode(), "application/jsonl")).run()
    at.button(key="labels_files_import").click().run()


def test_good_lines_are_imported_and_bad_lines_are_named_with_the_reason(store, at):
    upload(at, "mixed.jsonl", MIXED)
    assert "Took 1 solution (1 new) and 0 labels." in at.success[0].value
    assert "Line 1 of mixed\\.jsonl was not taken\\: it is not JSON" in at.error[0].value
    assert "it must be a whole number from 2 to 10" in at.error[0].value
    assert LabelBook(store).counts().solutions == 1


def test_hostile_text_is_shown_as_text(at):
    upload(at, "mixed.jsonl", MIXED)
    open_tab(at, "labels.tab", "Annotate")
    assert "Is &lt;b&gt;42&lt;/b&gt; right?" in html(at)
    assert "&lt;img src=x&gt;" in html(at)
    assert "<img src=x>" not in text(at)


def test_labels_can_be_exported_once_there_are_some(at):
    assert "There are no labels yet" in text(at)
    upload(at, "two.jsonl", [labelled("Xi", 1, 1, -1, 0)])
    assert "All 4 labels with their solutions" in text(at.run())


def test_agreement_is_shown_with_the_reason_where_it_is_undefined(at):
    upload(at, "two.jsonl", [labelled("Xi", 1, 1, -1, 0), labelled("Yo", 1, -1, -1, 0)])
    open_tab(at, "labels.tab", "Agreement")
    # p_o = 3/4; p_e = (2·1 + 1·2 + 1·1)/16 = 5/16; (12 − 5)/(16 − 5) = 7/11
    assert row(at, "Xi and Yo") == ["Xi and Yo", "4", "75%", "0.64"]
    upload(open_tab(at, "labels.tab", "Import and export"), "third.jsonl", [labelled("Zed", 1) | {"question": {"problem": "Why?"}}])
    open_tab(at, "labels.tab", "Agreement")
    assert "Xi and Zed and Yo and Zed: they labelled no step in common" in text(at)


def test_without_labels_agreement_says_where_to_begin(store):
    assert "begin on the tab Annotate" in text(open_tab(opened("labels"), "labels.tab", "Agreement"))
