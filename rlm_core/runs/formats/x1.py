"""The tree that x1 saves (`mcts_tree_final.json`, written by `Node.save_to_json` of x1/strategy/mcts.py, spcl/x1)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rlm_core.core.errors import LogError
from rlm_core.core.events import Record
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.runs.formats.base import MAX_NODES, Format, LoggedRun, Scale, back_up, count, listing, number, problem, record_of, text
from rlm_core.runs.recording import Recording

DESCRIPTION = Description(
    name="x1",
    title="x1 tree (JSON)",
    sentence="A tree of x1 holds the end of the search only: no order of events, no tokens, no selections, and not which answer was given.",
    config=NoSettings,
)
RANGE = (-1.0, 1.0)
"""Of x1's rewards, where its arguments give none."""
SPEC = "problem"
"""The argument under which this program keeps the problem's spec."""
SCORES = {"q_value_model": "value model", "simulation_value": "simulations"}


def detect(document: Any) -> bool:
    return isinstance(document, Mapping) and {"reasoning_step", "children", "visit_count"} <= document.keys()


def read(document: Any) -> Iterable[LoggedRun]:
    """The tree, level by level, with the final N and Q of each node."""
    root = record_of(document, "the tree")
    args = record_of(root.get("args") or {}, '"args"')
    recording = Recording(
        problem(args.get("question") or root.get("reasoning_step"), args.get("gt_solution"), args.get(SPEC)),
        source="x1",
        search="x1 MCTS",
        reward=SCORES["q_value_model"],
    )
    nodes = list(_nodes(root))
    scale = Scale((v for n in nodes for key in ("q_value", *SCORES) if (v := number(n.get(key))) is not None), _range(args))
    visits, values = {ROOT: count(root.get("visit_count"))}, {ROOT: scale(number(root.get("q_value")) or 0.0)}
    waiting = deque([(root, ROOT)])
    while waiting:
        above, parent = waiting.popleft()
        for child in above.get("children") or ():
            node = recording.node(text(child.get("reasoning_step")), parent, finished=child.get("is_terminal") is True)
            _score(recording, node, child, scale)
            visits[node], values[node] = count(child.get("visit_count")), scale(number(child.get("q_value")) or 0.0)
            waiting.append((child, node))
    back_up(recording, visits, values)
    recording.finish()
    yield LoggedRun(tuple(recording.records), scale.note)


def _nodes(root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node, its parts checked."""
    waiting, found = [root], 0
    while waiting:
        node = record_of(waiting.pop(), "a node")
        found += 1
        if found > MAX_NODES:
            raise LogError(f"it has more than {MAX_NODES:,} nodes")
        yield node
        waiting += listing(node.get("children") or [], '"children"')


def _range(args: Mapping[str, Any]) -> tuple[float, float]:
    given = args.get("reward_range")
    if isinstance(given, list) and len(given) == 2:
        low, high = number(given[0]), number(given[1])
        if low is not None and high is not None and low < high:
            return low, high
    return RANGE


def _score(recording: Recording, node: int, child: Mapping[str, Any], scale: Scale) -> None:
    if child.get("is_terminal") is True and number(child.get("reward")):
        recording.score(node, scale(number(child.get("reward")) or 0.0), reward="final reward")
    for key, name in SCORES.items():
        value = number(child.get(key))
        if value is not None and (key == "simulation_value" or value != 0):  # a terminal node's model is not asked, and stays 0
            recording.score(node, scale(value), reward=name)


def write(records: Sequence[Record], tree: SearchTree) -> dict[str, Any]:
    """The end of a run, as x1 would have saved it; values in [0,1], as `args.reward_range` says."""
    made: dict[int, dict[str, Any]] = {}
    for node in reversed(tree.nodes.values()):  # children first
        made[node.id] = _node(tree, node, [made[c] for c in node.children])
    question = tree.problem.question
    args = {"question": question, "gt_solution": tree.problem.reference, "reward_range": [0, 1], SPEC: tree.problem.spec}
    return made[ROOT] | {"reasoning_step": question, "args": args}


def _node(tree: SearchTree, node: Node, children: list[dict[str, Any]]) -> dict[str, Any]:
    before = [] if node.id == ROOT else [tree.problem.question, *tree.steps(node.id)[:-1]]
    return {
        "id": str(node.id),
        "reasoning_step": node.text,
        "contextual_memory": before,
        "parent": None if node.parent is None else str(node.parent),
        "visit_count": node.visits,
        "reward": float(node.correct) if node.correct is not None else 0.0,
        "q_value_model": node.score or 0.0,
        "q_value": node.value or 0.0,
        "is_terminal": node.finished,
        "leads_to_terminal": node.finished or any(c["leads_to_terminal"] for c in children),
        "num_simulations": 0,
        "alpha": 0,
        "simulation_value": None,
        "simulations": None,
        "children": children,
    }


FORMAT = Format(DESCRIPTION, detect, read, write)
