"""The notebook of the documents runs, and shows what it would show now. UPDATE_NOTEBOOK=1 keeps its new outputs."""

from __future__ import annotations

import os
import re
from typing import Any

import nbformat
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


def rounded(value: Any) -> Any:
    """Plain data with six digits of every number: the last ones depend on the machine."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def figures(notebook: Any) -> list[Any]:
    data = (o.get("data", {}) for cell in notebook.cells for o in cell.get("outputs", ()))
    return [d["application/vnd.plotly.v1+json"] for d in data if "application/vnd.plotly.v1+json" in d]


def test_every_cell_runs_and_shows_what_the_notebook_shows(executed):
    kept: Any = nbformat.read(NOTEBOOK, as_version=4)
    assert shown(executed) == shown(kept)
    assert rounded([f["data"] for f in figures(executed)]) == rounded([f["data"] for f in figures(kept)])


def test_the_notebook_is_small_and_has_its_outputs():
    kept: Any = nbformat.read(NOTEBOOK, as_version=4)
    assert NOTEBOOK.stat().st_size < MAX_BYTES
    assert all(c.outputs for c in kept.cells if c.cell_type == "code")
    assert len(figures(kept)) == 1
