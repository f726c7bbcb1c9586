"""Inverse-CDF sampling and the figures of given tokens, against formulas."""

from __future__ import annotations

import math

import pytest
import torch

from rlm_core.engine.sampler import sample, token_stats, uniforms

LOGITS = torch.tensor([[0.5, 0.2, 0.3]], dtype=torch.float64).log()


@pytest.mark.parametrize(("draw", "token"), [(0.0, 0), (0.499, 0), (0.501, 1), (0.699, 1), (0.701, 2), (0.999999, 2)])
def test_a_draw_falls_into_the_tokens_share_of_the_cumulative_distribution(draw, token):
    assert sample(LOGITS, [1.0], [draw]) == ([token], [round(math.log((0.5, 0.2, 0.3)[token]), 6)])


def test_temperature_changes_the_choice_and_not_the_log_probability():
    """At temperature 0.5 probabilities are squared and scaled: 25, 4 and 9 of 38."""
    ids, logprobs = sample(LOGITS.expand(2, -1), [0.5, 0.5], [0.65, 0.67])
    assert ids == [0, 1]
    assert logprobs == [round(math.log(0.5), 6), round(math.log(0.2), 6)]


def test_temperature_zero_takes_the_likeliest_token_whatever_is_drawn():
    assert sample(LOGITS.expand(3, -1), [0.0] * 3, [0.0, 0.6, 0.999])[0] == [0, 0, 0]


def test_rows_of_different_temperatures_do_not_disturb_one_another():
    together = sample(LOGITS.expand(3, -1), [0.0, 1.0, 2.0], [0.9, 0.6, 0.6])
    alone = [sample(LOGITS, [t], [d]) for t, d in ((0.0, 0.9), (1.0, 0.6), (2.0, 0.6))]
    assert together == ([i for (i,), _ in alone], [p for _, (p,) in alone])


def test_figures_of_given_tokens_are_their_formulas():
    p = [[0.5, 0.2, 0.3], [0.1, 0.1, 0.8]]
    hidden = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    stats = token_stats(hidden, torch.tensor(p, dtype=torch.float64).log(), (1, 2))
    assert stats.hidden.tolist() == hidden.tolist()
    assert stats.logprobs == (round(math.log(0.2), 6), round(math.log(0.8), 6))
    assert stats.entropies == pytest.approx([-sum(x * math.log(x) for x in row) for row in p], abs=1e-6)
    assert stats.certainties == pytest.approx([sum(math.log(1 / 3 / x) for x in row) / 3 for row in p], abs=1e-6)


def test_random_numbers_depend_on_the_seed_alone():
    assert uniforms((4, 2), 5).tolist() == uniforms((4, 2), 9).tolist()[:5]
    assert uniforms((4, 2), 5).tolist() != uniforms((4, 3), 5).tolist()
