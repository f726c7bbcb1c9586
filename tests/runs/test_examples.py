"""The runs that come with the app: each replays, its settings are settings of this version, and its sentence is true."""

from __future__ import annotations

import shlex
from itertools import pairwise

import msgspec
import pytest

from rlm_core import catalogue
from rlm_core.cli.config import build_config
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.core.events import BackedUp, Backtracked, Evaluated, Forced, NodeAdded, Probed, RunStarted, Selected
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs.examples import Example, examples, keep_examples, records
from rlm_core.search import answers

NAMES = sorted(e.name for e in examples().values())


def example(name: str) -> Example:
    return next(e for e in examples().values() if e.name == name)


def tree(name: str, until: int | None = None) -> SearchTree:
    return replay(records(example(name))[:until])


def config(name: str) -> RunConfig:
    started = records(example(name))[0].event
    assert isinstance(started, RunStarted)
    return msgspec.convert(started.config, RunConfig)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_whole_run_whose_settings_are_still_valid(name):
    found = tree(name)
    assert found.finished is not None
    assert found.answered is not None
    assert found.answered.correct is True
    assert catalogue.checked(config(name)) == config(name)
    assert make(config(name).problem) == found.problem
    assert 1 < example(name).begin <= found.seq


@pytest.mark.parametrize("name", NAMES)
def test_the_command_of_an_example_makes_a_run_of_its_settings(name):
    _, command, *words = shlex.split(example(name).command)
    given: dict[str, list[str]] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        given.setdefault(option, []).append(value)
    assert command == "run"
    assert given.pop("--out") == [f"{name}.jsonl"]
    (model,), (problem,), (search,) = given.pop("--model", ["nano"]), given.pop("--problem"), given.pop("--search")
    settings, (reward,), (seed,) = given.pop("--set", []), given.pop("--reward", ["rollouts"]), given.pop("--seed", ["0"])
    assert not given
    assert catalogue.checked(build_config(model, problem, search, settings, reward, int(seed))) == config(name)


def test_the_examples_together_are_small():
    assert sum(e.file.stat().st_size for e in examples().values()) < 1_000_000


def test_mcts_takes_one_leaf_at_a_time_and_changes_its_mind_half_way():
    assert config("mcts").search_parameters["leaves"] == 1
    log = records(example("mcts"))
    selections = [r.seq for r in log if isinstance(r.event, Selected)]
    between = [[type(r.event) for r in log if a < r.seq < b] for a, b in pairwise(selections)]
    assert all(kinds.count(BackedUp) == 1 for kinds in between)
    assert any({NodeAdded, Evaluated, BackedUp} <= set(kinds) for kinds in between)
    firsts = [most_visited_first(tree("mcts", r.seq)) for r in log if isinstance(r.event, BackedUp)]
    changes = [i for i, (a, b) in enumerate(pairwise(firsts), 1) if a != b]
    assert (firsts[-13], firsts[-1]) == ("21+5=26", "23+5=28")
    assert 0.4 < changes[-1] / len(firsts) < 0.6


def most_visited_first(found: SearchTree) -> str:
    return max((found.nodes[c] for c in found.nodes[ROOT].children), key=lambda n: n.visits).text


def test_the_beam_keeps_three_and_the_best_scored_first_step_is_not_the_likeliest():
    found = tree("beam")
    first = [found.nodes[c] for c in found.nodes[ROOT].children]
    best = max(first, key=lambda n: n.score)
    assert best.text == "29+29=58"
    assert best.prior < max(n.prior for n in first)
    assert sum(not n.pruned for n in first) == 3
    assert found.answered.node is not None
    assert best.id in found.path(found.answered.node)
    assert sum(n.depth == 2 and not n.pruned for n in found.nodes.values()) == 3


def test_the_wait_was_forced_and_changes_the_answer_from_wrong_to_right():
    log = records(example("wait"))
    (wait,) = [r for r in log if isinstance(r.event, Forced) and r.event.text == "Wait"]
    probes = [r for r in log if isinstance(r.event, Probed) and r.event.answer is not None]
    before = next(r.event for r in reversed(probes) if r.seq < wait.seq)
    assert (before.answer, before.correct) == ("49", False)
    assert tree("wait").answered.answer == "98"
    assert example("wait").begin == wait.seq


def test_the_model_gave_up_steps_and_the_answer_stands_below_a_state_it_went_back_to():
    log, found = records(example("backtracking")), tree("backtracking")
    back = [r for r in log if isinstance(r.event, Backtracked)]
    assert example("backtracking").begin in [r.seq for r in back]
    assert not any(n.correct for n in tree("backtracking", back[0].seq).nodes.values())
    assert found.answered.answer == "462"
    assert found.answered.node is not None
    (written,) = [r.seq for r in log if isinstance(r.event, NodeAdded) and r.event.node == found.answered.node]
    below = [r for r in back if r.event.target in found.path(found.answered.node) and r.event.target != ROOT]
    assert min(r.seq for r in below) < written


def test_the_majority_and_the_reward_choose_differently_among_the_same_solutions():
    found = tree("best-of-n")
    vote, weighed = answers.picked(found, "majority"), answers.picked(found, "weighted")
    assert (vote.answer, vote.correct) == ("58", False)
    assert (weighed.answer, weighed.correct) == ("464", True)
    assert {v.answer: v.weight for v in vote.votes}.items() >= {"58": 5, "464": 2}.items()
    assert sum(v.weight for v in vote.votes) == 16


def test_a_store_has_every_example_shows_none_in_its_list_and_lets_none_be_deleted(any_store):
    keep_examples(any_store)
    keep_examples(any_store)
    run = example("mcts").run
    assert any_store.list() == []
    assert any_store.get(run).status == RunStatus.FINISHED
    assert any_store.get(run).summary["correct"] is True
    assert tuple(any_store.events(run)) == records(example("mcts"))
    assert any_store.delete([run]) == []
    assert any_store.get(run).deleted is None


def test_a_store_with_another_version_of_an_example_takes_the_bundled_one(store, monkeypatch):
    keep_examples(store)
    older = dict.fromkeys(store.bundled(), "another version")
    monkeypatch.setattr(store, "bundled", lambda: older)
    keep_examples(store)
    assert tuple(store.events(example("mcts").run)) == records(example("mcts"))


def test_a_setting_that_is_not_one_any_more_would_be_found():
    old = msgspec.structs.replace(config("mcts"), search_parameters={"leafs": 1})
    with pytest.raises(RlmError):
        catalogue.checked(old)
