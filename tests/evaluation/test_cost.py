"""Costs: by price, tokens and accuracy alone; what is not known stays unknown; edits are kept and can be undone."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core.blueprint.benchmarks import figures
from rlm_core.blueprint.prices import prices as list_prices
from rlm_core.core.errors import ConfigError
from rlm_core.evaluation.cost import (
    EDITED,
    Accuracy,
    Price,
    Prices,
    checked,
    cost_per_problem,
    cost_per_solved,
    keep,
    prices,
    published,
    reset,
)


def test_a_cost_is_price_times_tokens_over_accuracy():
    assert cost_per_problem(60.0, 5000) == pytest.approx(0.3)
    assert cost_per_solved(60.0, 5000, 0.6) == pytest.approx(0.5)


@pytest.mark.parametrize("known", [(None, 5000, 0.6), (60.0, None, 0.6), (60.0, 5000, None), (60.0, 5000, 0.0)])
def test_a_cost_of_which_something_is_not_known_is_unknown(known):
    assert cost_per_solved(*known) is None


def test_what_comes_with_the_app_is_what_the_blueprint_lists_and_guesses_no_tokens():
    found, listed = published(), list_prices()
    assert {p.model: p.price for p in found.prices} == {name: p.output for name, p in listed.items()}
    assert all(p.date and p.source for p in found.prices if p.price is not None)
    assert {(a.model, a.benchmark, a.date) for a in found.accuracies} == {
        (f.model, f.benchmark, f.source.date) for f in figures() if f.model in listed
    }
    assert {a.accuracy for a in found.accuracies if (a.model, a.benchmark) == ("o1-1217", "AIME 2024")} == {0.792}
    assert all(a.source and a.tokens is None for a in found.accuracies)


def test_the_figures_that_come_with_the_app_can_be_edited():
    assert checked(published()) == published()


def test_edited_prices_are_kept_until_they_are_reset(tmp_path):
    edited = msgspec.structs.replace(published(), local=0.25)
    keep(tmp_path, edited)
    assert prices(tmp_path) == edited
    reset(tmp_path)
    assert prices(tmp_path) == published()


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / EDITED).write_text('{"prices": 3}')
    with pytest.raises(ConfigError, match=r"prices\.json"):
        prices(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        Prices(prices=(Price("m", -1.0),)),
        Prices(prices=(Price("m", float("nan")),)),
        Prices(accuracies=(Accuracy("m", "b", 1.2),)),
        Prices(accuracies=(Accuracy("m", "b", 0.5, -3),)),
        Prices(local=-0.1),
    ],
)
def test_a_figure_that_cannot_be_is_refused(tmp_path, wrong):
    with pytest.raises(ConfigError):
        keep(tmp_path, wrong)
    assert not (tmp_path / EDITED).exists()
