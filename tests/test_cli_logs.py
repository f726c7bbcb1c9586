"""`import` and `export` on the command line: a line per run, what a format cannot carry, one sentence for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlm_core.core.tree import replay
from rlm_core.runs import logfile
from rlm_core.runs.log_reader import read_path
from rlm_core.runs.store import Store
from tests.test_cli import LOG, mistake, said

FOREIGN = Path(__file__).parent / "runs" / "foreign"


def test_every_run_of_a_log_is_taken_in_and_its_lacks_are_said(capsys, monkeypatch, tmp_path):
    status, out, err = said(capsys, monkeypatch, "import", FOREIGN / "search_and_learn_best_of_n.jsonl", LOG, "--data", tmp_path)
    rows = {r.id: r for r in Store(tmp_path).list()}
    assert status == 0
    assert len(rows) == 3
    assert [line.split()[0] for line in out.splitlines()] == list(rows)[::-1]
    assert "2 runs, read as search-and-learn data set (JSONL). A data set of search-and-learn holds" in err
    assert "Not in the first of them: no visits and values (N, Q); no selection arithmetic" in err
    assert err.rstrip().endswith("mcts.jsonl: 1 run.")


def test_what_was_changed_is_said_with_its_run(capsys, monkeypatch, tmp_path):
    _, out, err = said(capsys, monkeypatch, "import", FOREIGN / "x1_mcts_tree_final.json", "--data", tmp_path)
    assert f"{out.split()[0]}: Its numbers from -1 to 1 are shown as 0 to 1." in err


@pytest.mark.parametrize(("name", "ending"), [("llm-reasoners", "json"), ("x1", "json"), ("search-and-learn", "jsonl")])
def test_a_run_is_written_for_another_program(capsys, monkeypatch, tmp_path, name, ending):
    out = tmp_path / f"run.{ending}"
    status, _, err = said(capsys, monkeypatch, "export", LOG, "--format", name, "--out", out)
    assert status == 0
    assert err.startswith("Note: A ")
    json.loads(out.read_text())
    question = replay(logfile.read_file(LOG).records).problem.question
    assert replay(read_path(out)[0].records).problem.question == question


def test_a_foreign_log_is_written_as_one_of_this_program(capsys, monkeypatch, tmp_path):
    out = tmp_path / "run.jsonl"
    said(capsys, monkeypatch, "export", FOREIGN / "openr_tree.json", "--format", "events", "--out", out)
    assert logfile.read_file(out).records == read_path(FOREIGN / "openr_tree.json")[0].records


def test_a_replay_page_is_in_the_language_asked_for(capsys, monkeypatch, tmp_path):
    out = tmp_path / "run.html"
    said(capsys, monkeypatch, "export", LOG, "--format", "html", "--language", "ja", "--out", out)
    assert '<html lang="ja">' in out.read_text(encoding="utf-8")
    assert "allowed are en, ja" in mistake(capsys, monkeypatch, "export", LOG, "--format", "html", "--language", "xx")


def test_mistakes_are_one_sentence(capsys, monkeypatch, tmp_path):
    several = FOREIGN / "search_and_learn_best_of_n.jsonl"
    assert "no format named 'tree'" in mistake(capsys, monkeypatch, "export", LOG, "--format", "tree")
    assert "openr, only read; allowed are llm-reasoners" in mistake(capsys, monkeypatch, "export", LOG, "--format", "openr")
    assert "cannot be read" in mistake(capsys, monkeypatch, "import", tmp_path / "none.json", "--data", tmp_path)
    assert "is no log" in mistake(capsys, monkeypatch, "import", Path(__file__), "--data", tmp_path)
    assert "holds 2 runs" in mistake(capsys, monkeypatch, "export", several, "--format", "events")
