"""`review` on the command line: the result on standard output, progress on standard error, and the exit status of a pipeline."""

from __future__ import annotations

import io
import json
import sys

import pytest

from rlm_core.review.planted import FOLDER
from tests.review.making import diff_of
from tests.test_cli import mistake, said

CLEAN = diff_of("docs/a.md", "Words.").text
RISKY = diff_of("a.py", "value = eval(text)").text


@pytest.fixture
def patch(tmp_path):
    def written(text: str) -> str:
        file = tmp_path / "x.patch"
        file.write_text(text)
        return str(file)

    return written


def test_status_0_without_findings_and_1_with_those_of_the_threshold(capsys, monkeypatch, patch):
    status, out, err = said(capsys, monkeypatch, "review", patch(CLEAN))
    assert status == 0
    assert out.startswith("# Code review")
    assert "1 of 1: docs/a.md" in err
    assert said(capsys, monkeypatch, "review", patch(RISKY))[0] == 1
    assert said(capsys, monkeypatch, "review", patch(RISKY), "--fail-on", "never")[0] == 0
    low = patch(diff_of("a.py", "# TODO x").text)
    assert said(capsys, monkeypatch, "review", low)[0] == 0
    assert said(capsys, monkeypatch, "review", low, "--fail-on", "low")[0] == 1


def test_standard_input_and_the_forms_of_the_result(capsys, monkeypatch):
    def given(*words: str) -> str:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RISKY.encode())))
        return said(capsys, monkeypatch, "review", "-", *words)[1]

    assert json.loads(given("--format", "json"))["worst"] == "high"
    (first, *_) = json.loads(given("--format", "comments"))["comments"]
    assert (first["path"], first["line"], first["side"]) == ("a.py", 2, "RIGHT")
    assert "eval" in given("--format", "markdown")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Nothing to review is named"),
        (("nothing.patch",), "There is no file nothing.patch"),
        (("../nothing.patch",), "There is no file ../nothing.patch"),
        (("x..y", "--repository", "/nowhere/at/all"), "There is no folder"),
        (("-", "--effort", "most"), "--effort most is not allowed"),
        (("-", "--format", "pdf"), "--format pdf is not allowed"),
        (("-", "--fail-on", "worst"), "--fail-on worst is not allowed"),
        (("-", "--model", "nano"), "answers requests in words"),
        (("-",), "The diff is empty"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(capsys, monkeypatch, words, sentence):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert sentence in mistake(capsys, monkeypatch, "review", *words)


def test_a_broken_diff_names_its_line(capsys, monkeypatch, patch):
    assert "Line 6 of the diff" in mistake(capsys, monkeypatch, "review", patch(RISKY.rsplit("\n", 2)[0] + "\n?\n"))


def test_the_planted_patch_is_measured_into_a_file(capsys, monkeypatch, tmp_path):
    out = tmp_path / "planted.json"
    assert said(capsys, monkeypatch, "review", "--planted", "--out", str(out))[0] == 0
    (row,) = json.loads(out.read_text())["rows"]
    assert row["by"] == "checks"
    assert 0 < row["recall"][0] < 1
    assert row["found_beyond"] == 0
    assert said(capsys, monkeypatch, "review", str(FOLDER / "planted.patch"))[0] == 1
