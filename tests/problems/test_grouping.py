"""Answers that say the same are one, whatever their notation, and grouping them takes no longer than it may."""

from itertools import permutations

import pytest

from rlm_core.problems import grouping, make
from rlm_core.problems.checking import equivalence
from rlm_core.problems.grouping import grouped

TEXT = make("text:question=?,answer=1")


@pytest.mark.parametrize(
    ("answers", "wins"),
    [
        ([r"\frac{\sqrt{3}}{2}", r"\frac{\sqrt3}{2}", r"\sqrt{3}/2", "1", "1"], r"\frac{\sqrt{3}}{2}"),
        (["Paris", "paris", "PARIS", "Lyon", "Lyon"], "Paris"),
        (["x + y + z = 0", "2x - y = 0", "z = 0", "x + y + z = 3", "x + y + z = 3"], "x + y + z = 3"),
        (["(1,200)", "(1, 200)", "1200"], "(1,200)"),
        (["0.5", r"\frac{1}{2}", "1"], "0.5"),
        (["x=1, y=4", "x=2, y=4", "x=9, y=4", "x=3, y=5", "x=3, y=5"], "x=3, y=5"),
        (["2ab", "2xy", "2cd", "2ba"], "2ab"),
        (["1 or 2", "2, 1", "1", "2"], "1 or 2"),
    ],
)
def test_the_answer_of_most_votes_wins_in_any_notation(answers, wins):
    most = max(grouped(TEXT, answers), key=lambda g: len(g.members))
    assert most.answer == wins


def test_the_notation_of_most_candidates_is_shown_and_the_first_of_as_many():
    assert [g.answer for g in grouped(TEXT, ["1/2", "0.5", "0.5", "7", "7.0"])] == ["0.5", "7"]
    assert [g.members for g in grouped(TEXT, ["1/2", "7", "0.5"])] == [(0, 2), (1,)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_groups_do_not_depend_on_the_order_of_the_answers(order):
    answers = ["50%", "50", "0.5"]
    found = grouped(TEXT, [answers[i] for i in order])
    assert {frozenset(answers[order[m]] for m in g.members) for g in found} == {frozenset({"50%", "50"}), frozenset({"0.5"})}
    assert [g.members[0] for g in found] == sorted(g.members[0] for g in found)


def test_a_task_without_notations_of_its_own_counts_texts():
    countdown = make("countdown:numbers=3,seed=7")
    assert [g.answer for g in grouped(countdown, ["(1+2)*3", "3*(1+2)"])] == ["(1+2)*3", "3*(1+2)"]
    assert len(grouped(None, ["0.5", "1/2"])) == 2


def test_after_its_time_answers_are_compared_by_text_only(monkeypatch):
    asked = []
    monkeypatch.setattr(equivalence, "_same_formula", lambda *pair: asked.append(pair))
    monkeypatch.setattr(grouping, "SECONDS", -1.0)
    assert len(grouped(TEXT, ["x+1", "1+x", "x+1"])) == 2
    assert not asked
