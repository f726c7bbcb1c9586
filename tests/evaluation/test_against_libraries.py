"""The estimators against scipy, statsmodels and definitions written out: the same figures on the same data."""

from __future__ import annotations

import math
import random
from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.api import OLS, add_constant
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from rlm_core.evaluation.scaling import band, fit_line, log_law
from rlm_core.evaluation.statistics import accuracy, bootstrap_interval, holm, mcnemar, pass_at_k, percentile_interval, resampled_means
from rlm_core.evaluation.sweep import Cell
from tests.sweeps import searched, sweep

pytestmark = pytest.mark.slow

TABLES = [(0, 0), (1, 0), (0, 7), (3, 3), (12, 4), (40, 55), (101, 63)]
"""Wins and losses."""


@pytest.mark.parametrize(("wins", "losses"), TABLES)
def test_mcnemars_p_is_that_of_statsmodels_and_of_the_binomial_test(wins, losses):
    a = [True] * wins + [False] * losses + [True, False] * 5
    b = [False] * wins + [True] * losses + [True, False] * 5
    p = mcnemar(a, b)
    assert p == pytest.approx(statsmodels_mcnemar([[5, wins], [losses, 5]], exact=True).pvalue)
    if wins + losses:
        assert p == pytest.approx(stats.binomtest(wins, wins + losses).pvalue)


def test_holms_correction_is_that_of_statsmodels():
    rng = random.Random(1)
    for count in (1, 2, 5, 60):
        ps = [rng.random() ** 4 for _ in range(count)]
        assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]))


@pytest.mark.parametrize(("right", "n"), [(0, 1), (0, 7), (1, 7), (3, 20), (100, 200), (199, 200), (200, 200)])
def test_the_interval_of_an_accuracy_is_wilsons_of_scipy_and_statsmodels(right, n):
    found = accuracy([True] * right + [False] * (n - right))
    theirs = stats.binomtest(right, n).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=6e-5)
    assert (found.low, found.high) == pytest.approx(proportion_confint(right, n, method="wilson"), abs=6e-5)


@pytest.mark.parametrize("values", [[0.0, 1.0] * 50, [1.0] * 180 + [0.0] * 20, list(np.random.default_rng(3).normal(5, 2, 70))])
def test_the_bootstrap_interval_is_scipys_percentile_interval_of_the_same_draws(values):
    theirs = stats.bootstrap((np.array(values),), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(0))
    assert bootstrap_interval(values) == pytest.approx(tuple(theirs.confidence_interval))


def test_the_interval_of_a_difference_is_scipys_paired_interval_of_the_same_draws():
    rng = np.random.default_rng(5)
    a, b = rng.random(120) < 0.7, rng.random(120) < 0.5
    theirs = stats.bootstrap(
        (a.astype(float), b.astype(float)),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        paired=True,
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    assert bootstrap_interval([float(x) - float(y) for x, y in zip(a, b)]) == pytest.approx(tuple(theirs.confidence_interval))


def test_rows_are_drawn_together_so_a_constant_difference_has_no_spread():
    values = [random.Random(2).random() for _ in range(40)]
    means = resampled_means([values, [v + 1 for v in values]])
    assert means[:, 1] - means[:, 0] == pytest.approx(np.ones(len(means)))


def test_a_band_holds_what_each_row_has_by_itself():
    rows = [[0.0, 1.0] * 20, [1.0] * 30 + [0.0] * 10]
    assert band(rows)[0] == pytest.approx(bootstrap_interval(rows[0]))
    assert band(rows)[1] == pytest.approx(bootstrap_interval(rows[1]))


def test_an_interval_of_many_problems_does_not_draw_them_all_at_once(monkeypatch):
    values = [0.0, 1.0] * 500
    whole = bootstrap_interval(values)
    monkeypatch.setattr("rlm_core.evaluation.statistics.MAX_DRAWN", 7000)
    assert bootstrap_interval(values) == pytest.approx(whole, abs=0.004)


def test_a_95_percent_interval_holds_the_truth_in_about_95_of_100_samples():
    rng = np.random.default_rng(11)
    inside = sum(low <= 0.6 <= high for low, high in (bootstrap_interval((rng.random(200) < 0.6).astype(float)) for _ in range(200)))
    assert 0.9 <= inside / 200 <= 0.99


@pytest.mark.parametrize(("n", "c", "k"), [(4, 1, 2), (6, 3, 2), (7, 0, 3), (7, 7, 1), (8, 2, 8), (9, 4, 5)])
def test_pass_at_k_is_the_share_of_all_choices_of_k_that_hold_a_right_one(n, c, k):
    chosen = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


def test_pass_at_k_is_the_numerically_stable_form_of_its_paper():
    """Chen et al. 2021, figure 3: 1 − prod(1 − k / arange(n − c + 1, n + 1)), or 1 where n − c < k."""
    for n, c, k in [(200, 13, 1), (200, 13, 10), (200, 13, 100), (200, 150, 100), (100, 28, 10)]:
        theirs = 1.0 if n - c < k else 1.0 - np.prod(1.0 - k / np.arange(n - c + 1, n + 1))
        assert pass_at_k(n, c, k) == pytest.approx(theirs)


def test_a_line_is_fitted_as_scipy_fits_it():
    rng = random.Random(4)
    x, y = [rng.random() for _ in range(9)], [rng.random() for _ in range(9)]
    theirs = stats.linregress(x, y)
    assert fit_line(x, y) == pytest.approx((theirs.intercept, theirs.slope))


def test_the_log_law_is_the_least_squares_of_statsmodels_with_its_r_squared_and_residuals():
    planned = sweep(40)
    results = searched(planned, seed=2)
    law = log_law(planned, results, 1)
    x, y = [], []
    for b in range(3):
        rows = [results[Cell(1, b, p)] for p in range(40)]
        x.append(math.log2(sum(r.tokens for r in rows) / 40))
        y.append(sum(bool(r.solved) for r in rows) / 40)
    theirs = OLS(np.array(y), add_constant(np.array(x))).fit()
    assert (law.intercept, law.slope) == pytest.approx(tuple(theirs.params))
    assert law.r_squared == pytest.approx(theirs.rsquared)
    assert law.residuals == pytest.approx(tuple(theirs.resid))


def test_the_interval_of_a_slope_is_that_of_refitting_every_bootstrap_sample():
    planned = sweep(30)
    results = searched(planned, seed=6)
    law = log_law(planned, results, 2)
    solved = [[float(bool(results[Cell(2, b, p)].solved)) for p in range(30)] for b in range(3)]
    x = [math.log2(planned.budgets[b].tokens) for b in range(3)]
    slopes = np.array([stats.linregress(x, row).slope for row in resampled_means(solved)])
    assert (law.slope_low, law.slope_high) == pytest.approx(percentile_interval(slopes))
