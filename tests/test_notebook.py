"""The notebook of the documents runs, and shows what it would show now. UPDATE_NOTEBOOK=1 keeps its new outputs."""

from __future__ import annotations

import base64
import math
import os
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from rlm_core.core.paths import ROOT
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
MAX_BYTES = 150_000
SECONDS = re.compile(r"\d+\.\d+ s")


@pytest.fixture(scope="module")
def executed() -> Any:
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=int(PATIENCE), kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day
        if "outputs" in cell:
            cell["outputs"] = [o for o in cell["outputs"] if o.get("name") != "stderr"]  # warnings, with folders of this machine
    if os.environ.get("UPDATE_NOTEBOOK"):
        nbformat.write(notebook, NOTEBOOK)
    return notebook


def shown(notebook: Any) -> list[list[str]]:
    """The texts that each cell shows, times and warnings aside."""
    outputs = [[o for o in cell.get("outputs", ()) if o.get("name") != "stderr"] for cell in notebook.cells]
    texts = [[o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell] for cell in outputs]
    return [[SECONDS.sub("… s", text) for text in cell] for cell in texts]


def alike(a: Any, b: Any) -> bool:
    """Is plain data the same but for the last digits of its numbers, which depend on the machine?"""
    a, b = plain(a), plain(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(v, b[k]) for k, v in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)
    return a == b


def plain(value: Any) -> Any:
    """An array as plotly packs it ("dtype" and "bdata") as its numbers; anything else as it is."""
    if isinstance(value, dict) and "bdata" in value:
        return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).astype(float).tolist()
    return value


def figures(notebook: Any) -> list[Any]:
    data = (o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", ()))
    return [d["application/vnd.plotly.v1+json"] for d in data if "application/vnd.plotly.v1+json" in d]


def test_every_cell_runs_and_shows_what_the_notebook_shows(executed):
    kept: Any = nbformat.read(NOTEBOOK, as_version=4)
    assert shown(executed) == shown(kept)
    assert alike([f["data"] for f in figures(executed)], [f["data"] for f in figures(kept)])


def test_numbers_may_differ_in_their_last_digits_alone():
    packed = {"dtype": "f8", "bdata": base64.b64encode(np.array([1.0, np.nan]).tobytes()).decode()}
    assert alike({"x": packed, "y": [0.1 + 0.2]}, {"x": [1.0 + 1e-7, math.nan], "y": [0.3]})
    assert not alike({"x": packed}, {"x": [1.01, math.nan]}) and not alike({"x": packed}, {"y": packed}) and not alike([1.0], [1.0, 2.0])


def test_the_notebook_is_small_and_has_its_outputs():
    kept: Any = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < MAX_BYTES
    assert all(c.outputs for c in kept.cells if c.cell_type == "code")
    assert len(figures(kept)) == 1
