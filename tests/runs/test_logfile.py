"""Logs as files: nothing whole is lost, nothing damaged is read as if it were whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import LogError
from rlm_core.core.tree import replay
from rlm_core.runs import logfile
from tests.helpers import beam_log, best_of_n_log, random_log

RECORDS = random_log(3, 14)
TEXT = logfile.write(RECORDS)
LINES = TEXT.splitlines(keepends=True)


@pytest.mark.parametrize("records", [RECORDS, beam_log(1), best_of_n_log(2, 5)], ids=["mcts", "beam", "best_of_n"])
def test_what_is_written_is_read_back_equal(records):
    found = logfile.read(logfile.write(records), "x.jsonl")
    assert list(found.records) == records
    assert found.warning == ""
    assert replay(found.records) == replay(records)


@given(st.integers(len(LINES[0]), len(TEXT)))
def test_cut_anywhere_all_whole_events_are_kept_and_the_cut_is_told(size):
    found = logfile.read(TEXT[:size], "x.jsonl")
    whole = TEXT[:size].count(b"\n")
    left_over = TEXT[:size].rpartition(b"\n")[2]
    assert list(found.records[:whole]) == RECORDS[:whole]
    assert len(found.records) == whole + (left_over + b"\n" in LINES and bool(left_over))
    assert bool(found.warning) == (bool(left_over) and left_over + b"\n" not in LINES)


def test_the_warning_says_where_and_how_much_was_kept():
    found = logfile.read(b"".join(LINES[:7]) + LINES[7][:9], "x.jsonl")
    assert found.warning == "x.jsonl is cut in the middle of line 8; the 7 whole events before it were kept."


def test_damage_in_the_middle_is_an_error_that_names_the_line():
    with pytest.raises(LogError, match=r"^Line 4 of x\.jsonl is not an event"):
        logfile.read(b"".join([*LINES[:3], LINES[3][:9] + b"\n", *LINES[4:]]), "x.jsonl")


@pytest.mark.parametrize(
    "text",
    [b"\xef\xbb\xbf" + TEXT, TEXT + b"\n", TEXT + b"\n \r\n", TEXT.replace(b"\n", b"\r\n"), TEXT.replace(b"\n", b"\n\n", 3), TEXT[:-1]],
    ids=["byte order mark", "empty last line", "empty last lines", "windows line ends", "empty lines between", "no last line end"],
)
def test_what_editors_do_to_a_file_does_no_harm(text):
    found = logfile.read(text, "x.jsonl")
    assert list(found.records) == RECORDS
    assert found.warning == ""


def test_lines_are_named_by_their_place_in_the_file():
    with pytest.raises(LogError, match=r"^Line 6 of x\.jsonl is not an event"):
        logfile.read(b"\n\n" + b"".join([*LINES[:3], b"{}\n", *LINES[3:]]), "x.jsonl")


def test_missing_events_are_an_error():
    with pytest.raises(LogError, match="missing or out of order"):
        logfile.read(b"".join([*LINES[:3], *LINES[4:]]), "x.jsonl")


OTHER_TOOLS = (b'{"question": "x", "answer": "#### 1"}\n', b'{"text": "x", "children": []}\n', b"2024-10-02 | INFO | heart beat\n")


@pytest.mark.parametrize(
    "text", [b"", b"\n", b'{"seq": 1', b"hello\n", b"\xff\xfe\x00", b"\x80\x04\x95", b"[" * 9999, LINES[1], *OTHER_TOOLS]
)
def test_what_is_no_log_is_refused_with_what_can_be_read(text):
    with pytest.raises(LogError, match=r"^x\.jsonl is no event log, for .*; readable are logs written by `python -m rlm_core run --out`"):
        logfile.read(text, "x.jsonl")


def test_another_version_is_refused():
    with pytest.raises(LogError, match="of log version 99; this program reads version 1"):
        logfile.read(TEXT.replace(b'"version":1', b'"version":99', 1), "x.jsonl")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(LogError, match="cannot be read; check the path"):
        logfile.read_file(tmp_path / "no.jsonl")
