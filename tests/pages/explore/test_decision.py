"""Why a node was chosen: told at its parent, with the node itself and the chosen one marked; else as a rank among its rivals."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.decision import compared, now
from rlm_core import catalogue
from rlm_core.core.structure import Compared
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures.ranks import pool
from rlm_core.figures.ranks.alternatives import alternatives
from rlm_core.figures.ranks.table import MAX_ROWS
from rlm_core.search.rules import UCT
from tests.helpers import beam_log, best_of_n_log, particle_log, random_log
from tests.patience import PATIENCE


def asked_tree() -> tuple[SearchTree, int]:
    """A tree and a node in it that was weighed and not chosen."""
    tree = replay(random_log(3, 40))
    for node in tree.nodes.values():
        parent = tree.nodes[node.parent] if node.parent is not None else None
        if parent is not None and parent.decision is not None:
            choice = now(tree, parent, UCT, parent.decision[1].constant)
            if choice is not None and choice.chosen != node.id:
                return tree, node.id
    raise AssertionError("no node lost a decision")


def shown(tree_of: str, node: int, compared: str) -> AppTest:
    def app(tree_of: str, node: int, compared: str) -> None:
        from pages.explore.inspector import inspector
        from rlm_core.core.structure import Compared
        from rlm_core.core.tree import replay
        from tests import helpers

        name, *arguments = tree_of.split()
        tree = replay(getattr(helpers, name)(*map(int, arguments)))
        inspector(tree, tree.nodes[node], Compared[compared])

    at = AppTest.from_function(app, default_timeout=PATIENCE, kwargs={"tree_of": tree_of, "node": node, "compared": compared}).run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join([*(m.value for m in at.markdown), *(c.value for c in at.caption), *(h.proto.body for h in at.get("html"))])


def test_a_clicked_node_is_explained_at_its_parent_before_what_is_below_it():
    tree, node = asked_tree()
    text = said(shown("random_log 3 40", node, "SIBLINGS"))
    parent = tree.nodes[node].parent
    assert "Why not this one next?" in text
    assert f"At {'the root' if parent == 0 else f'node {parent}'}, at this moment" in text
    assert f"{node} ◀" in text and "▶" in text


def test_the_heading_asks_why_not_of_a_node_that_was_not_chosen():
    best = replay(best_of_n_log(2, 10))
    assert best.answered is not None
    won, lost = best.answered.node, next(n.id for n in best.candidates() if n.id != best.answered.node)
    assert "##### Why this one?" in said(shown("best_of_n_log 2 10", won or 0, "CANDIDATES"))
    assert "##### Why not this one?" in said(shown("best_of_n_log 2 10", lost, "CANDIDATES"))
    tree, loser = asked_tree()
    parent = tree.nodes[tree.nodes[loser].parent or 0]
    assert parent.decision is not None
    rule = catalogue.rule(parent.decision[1].rule)
    assert rule is not None
    choice = now(tree, parent, rule, parent.decision[1].constant)
    assert choice is not None
    assert "##### Why this one next?" in said(shown("random_log 3 40", choice.chosen, "SIBLINGS"))


def test_where_nothing_was_chosen_yet_the_heading_says_so():
    def app() -> None:
        from pages.explore.inspector import inspector
        from rlm_core.core import events as ev
        from rlm_core.core.structure import Compared
        from rlm_core.core.tree import replay
        from tests.helpers import best_of_n_log

        records = best_of_n_log(2, 10)
        end = next(i for i, r in enumerate(records) if isinstance(r.event, ev.Answered))
        tree = replay(records[:end])
        inspector(tree, tree.candidates()[0], Compared.CANDIDATES)

    text = said(AppTest.from_function(app, default_timeout=PATIENCE).run())
    assert "##### Nothing was chosen here yet" in text
    assert "this one?" not in text


def test_the_loser_is_compared_with_the_one_that_was_chosen():
    tree, node = asked_tree()
    parent = tree.nodes[tree.nodes[node].parent or 0]
    assert parent.decision is not None
    choice = now(tree, parent, UCT, parent.decision[1].constant)
    assert choice is not None
    assert compared(choice.terms, choice, tree.nodes[node]).startswith(f"Node {node} (◀) ")
    assert compared(choice.terms, choice, tree.nodes[choice.chosen]) == ""


def test_nothing_can_be_chosen_where_all_children_were_pruned():
    tree, node = asked_tree()
    parent = tree.nodes[tree.nodes[node].parent or 0]
    assert parent.decision is not None
    for child in parent.children:
        tree.nodes[child].pruned = "it was cut off"
    assert now(tree, parent, UCT, parent.decision[1].constant) is None


def test_candidates_stand_by_the_weight_of_their_answer_then_by_score_and_say_what_became_of_them():
    tree = replay(best_of_n_log(2, 10, unscored=2))
    assert tree.answered is not None
    found = alternatives(tree, tree.nodes[tree.answered.node or 0], Compared.CANDIDATES)
    assert found is not None
    assert len(found.rows) == 10
    assert found.rows[0].node == tree.answered.node
    assert found.rows[0].chosen
    assert found.rows[0].reason.startswith("the answer: it weighs")
    weights = [float(r.figures[1]) for r in found.rows]
    assert weights == sorted(weights, reverse=True)


def test_a_state_of_a_search_that_this_version_does_not_know_says_that_it_was_dropped_and_why():
    tree = replay(beam_log(1))
    node = next(n for n in tree.nodes.values() if n.pruned)
    found = alternatives(tree, node, Compared.LEVEL)
    assert found is not None
    row = next(r for r in found.rows if r.node == node.id)
    assert row.reason == "dropped: it is not among the 2 best of 8"
    assert not row.chosen


def test_a_particle_shows_its_weight_and_how_often_it_goes_on():
    tree = replay(particle_log(1))
    node = tree.resamplings[-1][1].particles[0].node
    found = alternatives(tree, tree.nodes[node], Compared.PARTICLES)
    assert found is not None
    assert found.head == ("score", "weight", "drawn")
    weights = [float(r.figures[1]) for r in found.rows]
    assert weights == sorted(weights, reverse=True)
    assert sum(weights) == pytest.approx(1, abs=0.03)


def test_of_many_candidates_every_answer_is_shown_and_the_one_asked_about_and_all_on_request():
    tree = replay(best_of_n_log(2, 60))
    last = max(tree.candidates(), key=lambda n: (-(n.score or 0), n.id))
    found = alternatives(tree, last, Compared.CANDIDATES)
    assert found is not None
    few = pool.short(tree, found)
    assert len(found.rows) == 60
    assert len(few.rows) <= MAX_ROWS + 1
    assert last.id in {r.node for r in few.rows}
    assert len({tree.nodes[r.node].answer for r in few.rows}) >= min(len({n.answer for n in tree.candidates()}), MAX_ROWS)
    assert "All 60" in {e.label for e in shown("best_of_n_log 2 60", last.id, "CANDIDATES").expander}


@pytest.mark.parametrize("log", ["best_of_n_log 2 10", "beam_log 1"])
def test_no_visits_are_shown_of_a_strategy_that_counts_none(log):
    compared = "CANDIDATES" if "best" in log else "LEVEL"
    text = said(shown(log, 1, compared))
    assert "Visits N" not in text and "Score" in text


def test_alternatives_without_a_score_are_listed_without_ranks():
    tree = replay(beam_log(1))
    for node in tree.nodes.values():
        node.evaluations.clear()
    node = tree.nodes[tree.nodes[0].children[1]]
    found = alternatives(tree, node, Compared.SIBLINGS)
    assert found is not None
    assert found.how == f"The {len(tree.nodes[0].children)} children of the root; no score ranks them."
    assert found.head == ()
    assert not any(r.rank for r in found.rows)
    assert {r.node for r in found.rows} == set(tree.nodes[0].children)


def test_a_step_without_alternatives_says_that_nothing_was_compared():
    assert "It is the only step from node 1, so nothing was compared." in said(shown("chain_log 1 4", 2, "SIBLINGS"))


def test_a_score_over_the_whole_path_says_so_and_one_of_the_step_does_not():
    def app(reward: str) -> None:
        from pages.explore.inspector import inspector
        from rlm_core.core import events as ev
        from rlm_core.core.structure import Compared
        from rlm_core.core.tree import replay
        from tests.helpers import beam_log

        tree = replay(beam_log(1))
        node = next(n for n in tree.nodes.values() if n.depth == 2 and n.evaluations)
        node.evaluations[:] = [ev.Evaluated(node.id, reward, 0.66)]
        inspector(tree, node, Compared.LEVEL)

    texts = {
        reward: said(AppTest.from_function(app, default_timeout=PATIENCE, kwargs={"reward": reward}).run())
        for reward in ("logprob", "prm:nano")
    }
    assert "It is the score of the whole path: of all 2 steps up to here, not of this one alone." in texts["logprob"]
    assert "**0.66**" in texts["prm:nano"]
    assert "whole path" not in texts["prm:nano"]
