"""Finding runs by words and filters, and their settings as columns."""

from __future__ import annotations

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs.finding import NO_ANSWER, Search, failed_start, verdict
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.settings import settings, settings_of
from rlm_core.runs.settings_columns import columns
from tests.helpers import random_log
from tests.saved import save

WIDE = RunConfig(search_parameters={"width": 8}, seed=3)
BEAM = RunConfig(search="beam", seed=31)


@pytest.fixture
def runs(store) -> dict[str, str]:
    """Ids by name: two finished runs, and one that failed before its first step."""
    wide, beam = (save(store, random_log(seed, 20), config) for seed, config in enumerate((WIDE, BEAM)))
    store.annotate(wide, "Wide one", "for Monday", ["talk", "good"])
    failed = store.create(RunConfig(model="no/model"), make(RunConfig().problem))
    store.set_status(failed, RunStatus.FAILED)
    return {wide: "wide", beam: "beam", failed: "failed"}


def found(store, runs: dict[str, str], **search) -> set[str]:
    asked = Search(**search)
    return {runs[r.id] for r in store.list() if asked.matches(r, settings(r.config))}


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, {"wide", "beam", "failed"}),
        ({"failed_starts": False}, {"wide", "beam"}),
        ({"failed_starts": False, "statuses": ["failed"]}, {"failed"}),
        ({"text": "wide ONE"}, {"wide"}),
        ({"text": "monday"}, {"wide"}),
        ({"text": "talk"}, {"wide"}),
        ({"text": '"width 8"'}, {"wide"}),
        ({"text": '"seed 3"'}, {"wide", "beam"}),
        ({"text": '"seed 31"'}, {"beam"}),
        ({"text": "monday beam"}, set()),
        ({"text": '"monday'}, {"wide"}),
        ({"text": '"'}, {"wide", "beam", "failed"}),
        ({"strategies": ["beam"]}, {"beam"}),
        ({"strategies": ["beam", "mcts"], "models": ["nano"]}, {"wide", "beam"}),
        ({"tags": ["good", "another"]}, {"wide"}),
        ({"oracle": True}, set()),
    ],
)
def test_a_search_finds_the_runs_that_have_all_it_asks_for(store, runs, search, expected):
    assert found(store, runs, **search) == expected


def test_verdicts_are_those_of_the_answers_and_a_run_without_one_is_found_too(store, runs):
    for shown in (NO_ANSWER, *VERDICTS.values()):
        assert found(store, runs, verdicts=[shown]) == {runs[r.id] for r in store.list() if verdict(r) == shown}
    assert "failed" in found(store, runs, verdicts=[NO_ANSWER])


def test_a_run_is_found_by_its_id(store, runs):
    run = next(iter(runs))
    assert found(store, runs, text=run) == {runs[run]}


def test_a_run_that_failed_within_its_tree_is_no_failed_start(store):
    run = save(store, random_log(1, 20), RunConfig())
    store.set_status(run, RunStatus.FAILED)
    assert not failed_start(store.get(run))


def test_settings_of_many_runs_are_those_of_each():
    configs = [RunConfig(seed=1), WIDE, BEAM, RunConfig(budget=Budget(None, tokens=5)), RunConfig(sampling={"top_k": 3}), RunConfig(seed=2)]
    assert settings_of(configs) == [settings(c) for c in configs]


def test_settings_that_differ_are_told_from_those_that_do_not():
    found = {c.title: c for c in columns([settings(c) for c in (RunConfig(), WIDE, RunConfig(temperature=0.5))])}
    assert {title for title, c in found.items() if c.differs} == {"Width", "Temperature", "Seed"}
    assert [s.number for s in found["Width"].values] == [4, 8, 4]
    assert found["Temperature"].numeric
    assert not found["Rule"].numeric


def test_a_setting_that_one_of_the_runs_lacks_is_empty_there():
    found = {c.title: c for c in columns([settings(RunConfig()), settings(BEAM)])}
    assert found["Exploration c"].values[1] is None
    assert not found["Exploration c"].differs


def test_settings_of_one_name_are_told_apart_by_their_group():
    names = [c.title for c in columns([settings(c) for c in (RunConfig(), WIDE, BEAM)])]
    assert len(names) == len(set(names))


def test_a_setting_that_is_without_limit_everywhere_is_no_column_of_numbers():
    found = {c.title: c for c in columns([settings(RunConfig()), settings(RunConfig(budget=Budget(64, tokens=500)))])}
    assert not found["Seconds"].numeric
    assert found["Tokens"].numeric
