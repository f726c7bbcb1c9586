"""Every token has its bar from 1, and those at which the clip bites are told apart."""

from __future__ import annotations

from rlm_core.figures import palette
from rlm_core.figures.charts.token_ratios import TokenRatio, ratios_figure

TOKENS = [TokenRatio("4", 1.1, False, "first"), TokenRatio("+", 0.7, True, "second"), TokenRatio("<step>", 1.0, False, "third")]


def test_bars_begin_at_one_and_show_the_ratio():
    figure = ratios_figure(TOKENS, (0.8, 1.28), theme=palette.LIGHT).to_plotly_json()
    bars = {t["name"]: t for t in figure["data"]}
    clipped, whole = bars["the clip bites: pulls no more"], bars["counts in full"]
    assert list(clipped["x"]) == [2]
    assert [round(b + y, 6) for b, y in zip(whole["base"], whole["y"], strict=True)] == [1.1, 1.0]
    assert clipped["marker"]["color"] != whole["marker"]["color"]
    assert {shape["y0"] for shape in figure["layout"]["shapes"]} == {1, 0.8, 1.28}


def test_without_a_clip_there_is_no_band():
    figure = ratios_figure(TOKENS, None, theme=palette.DARK).to_plotly_json()
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [1]


def test_ratios_that_hardly_differ_do_not_look_far_apart():
    low, high = ratios_figure([TokenRatio("4", 1.0001, False, "")], None, theme=palette.LIGHT).to_plotly_json()["layout"]["yaxis"]["range"]
    assert low < 0.96
    assert high > 1.04
