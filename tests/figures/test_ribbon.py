"""A long chain is drawn with every segment once, at the height of the steps that stand, and with labels that keep apart."""

from collections import Counter
from itertools import combinations
from typing import Any

import plotly.graph_objects as go
import pytest

from rlm_core.core.events import Backtracked, Corrected, NodeAdded, Probed
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, TOOL, WAIT
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures import palette
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.chain.path import follow, longest
from rlm_core.figures.tree.viewport import CHARACTER
from rlm_core.problems import make
from tests.helpers import Chain, Log, chain_log, long_chain_log, random_log, thinking_log

HOSTILE = '<b>x</b> $x^2$ <a href="https://example.org">u</a>'


def drawn(tree: SearchTree, **options: Any) -> go.Figure:
    return ribbon_figure(tree, **({"theme": palette.LIGHT} | options))


def markers(figure: go.Figure) -> dict[int, tuple[float, float, Any]]:
    """Node id → (x, y, marker of its trace)."""
    return {n: (x, y, t.marker) for t in figure.data if t.customdata for n, x, y in zip(t.customdata, t.x, t.y, strict=True)}


def chain(*segments: tuple[str, str]) -> SearchTree:
    """Segments as (text, mark), in the thinking space; ids from 1."""
    log = Chain(probes=False)
    for text, mark in segments:
        log.segment(text, mark)
    return log.tree


def levels(tree: SearchTree) -> list[int]:
    path = follow(tree, longest(tree))
    return [path.level[n] for n in path.chain]


@pytest.mark.parametrize("length", [1, 5, 12, 25, 60])
@pytest.mark.parametrize("seed", range(3))
def test_every_node_appears_exactly_once_among_the_markers(seed: int, length: int) -> None:
    tree = replay(long_chain_log(seed, length))
    figure = drawn(tree, selected=1, highlight=[0, 1])
    assert Counter(n for t in figure.data for n in t.customdata or ()) == Counter(list(tree.nodes))


def test_only_node_markers_react_to_the_mouse() -> None:
    figure = drawn(replay(thinking_log()), selected=1, highlight=[1, 2])
    assert all(t.hoverinfo == ("text" if t.customdata else "skip") for t in figure.data if t.showlegend is not True and t.x[0] is not None)


def test_an_empty_log_and_a_bare_problem_are_drawn() -> None:
    assert not markers(drawn(SearchTree()))
    assert set(markers(drawn(replay(random_log(1, 1))))) == {0}


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([("a", ""), ("b", ""), ("c", "")], [0, 1, 2, 3]),
        ([("a", ""), ("b", BACKTRACK), ("c", "")], [0, 1, 2, 2]),
        ([("a", ""), ("b", BACKTRACK), ("", BACKTRACK), ("c", "")], [0, 1, 2, 0, 1]),
        ([("a", ""), ("b", REVISE), ("c", "")], [0, 1, 2, 2]),
        ([("a", ""), ("b", ""), ("", WAIT), ("c", "")], [0, 1, 2, 0, 1]),
        ([("a", ""), ("b", WAIT), ("c", "")], [0, 1, 2, 1]),
        ([("", BACKTRACK), ("a", "")], [0, 0, 1]),
        ([("<tool>1+1<result>2", TOOL), ("b", "")], [0, 1, 2]),
        ([("a", ""), ("", END_THINK)], [0, 1, 1]),
    ],
)
def test_the_height_is_the_number_of_steps_that_stand(segments: list[tuple[str, str]], expected: list[int]) -> None:
    tree = chain(*segments)
    assert levels(tree) == expected
    places = markers(drawn(tree))
    assert [(places[n][0], places[n][1]) for n in tree.nodes] == [(float(i), float(level)) for i, level in enumerate(expected)]


def test_the_log_says_where_a_backtrack_leads_and_what_a_correction_replaces() -> None:
    tree = chain(("a", ""), ("b", ""), ("c", ""), ("d", ""))
    log = Chain(probes=False)
    log.tree = tree
    log.emit(Backtracked(4, 1, "back two steps"))
    log.emit(NodeAdded(5, 4, "e", thinking=True))
    log.emit(NodeAdded(6, 5, "f", thinking=True))
    log.emit(Corrected(5, 6, "written again"))
    path = follow(log.tree, longest(log.tree))
    assert [path.level[n] for n in (5, 6)] == [2, 2]
    assert path.undone == {2, 3, 4, 5}
    assert {(link.source, link.target) for link in path.links if link.kind == "backtrack"} == {(4, 1)}
    assert {(link.source, link.target) for link in path.links if link.kind == "correction"} == {(5, 6)}


