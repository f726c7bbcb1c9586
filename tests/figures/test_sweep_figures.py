"""Charts of a sweep: a line has a colour, a dash and a symbol of its own, in both themes; what is drawn is what was measured."""

from __future__ import annotations

import pytest

from rlm_core.figures import palette
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import FittedLine, accuracy_figure, law_figure
from rlm_core.figures.charts.sweep_bars import Priced, Tile, causes_figure, cost_figure, difficulty_figure, dollars

THEMES = [palette.LIGHT, palette.DARK]
POINTS = [Point(128, 0.2, 0.1, 0.3, "128 tokens"), Point(512, 0.6, 0.5, 0.7, "512 tokens")]
LINES = [Line(f"<b>{i}</b>", POINTS, i) for i in range(8)]


@pytest.mark.parametrize("theme", THEMES)
def test_eight_strategies_are_told_apart_by_colour_and_by_dash_and_symbol(theme):
    figure = accuracy_figure(LINES, theme=theme)
    drawn = [t for t in figure.data if t.name]
    assert len({t.line.color for t in drawn}) == 8
    assert len({(t.line.dash, t.marker.symbol) for t in drawn}) == 8
    assert all(palette.contrast(t.line.color, theme.surface) >= 3 for t in drawn)


def test_a_band_goes_round_the_ends_of_the_intervals():
    area = accuracy_figure(LINES[:1], theme=palette.LIGHT).data[0]
    assert area.fill == "toself"
    assert list(area.x) == [128, 512, 512, 128]
    assert list(area.y) == [0.3, 0.7, 0.5, 0.1]


def test_a_single_point_has_its_interval_as_a_bar():
    only = accuracy_figure([Line("a", POINTS[:1], 0)], theme=palette.LIGHT)
    bar = only.data[1].error_y
    assert (bar.array[0], bar.arrayminus[0]) == pytest.approx((0.1, 0.1))
    assert accuracy_figure([Line("a", POINTS, 0)], theme=palette.LIGHT).data[1].error_y.array is None


def test_tokens_are_on_a_log_axis_that_is_not_zoomed_and_names_are_no_markup():
    figure = accuracy_figure(LINES, theme=palette.LIGHT)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.xaxis.fixedrange
    assert "<b>" not in figure.data[-1].name


def test_bounds_and_the_best_choice_are_lines_of_their_own():
    figure = accuracy_figure(
        LINES[:2], theme=palette.LIGHT, bounds=[Line("pool: pass@N", POINTS, 0)], best=Line("compute-optimal", POINTS, 0)
    )
    bound, best = (next(t for t in figure.data if t.name == name) for name in ("pool: pass@N", "compute-optimal"))
    assert bound.line.color == palette.LIGHT.muted
    assert best.line.width > bound.line.width


def test_residuals_are_what_was_measured_minus_the_line():
    law = FittedLine(LINES[0], -1.3, 0.2, flat_from=512)
    figure = law_figure([law], theme=palette.DARK)
    below = next(t for t in figure.data if t.yaxis == "y2")
    assert list(below.y) == pytest.approx([0.2 - (-1.3 + 0.2 * 7), 0.6 - (-1.3 + 0.2 * 9)])
    ring = next(t for t in figure.data if t.legendgroup == "flat")
    assert (ring.x[0], ring.y[0]) == (512, 0.6)


def test_a_law_that_still_grows_has_no_ring():
    assert not any(t.legendgroup == "flat" for t in law_figure([FittedLine(LINES[0], 0, 0.1)], theme=palette.LIGHT).data)


@pytest.mark.parametrize("theme", THEMES)
def test_the_best_strategy_of_a_part_has_a_star_and_a_frame_and_numbers_read_on_their_colour(theme):
    figure = difficulty_figure(
        {"a": [Tile(0.2, False), Tile(0.9, True)], "b": [Tile(0.7, True), Tile(0.1, False)]}, ["hard", "easy"], theme=theme
    )
    assert [n.text for n in figure.layout.annotations] == ["0.20", "<b>★ 0.90</b>", "<b>★ 0.70</b>", "0.10"]
    assert len(figure.layout.shapes) == 2
    assert [list(row) for row in figure.data[0].z] == [[0.2, 0.9], [0.7, 0.1]]
    assert all(
        palette.contrast(n.font.color, palette.value_colour(v)) >= 4.5 for n, v in zip(figure.layout.annotations, (0.2, 0.9, 0.7, 0.1))
    )


def test_causes_stack_to_the_wrong_answers_and_differ_by_pattern():
    figure = causes_figure({"a": {"selection": 3, "budget": 1}, "b": {}}, ["selection", "budget"], theme=palette.LIGHT)
    assert figure.layout.barmode == "stack"
    assert [list(t.x) for t in figure.data] == [[3, 0], [1, 0]]
    assert len({t.marker.pattern.shape for t in figure.data}) == 2


@pytest.mark.parametrize(("most", "step"), [(1, 1), (4, 1), (10, 1), (80, None)])
def test_wrong_answers_are_counted_in_whole_numbers(most, step):
    figure = causes_figure({"a": {"selection": most - 1, "budget": 1}, "b": {}}, ["selection", "budget"], theme=palette.LIGHT)
    assert figure.layout.xaxis.dtick == step


def test_costs_are_on_a_log_axis_and_points_of_a_strategy_are_joined():
    points = [Priced("a", 0.001, 0.5, 0), Priced("a", 0.01, 0.7, 0), Priced("b", 0.02, 0.6, 1)]
    figure = cost_figure(points, theme=palette.LIGHT)
    assert [list(t.x) for t in figure.data] == [[0.001, 0.01], [0.02]]
    assert figure.layout.xaxis.type == "log"


def test_large_type_is_larger():
    small, large = (accuracy_figure(LINES, theme=palette.LIGHT, large=size) for size in (False, True))
    assert large.layout.font.size > small.layout.font.size
    assert large.layout.height > small.layout.height


def test_small_amounts_keep_three_figures():
    assert [dollars(x) for x in (0, 3.2e-7, 0.00123, 2.5)] == ["$0", "$3.20e-07", "$0.00123", "$2.50"]
