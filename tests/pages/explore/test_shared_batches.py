"""A run of a chat model says whether its batches were shared."""

from __future__ import annotations

from rlm_core import catalogue
from rlm_core.core.config import SHARED_BATCHES, RunConfig
from rlm_core.problems import make
from rlm_core.runs.settings import apart
from tests.pages.app import opened, text


def test_it_is_chosen_in_the_form_and_said_with_the_settings_of_the_run(store):
    at = opened()
    at.selectbox(key="model").set_value("smollm2").run()
    at.selectbox(key="model.smollm2.batching").set_value("shared").run()
    at.button(key="run").click().run()
    row = store.list()[0]
    assert row.config.shares_batches
    assert "batches shared" in apart(row.config)
    assert SHARED_BATCHES in text(opened(run=row.id))


def test_nothing_is_said_where_they_are_not_shared_and_where_sharing_changes_nothing(store):
    for config in (RunConfig(model="smollm2", batching="own"), RunConfig(batching="shared")):
        checked = catalogue.checked(config)
        assert not checked.shares_batches
        assert SHARED_BATCHES not in text(opened(run=store.create(checked, make(checked.problem))))
