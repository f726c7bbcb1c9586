"""Annotation: labels are kept at once, under a name; a bad step ends a solution; verdict and other labels are shown on request."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.core.config import RunConfig
from rlm_core.labels.base import BAD, GOOD, HUMAN, NEUTRAL, Label, solution
from rlm_core.labels.book import LabelBook
from rlm_core.problems.families.text import from_text
from tests.helpers import best_of_n_log
from tests.pages.app import click, html, opened, text
from tests.saved import save

WRONG = solution(from_text("What is 6*7?", "42"), ("6*7=41", "so", "Answer: 41"), answer="41", correct=False, origin="file a.jsonl, line 1")
RIGHT = solution(from_text("What is 40+2?", "42"), ("42", "Answer: 42"), answer="42", correct=True, origin="file a.jsonl, line 2")
EARLIER = solution(from_text("What is 1+1?", "2"), ("Answer: 2",), answer="2", correct=True, origin="run 12ab, node 3")


@pytest.fixture
def book(store) -> LabelBook:
    """A wrong solution of three steps and a right one of two; after them one that Bob and Ada have labelled."""
    book = LabelBook(store)
    book.add([WRONG, RIGHT, EARLIER])
    book.put([Label(EARLIER.id, 0, HUMAN, by, GOOD, 1.8e9) for by in ("Ada", "Bob")])
    return book


@pytest.fixture
def at(book) -> AppTest:
    return annotator("Bob")


def annotator(name: str) -> AppTest:
    """The page of a person who has labelled before: AppTest cannot type a new name into the list."""
    return opened("labels").selectbox(key="annotate.by").set_value(name).run()


def place(at: AppTest) -> str:
    body = next(h.proto.body for h in at.get("html") if '<div class="rlm-place' in h.proto.body)
    return body.replace("<b>", "").replace("</b>", "").partition(">")[2].removesuffix("</div>")


def values(book: LabelBook, by: str) -> dict[tuple[str, int], float]:
    return {(la.solution, la.step): la.value for la in book.labels(source=HUMAN, by=by) if la.solution != EARLIER.id}


def test_a_label_needs_a_name(book):
    at = opened("labels")
    assert "Type your name above" in text(at)
    assert at.button(key="rate_good").disabled


def test_a_bad_step_ends_the_solution_and_undo_returns_to_it(at, book):
    assert place(at) == "Step 1 of 3 · solution 1 of 3 · 1 label by Bob"
    click(at, "rate_good")
    assert place(at) == "Step 2 of 3 · solution 1 of 3 · 2 labels by Bob"
    click(at, "rate_bad")
    assert place(at) == "Step 1 of 2 · solution 2 of 3 · 3 labels by Bob"
    assert values(book, "Bob") == {(WRONG.id, 0): GOOD, (WRONG.id, 1): BAD}
    click(at, "undo_label")
    assert place(at) == "Step 2 of 3 · solution 1 of 3 · 2 labels by Bob"
    assert values(book, "Bob") == {(WRONG.id, 0): GOOD}


def test_a_person_can_go_on_after_a_bad_step(at, book):
    at.toggle(key="annotate.ends").set_value(False).run()
    click(at, "rate_bad")
    assert place(at).startswith("Step 2 of 3 · solution 1 of 3")
    click(at, "skip_step")
    assert place(at).startswith("Step 3 of 3 · solution 1 of 3")
    click(at, "next_solution")
    assert place(at).startswith("Step 1 of 2 · solution 2 of 3")
    click(at, "rate_good")
    click(at, "rate_neutral")
    assert "You have labelled all 3 solutions here." in text(at)
    click(at, "undo_label")
    assert place(at).startswith("Step 2 of 2 · solution 2 of 3")
    click(at, "previous_solution")
    assert place(at).startswith("Step 2 of 3 · solution 1 of 3")


def test_a_person_who_returns_continues_at_the_first_step_without_a_label(at):
    click(at, "rate_good")
    assert place(annotator("Bob")) == "Step 2 of 3 · solution 1 of 3 · 2 labels by Bob"
    assert place(annotator("Ada")) == "Step 1 of 3 · solution 1 of 3 · 1 label by Ada"


def test_the_verdict_and_the_labels_of_others_are_shown_only_on_request(at, book):
    book.put([Label(WRONG.id, 0, HUMAN, "Eve", NEUTRAL, 1.8e9)])
    at.run()
    assert "The answer is wrong: 41" not in html(at)
    assert "neutral · Eve" not in html(at)
    at.toggle(key="annotate.verdict").set_value(True).run()
    assert "The answer is wrong: 41" in html(at)
    at.toggle(key="annotate.everyone").set_value(True).run()
    assert "neutral · Eve" in html(at)


def test_the_choice_of_an_origin_leaves_only_its_solutions(at):
    assert at.multiselect(key="annotate.from").options == ["file a.jsonl", "run 12ab"]
    at.multiselect(key="annotate.from").set_value(["file a.jsonl"]).run()
    assert place(at).startswith("Step 1 of 3 · solution 1 of 2")


def test_an_empty_book_offers_a_run_with_several_different_candidates(store):
    assert "There is nothing to label yet" in text(opened("labels"))
    telling = save(store, best_of_n_log(2, 10), RunConfig(search="best_of_n"))
    alike = save(store, best_of_n_log(2, 1), RunConfig(search="best_of_n"))
    at = opened("labels")
    assert at.selectbox(key="annotate.run").value == telling
    assert len(at.selectbox(key="annotate.run").options) == 2
    at.selectbox(key="annotate.run").set_value(alike).run()
    assert at.button(key="label_latest").label == "Label its 1 different candidate"
    at.selectbox(key="annotate.run").set_value(telling).run()
    click(at, "label_latest")
    assert place(at).startswith("Step 1 of")
    assert LabelBook(store).counts().solutions > 1


def test_an_address_can_name_a_solution(book):
    at = opened("labels", solution=RIGHT.id)
    assert place(at).startswith("Step 1 of 2 · solution 2 of 3")
    assert "solution" not in at.query_params


def test_the_candidates_of_all_runs_are_added_from_the_list(store, at, book):
    for seed in (2, 3):
        save(store, best_of_n_log(seed, 10), RunConfig(search="best_of_n"))
    at.run()
    at.selectbox(key="labels.runs").set_value("all").run()
    click(at, "labels.add_runs")
    assert book.counts().solutions > 3 + 10
    assert place(at).startswith("Step 1 of")
