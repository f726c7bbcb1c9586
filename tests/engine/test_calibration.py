"""Which back end is quicker is measured once per model and machine, and said."""

from __future__ import annotations

import pytest

from rlm_core.core.paths import VARIABLE
from rlm_core.engine.calibration import faster
from rlm_core.engine.engine import Engine
from tests.engine.uniform import UniformRunner


def forgotten():
    raise AssertionError("it was measured again")


def test_it_is_measured_once_and_then_known(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    engine, said, again = Engine(UniformRunner(), exact=True), [], []
    first = faster(engine, lambda: Engine(UniformRunner(), exact=True), "a model", said.append)
    assert said[0] == "Measuring which back end is quicker here; once only …"
    assert faster(engine, forgotten, "a model", again.append) is first
    assert again == said[1:]
    assert again[0].startswith("openvino" if first else "torch")
    with pytest.raises(AssertionError, match="it was measured again"):
        faster(engine, forgotten, "another model", said.append)
