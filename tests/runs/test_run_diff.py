"""Two runs of one problem diffed, on pairs that were made to differ in one thing."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import Evaluated, NodeAdded, Record, Selected
from rlm_core.core.tree import replay
from rlm_core.runs.branching import branch
from rlm_core.runs.run_diff import diff
from tests.searching import run_to_end

pytestmark = pytest.mark.slow

CONFIG = RunConfig(problem="countdown:numbers=4,seed=31", reward="logprob", budget=Budget(30))


@pytest.fixture(scope="module")
def log(nano):
    """The log of CONFIG with some settings changed, each run once."""
    made: dict[str, list[Record]] = {}

    def run(**changes) -> list[Record]:
        config = msgspec.structs.replace(CONFIG, **changes)
        key = repr(config)
        made[key] = made.get(key) or run_to_end(config, nano.policy())[1]
        return made[key]

    return run


def test_the_same_configuration_gives_the_same_run(log, nano):
    again = run_to_end(CONFIG, nano.policy())[1]
    found = diff(log(), again)
    assert (found.cause, found.events, found.nodes, found.settings) == ("same", (None, None), (None, None), ())
    assert found.sentence == "The two runs are the same, event by event."


def test_another_seed_parts_at_a_sample(log):
    found = diff(log(), log(seed=1))
    x, y = at(log(), log(seed=1), found.events)
    assert found.cause == "sample"
    assert isinstance(x, NodeAdded) and isinstance(y, NodeAdded) and x.parent == y.parent and x.text != y.text
    assert "another seed draws other samples (only Seed differs)" in found.reason


def test_another_constant_parts_at_the_first_walk_that_differs(log):
    digs = {"search_parameters": {"c": 0.0}}
    found = diff(log(), log(**digs))
    x, y = at(log(), log(**digs), found.events)
    assert found.cause == "selection"
    assert isinstance(x, Selected) and isinstance(y, Selected)
    assert [c.chosen for c in x.choices] != [c.chosen for c in y.choices]
    assert found.settings == ("Exploration c",)
    assert "only Exploration c differs" in found.reason
    assert found.first.startswith("At the root it chooses node 1 over 2, 3 and 4, because 0.75 + 1.79 ≈ 2.55 beats ")
    assert found.second.startswith("At the root it chooses node 2 over 1, 3 and 4, because 0.78 + 0.00 = 0.78 beats ")
    walks = [
        [r.event.node for r in records[: n - 1] if isinstance(r.event, Selected)]
        for records, n in zip((log(), log(**digs)), found.events, strict=True)
    ]
    assert walks[0] == walks[1]  # up to there they went the same way


def test_another_reward_parts_at_the_first_score(log):
    other = {"reward": "rollouts"}
    found = diff(log(), log(**other))
    x, y = at(log(), log(**other), found.events)
    assert found.cause == "score"
    assert isinstance(x, Evaluated) and isinstance(y, Evaluated) and x.node == y.node
    assert "by logprob and by rollouts" in found.reason


def test_a_smaller_budget_is_where_one_run_ends(log):
    one = {"search_parameters": {"leaves": 1}}
    found = diff(log(**one), log(**one, budget=Budget(12)))
    assert found.cause == "length"
    assert found.settings == ("Simulations",)


def test_a_log_that_was_cut_off_ends_where_the_other_goes_on(log):
    found = diff(log(), log()[:20])
    assert found.cause == "length"
    assert found.events[0] is not None and found.events[0] > 20 and found.events[1] is None
    assert "The second run has nothing to set against it." in found.sentence


def test_other_searches_do_different_things(log):
    found = diff(log(), log(search="best_of_n"))
    assert found.cause in ("event", "sample")
    assert "Strategy" in found.settings


@pytest.mark.parametrize("edit", [True, False])
def test_a_branch_parts_at_the_step_that_a_person_wrote(log, nano, edit):
    tree = replay(log())
    node = next(n for n in tree.nodes.values() if n.depth == 1 and not n.finished)
    begun = run_to_end(branch(CONFIG, tree, "abc", node.id, "1+1=2", edit=edit), nano.policy())[1]
    for pair in ((log(), begun), (begun, log())):
        found = diff(*pair)
        assert found.cause == "branch"
        assert ("in place of" if edit else "added “1+1=2” below") in found.reason
        assert set(found.events) == {node.added, replay(begun).nodes[replay(begun).root].added}
        assert found.settings == ()


def test_two_branches_begin_with_different_steps(log, nano):
    tree = replay(log())
    node = next(n for n in tree.nodes.values() if n.depth == 1 and not n.finished).id
    one, other = (run_to_end(branch(CONFIG, tree, "abc", node, text, edit=True), nano.policy())[1] for text in ("1+1=2", "2+2=4"))
    assert diff(one, other).reason == "They begin with different steps, which a person wrote."
    assert diff(one, one).cause == "same"


def test_the_answers_part_at_the_first_step_that_differs(log):
    found = diff(log(), log(seed=1))
    trees = replay(log()), replay(log(seed=1))
    assert all(t.answered.node for t in trees)
    x, y = found.nodes
    assert trees[0].nodes[x].text != trees[1].nodes[y].text
    above = [t.steps(t.nodes[n].parent) for t, n in zip(trees, (x, y), strict=True)]
    assert above[0] == above[1]


def test_runs_of_different_problems_are_refused(log):
    with pytest.raises(LogError, match="solve different problems"):
        diff(log(), log(problem="countdown:numbers=3,seed=1"))
    with pytest.raises(LogError, match="without events"):
        diff(log(), [])


def at(a: list[Record], b: list[Record], numbers: tuple[int | None, int | None]):
    assert None not in numbers
    return a[numbers[0] - 1].event, b[numbers[1] - 1].event
