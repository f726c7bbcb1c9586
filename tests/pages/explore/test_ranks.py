"""Ranks and reasons are true: what the table of a node says is worked out again from the events of the log."""

from __future__ import annotations

from collections import defaultdict

import pytest

from pages.explore.ranks_html import ranks_html
from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.structure import Keeping
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures.ranks import levels
from rlm_core.figures.ranks.alternatives import alternatives, below
from rlm_core.figures.ranks.table import Ranks, Row
from tests.search.by_hand import Branching, by_chance, run_by_hand
from tests.searching import events, run_to_end

pytestmark = pytest.mark.slow
RUNS = {
    "beam": ("beam_search", {}),
    "beam to the end": ("beam_search", {"max_steps": 2}),
    "dvts": ("dvts", {}),
    "dvts to the end": ("dvts", {"max_steps": 1, "beams": 6, "width": 3}),
    "bfs": ("tot_bfs", {"breadth": 3}),
    "dfs": ("tot_dfs", {}),
    "particles": ("particle_filtering", {}),
    "multinomial": ("particle_filtering", {"resampling": "multinomial"}),
    "weighted": ("best_of_n", {}),
    "naive": ("best_of_n", {"answer_by": "naive"}),
    "majority": ("best_of_n", {"answer_by": "majority"}),
    "self-consistency": ("self_consistency", {}),
    "forest": ("forest", {}),
}


@pytest.fixture(scope="module")
def made(nano, pool):
    """The tree and the log of each run, made when a test first asks for it."""
    known: dict[str, tuple[SearchTree, list[ev.Record]]] = {}

    def one(name: str) -> tuple[SearchTree, list[ev.Record]]:
        if name not in known:
            search, settings = RUNS[name]
            config = RunConfig(search=search, search_parameters=settings, reward="prm:nano", budget=Budget(64))
            known[name] = run_to_end(config, nano.policy(), source=pool)
        return known[name]

    return one


def shown(tree: SearchTree, node: int) -> Ranks:
    assert tree.started is not None
    found = alternatives(tree, tree.nodes[node], catalogue.structure(tree.started.config["search"]).compared)
    assert found is not None
    return found


def rows(tree: SearchTree, node: int) -> dict[int, Row]:
    return {r.node: r for r in shown(tree, node).rows}


def scores(records: list[ev.Record]) -> dict[int, float]:
    """The latest score of each node, from the log."""
    return {e.node: e.score for e in events(records, ev.Evaluated)}


def pruned(records: list[ev.Record]) -> set[int]:
    return {n for e in events(records, ev.Pruned) for n in e.nodes}


def comparisons(records: list[ev.Record]) -> list[tuple[list[int], list[int]]]:
    """Of every iteration of a search by levels: the nodes it scored and those it then pruned, in the order of the log."""
    found: list[tuple[list[int], list[int]]] = []
    scoring = False
    for event in (r.event for r in records):
        if isinstance(event, ev.Evaluated):
            if not scoring:
                found.append(([], []))
            scoring = True
            found[-1][0].append(event.node)
        elif isinstance(event, ev.Pruned) and found:
            found[-1][1].extend(event.nodes)
        elif isinstance(event, ev.NodeAdded):
            scoring = False
    return found


@pytest.mark.parametrize("name", ["beam", "beam to the end"])
def test_a_state_of_a_beam_has_its_rank_among_the_open_states_of_its_iteration(made, name):
    tree, records = made(name)
    score, finished = scores(records), {e.node for e in events(records, ev.NodeAdded) if e.finished}
    for scored, dropped in comparisons(records):
        contenders = sorted((n for n in scored if n not in finished), key=lambda n: (-score[n], n))
        for place, node in enumerate(contenders, 1):
            row = rows(tree, node)[node]
            assert row.rank == str(place)
            assert row.chosen == (node not in dropped)
            expected = f"dropped: rank {place} of {len(contenders)}, 4 are kept" if node in dropped else "kept"
            assert row.reason.startswith(expected)
        for node in set(scored) & finished:
            assert rows(tree, node)[node].reason.startswith("finished, a candidate")
            assert not rows(tree, node)[node].chosen


