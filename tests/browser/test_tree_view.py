"""The tree in a real browser: it is the tree that `replay` makes, at every moment, and a large one can be read."""

from __future__ import annotations

import json
import re

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures import browser as scripts
from rlm_core.figures.palette import look
from rlm_core.figures.tree.history import encoded, history
from rlm_core.runs.logfile import read_file
from tests.browser.acts import TREE, click_node, pitch, show, wait_for_answer, wait_for_moment, zoom_in
from tests.helpers import large_log
from tests.patience import until
from tests.runs.mutations import GOLDEN
from tests.saved import save

STATE = """([text, moments]) => {
    const state = new TreeState(JSON.parse(text));
    return moments.map((t) => {
        state.go(t);
        const there = state.nodes.map((_, i) => i).filter((i) => state.there(i));
        return {
            nodes: there.map((i) => [state.nodes[i].id, state.visits[i], state.value(i), state.look(i), state.samples[i]]),
            best: state.best().map((i) => state.nodes[i].id),
            links: state.links.length,
        };
    });
}"""


@pytest.fixture
def bare(page):
    """A page with the tree's scripts and nothing else."""
    page.goto("about:blank")
    page.add_script_tag(content=scripts.source(*scripts.TREE))
    return page


def python_state(tree: SearchTree) -> dict:
    nodes = [[n.id, n.visits, n.value, look(n), n.samples] for n in tree.nodes.values()]
    return {"nodes": nodes, "best": tree.best_path(), "links": len(tree.backtracks) + len(tree.corrections)}


