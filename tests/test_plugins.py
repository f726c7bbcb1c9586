"""A package with a search, a reward, a problem and a page is installed: all four are offered and work; a broken one harms nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlm_core.core.paths import ROOT, VARIABLE
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parent / "example_plugin"
INSTALL = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target"]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the example package."""
    folder = tmp_path_factory.mktemp("example")
    subprocess.run([*INSTALL, str(folder), str(EXAMPLE)], check=True, timeout=PATIENCE)
    return folder


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package whose search cannot be imported."""
    folder = tmp_path_factory.mktemp("broken")
    about = folder / "broken_searches-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-searches\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[rlm_explorer.searches]\nlost = lost_module:SEARCH\n")
    return folder


def python(tmp_path: Path, *arguments: str, packages: list[Path]) -> subprocess.CompletedProcess[str]:
    """Python in a process that sees these folders of packages."""
    ours = {"PYTHONPATH": os.pathsep.join(map(str, [ROOT, *packages])), VARIABLE: str(tmp_path), "RLM_EXPLORER_HAS_WORKER": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | ours, capture_output=True, text=True, timeout=PATIENCE)


def rlm(tmp_path: Path, *arguments: str, packages: list[Path]) -> subprocess.CompletedProcess[str]:
    return python(tmp_path, "-m", "rlm_core", *arguments, packages=packages)


@pytest.mark.parametrize(("kind", "name"), [("searches", "best_step"), ("rewards", "brevity"), ("problems", "sum")])
def test_what_the_package_offers_is_listed(example, tmp_path, kind, name):
    done = rlm(tmp_path, "list", kind, "--names", packages=[example])
    assert name in done.stdout.splitlines()
    assert done.stderr == ""


def test_its_search_runs_with_its_reward(example, tmp_path):
    asked = ["--search", "best_step", "--reward", "brevity", "--problem", "countdown:numbers=3,seed=3", "--set", "width=2"]
    done = rlm(tmp_path, "run", *asked, packages=[example])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stop"] == "done"


SOLVED = """
from rlm_core.problems import make, task
problem, sums = make("sum:seed=3"), task("sum")
print(sums.verify(problem, sums.answer(problem, sums.solution(problem))))
"""


def test_its_problem_is_solved_by_its_own_solution(example, tmp_path):
    assert python(tmp_path, "-c", SOLVED, packages=[example]).stdout == "True\n"


SIDEBAR = """
import json
from tests.pages.app import opened
at = opened()
print(json.dumps({s.label: s.options for s in at.sidebar.selectbox} | {"warnings": [w.value for w in at.warning]}))
"""
ICON = """
from pages.shared.html import miniature_html
from rlm_core import catalogue
from tests.pages.app import html, opened
at = opened().selectbox(key="search").set_value("best_step").run()
print(miniature_html(catalogue.structure("best_step").icon) in html(at))
"""
PICTURES = """
from rlm_core.core.config import RunConfig
from rlm_core.core.paths import data_folder
from rlm_core.runs.store import Store
from tests.helpers import random_log
from tests.pages.app import opened
from tests.saved import save
run = save(Store(data_folder()), random_log(1, 12), RunConfig(search="best_step"))
print([list(g.options) for g in opened(run=run).button_group if g.label == "Picture"])
"""
PAGE = """
from tests.pages.app import opened, text
print(text(opened("example")))
"""


def sidebar(tmp_path: Path, packages: list[Path]) -> dict[str, list[str]]:
    """What the Explore page offers, by the labels of its drop-downs, and its warnings."""
    done = python(tmp_path, "-c", SIDEBAR, packages=packages)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_its_search_reward_and_problem_are_in_the_pickers(example, tmp_path):
    offered = sidebar(tmp_path, [example])
    for label, title in (("Strategy", "Best step (example)"), ("Reward", "Brevity (example)"), ("Problem", "Sum (example)")):
        assert any(option.startswith(title) for option in offered[label])
    assert offered["warnings"] == []


def test_its_search_is_listed_in_a_kind_of_its_own_with_its_own_icon(example, tmp_path):
    strategies = sidebar(tmp_path, [example])["Strategy"]
    place = strategies.index("Best step (example) · greedy")
    assert strategies[place - 1].startswith("Chain of thought")
    assert strategies[place + 1].endswith("· sampling")
    done = python(tmp_path, "-c", ICON, packages=[example])
    assert done.stdout == "True\n", done.stderr[-2000:]


def test_a_search_that_names_one_picture_offers_no_choice(example, tmp_path):
    """One that names none has a tree and candidates."""
    done = python(tmp_path, "-c", PICTURES, packages=[example])
    assert done.stdout == "[]\n", done.stderr[-2000:]


def test_its_page_is_in_the_app(example, tmp_path):
    assert "### A page of another package" in python(tmp_path, "-c", PAGE, packages=[example]).stdout


REFUSED = (
    "The package broken-searches offers lost_module:SEARCH under rlm_explorer.searches, which was not taken: "
    "importing it failed with ModuleNotFoundError: No module named 'lost_module'."
)


def test_a_broken_package_is_named_by_list_and_the_rest_is_listed(broken, example, tmp_path):
    done = rlm(tmp_path, "list", "searches", "--names", packages=[broken, example])
    assert done.returncode == 0
    assert f"Warning: {REFUSED}" in done.stderr.splitlines()
    assert {"mcts", "best_step"} <= set(done.stdout.splitlines())


def test_a_broken_package_is_named_on_the_page_and_the_app_works(broken, tmp_path):
    offered = sidebar(tmp_path, [broken])
    assert [w.replace("\\", "") for w in offered["warnings"]] == [REFUSED]
    assert any(option.startswith("Monte-Carlo tree search") for option in offered["Strategy"])
