"""Figures of a training: what is drawn is what was measured, and stages begin where they began."""

from __future__ import annotations

import pytest

from rlm_core.figures import palette
from rlm_core.figures.charts.small_multiples import Band, Curve, Panel, panels_figure
from rlm_core.figures.charts.training_stages import Arrow, arrows, exchange_figure, stages_figure
from rlm_core.runs.training_files import Measures, StageRow

THEMES = [palette.LIGHT, palette.DARK]
NAMES = ("base", "sft", "grpo", "rejection", "grpo")
STARTS = (None, 0, 1, 0, 3)


def stage(i: int) -> StageRow:
    value = (0.3 + 0.1 * i, 0.2 + 0.1 * i, 0.4 + 0.1 * i)
    start = STARTS[i]
    found = Measures(
        problems=4, samples=4, k=2, pass_at_1=value, pass_at_k=value, length=(20, 19, 21), format=(1, 1, 1), language=(0.5, 0.4, 0.6)
    )
    begun = "nano" if start is None else f"checkpoint:{start}"
    return StageRow(
        stage=str(i), kind=NAMES[i], title=f"<b>Stage {i}", start=begun, checkpoint=f"checkpoint:{i}", steps=3, seconds=1, measures=found
    )


STAGES = [stage(i) for i in range(5)]


def test_fine_tuning_after_rejection_sampling_begins_at_the_base_with_data_of_the_stage_before():
    assert arrows(STAGES) == [Arrow(0, 1), Arrow(1, 2), Arrow(0, 3), Arrow(2, 3, data=True), Arrow(3, 4)]


@pytest.mark.parametrize("theme", THEMES)
def test_the_diagram_has_every_measure_and_the_change_on_each_arrow(theme):
    texts = [a.text for a in stages_figure(STAGES, theme=theme).layout.annotations]
    for row in STAGES:
        assert any(f"<b>{row.measures.pass_at_1[0]:.2f}</b>" in t and "pass@1" in t for t in texts)
    assert "+0.10" in texts and any("pass@1 +0.30" in t and "weights of" in t for t in texts)
    assert not any("<b><b>Stage" in t for t in texts)


def test_a_training_that_has_only_measured_the_base_is_one_box():
    boxes = [s for s in stages_figure(STAGES[:1], theme=palette.LIGHT).layout.shapes if s.fillcolor == palette.LIGHT.band]
    assert len(boxes) == 1


def test_the_exchange_has_a_point_with_both_intervals_for_each_stage():
    figure = exchange_figure(STAGES, theme=palette.DARK)
    assert [(t.x[0], t.y[0]) for t in figure.data] == [(s.measures.pass_at_1[0], s.measures.pass_at_k[0]) for s in STAGES]
    assert all(t.error_x.array[0] == pytest.approx(0.1) and t.error_y.arrayminus[0] == pytest.approx(0.1) for t in figure.data)


@pytest.mark.parametrize("theme", THEMES)
def test_panels_share_one_axis_and_stages_stay_apart(theme):
    curve = Curve("KL", [[(1.0, 0.1), (2.0, 0.2)], [(5.0, 0.3)]])
    both = Panel("Reward", [curve, Curve("<i>part", [[(1.0, 0.5)]], [[(1.0, 0.4, 0.6)]], marked=True)], share=True)
    figure = panels_figure([both, Panel("KL", [curve])], [Band("one", 0, 2), Band("two", 2, 5)], theme=theme, x_title="step")
    assert figure.layout.xaxis2.matches == "x" and list(figure.layout.xaxis.range) == [0, 5]
    line = next(t for t in figure.data if t.mode == "lines" and t.fill is None)
    assert list(line.y) == [0.1, 0.2, None, 0.3, None]
    measured = next(t for t in figure.data if t.mode == "lines+markers")
    assert measured.hovertext[0] == "<b>&lt;i&gt;part</b> 0.500 [0.400, 0.600]<br>step 1"
    titles = [a.text for a in figure.layout.annotations]
    assert any("&lt;i&gt;part" in t for t in titles) and {"one", "two"} <= set(titles)
