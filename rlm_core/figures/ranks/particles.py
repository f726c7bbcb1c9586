"""The particles of a resampling: their weights, and how many went on from each state; after the last step, how they voted."""

from __future__ import annotations

from collections import Counter, defaultdict

from rlm_core.core.events import Resampled
from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, number
from rlm_core.figures.ranks.table import Ranks, Row, best_first, score, step
from rlm_core.figures.ranks.votes import fared


def ranks(tree: SearchTree, node: Node) -> Ranks | None:
    """The particles of the latest resampling that a state was in, else those that were not drawn yet; None where it was no particle."""
    found = next(((seq, e) for seq, e in reversed(tree.resamplings) if any(p.node == node.id for p in e.particles)), None)
    return _resampled(tree, node, *found) if found else _undrawn(tree, node)


def _resampled(tree: SearchTree, node: Node, seq: int, event: Resampled) -> Ranks:
    weights: dict[int, float] = defaultdict(float)
    there, copies = Counter(p.node for p in event.particles), Counter[int]()
    for p in event.particles:
        weights[p.node] += p.weight
        copies[p.node] += p.copies
    particles, ranked = len(event.particles), sorted(weights, key=lambda n: (-weights[n], n))
    rows = tuple(
        Row(
            n,
            step(tree, tree.nodes[n]),
            (score(tree.nodes[n]), number(weights[n]), f"×{copies[n]}"),
            say("ends here: cut off, so it weighs nothing") if tree.nodes[n].cut else fate(weights[n], there[n], copies[n], particles),
            str(place),
            copies[n] > 0,
        )
        for place, n in enumerate(ranked, 1)
    )
    values = {"seq": seq, "particles": counted(particles, "particle"), "method": event.method}
    how = say("Event {seq:,} drew {particles} anew ({method}), by chance in proportion to their weights.", **values)
    return Ranks(how, ("score", "weight", "drawn"), rows, node.id)


def fate(weight: float, there: int, copies: int, particles: int) -> str:
    """What a resampling did with the particles of a state: so many of weight `weight` together, `copies` after it, `particles` in all.

    >>> fate(0.41, 1, 3, 8), fate(0.04, 2, 0, 8)
    ('resampled 3 times: weight 0.41, so 3.3 of 8 were expected', 'ends here: weight 0.04 in 2 particles, so 0.3 of 8 were expected')
    """
    times = {0: say("ends here"), 1: say("goes on once")}.get(copies) or say("resampled {n} times", n=copies)
    values = {"times": times, "weight": number(weight), "expected": weight * particles, "particles": particles, "n": there}
    if there > 1:
        return say("{times}: weight {weight} in {n} particles, so {expected:.1f} of {particles} were expected", **values)
    return say("{times}: weight {weight}, so {expected:.1f} of {particles} were expected", **values)


def _undrawn(tree: SearchTree, node: Node) -> Ranks | None:
    """The states that particles stand on since the last resampling."""
    drawn = tree.resamplings[-1] if tree.resamplings else None
    stayed = {p.node for p in drawn[1].particles if p.copies} if drawn else set[int]()
    there = [n for n in tree.leaves() if n.id != tree.root and (n.added > (drawn[0] if drawn else 0) or n.id in stayed)]
    if node not in there or len(there) < 2:
        return None
    waits = say("not drawn yet") if tree.answered is None else say("it answers as it stands")
    rows = tuple(
        Row(n.id, step(tree, n), (score(n),), _end(tree, n, waits), "–" if n.score is None else str(place), _is_answer(tree, n))
        for place, n in enumerate(best_first(there), 1)
    )
    how = say("After the last step nothing is drawn; the particles that finished answer.")
    return Ranks(how if tree.answered else say("These particles are not drawn yet."), ("score",), rows, node.id)


def _end(tree: SearchTree, node: Node, waits: str) -> str:
    if node.cut:
        return say("cut off, so it weighs nothing")
    return (fared(tree, node) if node.finished else say(node.pruned)) or waits


def _is_answer(tree: SearchTree, node: Node) -> bool:
    return tree.answered is not None and tree.answered.node == node.id
