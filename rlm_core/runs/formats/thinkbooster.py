"""The runs of ThinkBooster's visual debugger: `convert_strategy_result_to_debugger_run` in service_app/core/debugger_events.py
(IINemo/thinkbooster), alone, in a payload with its scenario, or in a file of examples (scripts/convert_results_to_debugger.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rlm_core.core.errors import LogError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.tree import ROOT
from rlm_core.runs.formats.base import MAX_NODES, Format, LoggedRun, count, listing, number, problem, record_of, text
from rlm_core.runs.recording import Recording

DESCRIPTION = Description(
    name="thinkbooster",
    title="ThinkBooster run (JSON)",
    sentence="A run of ThinkBooster holds the candidates of each step with their signals: no tokens but their number, no values backed "
    "up and no arithmetic of a selection; signals outside 0 to 1, such as perplexities, are left out.",
    config=NoSettings,
)
WHOLE_SOLUTIONS = ("sample_and_vote", "reranking")
"""Families whose candidates are whole solutions, so that each path ends with one."""


def detect(document: Any) -> bool:
    return isinstance(document, Mapping) and (_is_run(document) or "strategies" in document or _examples(document) is not None)


def _is_run(document: Mapping[str, Any]) -> bool:
    return {"events", "final", "budget"} <= document.keys()


def _examples(document: Mapping[str, Any]) -> Sequence[Any] | None:
    examples = document.get("examples")
    first = examples[0] if isinstance(examples, list) and examples else None
    return examples if isinstance(first, Mapping) and "payloads" in first else None


def read(document: Any) -> Iterable[LoggedRun]:
    for scenario, run in _runs(document):
        yield _read(scenario, run)


def _runs(document: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each run with its scenario."""
    if _is_run(document):
        yield {}, document
        return
    payloads: list[Any] = [document]
    if (examples := _examples(document)) is not None:
        payloads = [p for e in examples for p in record_of(record_of(e, "an example").get("payloads"), '"payloads"').values()]
    for payload in payloads:
        scenario = record_of(record_of(payload, "a payload").get("scenario") or {}, '"scenario"')
        for strategy in listing(payload.get("strategies"), '"strategies"'):
            yield scenario, record_of(record_of(strategy, "a strategy").get("run"), 'the "run" of a strategy')


def _read(scenario: Mapping[str, Any], run: Mapping[str, Any]) -> LoggedRun:
    strategy = record_of(run.get("strategy") or {}, '"strategy"')
    scorer = record_of(run.get("scorer") or {}, '"scorer"')
    final = record_of(run.get("final"), '"final"')
    recording = Recording(
        problem(scenario.get("prompt"), scenario.get("ground_truth")),
        source="ThinkBooster",
        search=text(strategy.get("name") or strategy.get("id")) or "unknown strategy",
        model=text(run.get("model_id")),
        reward=text(scorer.get("name") or final.get("score_label")),
        clock=lambda: count(run.get("latency_ms")) / 1000,
    )
    steps = [_candidates(e) for e in listing(run.get("events"), '"events"')]
    walk = _Walk(recording, strategy.get("family") in WHOLE_SOLUTIONS, _ends(steps), text(final.get("answer")) or None)
    for number_, candidates in enumerate(steps):
        walk.step(candidates, last=number_ == len(steps) - 1)
    recording.spend(count(run.get("tokens_used")))
    if final.get("answer") is not None:
        recording.answer(text(final["answer"]), walk.chosen if walk.chosen != ROOT else None)
    recording.finish()
    left_out = f"Signals outside 0 to 1 were left out: {', '.join(sorted(walk.left_out))}." if walk.left_out else ""
    return LoggedRun(tuple(recording.records), left_out)


def _candidates(event: Any) -> list[Mapping[str, Any]]:
    found = listing(record_of(event, "an event").get("candidates"), '"candidates"')
    return [record_of(c, "a candidate") for c in found]


def _ends(steps: Sequence[Sequence[Mapping[str, Any]]]) -> set[str]:
    """Names of the candidates that no later one continues."""
    continued = {str(c["parent_beam_uid"]) for step in steps for c in step if c.get("parent_beam_uid") is not None}
    return {str(c["beam_uid"]) for step in steps for c in step if c.get("beam_uid") is not None} - continued


class _Walk:
    """The candidates put into the tree, step by step.

    chosen: the candidate that was selected last; without lineage, the next ones hang below it.
    left_out: names of signals outside [0,1].
    """

    def __init__(self, recording: Recording, whole: bool, ends: set[str], answer: str | None) -> None:
        self.recording = recording
        self.whole = whole
        self.ends = ends
        self.answer = answer
        self.chosen = ROOT
        self.left_out: set[str] = set()
        self._by_name: dict[str, int] = {}

    def step(self, candidates: Sequence[Mapping[str, Any]], last: bool) -> None:
        """The candidates of one step: added, scored, the chosen one selected, the pruned ones given up."""
        made = [(c, self._add(c, last)) for c in candidates]
        if len(self.recording.tree.nodes) > MAX_NODES:
            raise LogError(f"it has more than {MAX_NODES:,} candidates")
        if selected := [node for c, node in made if c.get("selected") is True or c.get("status") == "selected"]:
            self.chosen = selected[0]
            self.recording.select(self.chosen)
        if pruned := [node for c, node in made if c.get("status") == "pruned" and node not in selected]:
            self.recording.prune(pruned, "it was not selected at this step")

    def _add(self, candidate: Mapping[str, Any], last: bool) -> int:
        above = candidate.get("parent_beam_uid")
        name = candidate.get("beam_uid")
        parent = self._by_name.get(str(above), ROOT) if above is not None or name is not None else self.chosen
        chosen = candidate.get("selected") is True
        finished = (last and chosen) or (self.whole and (str(name) in self.ends if name is not None else last))
        answer = self.answer if last and chosen else None
        node = self.recording.node(text(candidate.get("text")), parent, finished=finished, answer=answer)
        if name is not None:
            self._by_name[str(name)] = node
        for signal, value in record_of(candidate.get("signals") or {}, '"signals"').items():
            found = number(value)
            if found is None or not 0 <= found <= 1:
                self.left_out.add(str(signal))
            else:
                self.recording.score(node, found, reward=str(signal))
        return node


FORMAT = Format(DESCRIPTION, detect, read)
