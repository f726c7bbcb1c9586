"""Curves, pools and difficulty: what each figure of the Scaling page is made of."""

from __future__ import annotations

import pytest

from rlm_core.evaluation.comparison import figures, pairs
from rlm_core.evaluation.difficulty import best_strategy, compute_optimal, difficulty_bins
from rlm_core.evaluation.pools import pool_curve, shared_pool
from rlm_core.evaluation.scaling import curve, flattens_at, known_at_every_budget, log_law
from rlm_core.evaluation.statistics import accuracy
from rlm_core.evaluation.sweep import Candidate, Cell, whole_problems
from tests.sweeps import BEST_OF_N, BUDGETS, MAJORITY, TREE, questions, result, searched, sweep

LABELS = ["128", "256", "512"]


def solving(rates: list[list[int]], count: int = 20, **given):
    """Results in which strategy s at budget b solves the first rates[s][b] problems."""
    planned = sweep(count, (MAJORITY, BEST_OF_N, TREE)[: len(rates)])
    found = {c: result(c.problem < rates[c.strategy][c.budget], tokens=planned.budgets[c.budget].tokens, **given) for c in planned.cells()}
    return planned, found


def test_a_curve_has_a_point_per_budget_by_its_tokens():
    planned, found = solving([[5, 10, 15]])
    points = curve(planned, found, 0, LABELS)
    assert [(p.tokens, p.accuracy, p.label) for p in points] == [(128, 0.25, "128"), (256, 0.5, "256"), (512, 0.75, "512")]
    assert all(p.low < p.accuracy < p.high for p in points)


def test_the_interval_of_a_point_is_that_of_the_table_also_where_all_are_wrong():
    planned = sweep(20, budgets=BUDGETS[:1])
    found = {c: result(False) for c in planned.cells()}
    point = curve(planned, found, 0, LABELS[:1])[0]
    assert (point.accuracy, point.low, point.high) == (0.0, 0.0, accuracy([False] * 20).high)
    assert point.high == pytest.approx(0.161, abs=1e-3)


def test_a_problem_that_is_unknown_at_one_budget_is_in_no_point():
    planned, found = solving([[5, 10, 15]])
    found[Cell(0, 1, 0)] = result(None)
    assert known_at_every_budget(planned, found, 0) == list(range(1, 20))
    assert curve(planned, found, 0, LABELS)[0].accuracy == pytest.approx(4 / 19)


def test_unknown_is_never_counted_as_wrong():
    _, found = solving([[10, 10, 10]])
    found |= {Cell(0, 0, p): result(None, stop="failed") for p in range(10, 20)}
    f = figures(found, (0, 0))
    assert f.accuracy.value == 1.0
    assert (f.problems, f.known, f.failed) == (20, 10, 10)


def test_a_curve_flattens_where_no_later_gain_is_distinguishable_from_0():
    planned, found = solving([[2, 16, 16]])
    flat, steps = flattens_at(planned, found, 0)
    assert flat == 1
    assert [step.gain for step in steps] == [0.7, 0.0]
    assert steps[0].low > 0


def test_a_curve_that_still_gains_does_not_flatten():
    planned, found = solving([[2, 9, 18]])
    assert flattens_at(planned, found, 0)[0] is None


def test_a_law_needs_three_budgets():
    planned = sweep(10, budgets=BUDGETS[:2])
    assert log_law(planned, searched(planned), 0) is None


def test_a_straight_curve_has_no_residuals():
    planned, found = solving([[5, 10, 15]])
    law = log_law(planned, found, 0)
    assert law.slope == pytest.approx(0.25)
    assert law.residuals == pytest.approx((0, 0, 0))
    assert law.r_squared == pytest.approx(1.0)
    assert law.slope_low < 0.25 < law.slope_high


def test_a_flat_curve_has_no_share_of_variance_to_explain():
    planned, found = solving([[8, 8, 8]])
    law = log_law(planned, found, 0)
    assert law.slope == pytest.approx(0)
    assert law.r_squared is None


# -- pools -------------------------------------------------------------------------------------------

GOOD, BAD, OTHER = Candidate("1", True, 0.9, 10), Candidate("2", False, 0.2, 10), Candidate("3", False, 0.5, 10)
CUT = Candidate(None, None, None, 10)


def last_point(*pools):
    return pool_curve(dict(enumerate(pools)), questions(len(pools)))[-1]


def test_the_ceiling_is_a_right_candidate_and_the_floor_is_the_most_common_answer():
    point = last_point((GOOD, BAD, BAD, OTHER), (GOOD, GOOD, BAD, OTHER))
    assert point.ceiling[0] == 1.0
    assert point.majority[0] == 0.5


