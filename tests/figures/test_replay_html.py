"""A run as one page: nothing of it comes from elsewhere, and what a person or a model wrote cannot become markup of it."""

from __future__ import annotations

import json
import re

import pytest

from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Record, RunFinished, RunStarted
from rlm_core.figures.replay_page import replay_html
from rlm_core.problems.families.text import from_text
from rlm_core.runs.logfile import read_file
from tests.helpers import large_log, random_log
from tests.runs.mutations import GOLDEN

THREE_WORDS = re.compile(r"[A-Za-z][A-Za-z’'-]*(?:[ ,;:]+[a-z][a-z’'-]+){2,}")


def test_it_loads_nothing_and_names_its_run():
    page = replay_html("1c2f", random_log(3, 40))
    assert "run 1c2f" in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|sendBeacon|WebSocket)\b", page)


def test_300_nodes_with_long_steps_stay_below_three_megabytes():
    assert len(replay_html("1c2f", large_log(300, words=60)).encode()) < 3_000_000


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_in_another_language_it_says_nothing_in_english(path):
    page = replay_html("1c2f", read_file(path).records, "ja")
    assert '<html lang="ja">' in page
    data = json.loads(re.search(r"<script>replay\((.*)\);</script>", page)[1])
    assert [text for text, other in data["words"].items() if other == text] == []
    events = data["history"]["events"]
    ranks = [table for event in events for table in event.get("ranks", [])]
    assert [head for table in ranks for head in (*table["head"], table["text"]) if head.islower() and head.isascii()] == []
    said = [event[part] for event in events for part in ("kind", "sentence")] + [table["how"] for table in ranks]
    said += [row[3] for table in ranks for row in table["rows"]]
    said += [fact for node in data["history"]["nodes"] for fact in node.get("facts", [])]
    assert [text for text in said if THREE_WORDS.search(re.sub("“.*?”|「.*?」|Tree of Thoughts", "", text))] == []


def test_a_language_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="There is no language 'xx'; allowed are en, ja"):
        replay_html("1c2f", random_log(3, 4), "xx")


def test_a_question_is_text():
    started = RunStarted({}, from_text("<script>alert(1)</script>{0}"), False)
    page = replay_html("x", [Record(1, 0.0, started), Record(2, 0.0, RunFinished("done", ""))])
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{0}" in page
