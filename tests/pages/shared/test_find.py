"""Search over everything: by words, in pages, examples, saved runs and terms."""

from __future__ import annotations

import pytest

from pages.shared import find
from pages.shared.escape import markdown_text
from rlm_core.lessons import library
from rlm_core.runs.examples import examples
from tests.pages.app import click, opened, text
from tests.saved import save_runs


def sought(words: str):
    at = opened("runs")
    at.session_state["find.text"] = words
    return click(at, "find")


def labels(at) -> list[str]:
    return [b.label for b in at.button if (b.key or "").startswith("find.")]


def test_a_page_a_run_an_example_and_a_term_are_found_by_a_word(store):
    (run,) = save_runs(store, 1)
    store.annotate(run, "Wide tree of Monday", "", [])
    example = next(iter(examples().values()))
    assert "Scaling" in labels(sought("scaling"))
    assert any(label.startswith("Wide tree of Monday — ") for label in labels(sought("monday wide")))
    assert markdown_text(example.title) in labels(sought(example.title.split()[0]))
    assert "**Rollout**" in text(sought("rollout"))


def test_a_lesson_a_box_of_the_blueprint_and_a_published_system_are_found(store):
    assert any(label.endswith(":gray[Monte\\-Carlo tree search in four phases]") for label in labels(sought("backup")))
    assert "Budget forcing" in labels(sought("budget forcing"))
    assert "LLaMA\\-Berry" in labels(sought("berry"))


def goes_to(found, title: str) -> tuple[str, dict[str, str]]:
    """Path and query of the page that the result of that title opens."""
    path, *query = next(f.open.args for f in found if f.title == title)
    return path, dict(*query)


@pytest.mark.parametrize(
    ("word", "title", "heading"),
    [("berry", "LLaMA-Berry", '<th scope="col">LLaMA-Berry</th>'), ("beam", "Beam search", "#### Beam search")],
)
def test_a_system_and_a_box_are_opened_whatever_view_of_the_blueprint_was_left(store, word, title, heading):
    at = opened("blueprint", view="cost")
    path, query = goes_to(find._blueprint([word]), title)
    assert path == "blueprint"
    at.query_params.clear()
    at.query_params.update(query)
    at.run()
    shown = text(at)
    assert heading in shown
    assert shown.count('<th scope="col">') <= 2  # of the system alone, beside the empty corner


def test_a_lesson_is_opened_at_the_step_that_was_found(store):
    step = library.lesson("en", "mcts").steps[3]
    path, query = goes_to(find._lessons(step.title.casefold().split()), step.title)
    assert f"#### {step.title}" in text(opened(path, **query))


def test_in_a_language_without_lessons_the_english_ones_are_found(monkeypatch):
    monkeypatch.setattr(find, "language", lambda: "xx")
    assert "Monte-Carlo tree search in four phases" in [f.detail for f in find._lessons(["backup"])]


@pytest.mark.parametrize(("words", "said"), [("", "Type a word"), ("xyzzy", "Nothing has all of these words")])
def test_nothing_typed_and_nothing_found_are_said(store, words, said):
    assert said in text(sought(words))
