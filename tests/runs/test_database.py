"""Which databases can hold a store, what is said of the others, and that one row is taken by one worker."""

from __future__ import annotations

import sys
import threading

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.problems import make
from rlm_core.runs.store import Store
from tests.postgres_server import PASSWORD

ALLOWED = "; allowed are postgresql://USER:PASSWORD@HOST:PORT/DATABASE and sqlite:///FILE."


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql://me:{PASSWORD}@host/db", f"The address of a store cannot begin with 'mysql:'{ALLOWED}"),
        (f"me:{PASSWORD}@host", f"The address of the store cannot be read{ALLOWED}"),
        (f"postgresql://me:{PASSWORD}@host:port/db", f"The address of the store cannot be read{ALLOWED}"),
        (
            f"postgresql://me@127.0.0.1:1/db?password={PASSWORD}",
            "The store postgresql://me@127.0.0.1:1/db cannot be used: Connection refused.",
        ),
        ("sqlite://", f"The address of a store has no file behind 'sqlite:'{ALLOWED}"),
        ("sqlite:////proc/none/runs.sqlite", "The store sqlite:////proc/none/runs.sqlite cannot be used: unable to open database file."),
        (f"postgresql://me:{PASSWORD}@127.0.0.1:1/db", "The store postgresql://me:***@127.0.0.1:1/db cannot be used: Connection refused."),
    ],
)
def test_a_url_that_is_no_store_is_refused_in_a_sentence_without_the_password(tmp_path, url, said):
    with pytest.raises(RlmError) as caught:
        Store(tmp_path, url)
    assert str(caught.value) == said


def test_a_missing_driver_says_how_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RlmError, match=r"needs the package psycopg; install it by: pip install 'rlm-explorer\[postgres\]'\.$"):
        Store(tmp_path, "postgresql://me@host/db")


def test_what_the_server_refuses_is_told_without_the_password(tmp_path, postgres):
    for url, said in [
        (postgres.url(password="another"), 'password authentication failed for user "rlm".'),
        (postgres.url().replace("/postgres", "/nothing"), 'database "nothing" does not exist.'),
    ]:
        with pytest.raises(RlmError) as caught:
            Store(tmp_path, url)
        shown = url.replace("another", "***").replace(PASSWORD, "***")
        assert str(caught.value) == f"The store {shown} cannot be used: {said}"


def test_workers_that_claim_at_once_share_the_runs_without_taking_one_twice(any_store):
    problem = make(RunConfig().problem)
    queued = [any_store.create(RunConfig(seed=i), problem) for i in range(60)]
    taken: list[str] = []

    def work(name: str) -> None:
        own = Store(any_store.folder, any_store.url)
        while (row := own.claim(name)) is not None:
            taken.append(row.id)

    workers = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(queued)
