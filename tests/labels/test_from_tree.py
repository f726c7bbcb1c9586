"""The solutions of a run: every finished candidate, each once, as the steps its answer rests on."""

from __future__ import annotations

from rlm_core.core.events import NodeAdded, Record
from rlm_core.core.special_tokens import BACKTRACK, END_THINK
from rlm_core.core.tree import replay
from rlm_core.labels.from_tree import solutions
from rlm_core.problems import make
from tests.helpers import random_log

PROBLEM = make("chain:steps=2,seed=3")


def found(*events: NodeAdded):
    tree = replay([Record(i, 0.0, e) for i, e in enumerate((NodeAdded(0, None), *events), 1)])
    return solutions(tree, PROBLEM, run="1400ef1a", model="nano")


def test_every_finished_candidate_is_one_solution_and_the_cut_are_left_out():
    one, two = found(
        NodeAdded(1, 0, "1+2=3"),
        NodeAdded(2, 1, "3*4=12<answer>12", finished=True, answer="12", correct=True),
        NodeAdded(3, 1, "3*4=13 and so", cut=True),
        NodeAdded(4, 1, "3*4=13<answer>13", finished=True, answer="13", correct=False),
    )
    assert (one.steps, one.answer, one.correct) == (("1+2=3", "3*4=12<answer>12"), "12", True)
    assert (two.steps, two.origin, two.model, two.finished) == (("1+2=3", "3*4=13<answer>13"), "run 1400ef1a, node 4", "nano", True)
    assert one.problem == PROBLEM


def test_the_same_steps_twice_are_one_solution():
    twice = [NodeAdded(i, 0, "1+2=3<answer>3", finished=True, answer="3") for i in (1, 2)]
    assert [s.origin for s in found(*twice)] == ["run 1400ef1a, node 1"]


def test_thinking_and_what_was_taken_back_is_no_part_of_a_solution():
    (one,) = found(
        NodeAdded(1, 0, "let me see", thinking=True),
        NodeAdded(2, 1, "", tag=END_THINK, thinking=True),
        NodeAdded(3, 2, "1+2=4", tag=BACKTRACK),
        NodeAdded(4, 3, "1+2=3<answer>3", finished=True, answer="3"),
    )
    assert one.steps == ("1+2=3<answer>3",)


def test_a_whole_search_gives_as_many_solutions_as_it_has_different_candidates():
    tree = replay(random_log(4, 50))
    assert tree.started is not None
    kept = solutions(tree, tree.started.problem, run="r", model="nano")
    assert len(kept) > 3
    assert len(kept) == len({tuple(tree.steps(n.id)) for n in tree.candidates()})
