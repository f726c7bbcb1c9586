"""SmolLM2 without its weights: the page says so, gives the command and installs it with one button."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import NotInstalled
from rlm_core.jobs.install import InstallJob
from rlm_core.jobs.queue import Jobs
from rlm_core.models import packaged
from tests.pages.app import click, opened, text


@pytest.fixture
def without(store, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("RLM_EXPLORER_HAS_WORKER", "1")
    monkeypatch.setattr(packaged, "MODULE", "a_package_that_is_not_there")
    return store


@pytest.mark.parametrize("model", ["smollm2", "checkpoint:smollm2-words"])
def test_a_run_of_it_is_refused_with_the_command_and_a_button_that_installs_it(without, model):
    at = opened()
    at.selectbox(key="model").set_value(model).run()
    assert at.button(key="run").disabled
    assert "SmolLM2 is not installed" in " ".join(e.value for e in at.sidebar.error)
    assert "make smollm2" in " ".join(e.value for e in at.sidebar.error)
    click(at, "install_smollm2")
    assert [row.job for row in Jobs(without).list("install")] == [InstallJob()]
    assert "Waiting for a worker" in text(at) or any("Waiting for a worker" in p.proto.text for p in at.get("progress"))


def test_it_is_found_as_soon_as_it_is_there(without, tmp_path, monkeypatch):
    with pytest.raises(NotInstalled):
        packaged.weights()
    folder = tmp_path / packaged.MODULE
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "weights.gguf").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert packaged.weights() == folder / "weights.gguf"


def test_the_makefile_installs_the_same_version():
    from rlm_core.core.paths import ROOT

    assert f" {packaged.REQUIREMENT}\n" in (ROOT / "Makefile").read_text()


def test_the_answer_of_the_question_there_at_first_is_no_answer_to_ones_own(store):
    at = opened()
    at.selectbox(key="task").set_value("text").run()
    assert at.text_input(key="text.reference").value == "16"
    at.text_area(key="text.question").set_value("What is 6*7?").run()
    assert at.text_input(key="text.reference").value == ""
    at.text_input(key="text.reference").set_value("42").run()
    at.text_area(key="text.question").set_value("What is 40+2?").run()
    assert at.text_input(key="text.reference").value == "42"