def test_no_choice_from_the_same_candidates_exceeds_the_ceiling():
    """Where the first candidate is right by luck, the chance over all of the pool would lie below the choice from one."""
    first = pool_curve({0: (GOOD, BAD, BAD, BAD), 1: (GOOD, BAD, OTHER, BAD)}, questions(2))[0]
    assert first.n == 1
    assert first.majority[0] == 1.0
    assert first.ceiling[0] == 1.0


def test_choices_by_score_are_the_best_scored_and_the_largest_sum():
    high_wrong = Candidate("2", False, 0.95, 10)
    point = last_point((GOOD, GOOD, high_wrong, OTHER))
    assert point.naive[0] == 0.0
    assert point.weighted[0] == 1.0


def test_without_scores_there_is_no_choice_by_score():
    plain = Candidate("1", True, None, 10)
    assert last_point((plain, plain)).naive is None
    assert last_point((plain, plain)).weighted is None


def test_a_candidate_that_was_cut_off_counts_for_its_tokens_and_votes_for_nothing():
    point = last_point((CUT, CUT, CUT, GOOD))
    assert point.tokens == 40
    assert point.majority[0] == 1.0


def test_a_pool_whose_answers_cannot_be_checked_is_left_out():
    assert pool_curve({0: (Candidate("1", None, 0.5, 10),)}, questions(1)) == []


def test_the_curve_goes_as_far_as_the_smallest_pool():
    points = pool_curve({0: (GOOD,) * 6, 1: (BAD,) * 3}, questions(2))
    assert [p.n for p in points] == [1, 2, 3]
    assert [p.ceiling[0] for p in points] == [0.5, 0.5, 0.5]


def test_the_shared_pool_is_the_largest_of_each_problem():
    planned = sweep(3)
    pools = shared_pool(planned, searched(planned), 1)
    assert [len(pools[p]) for p in range(3)] == [16, 16, 16]
    assert shared_pool(planned, searched(planned), 2) == {}


# -- difficulty --------------------------------------------------------------------------------------


def test_problems_are_cut_into_equal_parts_from_hard_to_easy():
    planned, found = solving([[4, 8, 16], [4, 8, 12]])
    bins = difficulty_bins(planned, found, 3)
    assert [len(part.problems) for part in bins] == [6, 7, 7]
    assert bins[0].problems == (12, 13, 16, 17, 18, 19)
    assert [part.rate[0] for part in bins] == sorted(part.rate[0] for part in bins)


def test_the_best_strategy_of_a_part_solves_most_and_of_equals_takes_fewer_tokens():
    planned, found = solving([[4, 8, 16], [4, 8, 12]])
    assert best_strategy(planned, found, 2, range(12, 16)) == 0
    found |= {Cell(1, 2, p): result(True, tokens=7) for p in range(12)}
    assert best_strategy(planned, found, 2, range(12)) == 1


def test_the_compute_optimal_choice_is_measured_on_problems_that_did_not_decide_it():
    """One strategy solves the even problems and the other the odd ones: the choice on one half is wrong on the other."""
    planned = sweep(12, (MAJORITY, BEST_OF_N), BUDGETS[:1])
    found = {c: result(c.problem % 2 == c.strategy) for c in planned.cells()}
    bins = difficulty_bins(planned, found, 1)
    assert compute_optimal(planned, found, bins, 0).solved == (False,) * 12


def test_too_few_known_problems_have_no_parts():
    planned, found = solving([[2, 3, 4]], count=5)
    assert difficulty_bins(planned, found, 3) == []


# -- pairs -------------------------------------------------------------------------------------------


def test_a_pair_is_compared_on_the_problems_that_both_know():
    planned, found = solving([[4, 8, 16], [2, 8, 12]])
    found[Cell(0, 2, 15)] = result(None)
    pair = pairs(found, [((0, 2), (1, 2))])[0]
    assert pair.problems == 19
    assert pair.wins == (12, 13, 14)
    assert pair.losses == ()
    assert pair.difference.value == pytest.approx(3 / 19, abs=1e-4)
    assert pair.p == pair.corrected == 0.25


def test_only_problems_that_every_setting_has_searched_are_whole():
    planned, found = solving([[4, 8, 16]])
    del found[Cell(0, 1, 3)]
    whole = whole_problems(planned, found)
    assert {c.problem for c in whole} == set(range(20)) - {3}


def test_figures_do_not_depend_on_the_order_in_which_searches_were_done():
    planned = sweep(30)
    found = searched(planned, seed=8)
    backwards = dict(reversed(found.items()))
    assert [figures(backwards, s) for s in planned.settings()] == [figures(found, s) for s in planned.settings()]
    assert pool_curve(shared_pool(planned, backwards, 1), planned.problems) == pool_curve(shared_pool(planned, found, 1), planned.problems)
    assert log_law(planned, backwards, 1) == log_law(planned, found, 1)
