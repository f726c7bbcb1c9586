"""The search tree as a networkx graph, for export (GraphML, GEXF, …) and graph statistics."""

from __future__ import annotations

from typing import Any

import networkx as nx

from rlm_core.core.tree import Node, SearchTree


def to_networkx(tree: SearchTree) -> nx.DiGraph[int]:
    """An arborescence with edges from parent to child, nodes and children in order of birth.

    Node attributes: text, state, depth, visits, prior, finished, pruned, added, and where they are
    known q, score, value, logprob, answer, correct (what is unknown is left out, as most file
    formats have no word for it). Edge attribute `share`: part of the parent's visits in [0,1].
    Graph attributes: problem, question, simulations, generated.
    """
    graph: nx.DiGraph[int] = nx.DiGraph(simulations=tree.totals.simulations, generated=tree.totals.generated)
    if tree.started is not None:
        graph.graph.update(problem=tree.problem.spec, question=tree.problem.question)
    for node in tree.nodes.values():
        graph.add_node(node.id, **attributes(node))
        if node.parent is not None:
            above = tree.nodes[node.parent].visits
            graph.add_edge(node.parent, node.id, share=node.visits / above if above else 0.0)
    return graph


def attributes(node: Node) -> dict[str, Any]:
    """The data of a node, as plain text, numbers and truth values."""
    always = {k: getattr(node, k) for k in ("text", "state", "depth", "visits", "prior", "finished", "pruned", "added")}
    maybe = {k: getattr(node, k) for k in ("q", "score", "value", "logprob", "answer", "correct")}
    return always | {k: v for k, v in maybe.items() if v is not None}
