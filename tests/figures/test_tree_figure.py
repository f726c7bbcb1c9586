"""The picture of a tree shows every node once, as what it is, and model text as nothing but text."""

import html
import re
from collections import Counter
from typing import Any

import pytest

from rlm_core.core.events import Answered, Backtracked, Evaluated, NodeAdded, Pruned, Resampled
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures import palette
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.text import label, safe
from rlm_core.figures.tree.callouts import AWAY, Box, _free
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.figures.tree.layout import layout
from rlm_core.figures.tree.viewport import CHARACTER
from rlm_core.problems import make
from tests.helpers import Log, beam_log, chain_log, forest_log, particle_log, random_log

HOSTILE = [
    "<b>x</b><script>alert(1)</script>",
    '<a href="https://example.org">u</a>',
    "&lt;i&gt; &amp;",
    "$x^2$ costs $5",
    "%{x} a\nb<br>c",
]


def drawn(tree: SearchTree, **options: Any) -> list[dict[str, Any]]:
    options = {"theme": palette.LIGHT} | options
    return [t.to_plotly_json() for t in tree_figure(tree, **options).data]


def unnumbered(words: str) -> str:
    """A label without the node's number before it."""
    return re.sub(r"^<span style=\"font-size:[\d.]+px;color:#[0-9a-f]{6}\">\d+</span> ", "", words)


def ids(traces: list[dict[str, Any]]) -> Counter[int]:
    return Counter(n for t in traces for n in t.get("customdata") or [])


def marker_of(traces: list[dict[str, Any]], node: int) -> dict[str, Any]:
    return next(t for t in traces if node in (t.get("customdata") or []))


@pytest.mark.parametrize("nodes", [1, 5, 30, 300])
@pytest.mark.parametrize("orientation", ["right", "down"])
def test_every_node_appears_exactly_once_among_the_markers(nodes: int, orientation: str) -> None:
    tree = replay(random_log(2, nodes))
    assert ids(drawn(tree, orientation=orientation, selected=0, highlight=[0])) == Counter(list(tree.nodes))


def test_only_node_markers_react_to_the_mouse() -> None:
    traces = drawn(replay(beam_log(3)), selected=1, highlight=[0, 1])
    assert all(t["hoverinfo"] == "text" if t.get("customdata") else t["hoverinfo"] == "skip" for t in traces)


def test_an_empty_log_gives_an_empty_picture() -> None:
    assert ids(drawn(SearchTree())) == Counter()