@pytest.mark.parametrize("name", ["dvts", "dvts to the end"])
def test_a_state_of_a_subtree_is_compared_with_those_of_its_subtree_alone(made, name):
    tree, records = made(name)
    score = scores(records)
    for event in events(records, ev.Pruned):
        (node,) = event.nodes
        winner = int(event.reason.split(" with node ")[1].split()[0])  # "its subtree goes on with node 2 at 0.86"
        found = rows(tree, node)
        assert [n for n, r in found.items() if r.chosen] == [winner]
        assert found[node].rank == str(1 + sum((-score[n], n) < (-score[node], node) for n in found))
        assert found[node].reason.startswith(f"dropped: rank {found[node].rank} of {len(found)} in its subtree")
    first = [n for n in tree.nodes.values() if n.depth == 1] if name == "dvts" else tree.candidates()
    assert len({tuple(sorted(rows(tree, n.id))) for n in first if len(rows(tree, n.id)) > 1}) > 1


def test_a_state_of_breadth_first_has_its_rank_among_the_frontier_with_finished_ones_of_before(made):
    tree, records = made("bfs")
    score, finished = scores(records), {e.node for e in events(records, ev.NodeAdded) if e.finished}
    frontier: list[int] = []
    last: dict[int, tuple[int, int, bool]] = {}
    for scored, dropped in comparisons(records):
        contenders = sorted([*(n for n in frontier if n in finished), *scored], key=lambda n: (-score[n], n))
        for place, node in enumerate(contenders, 1):
            if node in dropped or node in scored:
                last[node] = (place, len(contenders), node in dropped)
        frontier = [n for n in contenders if n not in dropped]
    assert any(dropped for *_, dropped in last.values())
    for node, (place, count, dropped) in last.items():
        row = rows(tree, node)[node]
        assert row.rank == str(place)
        assert row.chosen is not dropped
        assert not dropped or row.reason.startswith(f"dropped: rank {place} of {count}, 3 are kept")


def test_depth_first_gives_the_reason_of_the_log_for_what_it_dropped_and_left(made):
    tree, records = made("dfs")
    left = {e.source: e.reason for e in events(records, ev.Backtracked)}
    why = {n: e.reason for e in events(records, ev.Pruned) for n in e.nodes}
    told = {n: rows(tree, n)[n] for n in (*left, *why) if len(tree.nodes[tree.nodes[n].parent or 0].children) > 1}
    for node, row in told.items():
        assert row.chosen or row.reason.endswith(why.get(node, left.get(node, ""))) or tree.nodes[node].finished
        siblings = tree.nodes[tree.nodes[node].parent or 0].children
        score = scores(records)
        assert row.rank == str(1 + sum((-score[s], s) < (-score[node], node) for s in siblings if s in score))
    assert told


@pytest.mark.parametrize("name", ["particles", "multinomial"])
def test_a_particle_has_the_weight_and_the_draws_of_the_latest_resampling_it_was_in(made, name):
    tree, records = made(name)
    latest: dict[int, ev.Resampled] = {p.node: e for e in events(records, ev.Resampled) for p in e.particles}
    assert latest
    for node, event in latest.items():
        weight, copies = defaultdict(float), defaultdict(int)
        for p in event.particles:
            weight[p.node] += p.weight
            copies[p.node] += p.copies
        found = rows(tree, node)
        assert set(found) == set(weight)
        assert found[node].figures[1:] == (f"{weight[node]:.2f}", f"×{copies[node]}")
        assert found[node].rank == str(1 + sum((-weight[n], n) < (-weight[node], node) for n in weight))
        there = sum(p.node == node for p in event.particles)
        of = f" in {there} particles" if there > 1 else ""
        assert f"weight {weight[node]:.2f}{of}, so {weight[node] * 8:.1f} of 8 were expected" in found[node].reason
        assert found[node].chosen == (copies[node] > 0)


@pytest.mark.parametrize("name", ["weighted", "majority", "self-consistency"])
def test_a_candidate_says_what_its_answer_weighs_and_the_chosen_one_is_first(made, name):
    tree, records = made(name)
    score, (answered,) = scores(records), events(records, ev.Answered)
    sums: dict[str, float] = defaultdict(float)
    for e in events(records, ev.NodeAdded):
        if e.finished and e.answer is not None:
            sums[e.answer] += score[e.node] if name == "weighted" else 1
    found = shown(tree, answered.node)
    assert found.rows[0].node == answered.node
    assert [r.node for r in found.rows if r.chosen] == [answered.node]
    places = [sums[tree.nodes[r.node].answer or ""] for r in found.rows]
    assert places == sorted(places, reverse=True)
    for row in found.rows:
        weight = sums[tree.nodes[row.node].answer or ""]
        assert float(row.figures[-1]) == pytest.approx(weight, abs=0.006)
        if tree.nodes[row.node].answer != answered.answer:
            assert row.reason.endswith(f"less than {found.rows[0].figures[-1]}")


