"""The command line: one JSON line for a run and for its replay, one sentence for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlm_core.cli import main
from rlm_core.cli.runs import KINDS
from rlm_core.core.events import BackedUp, Record, encode
from rlm_core.core.paths import VARIABLE
from rlm_core.runs import logfile
from tests.patience import PATIENCE
from tests.problem_files import gsm8k

ROOT = Path(__file__).parents[1]
LOG = ROOT / "tests" / "golden" / "mcts.jsonl"
RUN = ["run", "--problem", "countdown:numbers=3,seed=3", "--set", "simulations=6,rollouts=2", "--seed", "1"]


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """One real run in a process of its own, with its log."""
    log = tmp_path_factory.mktemp("cli") / "run.jsonl"
    command = [sys.executable, "-m", "rlm_core", *RUN, "--out", str(log)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE), log


def said(capsys, monkeypatch, *words: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a command, run as `python -m rlm_core` runs it."""
    monkeypatch.setattr(sys, "argv", ["rlm_core", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
        sys.exit(0)
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


def mistake(capsys, monkeypatch, *words: str) -> str:
    """The one sentence a mistake is answered with."""
    status, out, err = said(capsys, monkeypatch, *words)
    assert status == 2 and out == ""
    assert err.startswith("Error: ") and err.count("\n") == 1 and "Traceback" not in err
    return err.removeprefix("Error: ").strip()


@pytest.mark.slow
def test_run_prints_one_line_of_figures(finished):
    done, log = finished
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert {"answer", "correct", "stop", "generated", "reward_passes", "seconds", "nodes"} <= figures.keys()
    assert figures["stop"] == "simulations" and figures["simulations"] == 6 and figures["generated"] > 0
    assert figures["nodes"] == log.read_bytes().count(b'"type":"node_added"')


@pytest.mark.slow
def test_replay_prints_the_same_line(finished, capsys, monkeypatch):
    done, log = finished
    assert said(capsys, monkeypatch, "replay", log) == (0, done.stdout, "")


@pytest.mark.slow
def test_the_same_command_writes_the_same_log(finished, capsys, monkeypatch, tmp_path):
    status, _, _ = said(capsys, monkeypatch, *RUN, "--out", tmp_path / "again.jsonl")
    assert status == 0
    first, again = (logfile.read_file(p).records for p in (finished[1], tmp_path / "again.jsonl"))
    assert [(r.seq, r.event) for r in first] == [(r.seq, r.event) for r in again]


def test_a_cut_log_is_replayed_with_a_warning(capsys, monkeypatch, tmp_path):
    cut = tmp_path / "cut.jsonl"
    cut.write_bytes(LOG.read_bytes()[:-20])
    status, out, err = said(capsys, monkeypatch, "replay", cut)
    assert status == 0 and json.loads(out)["stop"] == "interrupted"
    assert err.startswith("Warning: cut.jsonl is cut in the middle of line ") and err.count("\n") == 1


def test_a_damaged_log_is_not_replayed(capsys, monkeypatch, tmp_path):
    bad = tmp_path / "bad.jsonl"
    lines = LOG.read_bytes().splitlines(keepends=True)
    bad.write_bytes(b"".join([lines[0], b"{nonsense\n", *lines[2:]]))
    assert mistake(capsys, monkeypatch, "replay", bad).startswith("Line 2 of bad.jsonl is not an event")


def test_a_log_that_speaks_of_unknown_nodes_is_not_replayed(capsys, monkeypatch, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(LOG.read_bytes().splitlines(keepends=True)[0] + encode(Record(2, 0.0, BackedUp((7,), 1.0))) + b"\n")
    assert "Event 2 (backed_up) is impossible: it speaks of node 7, which was never added" in mistake(capsys, monkeypatch, "replay", bad)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--set", "simulations=0"], "A budget of 0 simulations allows nothing; give more than 0, or leave it out for no limit."),
        (["--set", "seconds=nan"], "A budget of nan seconds allows nothing; give more than 0, or leave it out for no limit."),
        (["--set", "simulations=none"], "A run needs at least one budget: simulations, tokens, seconds or reward passes."),
        (["--set", "simulations=many"], "simulations=many is not allowed; it must be a whole number."),
        (["--search", "mtcs"], "There is no search named 'mtcs'; did you mean 'mcts'? allowed are "),
        (["--reward", "rollout"], "There is no reward named 'rollout'; did you mean 'rollouts'? allowed are "),
        (["--problem", "countdwn:seed=1"], "countdwn"),
        (["--problem", "countdown:numbers=99"], "numbers=99 is not allowed for countdown; it must be a whole number from "),
        (["--problem", "countdown:numbers"], "'numbers' in "),
        (["--set", "widht=3"], "There is no setting named 'widht'; did you mean 'width'? allowed are "),
        (["--set", "width=0"], "width=0 is not allowed for mcts; it must be a whole number from 1 to 32."),
        (["--set", "temperature=9"], "A temperature of 9 is not allowed; it must be from 0 to 2."),
        (["--seed", "-1"], "A seed of -1 is not allowed; it must be a whole number from 0 to 2147483647."),
        (["--model", "nanoo"], "There is no model named 'nanoo'; allowed are nano, smollm2,"),
        (["--set", "device=tpu"], "device=tpu is not allowed for nano; it must be one of auto, cuda, mps, cpu."),
    ],
    ids=lambda value: "=".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence_and_status_2(capsys, monkeypatch, words, sentence):
    assert sentence in mistake(capsys, monkeypatch, "run", *words)


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("{file}", "does not say which problem; write the number of its row behind it"),
        ("{file}#3", "Line 3 of gsm8k.jsonl was not taken: it is not JSON."),
        ("{file}#9", "has no problem in row 9; its rows are from 1 to 5."),
        ("{file}#4", "The bundled model reads only Countdown and chained arithmetic"),
        ("set:GSM8K#4", "There is no problem set named 'GSM8K'"),
    ],
)
def test_a_row_of_a_file_is_a_problem(capsys, monkeypatch, tmp_path, problem, sentence):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "gsm8k.jsonl").write_bytes(gsm8k())
    assert sentence in mistake(capsys, monkeypatch, "run", "--problem", problem.format(file=tmp_path / "gsm8k.jsonl"))


