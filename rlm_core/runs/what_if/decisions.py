"""Decisions of a log made again from a tree: a choice by formula, a level of which the best are kept, a draw of particles.

Every function here makes one decision from one tree. `recompute` calls it twice: with the tree as it was, which must give what the log
says, and with the tree as it would have been.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from rlm_core.core.events import Choice, Resampled, Selected
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number
from rlm_core.runs.laws.base import equal, settings
from rlm_core.runs.laws.costs import batches
from rlm_core.search.algorithms import beam_search, tot_bfs, tot_dfs
from rlm_core.search.algorithms.mcts import RULES as MCTS_RULES
from rlm_core.search.algorithms.particle_filtering import ParticleFilteringConfig, multinomial, softmax, systematic
from rlm_core.search.algorithms.x1 import RULE as X1_RULE
from rlm_core.search.rules import Arm, Rule, best

RULES: dict[str, Rule] = MCTS_RULES | {X1_RULE.name: X1_RULE}
"""The selection rules whose arithmetic can be worked out again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with its arithmetic.

    chosen: the nodes that go on.
    how: the rule, with its constant.
    head: names of the numbers in `rows`, the node first.
    rows: one per node that was weighed, the node's number first.
    formula: the numbers of the chosen node filled in; empty where its row says all.
    """

    chosen: tuple[int, ...]
    how: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    formula: str = ""


Decide = Callable[[SearchTree], Decision]
"""Makes one decision from any tree."""


def selection(tree: SearchTree, choice: Choice, rule: Rule, c: float) -> Decision:
    """The choice among the same children by a rule."""
    terms = rule.terms(_arms(tree, choice), choice.visits, c)
    won = best(terms)
    ranked = sorted(terms, key=lambda t: (-(math.inf if t.total is None else t.total), t.node != won.node))
    rows = [
        (
            str(t.node),
            f"{t.visits:,}",
            "–" if t.q is None else number(t.q),
            "∞" if t.bonus is None else number(t.bonus),
            "∞ (first)" if t.total is None else number(t.total),
        )
        for t in ranked
    ]
    how = f"{rule.name}, c = {c:.4g}"
    return Decision((won.node,), how, ("node", "N", "Q", "bonus", "total"), tuple(rows), rule.filled(won, choice.visits, c))


def as_recorded(tree: SearchTree, choice: Choice, event: Selected) -> bool:
    """Does the tree give the recorded totals and the recorded choice by the log's own rule?"""
    rule = RULES.get(event.rule)
    if rule is None:
        return False
    terms = rule.terms(_arms(tree, choice), choice.visits, event.constant)
    alike = all(_alike(made.total, t.total) for made, t in zip(terms, choice.terms, strict=True))
    return alike and best(terms).node == choice.chosen


def _alike(a: float | None, b: float | None) -> bool:
    return a is b if a is None or b is None else equal(a, b)


def _arms(tree: SearchTree, choice: Choice) -> list[Arm]:
    """The children that were weighed: their W in this tree, and the N that the search used (virtual loss included)."""
    return [Arm(t.node, t.visits, tree.nodes[t.node].total if t.visits else 0.0, t.prior) for t in choice.terms]


def after_scoring(tree: SearchTree, search: str, fresh: Sequence[int]) -> list[Decide]:
    """The decisions that a search makes once new states are scored; empty for one that decides otherwise. fresh: those states."""
    leaves = [n for n in tree.leaves() if n.score is not None and not n.pruned and not n.cut]
    match search:
        case "beam_search":
            beams = settings(tree, beam_search.DESCRIPTION)
            return _best_of([n.id for n in leaves if not n.finished], max(1, beams.beams // beams.width))
        case "tot_bfs":
            return _best_of([n.id for n in leaves], settings(tree, tot_bfs.DESCRIPTION).breadth)
        case "dvts":
            return [d for pool in _subtrees(tree, fresh) for d in _best_of(pool, 1)]
        case "tot_dfs" if fresh and (parent := tree.nodes[fresh[-1]].parent) is not None:
            config = settings(tree, tot_dfs.DESCRIPTION)
            return [lambda t: _explored(t, parent, config)]
        case _:
            return []


def _best_of(pool: Sequence[int], most: int) -> list[Decide]:
    return [lambda t: _kept(t, pool, most)] if pool else []


def _kept(tree: SearchTree, pool: Sequence[int], most: int) -> Decision:
    """The best `most` of a pool by score, best first; ties go to the older. The order counts: it numbers the steps that come of them."""
    ranked = sorted(pool, key=lambda n: (-(tree.nodes[n].score or 0.0), n))
    rows = tuple((str(n), number(tree.nodes[n].score or 0.0), "goes on" if i < most else "dropped") for i, n in enumerate(ranked))
    how = f"the best {most} of {len(ranked)} go on, best first" if most > 1 else f"the best of {len(ranked)} goes on"
    return Decision(tuple(ranked[:most]), how, ("node", "score", ""), rows)


def _subtrees(tree: SearchTree, fresh: Sequence[int]) -> list[list[int]]:
    """The new states of each subtree of DVTS, as they were proposed together; none where all are finished, for then it ends."""
    parents = dict.fromkeys(p for n in fresh if (p := tree.nodes[n].parent) is not None)
    together = [batch for p in parents for batch in batches([tree.nodes[c] for c in tree.nodes[p].children])]
    new = [[c for c in batch if c.id in fresh] for batch in together]
    return [[c.id for c in batch] for batch in new if not all(c.finished for c in batch)]


def _explored(tree: SearchTree, parent: int, config: tot_dfs.ToTDFSConfig) -> Decision:
    """Depth-first Tree of Thoughts: the children of a state worth exploring, best first; an accepted one ends the search."""
    children = [c for c in map(tree.nodes.__getitem__, tree.nodes[parent].children) if not c.cut and c.score is not None]
    ranked = sorted(children, key=lambda n: (-(n.score or 0.0), n.id))
    promising = [n for n in ranked if (n.score or 0.0) >= config.threshold]
    accepted = [n for n in promising if n.finished and (n.score or 0.0) >= config.accept]
    rows = tuple((str(n.id), number(n.score or 0.0), _fate(n, promising, accepted)) for n in ranked)
    chosen = tuple(n.id for n in (accepted or promising))
    how = f"from {number(config.threshold)} on explored, best first; a finished one from {number(config.accept)} on is accepted"
    return Decision(chosen, how, ("node", "score", ""), rows)


def _fate(node: Node, promising: Sequence[Node], accepted: Sequence[Node]) -> str:
    return "accepted" if node in accepted else "explored" if node in promising else "dropped"


def resampling(tree: SearchTree, event: Resampled, config: ParticleFilteringConfig, seed: int, step: int) -> Decision:
    """The particles drawn by weight with the random numbers of the run. step: of the resampling, from 1."""
    nodes = [p.node for p in event.particles]
    scores = [None if tree.nodes[n].cut else tree.nodes[n].score for n in nodes]
    weights = softmax(scores, config.weight_temperature)
    random = Random(f"{seed}|resample|{step}")
    copies = systematic(weights, random.random()) if event.method == "systematic" else multinomial(weights, random)
    rows = tuple(
        (str(n), "–" if s is None else number(s), number(w), f"×{k}") for n, s, w, k in zip(nodes, scores, weights, copies, strict=True)
    )
    drawn = tuple(n for n, k in zip(nodes, copies, strict=True) for _ in range(k))
    return Decision(
        drawn, f"{event.method} resampling, weight temperature {config.weight_temperature:g}", ("node", "score", "weight", ""), rows
    )
