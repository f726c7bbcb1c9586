"""The store: what is queued is taken in order, what is asked is obeyed, and no event is ever lost."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.errors import RunNotFound
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs import logfile
from rlm_core.runs import store as store_module
from rlm_core.runs.import_log import import_log
from rlm_core.runs.store import Store, Wish
from tests.helpers import random_log

CONFIG = RunConfig()
PROBLEM = make(CONFIG.problem)
RECORDS = random_log(1, 12)


@pytest.fixture
def store(any_store) -> Store:
    return any_store


def again(store: Store) -> Store:
    """The store as another process opens it."""
    return Store(store.folder, store.url)


def queued(store: Store, seed: int = 0) -> str:
    return store.create(RunConfig(seed=seed), make(CONFIG.problem))


def test_a_run_comes_back_as_it_was_created(store):
    run = queued(store, seed=5)
    row = store.get(run)
    assert (row.status, row.config, row.problem, row.active) == ("queued", RunConfig(seed=5), make(CONFIG.problem), True)


def test_an_imported_log_does_not_say_when_its_search_began(store):
    here = store.get(store.create(RunConfig(), PROBLEM))
    assert here.begun == here.created
    log = logfile.write(RECORDS)
    assert store.get(import_log(store, log, "a log")[0].run).begun is None


def test_runs_are_taken_oldest_first_and_once(store):
    runs = [queued(store, seed=i) for i in range(3)]
    assert [store.position(r) for r in runs] == [0, 1, 2]
    assert [row.id for row in (store.claim("a"), store.claim("b"), store.claim("a")) if row] == runs
    assert store.claim("a") is None
    assert store.get(runs[0]).status == "loading"


def test_the_newest_run_is_listed_first(store):
    runs = [queued(store) for _ in range(3)]
    assert [r.id for r in store.list()] == runs[::-1]
    assert [r.id for r in store.list(1)] == runs[2:]


def test_a_queued_run_is_cancelled_at_once_and_never_taken(store):
    run = queued(store)
    store.request(run, "cancel")
    assert store.get(run).status == "cancelled"
    assert store.claim("a") is None


def test_a_request_reaches_the_worker_that_holds_the_run_and_no_other(store):
    run = queued(store)
    store.claim("a")
    store.request(run, "pause")
    assert store.requests("a") == {run: Wish("pause", (), 1)}
    assert store.requests("b") == {}
    store.request(run, "cancel")
    assert store.requests("a") == {run: Wish("cancel", (), 2)}
    assert store.get(run).status == "loading"  # the worker ends it


def test_an_ended_run_takes_no_requests(store):
    run = queued(store)
    store.claim("a")
    store.set_status(run, RunStatus.FINISHED)
    store.request(run, "cancel")
    assert store.get(run).status == "finished"
    assert store.get(run).request == "go"
    assert store.requests("a") == {}


def test_events_come_back_in_order_from_where_one_asks(store):
    run = queued(store)
    store.append(run, RECORDS[:5], {"nodes": 1})
    store.append(run, RECORDS[5:], {"nodes": 2})
    assert store.events(run) == RECORDS
    assert store.events(run, after=7) == RECORDS[7:]
    assert store.events(run, after=10**6) == []
    assert store.get(run).summary == {"nodes": 2}


def test_events_are_seen_by_another_process_store_at_once(store):
    run = queued(store)
    reader = again(store)
    store.append(run, RECORDS[:3], {})
    assert reader.events(run) == RECORDS[:3]


def test_a_failed_write_leaves_nothing_behind(store):
    run = queued(store)
    store.append(run, RECORDS[:2], {"nodes": 1})
    with pytest.raises(Exception, match="(?i)unique"):
        store.append(run, [RECORDS[2], RECORDS[1]], {"nodes": 9})
    assert store.events(run) == RECORDS[:2]
    assert store.get(run).summary == {"nodes": 1}
    store.append(run, RECORDS[2:4], {})  # and the store can still be written to


def test_a_run_that_is_not_there_is_one_sentence(store):
    with pytest.raises(RunNotFound) as caught:
        store.get("nope")
    assert str(caught.value) == f"There is no run 'nope' in {store.place}; the list of saved runs shows those there are."


def test_a_retired_workers_runs_are_interrupted_with_their_events_kept(store):
    held, done, other = queued(store), queued(store), queued(store)
    for worker in ("a", "a", "b"):
        store.claim(worker)
    store.heartbeat("a", 1, "")
    store.append(held, RECORDS[:6], {"nodes": 3})
    store.set_status(done, RunStatus.FINISHED)
    store.retire("a", "the worker died")
    assert (store.get(held).status, store.get(held).message) == ("interrupted", "the worker died")
    assert store.events(held) == RECORDS[:6]
    assert store.get(held).summary == {"nodes": 3}
    assert store.get(done).status == "finished"
    assert store.get(other).status == "loading"
    assert not store.workers()


def test_only_silent_workers_are_retired(store, monkeypatch):
    run = queued(store)
    store.claim("silent")
    store.heartbeat("silent", 1, "")
    assert store.retire_dead() == []
    monkeypatch.setattr(store_module, "STALE_SECONDS", -1.0)
    assert store.retire_dead() == ["silent"]
    assert store.get(run).status == "interrupted"


def test_a_run_being_worked_on_is_not_deleted(store):
    run, other = queued(store), queued(store)
    store.claim("a")
    store.append(run, RECORDS[:3], {})
    assert store.delete([run, other]) == [other]
    assert store.events(run)
    assert store.get(run).status == "loading"


def test_a_deleted_run_is_nowhere_until_it_is_put_back_as_it_was(store):
    run, other = queued(store, seed=1), queued(store, seed=2)
    store.append(run, RECORDS, {"nodes": 3})
    before = store.get(run)
    assert store.delete([run]) == [run]
    assert store.delete([run]) == []
    assert [r.id for r in store.list()] == [other]
    assert [r.id for r in store.deleted()] == [run]
    assert store.position(other) == 0
    with pytest.raises(RunNotFound, match="can be put back"):
        store.get(run)
    claimed = store.claim("a")
    assert claimed.id == other
    assert store.claim("a") is None  # no worker takes it either
    store.restore([run])
    assert store.get(run) == before
    assert store.events(run) == RECORDS
    assert store.deleted() == []


def test_only_deleted_runs_are_removed_for_good(store):
    run, kept = queued(store), queued(store)
    store.append(run, RECORDS, {})
    store.delete([run])
    store.purge([run, kept])
    assert store.deleted() == []
    assert store.events(run) == []
    assert store.get(kept)
    store.restore([run])
    with pytest.raises(RunNotFound, match="There is no run"):
        store.get(run)


def test_a_deleted_run_is_gone_when_the_store_is_opened_after_thirty_days(store):
    run, lately = queued(store), queued(store)
    store.delete([run, lately])
    with store.write() as db:
        db.exec_driver_sql(f"UPDATE runs SET deleted = deleted - {store_module.BIN_DAYS * 86_400 + 60} WHERE id='{run}'")
    assert [r.id for r in again(store).deleted()] == [lately]


def test_a_store_from_before_deleting_could_be_undone_and_before_breakpoints_is_read(store):
    run = queued(store)
    with store.write() as db:
        for column in ("deleted", "breakpoints", "paused_at", "asked"):
            db.exec_driver_sql(f"ALTER TABLE runs DROP COLUMN {column}")
    opened = again(store)
    assert (opened.get(run).deleted, opened.get(run).breakpoints, opened.get(run).paused_at) == (None, (), None)
    assert opened.delete([run]) == [run]
    assert again(store).deleted()[0].id == run


def test_breakpoints_and_the_event_of_a_pause_are_kept_beside_the_run(store):
    run = store.create(CONFIG, PROBLEM, ["drop:by=0.3"])
    assert store.get(run).breakpoints == ("drop:by=0.3",) and store.get(run).paused_at is None
    store.claim("a")
    store.set_breakpoints(run, ["backtrack"])
    assert store.requests("a") == {run: Wish("go", ("backtrack",), 0)}
    store.paused_itself(run, 42, 0)
    assert (store.get(run).request, store.get(run).paused_at) == ("pause", 42)
    store.request(run, "step")
    assert store.requests("a")[run].request == "step"


def test_a_run_that_pauses_itself_is_still_cancelled_as_a_person_asked(store):
    run = store.create(CONFIG, PROBLEM)
    store.claim("a")
    store.request(run, "cancel")
    store.paused_itself(run, 7, 1)
    assert store.get(run).request == "cancel"


def test_what_a_person_asks_while_the_run_pauses_itself_is_not_lost(store):
    run, page = queued(store), again(store)
    store.claim("a")
    page.request(run, "step")
    obeyed = store.requests("a")[run].number
    page.request(run, "step")  # between the worker's reading of the first and the pause that it leads to
    store.paused_itself(run, 7, obeyed)
    assert store.requests("a")[run] == Wish("step", (), obeyed + 1)
    store.paused_itself(run, 8, obeyed + 1)
    assert (store.get(run).request, store.get(run).paused_at) == ("pause", 8)


def test_a_run_lists_its_branches_and_not_the_deleted_ones(store):
    parent, other = store.create(CONFIG, PROBLEM), store.create(CONFIG, PROBLEM)
    begun = [store.create(msgspec.structs.replace(CONFIG, branch=Branch(parent, n, True, ("1+1=2",))), PROBLEM) for n in (3, 4)]
    assert [row.id for row in store.branches(parent)] == begun
    assert store.branches(parent)[0].config.branch == Branch(parent, 3, True, ("1+1=2",))
    store.delete([begun[0]])
    assert [row.id for row in store.branches(parent)] == begun[1:]
    assert store.branches(other) == []
