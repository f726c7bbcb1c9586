"""What OpenR writes: `record.jsonl`, a line per problem (reason/evaluation/evaluate.py), and a search tree as JSON
(`Node.to_json` with `LanguageNode.get_info`, reason/guided_search/tree.py), both of openreasoner/openr.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlm_core.core.errors import LogError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import ROOT
from rlm_core.runs.formats.base import MAX_NODES, Format, LoggedRun, Scale, back_up, count, listing, number, problem, record_of, text
from rlm_core.runs.recording import Recording

DESCRIPTION = Description(
    name="openr",
    title="OpenR record (JSONL) or tree (JSON)",
    sentence="OpenR keeps complete solutions with the values of their steps, or the last state of a tree: no order of events, no "
    "selections and no tokens but their number; a record says which ways of voting were right, but no answer.",
    config=NoSettings,
)
STEP_TAGS = ("ки\n", "ки", "\n\n", "\n")
"""What stands between steps, by model; the first that gives as many steps as values is taken."""


def detect(document: Any) -> bool:
    return isinstance(document, Mapping) and (_is_record(document) or {"children", "info"} <= document.keys())


def _is_record(document: Mapping[str, Any]) -> bool:
    return {"question", "groundtruth", "output"} <= document.keys()


def read(document: Any) -> Iterable[LoggedRun]:
    yield _record(document) if _is_record(document) else _tree(document)


def _record(row: Mapping[str, Any]) -> LoggedRun:
    recording = Recording(problem(row["question"], row["groundtruth"]), source="OpenR", search="solutions", reward="PRM")
    outputs = [record_of(o, "an output") for o in listing(row["output"], '"output"')]
    values = [_values(o.get("value")) for o in outputs]
    scale = Scale(v for vs in values for v in vs)
    judged = len(outputs) > 1  # the writer gives a single solution the value 0 without asking its PRM
    for output, found in zip(outputs, values, strict=True):
        scores = [scale(v) for v in found] if judged else []
        steps = _steps(text(output.get("text")), len(scores))
        by_step = scores if len(scores) == len(steps) else []
        at = ROOT
        for i, step in enumerate(steps):
            at = recording.node(step, at, finished=i == len(steps) - 1)
            if by_step:
                recording.score(at, by_step[i], steps=by_step[: i + 1])
        if scores and not by_step:
            recording.score(at, scores[-1])
        recording.spend(max(count(output.get("completion_tokens")), 0), simulations=1, purpose="complete")
    recording.finish()
    result = row.get("result")
    right = [f"{key} {'right' if value else 'wrong'}" for key, value in result.items()] if isinstance(result, Mapping) else []
    return LoggedRun(tuple(recording.records), " ".join(filter(None, (f"Its verdicts: {', '.join(right)}." if right else "", scale.note))))


def _values(value: Any) -> list[float]:
    found = value if isinstance(value, list) else [value]
    return [n for v in found if (n := number(v)) is not None]


def _steps(solution: str, values: int) -> list[str]:
    """The steps of a solution, cut so that there is one per value where a way of cutting does that."""
    cuts = [[s.strip() for s in solution.split(tag) if s.strip()] for tag in STEP_TAGS if tag in solution]
    return next((c for c in cuts if len(c) == values), cuts[0] if cuts else [solution.strip()])


def _tree(root: Mapping[str, Any]) -> LoggedRun:
    """A tree level by level, with the final N and Q of each node."""
    nodes = _checked(root)
    info = root["info"]
    scale = Scale(v for n in nodes for key in ("value", "prm_value", "initial_value") if (v := number(n["info"].get(key))) is not None)
    recording = Recording(problem(info.get("text_state")), source="OpenR", search="MCTS", reward="PRM")
    visits, values = {ROOT: count(info.get("visit_cnt"))}, {ROOT: scale(number(info.get("value")) or 0.0)}
    waiting = deque([(root, ROOT)])
    while waiting:
        above, parent = waiting.popleft()
        for action, child in above["children"].items():
            own = child["info"]
            step = text(own.get("last_action", action)).replace(STEP_TAGS[1], "").strip()
            prior = number(own.get("prior_p"))
            node = recording.node(
                step, parent, prior=prior if prior is not None and 0 <= prior <= 1 else 1.0, finished=own.get("terminated") is True
            )
            score = number(own.get("prm_value"))
            if score is None:
                score = number(own.get("initial_value"))
            if score is not None:
                recording.score(node, scale(score))
            visits[node], values[node] = count(own.get("visit_cnt")), scale(number(own.get("value")) or 0.0)
            waiting.append((child, node))
    back_up(recording, visits, values)
    recording.finish()
    return LoggedRun(tuple(recording.records), scale.note)


def _checked(root: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Every node, its parts checked."""
    found, waiting = [], [root]
    while waiting:
        node = record_of(waiting.pop(), "a node")
        record_of(node.get("info"), '"info" of a node')
        waiting += record_of(node.get("children"), '"children" of a node').values()
        found.append(node)
        if len(found) > MAX_NODES:
            raise LogError(f"it has more than {MAX_NODES:,} nodes")
    return found


FORMAT = Format(DESCRIPTION, detect, read, lines=True)
