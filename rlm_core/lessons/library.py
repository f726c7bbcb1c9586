"""The lessons of a language, with the values of their runs filled in."""

from __future__ import annotations

from functools import lru_cache

from rlm_core.core.wording import listed
from rlm_core.lessons.facts import filled
from rlm_core.lessons.reading import Lesson, LessonError, files, languages, read_lesson

__all__ = ["languages", "lesson", "lessons", "offered"]

ENGLISH = "en"


def offered(language: str) -> str:
    """The language itself if there are lessons in it, else English."""
    return language if language in languages() else ENGLISH


@lru_cache(maxsize=8)
def lessons(language: str) -> tuple[Lesson, ...]:
    """Every lesson of a language, in order. LessonError names the file and line of what is wrong."""
    if language not in languages():
        raise LessonError(f"There are no lessons in “{language}”; there are lessons in {listed(languages())}.")
    return tuple(filled(read_lesson(file)) for file in files(language))


def lesson(language: str, name: str) -> Lesson:
    """One lesson; LessonError says which there are."""
    found = next((one for one in lessons(language) if one.name == name), None)
    if found is None:
        raise LessonError(f"There is no lesson “{name}”; there are {listed([one.name for one in lessons(language)])}.")
    return found
