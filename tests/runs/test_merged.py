"""Candidates that begin alike become one tree, in which nothing of them is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlm_core.core.tree import ROOT, replay
from rlm_core.runs.logfile import read
from rlm_core.runs.merged import merged

LOGS = Path(__file__).parent.parent / "golden"


@pytest.fixture(params=["best_of_n", "self_consistency"])
def records(request):
    return read((LOGS / f"{request.param}.jsonl").read_bytes(), request.param).records


def test_every_candidate_keeps_its_steps_and_verdict(records):
    run, found = replay(records), merged(records)
    assert found.node.keys() == run.nodes.keys()
    for node in run.nodes:
        there = found.node[node]
        assert found.tree.steps(there) == run.steps(node)
        assert found.tree.nodes[there].correct == run.nodes[node].correct


def test_no_two_nodes_of_the_tree_have_the_same_steps(records):
    tree = merged(records).tree
    states = [tuple(tree.steps(node)) for node in tree.nodes]
    assert len(set(states)) == len(states)


def test_a_node_stands_for_as_many_samples_as_there_were(records):
    run, found = replay(records), merged(records)
    for node in found.tree.nodes.values():
        if node.id != ROOT:
            assert node.samples == sum(run.nodes[n].samples for n, there in found.node.items() if there == node.id)


def test_scores_stay_with_their_candidates(records):
    run, found = replay(records), merged(records)
    for node in run.nodes.values():
        for evaluation in node.evaluations:
            assert evaluation.score in [e.score for e in found.tree.nodes[found.node[node.id]].evaluations]
