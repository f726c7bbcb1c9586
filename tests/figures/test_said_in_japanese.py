"""Charts whose data no page of a fresh app has: what they say is in the language that is handed in."""

from __future__ import annotations

import json
import re

import pytest

from rlm_core.core.languages import lookup
from rlm_core.core.phrases import told
from rlm_core.figures import palette
from rlm_core.figures.charts.heatmap import Row, heat_figure
from rlm_core.figures.charts.reward_quality import best_of_n_figure, calibration_figure, cost_figure
from rlm_core.figures.charts.token_ratios import TokenRatio, ratios_figure
from rlm_core.figures.text import letters

TABLE = [{"n": n, "perfect": 1.0, "majority": (0.5, 0.4, 0.6), "weighted": (0.6, 0.5, 0.7)} for n in (1, 2, 4)]
POINTS = [{"maker": "人", "labels": 40, "problems": 10, "tokens": 900, "auc": 0.7, "low": 0.6, "high": 0.8}]
WORD = re.compile(r"[A-Za-z]{3,}")
SAME = {"AUC", "old"}


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (heat_figure, ([Row("答え", ("5-2=3", "3"), (0.2, None))],)),
        (best_of_n_figure, ({"報酬": TABLE},)),
        (calibration_figure, ({"報酬": [(0.2, 0.3, 9)]},)),
        (lambda points, theme: cost_figure(points, against="labels", theme=theme), (POINTS,)),
        (lambda points, theme: cost_figure(points, against="tokens", theme=theme), (POINTS,)),
        (ratios_figure, ([TokenRatio("4", 1.1, False, ""), TokenRatio("5", 1.4, True, "")], None)),
    ],
)
def test_a_chart_says_nothing_in_english(make, given):
    figure = told(lookup("ja"), make, *given, theme=palette.LIGHT)
    said = list(words(json.loads(figure.to_json())))
    assert [text for text in said if not text.isascii()]
    assert [text for text in said if set(WORD.findall(re.sub("<[^>]*>", "", text))) - SAME] == []


def words(data, inside: bool = False):
    """The texts of a figure that are read."""
    if isinstance(data, str) and inside:
        yield data
    elif isinstance(data, list):
        for each in data:
            yield from words(each, inside)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key not in ("font", "template"):
                yield from words(value, inside or key in ("text", "hovertext", "ticktext", "name", "title"))


def test_a_full_width_sign_is_as_wide_as_almost_two_letters():
    assert letters("tree") < letters("探索木") < letters("search tree")
