"""Links between pages: a run that was opened out of a sweep or comparison leads back to it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.core.config import RunConfig
from tests.helpers import best_of_n_log, random_log
from tests.pages.app import go_to, opened
from tests.saved import save


@pytest.fixture
def runs(store) -> tuple[str, str]:
    return save(store, random_log(3, 40), RunConfig()), save(store, best_of_n_log(3, 6), RunConfig(search="best_of_n"))


def links(at: AppTest) -> dict[str, str]:
    """The query of every page link, by its words; of equal words, the last."""
    return {link.proto.label: link.proto.query_string for link in at.get("page_link")}


@pytest.mark.parametrize(
    ("origin", "words", "query"),
    [
        ("sweep:1a2b", "Back to the sweep", "sweep=1a2b"),
        ("id:3c4d", "Back to the comparison", "id=3c4d"),
        ("runs:a,b", "Back to the comparison", "runs=a%2Cb"),
    ],
)
def test_a_run_leads_back_to_what_it_was_opened_out_of(runs, origin, words, query):
    assert links(opened(run=runs[0], **{"from": origin}))[words] == query


@pytest.mark.parametrize("origin", ["", "nothing:1", "sweep:", "sweep"])
def test_an_origin_of_nothing_leads_nowhere(runs, origin):
    assert not [words for words in links(opened(run=runs[0], **{"from": origin})) if words.startswith("Back")]


def test_the_way_back_is_there_again_after_another_page_and_in_the_address(runs):
    at = go_to(opened(run=runs[0], **{"from": "sweep:1a2b"}), "runs")
    at.query_params.clear()
    go_to(at, "explore")
    assert links(at)["Back to the sweep"] == "sweep=1a2b"
    assert at.query_params["from"] == "sweep:1a2b"


def test_the_panes_of_a_comparison_open_runs_that_lead_back_to_it(runs):
    both = ",".join(runs)
    query = links(opened("compare", runs=both))["Open in Explore"]
    assert query == f"run={runs[1]}&from=runs%3A{'%2C'.join(runs)}"
