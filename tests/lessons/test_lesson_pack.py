"""The pack: a page per lesson and language, and nothing in it that is loaded from elsewhere."""

from __future__ import annotations

import re

import pytest

from rlm_core.lessons import library
from rlm_core.lessons.pack import PLOTLY, write_pack
from rlm_core.lessons.reading import LessonError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    write_pack(folder, library.languages())
    return folder


def test_there_is_a_page_per_lesson_and_language(pack):
    for code in library.languages():
        assert sorted(f.stem for f in (pack / code).glob("*.html")) == sorted(lesson.name for lesson in library.lessons(code))


def test_every_address_in_it_is_a_file_of_the_pack(pack):
    for file in pack.rglob("*.html"):
        if file.parent.name == "runs":
            continue
        for address in re.findall(r'(?:src|href)="([^"]+)"', file.read_text(encoding="utf-8")):
            assert (file.parent / address.partition("#")[0]).is_file(), f"{file.name}: {address}"


def test_nothing_is_loaded_from_a_network(pack):
    for file in pack.rglob("*.html"):
        assert re.findall(r"""(?:src|href|url\()\s*=?\s*["']?(?:https?:)?//""", file.read_text(encoding="utf-8")) == [], file
    assert (pack / PLOTLY).is_file()


def test_a_language_without_lessons_is_refused(tmp_path):
    with pytest.raises(LessonError, match="en"):
        write_pack(tmp_path, ["xx"])