def test_a_correction_mark_by_itself_takes_the_step_before_it_back() -> None:
    log = Chain(probes=False)
    for text, mark in (("a", ""), ("b", ""), ("", REVISE), ("c", "")):
        log.segment(text, mark)
    log.emit(Corrected(3, 4, "written again"))
    path = follow(log.tree, longest(log.tree))
    assert levels(log.tree) == [0, 1, 2, 1, 2]
    assert path.undone == {2}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_undone_is_hollow_and_what_was_only_looked_at_again_is_not(seed: int) -> None:
    tree = replay(long_chain_log(seed, 30))
    path = follow(tree, longest(tree))
    places = markers(drawn(tree))
    assert path.undone
    assert not path.undone & path.live
    for node, (_, _, marker) in places.items():
        assert (marker.color == palette.LIGHT.surface) == (node in path.undone)


def test_a_step_is_drawn_as_undone_at_the_moment_it_is_left() -> None:
    records = thinking_log()
    at = next(i for i, r in enumerate(records) if isinstance(r.event, NodeAdded) and r.event.tag == REVISE)
    node = records[at].event.node
    before, after = (replay(records[:t]) for t in (at, at + 1))
    assert node not in markers(drawn(before))
    assert markers(drawn(after))[node][2].color == palette.LIGHT.surface
    assert markers(drawn(after))[1][2].color == palette.LIGHT.surface, "and what a backtrack left stays left"


def test_colour_is_the_probes_confidence_and_nothing_else() -> None:
    log = Chain(probes=False)
    sure, unsure = log.segment("1+1=2"), log.segment("2+1=3")
    log.emit(Probed(sure, "46", 0.83, True))
    places = markers(drawn(log.tree))
    assert list(places[sure][2].color) == [0.83]
    assert places[unsure][2].color == palette.LIGHT.unscored


def test_marks_have_their_words_and_symbols() -> None:
    figure = drawn(replay(thinking_log()))
    words = [w for t in figure.data for w in t.text or ()]
    assert {"<b>Wait</b>", "⚙ 25×2 → 50", "⚙ 25/4 → error"} <= set(words)
    symbols = {n: m.symbol for n, (_, _, m) in markers(figure).items()}
    tree = replay(thinking_log())
    assert {symbols[n.id] for n in tree.nodes.values() if n.tool} == {"hexagon2"}
    assert {symbols[n.id] for n in tree.nodes.values() if n.tag == WAIT} == {"hourglass"}
    rings = [s for s in figure.layout.shapes if s.type == "circle"]
    assert len(rings) == sum(n.forced for n in tree.nodes.values())
    assert all(s.line.dash for s in rings)


def test_the_legend_names_what_there_is_and_no_more() -> None:
    def names(tree: SearchTree) -> set[str]:
        return {t.name for t in drawn(tree).data if t.showlegend}

    assert {"stands", "undone", "backtrack", "correction", "starts again", "tool call", "Wait", "☑ correct"} <= names(
        replay(thinking_log())
    )
    assert names(chain(("a", ""), ("b", ""))) == {"stands"}


def test_thinking_and_answer_are_told_apart_with_their_tokens() -> None:
    tree = replay(thinking_log())
    figure = drawn(tree)
    words = " ".join(a.text for a in figure.layout.annotations)
    for kind, purpose in (("thinking", "think"), ("answer", "answer")):
        assert f"<b>{kind}</b>  {tree.totals.by_purpose[purpose]} tokens" in words
    last = max(i for i, n in enumerate(tree.nodes.values()) if n.thinking)
    assert [s.x0 for s in figure.layout.shapes if s.type == "line"] == [last + 0.5]
    assert not [s for s in drawn(replay(chain_log(0, 4))).layout.shapes if s.type == "rect"]


def test_the_strip_shows_each_probe_and_each_answer_once_as_long_as_it_holds() -> None:
    tree = replay(thinking_log())
    probed = [n for n in tree.nodes.values() if n.probe]
    bars, _, texts = (t for t in drawn(tree, width=1400).data if t.yaxis == "y2")
    assert list(bars.y) == [n.probe.confidence for n in probed]
    assert list(bars.x) == [float(n.id) for n in probed]
    assert list(texts.text) == ["✕ 31", "✕ 36", "✓ 46", "✕ 54", "✓ 46"]
    assert not [t for t in drawn(replay(long_chain_log(1, 9, probes=False))).data if t.yaxis == "y2"]


