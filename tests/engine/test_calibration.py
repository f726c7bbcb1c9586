"""Which back end is quicker is measured once per model and machine, and said."""

from __future__ import annotations

import pytest

from rlm_core.core.paths import VARIABLE
from rlm_core.engine.calibration import quickest, quickest_engine
from rlm_core.engine.engine import Engine
from tests.engine.uniform import UniformRunner


def forgotten():
    raise AssertionError("it was measured again")


def test_it_is_measured_once_and_then_known(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    said, again = [], []

    def uniform():
        return Engine(UniformRunner(), exact=True)

    first = quickest_engine({"openvino": uniform, "torch": uniform}, "a model", said.append)
    assert said[0] == "Measuring which back end is quicker here, once on this machine: 0 % (0 of 12 timings), 0 s"
    assert said[-2].startswith("Measuring which back end is quicker here, once on this machine: 100 % (12 of 12 timings), ")
    assert quickest_engine({"openvino": forgotten, "torch": forgotten}, "a model", again.append) == first
    assert again == said[-1:]
    assert again[0].startswith(first)
    with pytest.raises(AssertionError, match="it was measured again"):
        quickest_engine({"openvino": forgotten, "torch": forgotten}, "another model", said.append)


def test_the_quickest_is_so_by_the_geometric_mean_over_the_batches(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = {"steady": [1.0, 1.0, 1.0], "quick alone": [0.25, 1.0, 2.0], "quick in a crowd": [3.0, 1.0, 0.5]}
    assert quickest("thing", "these", lambda: found, lambda text: None) == "quick alone"