def test_every_moment_of_every_search_is_that_of_the_replay_forwards_and_backwards(bare):
    assert len(GOLDEN) >= 17
    for path in GOLDEN:
        records = list(read_file(path).records)
        moments = sorted({1, 2, len(records), *range(5, len(records), max(1, len(records) // 12))})
        moments += moments[::-3]  # and back again
        data = encoded(history("r", records, replay(records))).decode()
        for t, there in zip(moments, bare.evaluate(STATE, [data, moments]), strict=True):
            expected = python_state(replay(records[:t]))
            assert there["links"] == expected["links"], (path.stem, t)
            assert there["best"] == expected["best"], (path.stem, t)
            for mine, own in zip(there["nodes"], expected["nodes"], strict=True):
                assert mine[:2] + mine[3:] == own[:2] + own[3:], (path.stem, t)
                assert mine[2] == (own[2] if own[2] is None else pytest.approx(own[2], abs=1e-4)), (path.stem, t)


@pytest.fixture(scope="module")
def large(site) -> str:
    """A run of 2,000 nodes."""
    return save(site.store, large_log(2000), RunConfig(seed=2000))


def drawn(page) -> dict:
    return page.evaluate(f"""() => {{
        const {{ painter, state, view, fit, collapsed }} = {TREE}.rlmTree;
        return {{
            shown: painter.shown.length, bundles: painter.bundles.length, labels: painter.labels.length,
            covered: painter.covered, pitch: view.pitch, fit: fit.pitch,
            collapsed: collapsed.size, bundled: painter.bundles.reduce((sum, b) => sum + painter.below.count[b.i] + 1, 0),
        }};
    }}""")


def test_a_large_tree_is_drawn_in_parts_that_can_be_told_apart_and_labels_come_back_nearer(page, site, large):
    show(page, site, large)
    whole = drawn(page)
    assert whole["bundles"] > 5
    assert whole["shown"] + whole["bundled"] + whole["covered"] == 2000  # every node is drawn, stands in a wedge or is covered by another
    assert whole["covered"] < 100
    page.get_by_role("button", name="Zoom in").click(click_count=6)
    until(lambda: drawn(page)["pitch"] > 4 * whole["pitch"])
    until(lambda: drawn(page)["labels"] > 10)
    page.get_by_role("button", name="Show the whole tree").click()
    until(lambda: drawn(page)["pitch"] == whole["fit"])
    overlaps = page.evaluate(f"""() => {{
        const boxes = {TREE}.rlmTree.painter.labels;
        const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
        return boxes.flatMap((a, k) => boxes.slice(k + 1).filter((b) => meet(a, b)).map((b) => [a.text, b.text]));
    }}""")
    assert len(overlaps) <= 1  # the selected node's and the root's labels are there at any price


def test_a_node_is_found_by_number_and_by_text_and_its_subtree_collapses_and_opens(page, site, large):
    show(page, site, large)
    field = page.get_by_label("Find a node by its text or number")
    field.fill("1234")
    page.get_by_text(re.compile(r"^1 of \d+$")).first.wait_for()
    field.press("Enter")
    page.get_by_text("Node 1234 ·").wait_for()
    until(lambda: page.evaluate(f"{TREE}.rlmTree.where(1234)"))  # it was brought into sight
    field.fill("no such step")
    page.get_by_text("none", exact=True).wait_for()
    field.fill("")
    page.get_by_role("button", name="Show the whole tree").click()
    page.goto(f"{site.url}/?run={large}&node=1")
    page.get_by_text("Node 1 ·").wait_for()
    page.locator(".rlm-tree-host[data-moment]").wait_for()
    before = drawn(page)
    page.get_by_role("button", name="Collapse or open the selected node").click()
    until(lambda: drawn(page)["collapsed"] == 1)
    words = page.evaluate(f"() => {{ const t = {TREE}.rlmTree; return t.painter._words(t.state.index.get(1)).text; }}")
    assert re.search(r"▸ [\d,]+ nodes, best [01]\.\d\d", words)
    page.get_by_role("button", name="Open every collapsed node").click()
    until(lambda: drawn(page)["shown"] == before["shown"])


def test_only_the_path_or_only_what_was_visited_often_can_be_shown(page, site, large):
    show(page, site, large)
    tree = replay(site.store.events(large))
    shown = page.get_by_label("Nodes shown")
    shown.select_option("best")
    until(lambda: drawn(page)["shown"] == len(tree.best_path()))
    shown.select_option("visits")
    page.get_by_label("Visits that a node must exceed").fill("40")
    until(lambda: drawn(page)["shown"] == sum(n.visits > 40 for n in tree.nodes.values()))
    shown.select_option("all")
    until(lambda: drawn(page)["bundles"] > 5)


def test_long_steps_wrap(page, site):
    show(page, site, save(site.store, large_log(16, words=14), RunConfig(seed=16)))
    lines = page.evaluate(f"() => {TREE}.rlmTree.painter.labels.map((l) => Math.round(l.h / (1.22 * {TREE}.rlmTree.painter.font)))")
    assert max(lines) >= 3


def test_keys_walk_through_the_tree_and_a_selected_node_is_told_to_the_server(page, run):
    click_node(page, 2)
    page.locator(".rlm-tree canvas").focus()
    page.keyboard.press("a")
    page.get_by_text("The root ·").wait_for()
    page.keyboard.press("d")
    page.get_by_text("Node 1 ·").wait_for()
    page.keyboard.press("s")
    page.get_by_text("Node 2 ·").wait_for()


def test_the_timeline_steps_by_simulations_and_by_levels(page, site, run):
    records = site.store.events(run)
    ends = [r.seq for r in records if getattr(r.event, "simulations", 0)]
    page.keyboard.press("Home")
    wait_for_moment(page, 1)
    page.get_by_label("Length of a step").select_option("simulation")
    page.evaluate("document.activeElement.blur()")
    for expected in ends[:3]:
        page.keyboard.press("ArrowRight")
        wait_for_moment(page, expected)
    page.keyboard.press("ArrowLeft")
    wait_for_moment(page, ends[1])
    page.get_by_label("Length of a step").select_option("level")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Home")
    wait_for_moment(page, 1)
    page.keyboard.press("ArrowRight")
    deep = next(r.seq for r in records if r.seq > 2 and getattr(r.event, "parent", None) == 0)
    wait_for_moment(page, deep - 1)

    page.keyboard.press("?")
    page.locator(".rlm-unit").wait_for(state="attached")
    assert page.evaluate("getComputedStyle(document.querySelector('.rlm-unit'), '::after').content") == '"level"'


SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


def test_the_wheel_scrolls_the_page_until_the_tree_was_clicked(page, run):
    before, box = pitch(page), page.locator(".rlm-tree canvas").bounding_box()
    corner = (box["x"] + 8, box["y"] + 8)
    page.mouse.move(*corner)
    page.mouse.wheel(0, 120)
    until(lambda: page.evaluate(SCROLLED) > 0)
    assert page.locator(".rlm-tree-hint").text_content() == "Click the tree, or hold Ctrl, to zoom with the wheel"
    assert pitch(page) == before
    page.mouse.wheel(0, -1000)
    until(lambda: page.evaluate(SCROLLED) == 0)
    zoom_in(page)  # with Ctrl
    page.get_by_role("button", name="Show the whole tree").click()
    until(lambda: pitch(page) == before)
    page.mouse.click(*corner)
    page.mouse.wheel(0, -400)
    until(lambda: pitch(page) > 1.05 * before)
    assert page.evaluate(SCROLLED) == 0


def test_the_tree_fills_the_screen_where_the_wheel_zooms_at_once_and_comes_back(page, run):
    def height() -> float:
        return page.locator(".rlm-tree canvas").bounding_box()["height"]

    before, full = height(), "document.fullscreenElement === document.querySelector('.rlm-tree-host')"
    page.get_by_role("button", name="Full screen").click()
    until(lambda: page.evaluate(full))
    until(lambda: height() > before)
    legend = page.locator(".rlm-tree-legend").bounding_box()
    assert legend["y"] + legend["height"] <= page.evaluate("innerHeight")
    whole = pitch(page)
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -400)
    until(lambda: pitch(page) > 1.05 * whole)
    page.get_by_role("button", name="Show the whole tree").click()
    click_node(page, 2)
    assert page.evaluate(full)
    page.get_by_role("button", name="Full screen").click()
    until(lambda: page.evaluate("document.fullscreenElement === null"))
    until(lambda: height() == before)


def test_what_the_server_drew_for_another_event_is_marked_until_it_catches_up(page, site, run):
    last = len(site.store.events(run))
    wait_for_answer(page)
    until(lambda: page.locator("[data-behind]").count() == 0)
    page.evaluate("document.querySelector('.rlm-player').rlmPlayer.waitsUntil = performance.now() + 1e9")  # it tells the server nothing
    page.keyboard.press("ArrowLeft")
    until(lambda: page.locator(f".st-key-inspector[data-behind='{last}']").count() == 1)
    assert page.locator(f".rlm-sentence[data-behind='{last}']").count() == 1
    assert page.locator(f".rlm-status[data-behind='{last}']").count() == 1
    page.evaluate("document.querySelector('.rlm-player').rlmPlayer.waitsUntil = 0")
    page.keyboard.press("ArrowLeft")
    wait_for_moment(page, last - 2)
    until(lambda: page.locator("[data-behind]").count() == 0)


@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)])
def test_tree_timeline_sentence_and_the_tabs_below_are_on_the_first_screen(page, run, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    parts = (".rlm-tree canvas", ".rlm-player", ".rlm-sentence", ".st-key-details [role=tablist]", ".st-key-inspector")

    def lowest() -> float:
        return max(box["y"] + box["height"] for box in (page.locator(part).first.bounding_box() for part in parts))

    until(lambda: lowest() <= size[1])
    assert page.locator(".rlm-tree canvas").bounding_box()["height"] >= 240
    page.get_by_role("tab", name="Export").click()
    until(lambda: page.locator(".st-key-details [role=tablist]").bounding_box()["y"] < 0.3 * size[1])


def test_presenting_enlarges_everything_and_hides_the_rest(page, run):
    def size(part: str) -> float:
        return page.evaluate("(part) => parseFloat(getComputedStyle(document.querySelector(part)).fontSize)", part)

    before = [size(part) for part in (".rlm-sentence", ".rlm-problem", ".rlm-table")]
    page.locator(".rlm-page-tools [data-act=present]").wait_for()
    page.keyboard.press("p")
    page.locator("[data-testid=stSidebar]").wait_for(state="hidden")
    page.locator(".st-key-details").wait_for(state="hidden")
    until(lambda: all(size(p) >= 1.15 * b for p, b in zip((".rlm-sentence", ".rlm-problem", ".rlm-table"), before, strict=True)))
    until(lambda: page.evaluate(f"{TREE}.rlmTree.scale") >= 1.15)
    page.keyboard.press("Escape")
    page.locator(".st-key-details").wait_for()


def test_the_theme_is_switched_and_the_link_is_copied(page, run):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the link").click()
    until(lambda: page.evaluate("navigator.clipboard.readText()") == page.url)
    ground = "[...document.querySelectorAll('[data-testid=stApp]')].map((app) => getComputedStyle(app).backgroundColor).join()"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    until(lambda: page.evaluate(ground) not in ("", light))
    page.get_by_text("ended because").wait_for()
    assert json.dumps("Dark") in page.evaluate("Object.values(localStorage)")
