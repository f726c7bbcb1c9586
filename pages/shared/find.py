"""Search over everything that the app holds: its pages, lessons, the Blueprint, runs and examples, and the terms of the glossary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages.shared import glossary
from pages.shared.escape import markdown_text
from pages.shared.language import language, tr
from pages.shared.links import BLUEPRINT_PATH, LESSONS_PATH, go_to, go_to_run, pages
from pages.shared.search_dialog import search_dialog
from pages.shared.services import store
from rlm_core import catalogue
from rlm_core.blueprint.systems import systems
from rlm_core.blueprint.taxonomy import taxonomy
from rlm_core.core.wording import clean
from rlm_core.lessons import library
from rlm_core.lessons.reading import Prose
from rlm_core.runs.examples import examples
from rlm_core.runs.finding import Search

MOST = 6
"""Results of a kind that are shown."""
MOST_RUNS = 2_000
"""The newest runs, which are searched."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was looked for.

    title, detail: what it is.
    icon: of Material Symbols.
    key: of its button, once on the page.
    open: leaves this page and shows it.
    """

    title: str
    detail: str
    icon: str
    key: str
    open: Callable[[], None]


def search_button() -> bool:
    """Draw the button that opens the search; was it pressed?"""
    label = tr("Search everything")
    return st.button(label, icon=":material/search:", type="tertiary", key="find", help=label, shortcut="Mod+K")


def find() -> None:
    """The dialog: what has all the words that are typed, by kind; a press on a result opens it."""
    search_dialog(tr("Search everything"), tr("Search pages, runs, lessons and terms"), "find.text", _results)


def _results(sought: str) -> None:
    if not (words := clean(sought).casefold().split()):
        st.caption(tr("Type a word: the name of a page, of a run or of a term, a number, an answer."))
        return
    any_found = False
    for heading, found in (
        (tr("Pages"), _pages(words)),
        (tr("Lessons"), _lessons(words)),
        (tr("Blueprint"), _blueprint(words)),
        (tr("Example runs"), _examples(words)),
        (tr("Saved runs"), _runs(sought)),
    ):
        any_found |= _drawn(heading, list(found))
    any_found |= _terms(sought)
    if not any_found:
        st.info(tr("Nothing has all of these words."), icon=":material/search_off:")


def _drawn(heading: str, found: list[Found]) -> bool:
    """Draw the results of a kind; was there any?"""
    if not found:
        return False
    st.markdown(f"##### {heading}")
    for one in found[:MOST]:
        label = markdown_text(one.title) + (f" — :gray[{markdown_text(one.detail)}]" if one.detail else "")
        if st.button(label, icon=one.icon, type="tertiary", key=f"find.{one.key}"):
            one.open()
    if len(found) > MOST:
        st.caption(tr("{n:,} more; another word narrows them down.", n=len(found) - MOST))
    return True


def _has(words: list[str], *texts: str) -> bool:
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in words)


def _pages(words: list[str]) -> Iterator[Found]:
    for path, page in pages().items():
        if _has(words, page.title, path):
            yield Found(page.title, "", page.icon, f"page.{path}", partial(go_to, path))


def _lessons(words: list[str]) -> Iterator[Found]:
    for lesson in library.lessons(library.offered(language())):
        for number, step in enumerate(lesson.steps, 1):
            prose = (block.text for block in step.blocks if isinstance(block, Prose))
            if _has(words, lesson.title, step.title, *prose):
                address = {"lesson": lesson.name, "step": str(number)}
                key = f"lesson.{lesson.name}.{number}"
                yield Found(step.title, lesson.title, ":material/school:", key, partial(go_to, LESSONS_PATH, address))


def _blueprint(words: list[str]) -> Iterator[Found]:
    for box in taxonomy().boxes:
        if _has(words, tr(box.title), tr(box.text)):
            address = {"view": "map", "box": box.name}
            yield Found(tr(box.title), "", ":material/architecture:", f"box.{box.name}", partial(go_to, BLUEPRINT_PATH, address))
    for name, system in systems().items():
        if _has(words, system.title, name):
            address = {"view": "systems", "as": "side", "pick": name}
            yield Found(system.title, "", ":material/article:", f"system.{name}", partial(go_to, BLUEPRINT_PATH, address))


def _examples(words: list[str]) -> Iterator[Found]:
    for one in examples().values():
        if _has(words, one.title, one.sentence, one.name):
            yield Found(one.title, "", ":material/play_circle:", one.run, partial(go_to_run, one.run, one.begin))


def _runs(sought: str) -> Iterator[Found]:
    search = Search(sought)
    for row in store().list(MOST_RUNS):
        if search.matches(row, ()):
            title = row.name or row.problem.question
            yield Found(
                title, catalogue.title("search", row.config.search), ":material/history:", row.id, lambda run=row.id: go_to_run(run)
            )


def _terms(sought: str) -> bool:
    found = glossary.matching(sought)
    if found:
        st.markdown(f"##### {tr('Terms')}")
        st.markdown("\n".join(f"- **{e.term}**: {e.definition}" for e in found[:MOST]))
        if len(found) > MOST:
            st.caption(tr("{n:,} more; another word narrows them down.", n=len(found) - MOST))
    return bool(found)
