"""Search over everything: by words, in pages, examples, saved runs and terms."""

from __future__ import annotations

import pytest

from pages.shared.escape import markdown_text
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


@pytest.mark.parametrize(("words", "said"), [("", "Type a word"), ("xyzzy", "Nothing has all of these words")])
def test_nothing_typed_and_nothing_found_are_said(store, words, said):
    assert said in text(sought(words))
