"""A saved tree under rewards: false negatives and false positives by the node at which each begins."""

from __future__ import annotations

from rlm_core.core.config import RunConfig
from rlm_core.core.tree import replay
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.score_run import RunScoreJob
from rlm_core.runs.solvability import first_nodes
from tests.helpers import random_log
from tests.pages.app import open_tab, opened, press, text
from tests.runs.at_once import done, next_done
from tests.saved import save

LOG = random_log(3, 40)
KEY = "rewards.tree.rewards"


def test_a_misjudged_branch_is_listed_once_where_it_begins():
    tree = replay(LOG)
    parent = next(n for n in tree.nodes.values() if n.children and n.id != 0)
    child = parent.children[0]
    other = next(n for n in tree.nodes if n not in (parent.id, *parent.children))
    assert [n.id for n in first_nodes(tree, {child, parent.id})] == [parent.id]
    assert {n.id for n in first_nodes(tree, {child, other})} >= {child}


def test_a_saved_tree_is_judged_and_the_mistakes_are_listed(store, pool):
    run = save(store, LOG, RunConfig())
    at = open_tab(opened("rewards"), "rewards.tab", "On a tree")
    at.multiselect(key=KEY).set_value(["logprob", "oracle"]).run()
    press(at, "Judge")
    assert Jobs(store).list("run_score")[0].job == RunScoreJob(run, ("logprob", "oracle"))
    scores = next_done(store, pool)["scores"]
    at.run()
    low = {int(n) for n, s in scores["logprob"]["nodes"].items() if s < 0.5 and scores["oracle"]["nodes"].get(n) == 1.0}
    expected = first_nodes(replay(LOG), low)
    assert f"False negatives</button> ({len(expected)})" in text(at)
    assert "False positives</button> (" in text(at)


def test_the_tree_can_be_coloured_by_the_difference_of_two_rewards(store, pool):
    save(store, LOG, RunConfig())
    at = open_tab(opened("rewards"), "rewards.tab", "On a tree")
    at.multiselect(key=KEY).set_value(["logprob", "oracle"]).run()
    press(at, "Judge")
    next_done(store, pool)
    at.run()
    assert at.selectbox(key="rewards.colour").options == [
        "Mean log-probability", "Oracle ⚑", "Mean log-probability − Oracle ⚑", "Oracle ⚑ − Mean log-probability"
    ]  # fmt: skip


def test_a_run_that_was_deleted_since_is_one_sentence(store, pool):
    run = save(store, LOG, RunConfig())
    save(store, LOG, RunConfig(seed=1))
    at = open_tab(opened("rewards"), "rewards.tab", "On a tree")
    at.selectbox(key="rewards.tree.run").set_value(run).run()
    at.multiselect(key=KEY).set_value(["logprob"]).run()
    press(at, "Judge")
    next_done(store, pool)
    store.delete([run])
    assert f"The run '{run}' was deleted" in at.run().error[0].value.replace("\\", "")


def test_without_a_run_the_tab_says_what_to_do(store):
    assert "Run a search on the Explore page first" in text(open_tab(opened("rewards"), "rewards.tab", "On a tree"))


def test_a_node_leads_to_itself_on_explore(store, pool):
    run = save(store, LOG, RunConfig())
    done(RunScoreJob(run, ("logprob", "oracle")), store, pool)
    at = open_tab(opened("rewards"), "rewards.tab", "On a tree")
    assert [link.proto.label for link in at.get("page_link")] == ["Open the run on Explore"]
    at.session_state[f"rewards.node.{Jobs(store).list('run_score')[0].id}"] = 2
    [link] = at.run().get("page_link")
    assert link.proto.label == "Open node 2 on Explore"
    assert link.proto.query_string == f"run={run}&node=2"
