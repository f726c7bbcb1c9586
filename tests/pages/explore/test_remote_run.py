"""A run whose model is on a server: how it is asked for, what is said of the server, and how it is shown while the server is away."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pages.shared import connection
from rlm_core import catalogue
from rlm_core.core.config import RunConfig
from rlm_core.core.events import decode
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs.store import Store
from tests.model_server import Manners, served
from tests.pages.app import click, opened, text
from tests.patience import PATIENCE

GOLDEN = Path(__file__).parents[2] / "golden" / "mcts.jsonl"
URL = "http://127.0.0.1:8080/v1#tiny"
SERVER = "tiny at http://127.0.0.1:8080/v1, which goes on from any text; it ignores seeds."


@pytest.fixture
def run(store: Store) -> str:
    """A run in progress, with the events of a short search."""
    config = catalogue.checked(RunConfig(model=URL, problem="words:seed=1", reward="logprob"))
    run = store.create(config, make(config.problem))
    store.claim("a worker")
    first, *others = [decode(line) for line in GOLDEN.read_bytes().splitlines()[:12]]
    store.append(run, [msgspec.structs.replace(first, event=msgspec.structs.replace(first.event, computation=SERVER)), *others], {})
    store.set_status(run, RunStatus.RUNNING)
    return run


def test_its_settings_say_what_its_server_can_do(run):
    assert f"The model is {SERVER}" in text(opened(run=run))


def test_while_its_server_is_away_it_is_shown_as_waiting_with_the_reason(store, run):
    shown = opened(run=run)
    assert "Running" in text(shown)
    assert '"rlm-badge orange">Waiting<' not in text(shown)
    store.set_status(run, RunStatus.RUNNING, "The server does not answer; the run goes on when it is back, and cancelling ends it.")
    shown = opened(run=run)
    assert '"rlm-badge orange">Waiting<' in text(shown)
    assert [w.value for w in shown.warning] == ["The server does not answer; the run goes on when it is back, and cancelling ends it\\."]
    assert any(b.label == "Cancel" for b in shown.button)


def test_an_address_is_taken_where_another_model_is_named_and_needs_no_device(store):
    at = opened()
    at.selectbox(key="model").set_value("other").run()
    assert "Device" in {s.label for s in at.sidebar.selectbox}
    at.text_input(key="model.id").set_value(URL).run()
    assert not at.exception
    assert "Device" not in {s.label for s in at.sidebar.selectbox}
    assert not at.button(key="run").disabled
    at.button(key="run").click().run()
    assert store.list()[0].config.model == URL


def test_a_tried_connection_shows_what_the_server_does_and_what_it_cannot_serve_is_not_offered(store):
    at = opened()
    at.selectbox(key="model").set_value("other").run()
    with served(Manners(texts=False, template=False, continues=False, logprobs="")) as server:
        at.text_input(key="model.id").set_value(server.url).run()
        assert "Monte-Carlo tree search" in at.selectbox(key="search").options
        assert "entropy" not in " ".join(at.selectbox(key="reward").options).lower()
        click(at, f"try.{server.url}")
        connection._trials()[server.url].wait(PATIENCE)
        at.run()
    assert not at.exception
    assert "Connected to **tiny**" in text(at)
    assert "whole solutions only" in text(at)
    assert {o.partition(" ·")[0] for o in at.selectbox(key="search").options} == {"Best-of-N", "Self-consistency", "Self-correction"}
    assert at.selectbox(key="reward").value == "rollouts"
    assert not at.button(key="run").disabled


@pytest.mark.parametrize("name", ["http://", "http://me:secret@host/v1"])
def test_an_address_that_is_none_is_told_in_the_form(store, name):
    at = opened()
    at.selectbox(key="model").set_value("other").run()
    at.text_input(key="model.id").set_value(name).run()
    assert at.button(key="run").disabled
    assert "http" in " ".join(e.value for e in at.sidebar.error)


def test_a_back_end_without_hidden_states_is_not_offered_what_reads_them(store):
    at = opened()
    at.selectbox(key="model").set_value("smollm2").run()
    assert "Token entropy" in at.selectbox(key="reward").options
    at.selectbox(key="model.smollm2.backend").set_value("openvino").run()
    assert not at.exception
    assert "Token entropy" not in at.selectbox(key="reward").options
    assert "lacks hidden states" in text(at)
