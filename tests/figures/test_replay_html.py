"""A run as one page: nothing of it comes from elsewhere, and what a person or a model wrote cannot become markup of it."""

from __future__ import annotations

import re

from rlm_core.core.events import Record, RunFinished, RunStarted
from rlm_core.figures.replay_page import replay_html
from rlm_core.problems.families.text import from_text
from tests.helpers import large_log, random_log


def test_it_loads_nothing_and_names_its_run():
    page = replay_html("1c2f", random_log(3, 40))
    assert "run 1c2f" in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert not re.findall(r"\b(?:fetch|XMLHttpRequest|sendBeacon|WebSocket)\b", page)


def test_300_nodes_with_long_steps_stay_below_three_megabytes():
    assert len(replay_html("1c2f", large_log(300, words=60)).encode()) < 3_000_000


def test_a_question_is_text():
    started = RunStarted({}, from_text("<script>alert(1)</script>{0}"), False)
    page = replay_html("x", [Record(1, 0.0, started), Record(2, 0.0, RunFinished("done", ""))])
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{0}" in page
