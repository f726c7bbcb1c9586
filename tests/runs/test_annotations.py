"""Names, notes and tags are kept beside a run, survive another process and are refused in a sentence."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.problems import make
from rlm_core.runs.annotations import MAX_NAME, MAX_NOTE, MAX_TAG, MAX_TAGS
from rlm_core.runs.store import Store
from tests.helpers import random_log
from tests.saved import save


def queued(store: Store) -> str:
    return store.create(RunConfig(), make(RunConfig().problem))


def test_what_is_written_on_a_run_is_read_by_another_process_and_is_no_setting(any_store):
    run = queued(any_store)
    any_store.annotate(run, " Wide  tree ", "first line\nsecond ", ["good", "for the talk", "good"])
    row = Store(any_store.folder, any_store.url).get(run)
    assert (row.name, row.note, row.tags) == ("Wide tree", "first line\nsecond", ("good", "for the talk"))
    assert row.config == RunConfig()


def test_tags_are_given_to_and_taken_from_several_runs(any_store):
    one, two = queued(any_store), queued(any_store)
    any_store.tag([one], ["a", "b"])
    any_store.tag([one, two], ["c"], ["a"])
    assert any_store.get(one).tags == ("b", "c")
    assert any_store.get(two).tags == ("c",)


@pytest.mark.parametrize(
    ("name", "note", "tags", "said"),
    [
        ("x" * (MAX_NAME + 1), "", [], "A name of 81 characters is too long; at most 80 are allowed."),
        ("", "x" * (MAX_NOTE + 1), [], "A note of 2,001 characters is too long; at most 2,000 are allowed."),
        ("", "", ["x" * (MAX_TAG + 1)], "A tag of 31 characters is too long; at most 30 are allowed."),
        ("", "", [" "], "A tag cannot be empty; it has from 1 to 30 characters."),
        ("", "", [str(i) for i in range(MAX_TAGS + 1)], "A run cannot have 13 tags; at most 12 are allowed."),
    ],
)
def test_what_is_not_allowed_is_one_sentence_and_nothing_is_written(store, name, note, tags, said):
    run = queued(store)
    store.annotate(run, "before", "", ["kept"])
    with pytest.raises(ConfigError) as caught:
        store.annotate(run, name, note, tags)
    assert str(caught.value) == said
    assert (store.get(run).name, store.get(run).tags) == ("before", ("kept",))


def test_a_tag_too_many_for_one_run_is_given_to_none(store):
    full, empty = queued(store), queued(store)
    store.tag([full], [str(i) for i in range(MAX_TAGS)])
    with pytest.raises(ConfigError):
        store.tag([empty, full], ["more"])
    assert store.get(empty).tags == ()


def test_a_store_of_before_is_opened_and_its_runs_are_without_name(any_store):
    run = save(any_store, random_log(1, 12), RunConfig())
    with any_store.write() as db:
        for column in ("name", "note", "tags"):
            db.execute(text(f"ALTER TABLE runs DROP COLUMN {column}"))
    row = Store(any_store.folder, any_store.url).get(run)
    assert (row.name, row.note, row.tags) == ("", "", ())