@pytest.mark.parametrize(
    "words", [["evaluate", "--problem"], ["strategies", "--problem"], ["budget-forcing", "--problem"], ["evaluate-reward", "--problems"]]
)
def test_a_measurement_takes_the_rows_of_a_file(capsys, monkeypatch, tmp_path, words):
    (tmp_path / "gsm8k.jsonl").write_bytes(gsm8k())
    assert "bundled model reads only" in mistake(capsys, monkeypatch, *words, tmp_path / "gsm8k.jsonl")
    more = ["--n", "6"] if words[1] == "--problem" else []
    spec = str(tmp_path / "gsm8k.jsonl") + ("" if more else ":n=6")
    assert "has 4 problems; " in mistake(capsys, monkeypatch, *words, spec, *more)


def test_replay_of_no_file_is_one_sentence(capsys, monkeypatch, tmp_path):
    assert "cannot be read; check the path" in mistake(capsys, monkeypatch, "replay", tmp_path / "none.jsonl")


def test_a_log_that_cannot_be_written_is_one_sentence(capsys, monkeypatch, tmp_path):
    assert "cannot be written; check the path" in mistake(capsys, monkeypatch, *RUN, "--out", tmp_path / "no" / "run.jsonl")


@pytest.mark.parametrize("kind", KINDS)
def test_list_names_everything_that_can_be_chosen(capsys, monkeypatch, kind):
    status, out, _ = said(capsys, monkeypatch, "list", kind, "--names")
    assert status == 0 and out.split() == list(KINDS[kind]())


@pytest.mark.parametrize("command", [["strategies"], ["evaluate"], ["evaluate-reward", "--reward", "prm:nano"]])
def test_a_measurement_takes_no_setting_that_it_would_not_use(capsys, monkeypatch, command):
    assert mistake(capsys, monkeypatch, *command, "--set", "c=0.5").startswith("There is no setting named 'c'")


def test_replay_lists_where_a_log_meets_a_breakpoint(capsys, monkeypatch):
    status, out, _ = said(capsys, monkeypatch, "replay", LOG, "--break", "visits:node=0,times=2", "--break", "visits:node=0,times=3")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [line["why"] for line in lines] == ["The root has 2 visits.", "The root has 3 visits."]
    backups = [r.seq for r in logfile.read_file(LOG).records if isinstance(r.event, BackedUp)]
    assert [line["event"] for line in lines] == backups[1:3]
    assert mistake(capsys, monkeypatch, "replay", LOG, "--break", "crash").startswith("There is no breakpoint named 'crash'")
