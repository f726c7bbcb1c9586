"""Whatever is done to a log, it is read as a whole or refused in a sentence: no view ever meets what it cannot draw."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_core.core.errors import LogError
from rlm_core.runs import logfile
from tests.runs.mutations import GOLDEN, draw_every_moment, mutated, rows

LOGS = [rows(path) for path in GOLDEN]


def read_or_refused(text: bytes) -> str:
    """Draws everything of a log that is taken; else the sentence it is refused with."""
    try:
        found = logfile.read(text, "x.jsonl")
        logfile.tree_of(found, "x.jsonl")
    except LogError as error:
        return str(error)
    draw_every_moment(found.records, pictures=1)
    return ""


@pytest.mark.slow
@settings(deadline=None)
@given(st.sampled_from(LOGS), st.integers(0, 2**32), st.integers(1, 3))
def test_a_log_changed_at_random_is_drawn_or_refused(log, seed, changes):
    said = read_or_refused(mutated(log, random.Random(seed), changes))
    assert said == "" or said.startswith(("Line ", "x.jsonl "))


@pytest.mark.parametrize("log", LOGS, ids=[path.stem for path in GOLDEN])
def test_a_log_as_it_was_written_is_drawn(log):
    assert read_or_refused(mutated(log, random.Random(0), changes=0)) == ""
