"""What `pip install` brings: one package that holds the whole app and serves it from any folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.runs.store import Store
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.slow

BUILD = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*BUILD, str(folder), str(ROOT)], check=True, timeout=PATIENCE)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that holds what the wheel holds."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tracked(*folders: str) -> set[str]:
    """The files of these folders that are in the repository or that could be added to it."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders]
    said = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in said.split() if (ROOT / name).is_file()}


def test_the_wheel_holds_the_package_and_below_it_the_app(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assets = (
        "assets/checkpoints",
        "assets/examples",
        "assets/lessons",
        "assets/nano",
        "assets/rewards",
        "assets/sweeps",
        "assets/training",
    )
    beside = tracked("app.py", "pages", "docs", *assets, ".streamlit")
    assert held == tracked("rlm_core") | {f"rlm_core/_app/{name}" for name in beside}


def test_the_wheel_says_what_it_needs_and_under_which_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        metadata = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("METADATA"))
        scripts = next(archive.read(n).decode() for n in archive.namelist() if n.endswith("entry_points.txt"))
    pins = [line.replace("_", "-") for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    needed = [line.removeprefix("Requires-Dist: ") for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    assert sorted(n for n in needed if "extra ==" not in n) == sorted(pins)
    assert {n.rpartition("extra == ")[2].strip("'\"") for n in needed if "extra ==" in n} == {"postgres", "openvino"}
    assert "License-Expression: Apache-2.0" in metadata
    assert "rlm-explorer = rlm_core.cli:main" in scripts


def test_the_installed_app_serves_its_pages_and_has_a_worker_from_any_folder(installed, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = tmp_path / "data"
    server = subprocess.Popen(
        [sys.executable, "-c", "from rlm_core.cli import main; main()", "serve", "--port", str(port)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed), VARIABLE: str(data)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        until(lambda: healthy(port) or server.poll() is not None)
        assert server.poll() is None
        until(lambda: [w.message for w in Store(data).workers()] == ["0 running"])  # it has loaded the bundled model
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE)


def healthy(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=PATIENCE).status == 200
    except OSError:
        return False


DRAW = """
from streamlit.testing.v1 import AppTest
import rlm_core.core.paths as paths
assert paths.ROOT.name == "_app", paths.ROOT
at = AppTest.from_file(str(paths.ROOT / "app.py"), default_timeout=300).run()
assert not at.exception, at.exception
print(at.sidebar.selectbox[0].label)
"""


def test_the_installed_app_draws_its_first_page(installed, tmp_path):
    """Streamlit puts the folder of app.py on the path, as it does here, so that `pages` is found."""
    ours = {"PYTHONPATH": os.pathsep.join([str(installed), str(installed / "rlm_core" / "_app")]), VARIABLE: str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        cwd=tmp_path,
        env=os.environ | ours | {"RLM_EXPLORER_HAS_WORKER": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-2000:]
