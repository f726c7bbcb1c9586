"""The data sets that search-and-learn writes: a JSON line per problem with its completions and their PRM scores
(src/sal/search/*.py and src/sal/utils/score.py, huggingface/search-and-learn), or one such line as a JSON file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlm_core.core.errors import LogError
from rlm_core.core.events import Record
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import counted
from rlm_core.runs.formats.base import MAX_NODES, Format, LoggedRun, Scale, count, listing, number, problem, text
from rlm_core.runs.recording import Recording
from rlm_core.search import answers
from rlm_core.search.pool import pooled

DESCRIPTION = Description(
    name="search-and-learn",
    title="search-and-learn data set (JSONL)",
    sentence="A data set of search-and-learn holds complete solutions and their scores only: not what beam search gave up on the way, "
    "no order of events and no tokens but their number. Solutions with the same first steps share them here.",
    config=NoSettings,
)
BETWEEN_STEPS = "\n\n"
PREDICTIONS = {"weighted": answers.WEIGHTED, "maj": answers.MAJORITY, "naive": answers.NAIVE}
"""How the writer names the ways to pick an answer, the one it leads with in front."""
PREDICTION = re.compile(r"pred_(weighted|maj|naive)@(\d+)")
BOXED = "\\boxed{"


def detect(document: Any) -> bool:
    return (
        isinstance(document, Mapping) and {"completions", "scores"} <= document.keys() and bool({"problem", "question"} & document.keys())
    )


def read(document: Any) -> Iterable[LoggedRun]:
    """A tree of the completions, in which equal beginnings are one path; the answer is the one by weighted votes, else `pred`."""
    completions = [text(c) for c in listing(document["completions"], '"completions"')]
    scores = [_numbers(s) for s in listing(document["scores"], '"scores"')]
    if len(scores) not in (0, len(completions)):
        raise LogError(f"it has {counted(len(completions), 'completion')} and scores of {len(scores):,}")
    asked = document.get("problem") or document.get("question")
    recording = Recording(
        problem(asked, document.get("answer"), document.get("unique_id")), source="search-and-learn", search="completions", reward="PRM"
    )
    scale = Scale(v for s in scores for v in s)
    totals = [scale(v) for v in _numbers(document.get("agg_scores") or [])]
    known: dict[tuple[int, str, bool], int] = {}
    ends = [
        _solution(recording, known, c, [scale(v) for v in s]) for c, s in zip(completions, scores or [[]] * len(completions), strict=True)
    ]
    for end, total in zip(ends, totals, strict=False):
        if recording.tree.nodes[end].score != total:
            recording.score(end, total, reward="PRM, aggregated")
    tokens = document.get("completion_tokens")
    recording.spend(sum(map(count, tokens)) if isinstance(tokens, list) else count(tokens), simulations=len(ends), purpose="complete")
    _answer(recording, document, completions, ends)
    recording.finish()
    yield LoggedRun(tuple(recording.records), scale.note)


def _numbers(value: Any) -> list[float]:
    """The finite numbers of a list; of a list in a list (a score per token) the last ones."""
    found = listing(value, "a list of scores")
    flat = [v[-1] if isinstance(v, list) and v else v for v in found]
    return [n for v in flat if (n := number(v)) is not None]


def _solution(recording: Recording, known: dict[tuple[int, str, bool], int], completion: str, scores: Sequence[float]) -> int:
    """The path of a completion below the root, with a score per step where there is one for each; returns its end."""
    steps = [s.strip() for s in completion.split(BETWEEN_STEPS) if s.strip()] or [""]
    by_step = scores if len(scores) == len(steps) else ()
    at = ROOT
    for i, step in enumerate(steps):
        last = i == len(steps) - 1
        key = (at, step, last)  # the end of a solution is no step of another that goes on
        if key not in known:
            if len(recording.tree.nodes) > MAX_NODES:
                raise LogError(f"it has more than {MAX_NODES:,} steps")
            known[key] = recording.node(step, at, finished=last)
            if by_step:
                recording.score(known[key], by_step[i], steps=by_step[: i + 1])
        elif last:
            recording.again(known[key])
        at = known[key]
    if scores and not by_step:
        recording.score(at, scores[-1])
    return at


def _answer(recording: Recording, document: Mapping[str, Any], completions: Sequence[str], ends: Sequence[int]) -> None:
    """The answer by the first way of picking that the file has, over the most completions."""
    found = {(m[1], int(m[2])): text(value) for key, value in document.items() if (m := PREDICTION.fullmatch(str(key)))}
    for way, method in PREDICTIONS.items():
        if counts := [n for name, n in found if name == way]:
            stated = found[way, max(counts)].removeprefix(BOXED).removesuffix("}")
            node = next((e for e in ends if recording.tree.nodes[e].answer == stated), None)
            recording.answer(stated, node, method=method.name)
            return
    chosen = document.get("pred")
    if isinstance(chosen, str):
        end = ends[completions.index(chosen)] if chosen in completions else None
        recording.answer(chosen if end is None else recording.tree.nodes[end].answer, end, method=answers.NAIVE.name)


def write(records: Sequence[Record], tree: SearchTree) -> dict[str, Any]:
    """The finished solutions of a run with their scores, a solution once per sample it stands for."""
    ends = [e for e in pooled(tree) if e.finished for _ in range(e.samples)]
    row: dict[str, Any] = {
        "problem": tree.problem.question,
        "answer": tree.problem.reference or "",
        "unique_id": tree.problem.spec,
        "completions": [BETWEEN_STEPS.join(tree.steps(e.id)) for e in ends],
        "scores": [_scores(tree, e) for e in ends],
        "agg_scores": [e.value or 0.0 for e in ends],
        "completion_tokens": [tree.size(e.id) for e in ends],
    }
    best = max(range(len(ends)), key=lambda i: (ends[i].value or 0.0, -i), default=None)
    row["pred"] = "" if best is None else row["completions"][best]
    for way, method in PREDICTIONS.items():
        picked = answers.picked(tree, method.name, ends)
        row[f"pred_{way}@{len(ends)}"] = f"{BOXED}{picked.answer or ''}}}"
    return row


def _scores(tree: SearchTree, end: Node) -> list[float]:
    """A score per step: the reward's own, else those of the nodes, else the last one alone."""
    steps = end.evaluations[-1].steps if end.evaluations else ()
    if len(steps) == end.depth:
        return list(steps)
    path = [tree.nodes[n].value for n in tree.path(end.id)[1:]]
    found = [v for v in path if v is not None]
    return found if len(found) == len(path) else found[-1:]


FORMAT = Format(DESCRIPTION, detect, read, write, lines=True)
