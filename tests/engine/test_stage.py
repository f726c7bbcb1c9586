"""What a stage of loading says: a count of what is done, at its beginning, while it lasts, and at its end."""

from __future__ import annotations

import threading

import pytest

from rlm_core.engine.loading import stage as stages
from rlm_core.engine.loading.stage import Stage


def test_a_stage_counts_its_pieces_from_none_to_all():
    said: list[str] = []
    with Stage(said.append, "Converting it", 4, "tensors") as stage:
        for _ in range(4):
            stage.done()
    assert said == ["Converting it: 0 % (0 of 4 tensors), 0 s", "Converting it: 100 % (4 of 4 tensors), 0 s"]


def test_it_tells_how_far_it_is_while_a_piece_is_worked_on(monkeypatch):
    monkeypatch.setattr(stages, "TELL_SECONDS", 0.01)
    said, told = list[str](), threading.Event()

    def report(text: str) -> None:
        said.append(text)
        if "25 %" in text:
            told.set()

    with Stage(report, "Converting it", 4, "tensors") as stage:
        stage.done()
        assert told.wait(30)  # the work itself says nothing meanwhile
    assert "Converting it: 25 % (1 of 4 tensors), 0 s" in said


def test_seconds_are_told_where_nothing_can_be_counted(monkeypatch):
    monkeypatch.setattr(stages.time, "monotonic", iter((10.0, 10.5)).__next__)
    said: list[str] = []
    with Stage(said.append, "Loading it"):
        pass
    assert said == ["Loading it, 0 s"]


def test_work_that_fails_is_never_said_to_be_done_and_nothing_is_told_afterwards():
    said: list[str] = []
    with pytest.raises(ValueError, match="broken"), Stage(said.append, "Converting it", 2, "tensors") as stage:
        stage.done()
        raise ValueError("broken")
    assert said == ["Converting it: 0 % (0 of 2 tensors), 0 s"]
    assert not stage._teller.is_alive()
