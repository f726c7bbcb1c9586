"""The layout is tidy and holds still while a tree grows."""

from collections import defaultdict
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.events import NodeAdded, Record, RunStarted
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures.tree.layout import layout, preorder, slots
from rlm_core.figures.tree.viewport import spread, viewport
from rlm_core.problems import make
from rlm_core.runs.formats.graph import to_networkx
from tests.helpers import chain_log, random_log

PROBLEM = make("countdown:numbers=3,seed=1")
parents = st.lists(st.integers(0, 10**6), max_size=60)


def grown(picks: list[int]) -> SearchTree:
    """A tree in which node i + 1 hangs under node picks[i] mod (i + 1)."""
    tree = SearchTree()
    tree.apply(Record(1, 0.0, RunStarted({}, PROBLEM, False)))
    tree.apply(Record(2, 0.0, NodeAdded(0, None)))
    for i, pick in enumerate(picks):
        tree.apply(Record(i + 3, 0.0, NodeAdded(i + 1, pick % (i + 1), f"{i}")))
    return tree


@given(parents)
def test_nodes_of_one_level_keep_a_distance_of_one(picks: list[int]) -> None:
    tree = grown(picks)
    levels = defaultdict(list)
    for node, (x, y) in layout(tree).items():
        assert x == tree.nodes[node].depth
        levels[x].append(y)
    for level in levels.values():
        assert all(b - a >= 1 for a, b in pairwise(sorted(level)))


@given(parents)
def test_a_parent_stands_midway_over_its_children_in_their_order(picks: list[int]) -> None:
    tree = grown(picks)
    place = slots(tree)
    for node in tree.nodes.values():
        if node.children:
            across = [place[c] for c in node.children]
            assert across == sorted(across)
            assert place[node.id] == (across[0] + across[-1]) / 2


@given(parents)
def test_subtrees_never_share_a_slot_so_that_no_edges_cross(picks: list[int]) -> None:
    tree = grown(picks)
    place = slots(tree)
    reach = {n: (place[n], place[n]) for n in tree.nodes}
    for n in reversed(list(preorder(tree))):
        for c in tree.nodes[n].children:
            reach[n] = (min(reach[n][0], reach[c][0]), max(reach[n][1], reach[c][1]))
    for node in tree.nodes.values():
        assert all(reach[a][1] < reach[b][0] for a, b in pairwise(node.children))


@given(parents, st.integers(0, 10**6))
def test_a_new_node_moves_no_leaf_by_more_than_one_slot(picks: list[int], pick: int) -> None:
    tree = grown(picks)
    before, after = slots(tree), slots(grown([*picks, pick]))
    first_child = not tree.nodes[pick % (len(picks) + 1)].children
    moved = max(abs(after[n] - before[n]) for n in before if first_child or not tree.nodes[n].children)
    assert moved <= (0 if first_child else 1)


@given(parents)
def test_both_orientations_show_the_same_tree(picks: list[int]) -> None:
    tree = grown(picks)
    right, down = layout(tree, "right"), layout(tree, "down")
    assert all((x, y) == (-down[n][1], -down[n][0]) for n, (x, y) in right.items())


def test_a_chain_of_five_thousand_nodes_is_laid_out_without_recursion() -> None:
    tree = replay(chain_log(0, 5_000))
    places = layout(tree)
    assert places[5_000] == (5_000, 0)
    assert len(places) == 5_001


def test_an_empty_tree_has_an_empty_layout() -> None:
    assert layout(SearchTree()) == {}


@pytest.mark.parametrize("nodes", [1, 30, 300])
def test_the_graph_is_an_arborescence_with_the_numbers_of_the_tree(nodes: int) -> None:
    tree = replay(random_log(2, nodes))
    graph = to_networkx(tree)
    assert nx.is_arborescence(graph) if nodes > 1 else len(graph) == 1
    assert next(iter(nx.topological_generations(graph))) == [0]
    assert {n: d["visits"] for n, d in graph.nodes(data=True)} == {n.id: n.visits for n in tree.nodes.values()}
    assert nx.single_source_shortest_path_length(graph, 0) == {n.id: n.depth for n in tree.nodes.values()}
    assert all(0 <= d["share"] <= 1 for _, _, d in graph.edges(data=True))
    assert "q" not in graph.nodes[nodes - 1] or tree.nodes[nodes - 1].visits


def test_the_graph_can_be_written_as_graphml(tmp_path) -> None:
    nx.write_graphml(to_networkx(replay(random_log(2, 30))), tmp_path / "tree.graphml")
    assert len(nx.read_graphml(tmp_path / "tree.graphml")) == 30


def test_crowded_leaves_are_spread_so_that_neighbours_do_not_hide_each_other() -> None:
    tree = replay(random_log(2, 2000))
    places = layout(tree)
    shape = viewport(places, "right", (960, 460), 12, False)
    moved = spread(tree, places, shape)
    leaves = sorted((n.id for n in tree.leaves()), key=lambda n: -moved[n][1])
    for a, b in pairwise(leaves):
        if tree.nodes[a].depth == tree.nodes[b].depth and moved[b][1] == moved[a][1] - 1:
            assert abs(moved[a][0] - moved[b][0]) * shape.step >= 0.99 * shape.low
    assert all(moved[n.id] == places[n.id] for n in tree.nodes.values() if n.children)
