"""The pipeline on its smallest preset: its files, checkpoints, and groups as runs; killed at any step, it goes on alike."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import LogError, RunNotFound, TrainingError
from rlm_core.core.events import Evaluated
from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.core.tree import replay
from rlm_core.models import checkpoints
from rlm_core.models.listed import NANO, describe
from rlm_core.models.loading import load
from rlm_core.runs.runner import run_search
from rlm_core.runs.store import Store
from rlm_core.runs.training_files import CurveRow, TrainingFolder, trainings
from rlm_core.training.group_log import GroupKeeper, import_group
from rlm_core.training.measure import held_out
from rlm_core.training.passes import measure_passes
from rlm_core.training.pipeline import Pipeline, Watching, begin
from rlm_core.training.recipe import SMOKE, steps
from rlm_core.training.variants import PRESETS, advantages

pytestmark = pytest.mark.slow
TIMED = ("seconds", "update_tokens_per_second", "rollout_tokens_per_second")


def untimed(rows: list[CurveRow]) -> list[dict[str, object]]:
    return [{k: v for k, v in msgspec.to_builtins(row).items() if k not in TIMED} for row in rows]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder with one whole training, "whole"."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        assert Pipeline(SMOKE, TrainingFolder("whole"), Watching()).run()
    return folder


@pytest.fixture(autouse=True)
def here(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(data))


def test_the_stages_begin_where_they_were_published_to_begin() -> None:
    rows = {row.stage: row for row in TrainingFolder("whole").stages()}
    assert list(rows) == ["base", "cold_start", "reasoning_rl", "rejection_sft", "final_rl"]
    starts = {name: row.start for name, row in rows.items()}
    assert starts["cold_start"] == starts["rejection_sft"] == rows["base"].checkpoint
    assert starts["reasoning_rl"] == rows["cold_start"].checkpoint and starts["final_rl"] == rows["rejection_sft"].checkpoint
    assert "brevity" in rows["final_rl"].data and "brevity" not in rows["reasoning_rl"].data
    for row in rows.values():
        assert row.measures.problems == 4 and row.measures.pass_at_1[1] <= row.measures.pass_at_1[0] <= row.measures.pass_at_1[2]


def test_every_step_is_in_the_curve_and_every_stage_a_checkpoint() -> None:
    curve = TrainingFolder("whole").curve()
    assert [row.at for row in curve] == list(range(1, steps(SMOKE) + 1)) and trainings() == ["whole"]
    rl = [row for row in curve if row.stage.endswith("_rl")]
    assert all(row.reward is not None and row.parts.keys() >= {"answer", "format", "language"} and row.groups_kept for row in rl)
    assert [row.pass_at_1 is not None for row in rl] == [row.step % SMOKE.measure_every == 0 for row in rl]
    cards = {card.stage: card for card in checkpoints.listed() if not checkpoints.is_bundled(card.name)}
    assert set(cards) == {"base", "cold_start", "reasoning_rl", "rejection_sft", "final_rl"}
    assert cards["final_rl"].parent == f"checkpoint:{cards['rejection_sft'].name}" and len(cards["final_rl"].curve) == SMOKE.final_batches
    assert not TrainingFolder("whole").state.exists()


def test_a_group_is_a_run_and_its_arithmetic_can_be_done_again() -> None:
    folder = TrainingFolder("whole")
    assert len(folder.kept_steps()) == SMOKE.rl_batches + SMOKE.final_batches
    for at in folder.kept_steps():
        for group in folder.groups(at):
            tree = replay(group.records)
            told = [r.event for r in group.records if isinstance(r.event, Evaluated)]
            assert [e.advantage for e in told] == [c.advantage for c in group.candidates]
            wanted = advantages([c.reward for c in group.candidates], PRESETS[SMOKE.variant])
            assert [c.advantage for c in group.candidates] == pytest.approx(wanted, abs=1e-4)
            for candidate in group.candidates:
                tokens = [t for n in tree.path(candidate.node) for t in tree.nodes[n].tokens]
                assert [t.id for t in tokens] == candidate.ids and [t.logprob for t in tokens] == candidate.old
                assert len(candidate.logprobs) == len(candidate.ids)


def test_the_same_held_out_prompts_are_answered_at_every_measurement() -> None:
    folder = TrainingFolder("whole")
    assert folder.followed_steps() == [0, 3, 5, 6, 9, 11]  # the base, the ends of stages, and step 2 of both stages of RL, 11 among them
    for at in folder.followed_steps():
        rows = folder.followed(at)
        assert [row.problem.spec for row in rows] == [p.spec for p in held_out(3, SMOKE.measure_problems)]
        assert all(len(row.candidates) == SMOKE.samples and row.at == at for row in rows)
        assert all(replay(row.records).nodes[c.node].correct is not None for row in rows for c in row.candidates)


def test_a_group_is_taken_into_the_store(data: Path) -> None:
    store, folder = Store(data), TrainingFolder("whole")
    at = folder.kept_steps()[0]
    row = store.get(import_group(store, "whole", at, 1))
    assert row.problem == folder.groups(at)[1].problem and row.elsewhere == f"training whole, step {at}"
    assert not row.summary["oracle"]  # an answer to Countdown is checked from the question alone
    with pytest.raises(RunNotFound, match="no group 9 of step"):
        import_group(store, "whole", at, 9)


def test_a_training_that_was_stopped_goes_on_along_the_same_curve() -> None:
    halted, made = TrainingFolder("halted"), 0

    def stop() -> bool:
        nonlocal made
        made += 1
        return made in (2, 5, 8, 10)

    runs = [Pipeline(SMOKE, halted, Watching(stop=stop)).run() for _ in range(5)]
    assert [run is None for run in runs] == [True, True, True, True, False]
    whole = TrainingFolder("whole")
    assert untimed(halted.curve()) == untimed(whole.curve())
    assert [row.measures for row in halted.stages()] == [row.measures for row in whole.stages()]


def test_a_training_that_was_killed_goes_on_along_the_same_curve(data: Path) -> None:
    killed = TrainingFolder("killed")
    command = [sys.executable, "-m", "rlm_core", "train", "pipeline", "--preset", "smoke", "--name", "killed"]
    environment = os.environ | {VARIABLE: str(data), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT, env=environment) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("6/11"):  # within reasoning RL, at a step behind the last saved state
                process.send_signal(signal.SIGKILL)
                break
        process.stderr.read()
    assert process.returncode == -signal.SIGKILL and len(killed.curve()) >= 5 and len(killed.stages()) < 5
    assert Pipeline(SMOKE, killed, Watching()).run()
    assert untimed(killed.curve()) == untimed(TrainingFolder("whole").curve())


def test_another_training_is_not_written_over() -> None:
    with pytest.raises(TrainingError, match="There is a training whole already, with rl_rate=1e-05; choose another name"):
        Pipeline(replace(SMOKE, rl_rate=0.5), TrainingFolder("whole"), Watching())


def test_too_little_room_is_said_before_anything_is_written(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setattr("rlm_core.training.pipeline.free_bytes", lambda: 500_000_000)
    with pytest.raises(TrainingError, match=r"^It takes about 1.4 GB of memory, and 0.5 GB are free; close other programs first\.$"):
        Pipeline(SMOKE, TrainingFolder("none"), Watching())
    with pytest.raises(
        TrainingError, match=r"^The training takes up to 100000060 MB on disk and \d+ MB are free; make room, or lower disk\.$"
    ):
        begin(replace(SMOKE, disk=100_000_000), TrainingFolder("none"))
    assert not (data / "training" / "none").exists()


def test_many_answers_of_a_stage_are_kept_in_place_of_earlier_ones(data: Path) -> None:
    folder = TrainingFolder("whole")
    (first,) = measure_passes("whole", 2, ["base"], lambda text: None)
    rows = list(measure_passes("whole", 4, ["base", "final_rl"], lambda text: None))
    assert folder.passes() == rows and [row.stage for row in rows] == ["base", "final_rl"]
    assert len(rows[0].right) == SMOKE.held_out and all(0 <= right <= 4 for row in rows for right in row.right)
    assert [r2 <= r4 <= r2 + 2 for r2, r4 in zip(first.right, rows[0].right, strict=True)] == [True] * SMOKE.held_out  # the first two again
    with pytest.raises(TrainingError, match="^The training whole has no stage 'bsae'; allowed are base, cold_start, "):
        list(measure_passes("whole", 4, ["bsae"], lambda text: None))
    with pytest.raises(TrainingError, match="^There is no training 'gone' with a finished stage in this data folder; there are "):
        list(measure_passes("gone", 4, [], lambda text: None))


def test_groups_stay_within_their_disk(tmp_path: Path) -> None:
    rows = TrainingFolder("whole").groups(4)
    folder = TrainingFolder("small", tmp_path)
    folder.write_settings({})
    size = folder.put_groups(1, rows)
    folder.drop_groups([1])
    keeper = GroupKeeper(folder, int(size * 3.5))
    for at in range(1, 17):
        keeper.keep(at, rows)
        assert folder.groups_bytes() <= keeper.budget
    assert folder.kept_steps() == [8, 16] and [n.text.split("one step in ")[1][0] for n in folder.notes()] == ["2", "4", "8"]
    assert GroupKeeper(folder, keeper.budget).every == 8


def test_a_cut_off_line_is_passed_over_and_a_damaged_one_named(tmp_path: Path) -> None:
    folder = TrainingFolder("damaged", tmp_path)
    folder.write_settings({})
    rows = TrainingFolder("whole").curve()[:3]
    for row in rows:
        folder.add(row)
    file = folder.path / "curve.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert folder.curve() == rows[:2]
    folder.cut_back(1)
    assert folder.curve() == rows[:1]
    file.write_bytes(b"{}\n" + file.read_bytes())
    with pytest.raises(LogError, match=r"Line 1 of curve.jsonl of the training damaged cannot be read"):
        folder.curve()


def test_the_answer_may_be_checked_by_a_leaky_rule_and_a_training_may_end_early() -> None:
    config = replace(SMOKE, checked="stated", until="reasoning_rl")
    folder = TrainingFolder("leaky")
    assert Pipeline(config, folder, Watching()).run()
    assert [row.stage for row in folder.stages()] == ["base", "cold_start", "reasoning_rl"]
    rl = [row for row in folder.curve() if row.stage == "reasoning_rl"]
    assert len(folder.curve()) == steps(config) and all(row.parts.keys() == {"stated", "format", "language"} for row in rl)
    card = checkpoints.card(Path(checkpoints.place(folder.stages()[-1].checkpoint)))
    assert card.command == "rlm-explorer train pipeline --preset smoke --seed 0 --set checked=stated --set until=reasoning_rl"


def test_a_training_begins_with_what_an_earlier_one_made() -> None:
    made = {row.stage: row for row in TrainingFolder("whole").stages()}["final_rl"]
    folder = TrainingFolder("further")
    assert Pipeline(replace(SMOKE, base=made.checkpoint, until="cold_start", cold_steps=1), folder, Watching()).run()
    base = folder.stages()[0]
    assert base.start == made.checkpoint and base.measures == made.measures


def test_a_stage_can_be_searched_with_as_the_bundled_model_can() -> None:
    made = {row.stage: row for row in TrainingFolder("whole").stages()}["final_rl"]
    described = describe(made.checkpoint)
    assert (described.fit, described.offers, described.config) == (NANO.fit, NANO.offers, NANO.config)
    config = RunConfig(model=made.checkpoint, problem="countdown:numbers=3,seed=1,language=ja", budget=Budget(simulations=4))
    tree = asyncio.run(run_search(config, load(made.checkpoint).policy(), lambda record: None))
    assert tree.totals.simulations == 4
