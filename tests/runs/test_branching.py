"""A branch: a run that goes on from a step that a person wrote into another run's tree."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core.core.config import Branch, Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import NodeAdded, RunStarted
from rlm_core.core.tree import ROOT, replay
from rlm_core.models.listed import NANO_SIGNS
from rlm_core.runs.branching import branch, refuse
from rlm_core.search import searches
from tests.searching import events, run_to_end, timeless

pytestmark = pytest.mark.slow

PROBLEM = "countdown:numbers=3,seed=11"
BRANCHING = [name for name, search in searches().items() if search.branches]
OTHERS = [name for name, search in searches().items() if not search.branches]


def config(search: str, **settings) -> RunConfig:
    return RunConfig(problem=PROBLEM, search=search, reward="logprob", budget=Budget(12), **settings)


def begun(search: str, *steps: str) -> RunConfig:
    return msgspec.structs.replace(config(search), branch=Branch("parent", 1, True, steps))


@pytest.mark.parametrize("search", BRANCHING)
def test_a_search_begins_behind_the_written_steps(search, nano):
    tree, records = run_to_end(begun(search, "29-3=26", "26+10=36"), nano.policy())
    assert tree.finished is not None and tree.finished.stop != "failed", tree.finished
    assert [(n.text, n.parent, n.forced) for n in tree.nodes.values()][1:3] == [("29-3=26", 0, True), ("26+10=36", 1, True)]
    assert tree.root == 2
    assert len(tree.nodes) > 3
    assert all(2 in tree.path(n) for n in tree.nodes if n > 2)
    assert tree.answered is not None and tree.answered.node in (None, *range(3, len(tree.nodes)))
    assert timeless(run_to_end(begun(search, "29-3=26", "26+10=36"), nano.policy())[1]) == timeless(records)


def test_the_written_steps_have_the_models_own_tokens_and_cost_none(nano):
    tree, _ = run_to_end(begun("best_of_n", "29-3=26"), nano.policy())
    written = tree.nodes[1]
    assert "".join(t.text for t in written.tokens).startswith("29-3=26")
    assert all(t.logprob < 0 for t in written.tokens)
    assert tree.totals.by_purpose["read"] == 0
    assert tree.totals.generated == sum(len(n.tokens) for n in tree.nodes.values() if n.id > 1)


def test_the_branch_stands_in_its_log_and_in_no_other(nano):
    _, records = run_to_end(begun("chain_of_thought", "29-3=26"), nano.policy())
    assert replay(records).branch == Branch("parent", 1, True, ("29-3=26",))
    _, plain = run_to_end(config("chain_of_thought"), nano.policy())
    (started,) = events(plain, RunStarted)
    assert "branch" not in started.config
    assert replay(plain).branch is None and replay(plain).root == ROOT


@pytest.fixture(scope="module")
def parent(nano):
    return run_to_end(msgspec.structs.replace(config("mcts"), problem="countdown:numbers=4,seed=31", budget=Budget(40)), nano.policy())[0]


def test_an_edited_step_stands_for_the_old_one_behind_the_steps_before_it(parent):
    node = next(n for n in parent.nodes.values() if n.depth == 2 and not n.finished)
    made = branch(config("mcts"), parent, "abc", node.id, "1 + 1 = 2", edit=True)
    above = parent.nodes[node.parent].text
    assert made.branch == Branch("abc", node.id, True, (above, "1+1=2"))


def test_a_child_is_added_behind_the_step_of_its_node(parent):
    node = next(n for n in parent.nodes.values() if n.depth == 1 and not n.finished)
    made = branch(config("mcts"), parent, "abc", node.id, "26×2=52", edit=False)
    assert made.branch == Branch("abc", node.id, False, (node.text, "26*2=52"))
    at_root = branch(config("mcts"), parent, "abc", ROOT, "3*10=30", edit=False)
    assert at_root.branch == Branch("abc", ROOT, False, ("3*10=30",))


def test_what_a_person_may_not_write_is_refused_in_a_sentence(parent):
    node = next(n for n in parent.nodes.values() if n.depth == 1 and not n.finished)
    for text, sentence in {
        " ": "A step without text",
        node.text: "The step is as it was",
        "29-3=26<answer>26": "states an answer",
        "29-3=26<backtrack>": "<backtrack> is a special token",
        "three": "notation has no e h r t",
    }.items():
        with pytest.raises(ConfigError, match=sentence):
            branch(config("mcts"), parent, "abc", node.id, text, edit=True)


def test_no_child_follows_a_finished_node_and_the_root_has_no_step(parent):
    finished = parent.candidates()[0].id
    with pytest.raises(ConfigError, match=f"Node {finished} ends its solution"):
        refuse("mcts", parent, finished, edit=False)
    with pytest.raises(ConfigError, match="The root is the bare problem"):
        refuse("mcts", parent, ROOT, edit=True)


@pytest.mark.parametrize("search", OTHERS)
def test_a_search_that_begins_at_the_bare_problem_is_refused_before_it_is_queued(search, parent):
    with pytest.raises(ConfigError, match="begins at the bare problem always"):
        refuse(search, parent, 1, edit=True)


def test_a_tree_of_a_forest_is_no_step(nano):
    tree, _ = run_to_end(config("forest"), nano.policy())
    node = next(n for n in tree.nodes.values() if n.depth == 2 and not n.finished)
    made = branch(config("forest"), tree, "abc", node.id, "1+1=2", edit=True)
    assert isinstance(made.branch, Branch) and made.branch.steps == ("1+1=2",)


def test_the_signs_of_a_step_are_in_the_bundled_models_vocabulary(nano):
    assert set(nano.tokenizer.get_vocab()) >= NANO_SIGNS


def test_a_log_with_a_broken_branch_is_still_drawn(nano):
    _, records = run_to_end(begun("chain_of_thought", "29-3=26"), nano.policy())
    for broken in ({"run": 7}, {"run": "x", "node": 1, "edited": True, "steps": []}, "nothing"):
        started = msgspec.structs.replace(records[0].event, config={**records[0].event.config, "branch": broken})
        tree = replay([msgspec.structs.replace(records[0], event=started), *records[1:]])
        assert tree.branch is None and tree.root == ROOT
        assert tree.best_path()[-1] == tree.answered.node if tree.answered.node else True


def test_nodes_of_the_branch_are_only_those_of_the_log(nano):
    _, records = run_to_end(begun("chain_of_thought", "29-3=26"), nano.policy())
    first = next(i for i, r in enumerate(records) if isinstance(r.event, NodeAdded))
    assert replay(records[: first + 1]).root == ROOT