@pytest.mark.parametrize("text", HOSTILE)
def test_model_text_is_shown_as_text_and_never_as_markup(text: str) -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    node = log.add(0, text)
    log.emit(Pruned((node,), text))
    log.emit(Evaluated(node, text, 0.5))
    figure = tree_figure(log.tree, theme=palette.LIGHT, selected=node, colours=Colours(text))
    shown = [words for t in figure.data for words in [*(t.text or []), *(t.hovertext or [])]]
    shown += [a.text for a in figure.layout.annotations]
    for words in shown:
        words = unnumbered(words)
        for ours in ("<br>", "<b>Root</b>", f"<b>Node {node}</b>"):
            words = words.replace(ours, "")
        assert "<" not in words
        assert "$" not in words
    assert safe("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"


def test_labels_begin_with_the_number_that_sentences_call_a_node_by() -> None:
    tree = replay(random_log(2, 12))
    words = [w for t in drawn(tree) if t["mode"] == "markers+text" for w in t["text"]]
    numbers = {int(m[1]) for w in words if (m := re.match(r"<span[^>]*>(\d+)</span> ", w))}
    assert numbers
    assert numbers <= set(tree.nodes)
    assert unnumbered(words[0]) == words[0]  # the root is called by its problem


def test_a_halo_leaves_the_label_of_its_node_clear() -> None:
    tree = replay(random_log(2, 12))
    lit = max(tree.nodes)

    def room(highlight: list[int]) -> list[float]:
        (labels,) = [t for t in drawn(tree, highlight=highlight) if t["mode"] == "markers+text"]
        return list(labels["marker"]["size"])

    plain, bright = room([]), room([lit])
    assert sum(b > a + 5 for a, b in zip(plain, bright, strict=True)) == 1


def test_text_that_reorders_what_is_read_is_dropped() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    node = log.add(0, "1\u202e+2\u200b=3\x07")
    assert label(log.tree, log.tree.nodes[node], 20) == "1+2=3"


def test_a_shortened_label_keeps_its_answer() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    node = log.add(0, "First we multiply twenty-five by two<answer>50*2")
    assert label(log.tree, log.tree.nodes[node], 20) == "First we mul… → 50×2"


def test_states_differ_by_shape_and_what_is_not_judged_is_neutral() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    open_, judged, dropped = (log.add(0, f"{i}+1={i + 1}") for i in range(3))
    wrong = log.add(judged, "1+1=2<answer>2")
    log.emit(Evaluated(judged, "orm", 0.0))
    log.emit(Pruned((dropped,), "too low"))
    traces = drawn(log.tree)
    assert marker_of(traces, open_)["marker"]["color"] == palette.LIGHT.unscored
    assert list(marker_of(traces, judged)["marker"]["color"]) == [0.0]
    assert marker_of(traces, dropped)["marker"]["color"] == palette.LIGHT.surface
    assert marker_of(traces, wrong)["marker"]["symbol"] == "square"
    assert any("✕" in (t.get("text") or ()) for t in traces)


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
def test_what_is_not_judged_looks_like_no_low_value(theme: palette.Theme) -> None:
    assert all(palette.contrast(theme.unscored, palette.value_colour(i / 100)) >= 2 for i in range(13))
    log = Log(make("countdown:numbers=3,seed=1"))
    open_, judged = log.add(0, "1+1=2"), log.add(0, "2+1=3")
    log.emit(Evaluated(judged, "orm", 0.0))
    traces = drawn(log.tree)
    assert marker_of(traces, open_)["marker"]["symbol"] == "circle-dot"
    assert marker_of(traces, judged)["marker"]["symbol"] == "circle"


def test_a_cut_step_has_a_shape_of_its_own() -> None:
    tree = replay(beam_log(3))
    cut = next(n.id for n in tree.nodes.values() if n.cut)
    assert marker_of(drawn(tree), cut)["marker"]["symbol"] == "diamond"


def test_the_legend_names_the_states_there_are_and_no_others() -> None:
    names = {t["name"] for t in drawn(replay(beam_log(3))) if t.get("showlegend")}
    assert names == {"open", "not evaluated", "pruned", "cut off", "☒ wrong", "best path", "backtrack"}


def test_a_state_is_as_full_or_hollow_in_the_legend_as_in_the_tree() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    log.emit(NodeAdded(1, 0, "3+1", cut=True))
    log.emit(Pruned((1,), "cut off"))
    wrong = log.add(0, "3+1=5<answer>")
    traces = drawn(log.tree)
    sampled = {t["name"]: t["marker"]["color"] for t in traces if t.get("showlegend") and "marker" in t}
    assert sampled["cut off"] == marker_of(traces, 1)["marker"]["color"] == palette.LIGHT.surface
    assert marker_of(traces, wrong)["marker"]["color"] != palette.LIGHT.surface


def test_backtracks_are_dashed_arcs_with_an_arrow() -> None:
    arcs = [t for t in drawn(replay(beam_log(3))) if t["mode"] == "lines+markers"]
    assert len(arcs) == 1
    assert arcs[0]["marker"]["symbol"] == "arrow"
    assert max(arcs[0]["marker"]["size"]) > 0
    log = Log(make("countdown:numbers=3,seed=1"))
    log.emit(Backtracked(0, 0, "nowhere to go"))
    assert not [t for t in drawn(log.tree) if t["mode"] == "lines+markers"]


def test_corrections_are_arcs_of_their_own_and_the_roots_of_a_forest_are_numbered() -> None:
    tree = replay(forest_log(1))
    traces = drawn(tree)
    (arc,) = [t for t in traces if t["mode"] == "lines+markers"]
    assert arc["line"]["dash"] == palette.LINKS["correction"].dash
    assert arc["line"]["dash"] != palette.LINKS["backtrack"].dash
    words = [w for t in traces for w in t.get("text") or ()]
    assert {"tree 1", "tree 2", "tree 3"} <= set(map(unnumbered, words))
    assert "correction" in {t["name"] for t in traces if t.get("showlegend")}


def test_forced_steps_have_a_dotted_ring_at_the_moment_they_happen() -> None:
    records = forest_log(1)
    at = next(i for i, r in enumerate(records) if getattr(r.event, "forced", False))
    rings = [len(tree_figure(replay(records[:t]), theme=palette.LIGHT).layout.shapes) for t in (at, at + 1)]
    assert rings == [0, 1]


def test_particles_show_how_many_go_on_after_the_latest_resampling() -> None:
    records = particle_log(3)
    times = [i for i, r in enumerate(records) if isinstance(r.event, Resampled)]
    for t in times:
        copies: Counter[int] = Counter()
        for p in records[t].event.particles:
            copies[p.node] += p.copies
        shown = [w for trace in drawn(replay(records[: t + 1])) for w in trace.get("text") or () if "<b>×" in w]
        assert Counter(unnumbered(w).split("</b>")[0][4:] for w in shown) == Counter(str(c) for c in copies.values() if c > 1)
    assert not [w for trace in drawn(replay(records[: times[0]])) for w in trace.get("text") or () if "<b>×" in w]


def test_area_follows_visits() -> None:
    assert palette.diameter(40, 160, 1, 30) * 2 == palette.diameter(160, 160, 1, 30)


def test_an_oracle_is_marked_in_the_picture() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    assert not [a for a in tree_figure(log.tree, theme=palette.LIGHT).layout.annotations if "ORACLE" in a.text]
    log.emit(Evaluated(0, "oracle", 1.0, oracle=True))
    assert [a for a in tree_figure(log.tree, theme=palette.LIGHT).layout.annotations if "ORACLE" in a.text]


def test_zoom_is_kept_and_nothing_stands_on_the_page_but_the_tree() -> None:
    shape = tree_figure(replay(random_log(2, 30)), theme=palette.DARK).layout
    assert shape.uirevision
    assert shape.title.text is None
    assert not shape.xaxis.visible
    assert not shape.yaxis.visible
    assert shape.paper_bgcolor == shape.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("nodes", [1, 5, 30, 300])
def test_all_nodes_are_within_the_axes(nodes: int) -> None:
    tree = replay(random_log(2, nodes))
    figure = tree_figure(tree, theme=palette.LIGHT)
    (x0, x1), (y0, y1) = figure.layout.xaxis.range, figure.layout.yaxis.range
    assert all(x0 < x < x1 and y0 < y < y1 for x, y in layout(tree).values())


def test_a_replay_with_the_places_of_the_whole_tree_holds_still() -> None:
    records = random_log(2, 30)
    places = layout(replay(records))
    early, late = (tree_figure(replay(records[:t]), theme=palette.LIGHT, places=places) for t in (20, len(records)))
    assert early.layout.xaxis.range == late.layout.xaxis.range
    assert early.layout.yaxis.range == late.layout.yaxis.range
    where = [{n: (x, y) for t in f.data if t.customdata for n, x, y in zip(t.customdata, t.x, t.y, strict=True)} for f in (early, late)]
    assert all(where[1][n] == place for n, place in where[0].items())


def test_labels_are_lost_leaf_by_leaf_but_the_best_path_keeps_its_own() -> None:
    tree = replay(random_log(2, 300))
    figure = tree_figure(tree, theme=palette.LIGHT)
    labelled = sum(len(t.x) for t in figure.data if t.mode == "markers+text")
    assert labelled + len(figure.layout.annotations) < 60
    assert any("→" in a.text for a in figure.layout.annotations)


@pytest.mark.parametrize("width", [560, 960, 2400])
def test_the_problem_at_the_root_runs_into_no_step(width: int) -> None:
    figure = tree_figure(replay(chain_log(0, 8)), theme=palette.LIGHT, width=width)
    (labels,) = [t for t in figure.data if t.mode == "markers+text"]
    px = (width - 8) / (figure.layout.xaxis.range[1] - figure.layout.xaxis.range[0])
    wide = [len(re.sub("<.*?>", "", html.unescape(text))) * labels.textfont.size * CHARACTER for text in labels.text]
    assert labels.text[0].startswith("28 1")
    assert labels.textposition[1] == "top center"
    end = 0.0 if labels.textposition[0] == "top left" else wide[0] / 2
    assert end <= (labels.x[1] - labels.x[0]) * px - wide[1] / 2
    assert wide[0] - end <= (labels.x[0] - figure.layout.xaxis.range[0]) * px


@pytest.mark.parametrize("width", [560, 600])
def test_in_large_type_the_problem_is_read_whole_and_no_line_strikes_a_label_of_the_best_path(width: int) -> None:
    log = Log(make("countdown:numbers=3,seed=1"), 0)
    for child in range(1, 5):
        log.emit(NodeAdded(child, 0, f"{child}8-10={child}8"))
    for leaf in range(5, 17):
        log.emit(NodeAdded(leaf, 1 + (leaf - 5) // 3, f"{leaf}+10={leaf + 10}"))
    for end in range(17, 29):
        log.emit(NodeAdded(end, end - 12, "31+10=41", finished=True, answer="41"))
    log.emit(Answered("visits", "41", 28, True, ()))
    figure = tree_figure(log.tree, theme=palette.LIGHT, large=True, width=width, height=560)
    on_plates = {re.sub("<.*?>", "", html.unescape(a.text)) for a in figure.layout.annotations}
    (labels,) = [t for t in figure.data if t.mode == "markers+text"]
    assert any(text.startswith("28 13 1 →") for text in (*on_plates, *labels.text)), (on_plates, labels.text)
    assert "4 48-10=48" in on_plates, "the thick line comes from above, so its label is on a plate"


def test_a_plate_that_has_no_room_near_its_node_is_left_out() -> None:
    near = Box(0, 0, 40, 10)
    wall = [Box(0, 21.0 * row, 40, 10) for row in range(-AWAY, AWAY + 1)]
    assert _free(near, wall) is None
    assert _free(near, wall[:-1]) == Box(0, 21.0 * AWAY, 40, 10)


def test_a_deep_chain_and_a_large_tree_are_drawn() -> None:
    assert sum(ids(drawn(replay(chain_log(0, 5_000)))).values()) == 5_001
    assert {t["type"] for t in drawn(replay(chain_log(0, 2_500))) if t.get("customdata")} == {"scattergl"}
    assert {t["type"] for t in drawn(replay(chain_log(0, 100))) if t.get("customdata")} == {"scatter"}


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
def test_text_contrasts_with_the_page_and_with_every_value(theme: palette.Theme) -> None:
    assert all(palette.contrast(text, theme.surface) >= 4.5 for text in (theme.ink, theme.muted))
    assert palette.contrast(theme.ink, theme.band) >= 4.5
    fills = [palette.value_colour(i / 100) for i in range(101)] + [theme.unscored, theme.surface, theme.accent]
    assert all(palette.contrast(palette.ink_on(fill), fill) >= 4.5 for fill in fills)
    assert all(palette.contrast(line, theme.surface) >= 3 for line in (theme.outline, theme.pruned, theme.path, theme.accent))
