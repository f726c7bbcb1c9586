"""Ranks where a search goes level by level and keeps the best: all states of a level, or those of one subtree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.phrases import say
from rlm_core.core.structure import Keeping
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, name, number
from rlm_core.figures.ranks.table import Ranks, Row, best_first, score, step
from rlm_core.figures.ranks.votes import fared
from rlm_core.search.levels import spread


@dataclass(frozen=True, slots=True)
class Level:
    """States that were compared with one another.

    ranked: those that could be kept, the best first.
    apart: finished ones that take no part, and states that were cut off.
    decided: was it decided which of them go on?
    """

    ranked: tuple[Node, ...]
    apart: tuple[Node, ...]
    decided: bool


def ranks(tree: SearchTree, node: Node, keeping: Keeping) -> Ranks | None:
    """The states that a node was compared with; None at the root."""
    stage = _stage(tree, node, keeping)
    if stage < 1:
        return None
    node = node if _is_end(tree, node, keeping) else _end(tree, node)
    level = found = _level(tree, keeping, stage, node)
    while keeping.groups == 1 and node in _kept(found, keeping) and not node.children:  # it competes again in the next level
        stage += 1
        found = _level(tree, keeping, stage, node)
        if node in found.ranked and node not in _kept(found, keeping):
            level = found
    if len(level.ranked) + len(level.apart) < 2:
        return None
    rows = [_row(tree, n, level, keeping) for n in level.ranked]
    rows += [Row(n.id, step(tree, n), (score(n),), _apart(tree, n)) for n in level.apart]
    if not level.ranked:
        rows = [Row(r.node, r.text, r.figures, r.reason, "–" if r.figures == ("–",) else str(i)) for i, r in enumerate(rows, 1)]
    return Ranks(_how(tree, level, keeping, node), ("score",), tuple(rows), node.id)


def _how(tree: SearchTree, level: Level, keeping: Keeping, node: Node) -> str:
    if not level.ranked:
        return say("These states are finished, so none of them goes on; the answer is picked among the candidates.")
    if keeping.groups > 1:
        return say(
            "The next states of one subtree, by score; the best goes on from {parent}, and a tie goes to the older node.",
            parent=name(node.parent or 0),
        )
    steps = node.depth - tree.nodes[tree.root].depth
    values = {"states": counted(len(level.ranked), "state"), "steps": counted(steps, "step"), "most": keeping.most}
    return say("Among {states} after {steps}, by score: the best {most} go on, and a tie goes to the older node.", **values)


def _stage(tree: SearchTree, node: Node, keeping: Keeping) -> int:
    """The iteration in which a state was made; 0 at the root."""
    return min(node.depth - tree.nodes[tree.root].depth, keeping.last)


def _is_end(tree: SearchTree, node: Node, keeping: Keeping) -> bool:
    """Is it compared itself? In the last iteration only the ends of what was written are."""
    return _stage(tree, node, keeping) < keeping.last or not node.children


def _end(tree: SearchTree, node: Node) -> Node:
    while node.children:
        node = tree.nodes[node.children[0]]
    return node


def _level(tree: SearchTree, keeping: Keeping, stage: int, node: Node) -> Level:
    """The states of an iteration that are compared with `node`."""
    made = [n for n in tree.nodes.values() if _stage(tree, n, keeping) == stage and _is_end(tree, n, keeping)]
    if keeping.groups > 1:
        made = _subtree(tree, made, keeping, stage, node)
    waiting = _carried(tree, keeping, stage, node) if made and keeping.groups == 1 else []
    takes_part = [n for n in (*waiting, *made) if not n.cut and (keeping.finished or not n.finished)]
    ranked = best_first(takes_part)
    apart = [*best_first([n for n in made if n.finished and n not in takes_part]), *(n for n in made if n.cut)]
    return Level(tuple(ranked), tuple(apart), _decided(tree, ranked, keeping))


def _carried(tree: SearchTree, keeping: Keeping, stage: int, node: Node) -> list[Node]:
    """States of earlier iterations that compete again: finished ones, and those that the budget did not reach."""
    if stage <= 1:
        return []
    return [n for n in _kept(_level(tree, keeping, stage - 1, node), keeping) if not n.children]


def _kept(level: Level, keeping: Keeping) -> Sequence[Node]:
    return level.ranked[: keeping.most]


def _subtree(tree: SearchTree, made: Sequence[Node], keeping: Keeping, stage: int, node: Node) -> list[Node]:
    """Those of a subtree. Below the root each has an even share of the samples, in the order in which they were drawn."""
    at = tree.nodes[tree.root].depth + stage - 1
    if stage > 1:
        return [n for n in made if tree.path(n.id)[at] == tree.path(node.id)[at]]
    left = iter(made)
    for share in spread(sum(n.samples for n in made), keeping.groups):
        group: list[Node] = []
        while sum(n.samples for n in group) < share and (n := next(left, None)):
            group.append(n)
        if node in group:
            return group
    return [node]


def _decided(tree: SearchTree, ranked: Sequence[Node], keeping: Keeping) -> bool:
    if any(n.score is None for n in ranked):
        return False
    lost = [n for n in ranked[keeping.most :] if not (keeping.groups > 1 and n.finished)]
    gone_on = tree.answered is not None or any(n.children or n.finished for n in ranked[: keeping.most])
    return all(n.pruned for n in lost) and (bool(lost) or gone_on)


def _row(tree: SearchTree, node: Node, level: Level, keeping: Keeping) -> Row:
    place = level.ranked.index(node)
    kept = level.decided and place < keeping.most
    rank = "–" if node.score is None else str(place + 1)
    return Row(node.id, step(tree, node), (score(node),), _reason(tree, node, place, level, keeping), rank, kept)


def _reason(tree: SearchTree, node: Node, place: int, level: Level, keeping: Keeping) -> str:
    count, most = len(level.ranked), keeping.most
    if node.score is None:
        return say("not scored")
    if not level.decided:
        return say("the run ended before the choice") if tree.answered else say("not decided yet")
    where = say(" in its subtree") if keeping.groups > 1 else ""
    if place < most:
        values = {"n": count, "most": most, "where": where}
        kept = say("kept: the best of {n}{where}", **values) if most == 1 else say("kept: among the {most} best of {n}", **values)
        kept = say("kept: as all {n}, for {most} could be", **values) if count <= most and not where else kept
        later = say(", which ends here; {fared}", fared=fared(tree, node)) if where and node.finished else ""
        return f"{kept}{later}".removesuffix("; ") + _later(tree, node, where)
    values = {"place": place + 1, "n": count, "where": where, "most": most}
    rank = (
        say("rank {place} of {n}{where}, {most} is kept", **values)
        if most == 1
        else say("rank {place} of {n}{where}, {most} are kept", **values)
    )
    if where and node.finished:
        return "; ".join(filter(None, (say("a candidate, but {rank}", rank=rank), fared(tree, node))))
    last = level.ranked[most - 1]
    tie = "" if number(last.score or 0) != number(node.score) else say("; the last one kept is narrowly better")
    tie = say("; it ties with the last one kept, which is older") if last.score == node.score else tie
    return say("dropped: {why}", why=rank + tie)


def _later(tree: SearchTree, node: Node, where: str) -> str:
    """What came of a kept state after that."""
    if node.pruned:
        return say("; later dropped: {why}", why=say(node.pruned))
    told = fared(tree, node) if node.finished and not where else ""
    return f"; {told}" if told else ""


def _apart(tree: SearchTree, node: Node) -> str:
    if node.cut:
        return say("cut off before it could be scored")
    return "; ".join(filter(None, (say("finished, a candidate"), fared(tree, node))))
