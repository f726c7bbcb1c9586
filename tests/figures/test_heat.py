"""Heat maps and figures of quality say what the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from rlm_core.figures import palette
from rlm_core.figures.charts.heatmap import Row, cell, heat_figure
from rlm_core.figures.charts.reward_quality import best_of_n_figure, calibration_figure, cost_figure

ROWS = [Row("1 · ✓ 5", ("a", "b<c"), (0.9, None)), Row("2 · ✕ 6", ("a", "b", "c"), (1.0, 0.2, 0.5), wrong=1)]


def test_every_cell_holds_its_score_and_its_id():
    figure = heat_figure(ROWS, theme=palette.LIGHT)
    squares = figure.data[0]
    assert [list(row) for row in squares.z] == [[0.9, None, None], [1.0, 0.2, 0.5]]
    ids = np.array(squares.customdata)[:, :, 0]
    assert [[cell(int(i)) for i in row] for row in ids] == [[(r, c) for c in range(3)] for r in range(2)]
    assert {(a.x, a.y): a.text for a in figure.layout.annotations} == {
        (0, 0): "0.90",
        (0, 1): "1.00",
        (1, 1): "0.20",
        (2, 1): "0.50",
    }


def test_a_bar_stands_before_the_first_wrong_step_and_text_is_never_markup():
    figure = heat_figure(ROWS, theme=palette.DARK)
    (bar,) = figure.layout.shapes
    assert (bar.x0, bar.x1, bar.y0, bar.y1) == (0.5, 0.5, 0.5, 1.5)
    assert "b<c" not in figure.data[0].hovertext[0][1]
    assert "&lt;" in figure.data[0].hovertext[0][1]


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
def test_the_clicked_cell_is_ringed_and_numbers_read_on_their_colour(theme):
    figure = heat_figure(ROWS, theme=theme, selected=1001)
    box = figure.layout.shapes[-1]
    assert box.x0 < 1 < box.x1
    assert box.y0 < 1 < box.y1
    for a in figure.layout.annotations:
        assert palette.contrast(a.font.color, palette.value_colour(float(a.text))) >= 4.5


def test_rewards_keep_their_symbol_from_one_figure_to_the_next():
    row = {"n": 1, "majority": [0.5, 0.4, 0.6], "weighted": [0.6, 0.5, 0.7], "perfect": 0.9}
    bought = best_of_n_figure({"a": [row], "b": [row]}, theme=palette.LIGHT)
    calibrated = calibration_figure({"a": [], "b": [[0.5, 0.4, 10]]}, theme=palette.LIGHT)
    symbols = {t.name: t.marker.symbol for t in bought.data if t.marker.symbol}
    assert symbols["weighted by b"] == next(t.marker.symbol for t in calibrated.data if t.name == "b")
    assert bought.data[-1].error_y.array == pytest.approx([0.1])
    assert bought.data[-1].error_y.arrayminus == pytest.approx([0.1])


def test_label_cost_has_a_line_a_maker_with_its_spread():
    point = {"maker": "soft", "problems": 5, "labels": 100, "tokens": 900, "auc": 0.8, "low": 0.7, "high": 0.85}
    figure = cost_figure([point | {"labels": 300, "auc": 0.9, "high": 0.9}, point], against="labels", theme=palette.LIGHT)
    assert list(figure.data[0].x) == [100, 300]
    assert list(figure.layout.xaxis.tickvals) == [100, 300]
    assert list(figure.data[0].y) == [0.8, 0.9]
    assert figure.data[0].error_y.arrayminus == pytest.approx([0.1, 0.2])
