"""Which back end a run gets, and what is refused before it is queued; nothing is installed or loaded for it."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.models import backends


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda: True)


def config(reward="logprob", **changes):
    return RunConfig("smollm2", problem="words:seed=1", **{"search": "best_of_n", "reward": reward} | changes)


def backend(given):
    return catalogue.model_key(catalogue.checked(given)).backend


def test_where_it_may_be_either_that_is_left_to_the_measurement(installed):
    assert backend(config()) == "auto"
    assert backend(config(backend="torch")) == "torch"
    assert backend(config(backend="openvino")) == "openvino"


@pytest.mark.parametrize(
    "changes",
    [
        {"reward": "entropy"},
        {"reward": "mixture", "reward_parameters": {"parts": "logprob + 0.5*self_certainty"}},
        {"search": "thinking"},
        {"search": "interleaved"},
        {"sampling": {"presence_penalty": 0.5}},
        {"device": "cuda"},
        {"dtype": "float32"},
    ],
)
def test_a_run_that_openvino_cannot_serve_is_torchs_and_refused_to_openvino(changes, installed):
    assert backend(config(**changes)) == "torch"
    with pytest.raises(ConfigError, match=r"^[^.]*choose [^.]*the back end torch\.$"):
        catalogue.checked(config(backend="openvino", **changes))


def test_a_mixture_of_what_it_can_do_is_not_refused(installed):
    assert backend(config("mixture", backend="openvino")) == "openvino"


def test_without_openvino_a_run_is_torchs_and_one_that_asks_for_it_is_told_how_to_install_it(monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda: False)
    assert backend(config()) == "torch"
    with pytest.raises(ConfigError, match=r"^OpenVINO is not installed; run `make openvino`, or choose the back end torch\.$"):
        catalogue.checked(config(backend="openvino"))


def test_the_bundled_model_and_servers_have_one_back_end(installed):
    assert backend(RunConfig()) == "torch"
    assert backend(RunConfig("http://127.0.0.1:9/v1#m", problem="words:seed=1", reward="logprob")) == "torch"


def test_auto_is_not_written_into_logs(installed):
    assert catalogue.checked(config(backend="auto")) == catalogue.checked(config())
