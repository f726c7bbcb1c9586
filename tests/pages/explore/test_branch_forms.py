"""Branches on the Explore page: the two forms of the inspector, and the links between a run and its branches."""

from __future__ import annotations

import pytest

from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.events import decode
from rlm_core.core.paths import ROOT
from rlm_core.core.tree import replay
from rlm_core.runs.branching import branch
from tests.pages.app import click, opened, text
from tests.saved import save

CONFIG = RunConfig(problem="countdown:numbers=3,seed=11")
RECORDS = [decode(line) for line in (ROOT / "tests/golden" / "mcts.jsonl").read_bytes().splitlines()]
TREE = replay(RECORDS)
OPEN = next(n for n in TREE.nodes.values() if n.depth == 1 and not n.finished)


@pytest.fixture
def run(store) -> str:
    return save(store, RECORDS, CONFIG)


def field(at, kind: str, run: str, node: int):
    return at.text_input(key=f"{kind}_step_text.{run}.{node}")


def test_an_edited_step_becomes_a_run_that_is_shown(store, run):
    at = opened(run=run, node=str(OPEN.id))
    edited = field(at, "edit", run, OPEN.id)
    assert edited.value == OPEN.text
    edited.set_value("3+10=13")
    click(at, "edit_step_run")
    made = store.list()[0]
    assert made.config.branch == Branch(run, OPEN.id, True, ("3+10=13",))
    assert at.query_params["run"] in (made.id, [made.id])
    assert "goes on from an edited step" in text(at)


def test_a_child_is_added_below_the_node(store, run):
    at = opened(run=run, node=str(OPEN.id))
    field(at, "add", run, OPEN.id).set_value("1+1=2")
    click(at, "add_step_run")
    assert store.list()[0].config.branch == Branch(run, OPEN.id, False, (OPEN.text, "1+1=2"))


def test_a_step_that_is_none_is_refused_in_a_sentence_and_nothing_is_queued(store, run):
    at = opened(run=run, node=str(OPEN.id))
    field(at, "edit", run, OPEN.id).set_value("<b>three</b>")
    click(at, "edit_step_run")
    assert "notation has no" in at.error[0].value
    assert [r.id for r in store.list()] == [run]


def test_the_root_has_no_step_to_edit_and_nothing_follows_a_finished_node(store, run):
    at = opened(run=run, node="0")
    assert at.button(key="edit_step").disabled and "bare problem" in at.button(key="edit_step").help
    finished = TREE.candidates()[0].id
    at = opened(run=run, node=str(finished))
    assert at.button(key="add_step").disabled and "ends its solution" in at.button(key="add_step").help


def test_a_search_that_begins_at_the_bare_problem_offers_neither(store):
    records = [decode(line) for line in (ROOT / "tests/golden" / "thinking.jsonl").read_bytes().splitlines()]
    at = opened(run=save(store, records, RunConfig(search="thinking")), node="1")
    assert all(at.button(key=key).disabled for key in ("edit_step", "add_step"))
    assert "begins at the bare problem always" in at.button(key="add_step").help


def test_a_run_and_its_branch_link_to_one_another(store, run):
    begun = branch(CONFIG, TREE, run, OPEN.id, "3+10=13", edit=True)
    child = store.create(begun, TREE.problem)
    at = opened(run=run)
    assert "1 branch from steps written here" in text(at)
    click(at, f"show.{child}")
    assert "goes on from an edited step" in text(at)
    click(at, f"show.{run}.{OPEN.id}")
    assert "1 branch from steps written here" in text(at)
    assert at.query_params["node"] in (str(OPEN.id), [str(OPEN.id)])


def test_a_branch_says_where_it_and_its_parent_part(store, run):
    begun = branch(CONFIG, TREE, run, OPEN.id, "3+10=13", edit=True)
    child = save(store, RECORDS, begun)  # with the log of its parent: nothing differs
    assert "The two runs are the same" in text(opened(run=child)).replace("\\", "")


def test_a_branch_whose_parent_is_gone_says_so(store, run):
    child = store.create(branch(CONFIG, TREE, run, OPEN.id, "3+10=13", edit=True), TREE.problem)
    store.delete([run])
    assert f"Its parent, run {run}, is not here." in text(opened(run=child)).replace("\\", "")