def test_the_strip_is_left_alone_by_zooming_and_the_chain_is_not() -> None:
    layout = drawn(replay(thinking_log())).layout
    assert layout.uirevision
    assert layout.yaxis2.fixedrange
    assert not layout.yaxis.fixedrange
    assert not layout.xaxis.fixedrange
    assert layout.yaxis2.domain[1] < layout.yaxis.domain[0]


@pytest.mark.parametrize("width", [640, 960, 1400])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("length", [5, 9, 17, 33, 60])
def test_no_label_runs_into_another_or_over_a_node(length: int, large: bool, width: int) -> None:
    for seed in range(2):
        figure = drawn(replay(long_chain_log(seed, length)), large=large, width=width, height=560 if large else 430)
        labels, nodes = boxes(figure, width)
        assert len(labels) >= min(4, length)
        assert not [(a, b) for a, b in combinations(labels, 2) if meets(a, b)]
        assert not [(a, b) for a in labels for b in nodes if meets(a, b)]


def boxes(figure: go.Figure, width: int) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """Rough boxes in px (left, top, right, bottom) of labels and of markers."""
    shape, margin = figure.layout, figure.layout.margin
    (x0, x1), (y0, y1), (low, high) = shape.xaxis.range, shape.yaxis.range, shape.yaxis.domain
    across = (width - margin.l - margin.r) / (x1 - x0)
    up = (shape.height - margin.t - margin.b) * (high - low) / (y1 - y0)
    (trace,) = (t for t in figure.data if t.type == "scatter" and t.mode == "markers+text")
    labels = []
    for x, y, words, side, size in zip(trace.x, trace.y, trace.text, trace.textposition, trace.marker.size, strict=True):
        words = words.replace("<b>", "").replace("</b>", "")
        wide, tall = len(words) * trace.textfont.size * CHARACTER / 2, 0.55 * trace.textfont.size
        vertical, horizontal = side.split()
        away = size / 1.6 + 1  # as plotly does
        cx = x * across + {"left": -1, "center": 0, "right": 1}[horizontal] * (wide + away)
        cy = -y * up + {"top": -1, "middle": 0, "bottom": 1}[vertical] * (tall + away)
        labels.append((cx - wide, cy - tall, cx + wide, cy + tall))
    nodes = [
        (x * across - s / 2, -y * up - s / 2, x * across + s / 2, -y * up + s / 2)
        for t in figure.data
        if t.customdata
        for x, y, s in zip(t.x, t.y, t.marker.size, strict=True)
    ]
    return labels, nodes


def meets(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_replay_in_the_frame_of_the_whole_chain_holds_still() -> None:
    records = long_chain_log(2, 20)
    whole = replay(records)
    frames = [drawn(replay(records[:t]), full_tree=whole).layout for t in (12, 30, len(records))]
    assert len({(f.xaxis.range, f.yaxis.range, f.margin.t, f.yaxis.domain) for f in frames}) == 1


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
def test_all_nodes_are_within_the_axes(theme: palette.Theme) -> None:
    figure = drawn(replay(long_chain_log(1, 40)), theme=theme)
    (x0, x1), (y0, y1) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert all(x0 < x < x1 and y0 < y < y1 for x, y, _ in markers(figure).values())


def test_model_text_is_shown_as_text_and_never_as_markup() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    log.emit(NodeAdded(1, 0, HOSTILE, tag=HOSTILE, thinking=True))
    log.emit(Probed(1, HOSTILE, 0.5))
    figure = drawn(log.tree, selected=1, width=1400)
    shown = [w for t in figure.data for w in [*(t.text or ()), *(t.hovertext or ())]]
    for words in shown:
        for ours in ("<br>", "<b>Root</b>", "<b>Node 1</b>"):
            words = words.replace(ours, "")
        assert "<" not in words
        assert "$" not in words


def test_among_several_chains_the_one_of_the_answer_is_drawn() -> None:
    tree = replay(random_log(2, 30))
    assert set(markers(drawn(tree))) == set(tree.path(tree.answered.node))


def test_colour_is_confidence_with_words_of_its_own_and_no_colour_of_value() -> None:
    figure = drawn(replay(thinking_log()))
    scale = [colour for _, colour in figure.layout.coloraxis.colorscale]
    assert tuple(figure.layout.coloraxis.colorbar.ticktext) == palette.CONFIDENCE_WORDS
    assert not set(scale) & set(palette.VALUE)