def test_a_candidate_that_alone_decides_has_the_highest_score(made):
    tree, records = made("naive")
    score, (answered,) = scores(records), events(records, ev.Answered)
    ranked = sorted(score, key=lambda n: (-score[n], n))
    found = shown(tree, answered.node).rows
    assert [r.node for r in found] == ranked
    assert ranked[0] == answered.node
    assert found[0].reason == "the answer: it has the highest score"
    assert found[4].reason.endswith("rank 5 by score")


def test_a_tree_of_a_forest_shows_the_answer_it_votes_for(made):
    tree, records = made("forest")
    (answered,) = events(records, ev.Answered)
    for root in tree.nodes[0].children:
        vote = next((v for v in answered.votes if any(root in tree.path(n) for n in v.nodes)), None)
        reason = rows(tree, root)[root].reason
        assert reason.startswith(f"answers {vote.answer}, which weighs {vote.weight:.0f} of" if vote else "no answer")


def test_before_the_choice_nothing_is_said_to_be_kept(made):
    _, records = made("beam")
    first = next(r.seq for r in records if isinstance(r.event, ev.Pruned))
    tree = replay(records[: first - 1])
    assert {r.reason for r in shown(tree, 1).rows} == {"not decided yet"}
    assert not any(r.chosen for r in shown(tree, 1).rows)


def test_below_a_state_of_a_beam_stand_its_own_children_with_their_ranks_in_the_level(made):
    tree, _ = made("beam")
    parent = next(n for n in tree.nodes.values() if n.depth == 1 and len(n.children) > 1)
    found = below(tree, parent, catalogue.structure("beam_search").compared)
    assert found is not None
    assert {r.node for r in found.rows} == set(parent.children)
    assert all(r.rank == rows(tree, r.node)[r.node].rank for r in found.rows)


def test_a_long_step_has_a_line_of_its_own_and_is_escaped():
    long = Row(7, "<b>First</b> " + "we count all the oranges " * 12, ("0.50",), "kept", "1", True)
    page = ranks_html(Ranks("", ("score",), (long,), 7))
    assert "<b>First" not in page and "&lt;b&gt;First" in page
    assert 'class="more"><td colspan="3"><span>' in page
    assert "▶ 7 ◀" in page and 'class="win own"' in page
    assert "<span>" not in ranks_html(Ranks("", ("score",), (Row(7, "25×2=50", ("0.50",)),), None))


FINISHED_EARLY = {(): ("a", "1<answer>24"), ("a",): ("aa", "ab"), ("a", "aa"): ("2<answer>24",), ("a", "ab"): ("3<answer>7",)}


def test_a_finished_state_competes_again_and_is_told_where_it_fell():
    tree, _ = run_by_hand("tot_bfs", FINISHED_EARLY, {"a": 0.8, "1<answer>24": 0.6, "aa": 0.9, "ab": 0.7}, width=2, breadth=2)
    end = next(n for n in tree.nodes.values() if n.text == "1<answer>24")
    found = levels.ranks(tree, end, Keeping(2, True, 16))
    assert found is not None
    assert [tree.nodes[r.node].text for r in found.rows] == ["aa", "ab", "1<answer>24"]
    assert found.rows[2].reason == "dropped: rank 3 of 3, 2 are kept"
    assert end.pruned == "score 0.60; only the best 2 of 3 go on, down to 0.70"


@pytest.mark.parametrize("budget", [7, 9, 13, 14, 17, 40])
def test_where_the_budget_does_not_reach_every_beam_those_that_wait_compete_again(budget):
    tree, records = run_by_hand("beam_search", Branching(depth=4), by_chance, Budget(budget), beams=6, width=2)
    told = [(n, e.reason) for e in events(records, ev.Pruned) for n in e.nodes if "only the best" in e.reason]
    assert told
    for node, reason in told:
        most, count = reason.split("only the best ")[1].split(" go on")[0].split(" of ")
        found = levels.ranks(tree, tree.nodes[node], Keeping(3, False, 16))
        assert found is not None
        row = next(r for r in found.rows if r.node == node)
        assert row.reason.startswith(f"dropped: rank {row.rank} of {count}, {most} are kept")
        assert int(row.rank) > int(most)
