"""A real llama.cpp server: what it is seen to do, searches and a judge over it, and a run that outlives its death."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Forced, NodeAdded
from rlm_core.core.standstill import Standstill
from rlm_core.models.policy import ChatModel, Scorer, TokenLogprobs
from rlm_core.models.pool import ModelPool, silent
from rlm_core.models.remote import probe
from rlm_core.models.remote.loading import RemoteModel, load
from rlm_core.models.remote.server import Template, Way
from rlm_core.models.source import ModelKey
from rlm_core.search.budget import RunControl
from tests.llama_server import LlamaServer
from tests.patience import PATIENCE
from tests.searching import events, run_to_end

pytestmark = pytest.mark.slow

ENDS = ("simulations", "exhausted")
"""Its samples depend on what it has cached, and so do the steps that are cut off."""


@pytest.fixture(scope="module")
def llama() -> Generator[LlamaServer]:
    server = LlamaServer()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def library() -> ModelPool:
    return ModelPool()


@pytest.fixture(scope="module")
def loaded(llama, library) -> RemoteModel:
    return asyncio.run(library.get(ModelKey(llama.url), silent))


def config(llama, search="mcts", reward="logprob", simulations=4, **more) -> RunConfig:
    limits = {"max_step_tokens": 32, "max_solution_tokens": 96}
    return RunConfig(
        llama.url, problem="words:seed=1", search=search, reward=reward, budget=Budget(simulations=simulations), **limits | more
    )


def test_it_is_seen_as_what_it_does(loaded):
    can = loaded.server.abilities
    assert (can.way, can.template) == (Way.TEXT, Template.APPLY)
    assert (can.top, can.stop, can.seed, can.counts, can.context) == (20, True, True, True, 1024)
    assert not can.echo
    assert {TokenLogprobs, ChatModel} <= loaded.policy().offers
    assert Scorer not in loaded.policy().offers


def test_mcts_searches_it(llama, loaded):
    tree, records = run_to_end(config(llama), loaded.policy())
    assert tree.finished.stop in ENDS
    steps = [e for e in events(records, NodeAdded) if e.parent is not None and e.text]
    assert steps
    assert all("\n" not in e.text for e in steps)
    assert all("".join(t.text for t in e.tokens).strip() == e.text for e in steps)
    assert all(t.logprob < 0 for e in steps for t in e.tokens)
    assert tree.totals.computed > 0


def test_best_of_n_and_a_judge_search_it(llama, loaded, library):
    chosen = config(llama, "best_of_n", "judge", 2, reward_parameters={"model": llama.url})
    tree, _ = run_to_end(chosen, loaded.policy(), source=library)
    assert tree.finished.stop in ENDS
    finished = [n for n in tree.nodes.values() if n.finished]
    assert all(0 < n.score < 1 for n in finished)


def test_its_thinking_is_ended_by_force_and_its_steps_are_sentences(llama, loaded):
    how = {"search_parameters": {"max_thinking_tokens": 4, "probe": False}, "sampling": {"step": "sentence"}}
    tree, records = run_to_end(config(llama, "thinking", "verifier", 1, **how), loaded.policy())
    assert tree.finished.stop in ("done", *ENDS)
    assert [e.text for e in events(records, Forced)] == ["Answer:"]
    assert all(tree.nodes[n].thinking for n in tree.path(events(records, Forced)[0].node) if n)


def test_it_goes_on_from_a_turn_too(llama, monkeypatch):
    async def reads_no_text(server) -> bool:
        return False

    monkeypatch.setattr(probe, "_goes_on_from_text", reads_no_text)
    by_turn = load(llama.url, "auto", silent)
    assert (by_turn.server.abilities.way, by_turn.server.abilities.repeats) == (Way.TURN, True)
    tree, records = run_to_end(config(llama, simulations=3, search_parameters={"width": 2}), by_turn.policy())
    assert tree.finished.stop in ENDS
    assert all("".join(t.text for t in e.tokens).strip() == e.text for e in events(records, NodeAdded))


def test_a_run_outlives_the_death_of_its_server(llama, loaded):
    stands = threading.Event()
    told: list[str] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        stands.set()

    def hook(record, control) -> None:
        if isinstance(record.event, NodeAdded) and record.event.node == 1:
            llama.kill()

    def restart() -> None:
        assert stands.wait(PATIENCE)
        llama.start()

    helper = threading.Thread(target=restart)
    helper.start()
    one_by_one = config(llama, "best_of_n", simulations=3, search_parameters={"batch": 1})
    tree, _ = run_to_end(one_by_one, loaded.policy(), RunControl(standstill=Standstill(tell)), hook)
    helper.join()
    assert tree.finished.stop in ENDS
    assert told[0].endswith("; the run goes on when it is back, and cancelling ends it.")
    assert told[-1] == ""
