"""What an earlier version wrote opens today: every run replays, every setting keeps its value, every job's result is drawn."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from rlm_core import catalogue
from rlm_core.app.supervisor import HAS_WORKER
from rlm_core.core.paths import VARIABLE
from rlm_core.core.tree import replay
from rlm_core.jobs.base import job_of
from rlm_core.jobs.queue import Jobs
from rlm_core.labels.book import LabelBook
from rlm_core.runs import logfile
from rlm_core.runs.import_log import import_log
from rlm_core.runs.settings import settings, written
from rlm_core.runs.store import Store
from rlm_core.runs.summary import summarise
from tests.pages.app import open_tab, opened

HERE = Path(__file__).parent
LOGS = sorted((HERE / "logs").glob("*.jsonl"))


def rows(table: str, *columns: str) -> list[tuple]:
    """Columns of a table of the old store as it was written, read without any code of the project."""
    with sqlite3.connect(f"file:{HERE / 'data' / 'runs.sqlite'}?mode=ro&immutable=1", uri=True) as db:
        return db.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1").fetchall()


RUNS = rows("runs", "id", "status", "config", "summary", "deleted")
JOBS = rows("jobs", "id", "status", "kind", "message")
KEPT = [
    pytest.param(id, config, id=f"{json.loads(config)['search']}-{status}-{id}") for id, status, config, _, deleted in RUNS if not deleted
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the old data folder, in which the deleted run was deleted just now and can still be put back."""
    folder = tmp_path_factory.mktemp("old") / "data"
    shutil.copytree(HERE / "data", folder)
    db = sqlite3.connect(folder / "runs.sqlite")
    with db:
        db.execute("UPDATE runs SET deleted=? WHERE deleted IS NOT NULL", (time.time(),))
    db.close()
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> Store:
    return Store(folder)


@pytest.fixture
def pages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages that read the old folder."""
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.setenv(HAS_WORKER, "1")
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_every_run_is_there_with_its_status(store):
    assert {(r.id, r.status) for r in [*store.list(), *store.deleted()]} == {(id, status) for id, status, *_ in RUNS}


@pytest.mark.parametrize(("run", "saved"), [pytest.param(id, json.loads(saved), id=id) for id, _, _, saved, deleted in RUNS if not deleted])
def test_a_run_replays_to_the_figures_it_was_saved_with(store, run, saved):
    saved.pop("written", None)  # the time of the last event, which only the store knows
    assert saved.items() <= summarise(replay(store.events(run))).as_dict().items()


@pytest.mark.parametrize(("run", "config"), KEPT)
def test_every_setting_has_a_title_and_the_value_that_was_chosen(store, run, config):
    old, said = json.loads(config), settings(store.get(run).config)
    for group, kind in (("Strategy", "search"), ("Reward", "reward")):
        shown = [s for s in said if s.group == group and s.name != group]
        if shown:
            description = catalogue.described(kind, old[kind])
            assert {s.name for s in shown} <= {p.label for p in description.parameters}
            assert not Counter(map(written, old[f"{kind}_parameters"].values())) - Counter(s.value for s in shown)


@pytest.mark.parametrize(("run", "config"), KEPT)
def test_a_configuration_can_be_run_again(store, run, config):
    again = store.get(run).config
    if again.model == "nano":
        assert catalogue.checked(again).search == json.loads(config)["search"]


def test_a_deleted_run_can_be_put_back(store):
    (gone,) = store.deleted()
    store.restore([gone.id])
    assert store.get(gone.id).id == gone.id
    store.delete([gone.id])


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_a_log_is_imported_whole(tmp_path, path):
    store = Store(tmp_path)
    (found,) = import_log(store, path.read_bytes(), path.name)
    assert found.note == ""
    assert store.get(found.run).status == "finished"
    assert len(store.events(found.run)) == path.read_bytes().count(b"\n")


@pytest.mark.parametrize("path", LOGS, ids=lambda p: p.stem)
def test_a_log_without_a_store_is_replayed(path):
    log = logfile.read_file(path)
    assert logfile.tree_of(log, path.name).finished is not None


def test_there_is_a_log_of_every_search_of_that_time():
    assert {p.stem for p in LOGS} == {json.loads(config)["search"] for _, _, config, *_ in RUNS}


def test_every_job_is_there_with_its_kind(store):
    found = {j.id: j for j in Jobs(store).list()}
    assert {(id, found[id].status, job_of(found[id].job).description.name) for id in found} == {(i, s, k) for i, s, k, _ in JOBS}
    assert {kind for _, _, kind, _ in JOBS} == {"score", "run_score", "measure", "label", "train", "cost"}


def test_the_label_book_keeps_its_labels(store):
    counts, kept = LabelBook(store).counts(), rows("labels", "source", "by")
    assert counts.solutions == 4
    assert counts.by_source == dict(Counter(source for source, _ in kept))
    assert counts.by_annotator == dict(Counter(by for source, by in kept if source == "human"))


def test_the_heads_made_then_are_offered_as_rewards(pages):
    assert {"orm:small", "prm:taught"} <= set(catalogue.reward_models())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "tab", "kind"),
    [
        ("rewards", "Step scores", "score"),
        ("rewards", "Quality", "measure"),
        ("rewards", "On a tree", "run_score"),
        ("rewards", "Label cost", "cost"),
        ("labels", "Make labels", "label"),
        ("labels", "Train", "train"),
    ],
)
def test_the_result_of_every_job_is_drawn(pages, page, tab, kind):
    at = open_tab(opened(page), f"{page}.tab", tab)
    offered = next(s for s in at.selectbox if s.label == "Shown").options
    assert len(offered) == sum(kind == k for _, _, k, _ in JOBS)
    for i in range(len(offered)):
        next(s for s in at.selectbox if s.label == "Shown").select_index(i).run()
        assert not at.exception


@pytest.mark.slow
@pytest.mark.parametrize(("run", "events"), rows("runs r", "id", "(SELECT COUNT(*) FROM events WHERE run=r.id)"))
def test_every_run_is_drawn_on_its_page(pages, store, run, events):
    at = opened("explore", run=run)
    if events and run not in {r.id for r in store.deleted()}:
        assert any(c.value.startswith(f"Event {events} of {events},") for c in at.caption)


def test_the_list_of_saved_runs_is_drawn(pages):
    assert any(f"{len(KEPT)} runs" in c.value for c in opened("runs").caption)
