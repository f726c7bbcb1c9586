"""Solutions and labels as JSON lines in the shape of PRM800K (Lightman et al. 2023, github.com/openai/prm800k).

Written: one line for each solution and labeler. Fields that PRM800K does not have stand under the extra key
"rlm_explorer": the problem's spec, the model, the origin, the source, and every label with its exact value and time.
A rating is 1, 0 or −1 for a person's label, 1 or −1 for another source's 1 or 0, and null for values between.
"finish_reason" is null where the labels neither reach a bad step nor the end; "total_time" (milliseconds) runs
from the first label of the line to the last.

Read: such lines and genuine PRM800K.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

import msgspec

from rlm_core import problems
from rlm_core.core.errors import LabelError
from rlm_core.labels.base import BAD, HUMAN, Label, Solution, solution
from rlm_core.labels.found import RowContent, checked, placed
from rlm_core.problems.families.text import from_text


class _Completion(msgspec.Struct):
    text: str
    rating: Literal[-1, 0, 1] | None = None
    flagged: bool | None = None


class _Step(msgspec.Struct):
    completions: list[_Completion] | None = None
    human_completion: _Completion | str | None = None
    chosen_completion: int | None = None


class _Labelled(msgspec.Struct):
    steps: list[_Step]
    total_time: float | None = None
    finish_reason: str | None = None


class _Question(msgspec.Struct):
    problem: str
    ground_truth_answer: str | None = None
    ground_truth_solution: str | None = None
    pre_generated_steps: tuple[str, ...] | None = None
    pre_generated_answer: str | None = None


class _Said(msgspec.Struct, array_like=True):
    """A label as it is stored in a line.

    step: from 0.
    value: in [0,1].
    at: seconds since 1970.
    tokens: generated for it.
    """

    step: int
    value: float
    at: float
    tokens: int


class _Facts(msgspec.Struct):
    problem: str
    finished: bool
    answer: str | None
    correct: bool | None
    model: str
    origin: str
    source: str
    labels: list[_Said]


class _Line(msgspec.Struct):
    labeler: str
    timestamp: str
    question: _Question
    label: _Labelled
    generation: int | None = None
    is_quality_control_question: bool = False
    is_initial_screening_question: bool = False
    rlm_explorer: _Facts | msgspec.UnsetType = msgspec.UNSET


# -- writing -----------------------------------------------------------------------------------


def write(solutions: Iterable[Solution], labels: Iterable[Label]) -> bytes:
    """JSON lines of the labelled ones among `solutions`: one for each labeler, in the order given."""
    by_solution: dict[str, list[Label]] = {}
    for label in labels:
        by_solution.setdefault(label.solution, []).append(label)
    lines = []
    for one in solutions:
        ordered = sorted(by_solution.get(one.id, ()), key=lambda la: (la.source, la.by, la.step))
        lines += [msgspec.json.encode(_line(one, list(group))) for _, group in groupby(ordered, key=lambda la: (la.source, la.by))]
    return b"".join(line + b"\n" for line in lines)


def _line(one: Solution, labels: list[Label]) -> _Line:
    """The line of one solution and one labeler; `labels` by step."""
    times = [la.at for la in labels]
    ratings = {la.step: _rating(la) for la in labels}
    steps = [
        _Step(completions=[_Completion(text, rating=ratings.get(i))], chosen_completion=0)
        for i, text in enumerate(one.steps[: labels[-1].step + 1])
    ]
    found_error = BAD in ratings.values()
    through = one.finished and set(ratings) == set(range(len(one.steps)))
    return _Line(
        labeler=labels[0].by,
        timestamp=datetime.fromtimestamp(max(times), UTC).isoformat(),
        question=_Question(one.problem.question, one.problem.reference, None, one.steps, one.answer),
        label=_Labelled(steps, round(1000 * (max(times) - min(times))), "found_error" if found_error else "solution" if through else None),
        rlm_explorer=_Facts(
            problem=one.problem.spec,
            finished=one.finished,
            answer=one.answer,
            correct=one.correct,
            model=one.model,
            origin=one.origin,
            source=labels[0].source,
            labels=[_Said(la.step, la.value, la.at, la.tokens) for la in labels],
        ),
    )


def _rating(label: Label) -> Any:
    """1, 0, −1, or None for a value that is none of these."""
    return int(label.value) if label.source == HUMAN else {1.0: 1, 0.0: -1}.get(label.value)


# -- reading -----------------------------------------------------------------------------------

KEEPS = frozenset(
    {
        *("labeler", "timestamp", "generation", "is_quality_control_question", "is_initial_screening_question", "rlm_explorer"),
        *("question.problem", "question.ground_truth_answer", "question.pre_generated_steps", "question.pre_generated_answer"),
        *("label.steps", "label.finish_reason"),
    }
)
"""Keys of a line that are kept; the keys of inner objects behind their own."""
OTHERS = "completions that were not chosen, with their ratings"


def read(row: dict[str, Any], origin: str) -> RowContent:
    """A line written here, or one of PRM800K as published; LabelError or ProblemError says what is wrong with it.

    The question becomes a text problem with its ground truth answer, and the chosen completions become the steps: where
    a person wrote the step, that; where nothing was chosen because every completion was bad, the first. A last step
    without any text, as where the labeler gave up, is no step.
    """
    line = msgspec.convert(row, _Line)
    return _own(line, line.rlm_explorer) if line.rlm_explorer else _genuine(line, origin)


def _own(line: _Line, facts: _Facts) -> RowContent:
    one = solution(
        problems.make(facts.problem),
        line.question.pre_generated_steps or (),
        finished=facts.finished,
        answer=facts.answer,
        correct=facts.correct,
        model=facts.model,
        origin=facts.origin,
    )
    labels = [Label(one.id, s.step, facts.source, line.labeler, s.value, s.at, s.tokens) for s in facts.labels]
    if any(la.step >= len(one.steps) for la in labels):
        raise LabelError(f"it labels step {max(la.step for la in labels) + 1} of a solution with {len(one.steps)}.")
    return RowContent(one, labels, ("label.total_time", "question.ground_truth_solution"))


def _genuine(line: _Line, origin: str) -> RowContent:
    given = list(line.label.steps)
    while given and not (given[-1].completions or given[-1].human_completion):
        given.pop()
    chosen = [_chosen(step) for step in given]
    steps, ratings = tuple(text for text, _ in chosen), [rating for _, rating in chosen]
    whole = line.question.pre_generated_steps or ()
    finished, answer = line.label.finish_reason == "solution", None
    if whole[: len(steps)] == steps:
        steps, finished, answer = whole, True, line.question.pre_generated_answer
    problem = from_text(line.question.problem, line.question.ground_truth_answer)
    one = checked(problem, steps, finished, answer, origin=placed(origin, *_about(line)))
    at = _seconds(line.timestamp)
    labels = [Label(one.id, i, HUMAN, line.labeler, rating, at) for i, rating in enumerate(ratings) if rating is not None]
    return RowContent(one, labels, left_out=(OTHERS,) * any(len(step.completions or ()) > 1 for step in given))


def _about(line: _Line) -> list[str]:
    """The line's own identifiers, for the origin."""
    said = [f"generation {line.generation}"] if line.generation is not None else []
    said += ["quality control"] * line.is_quality_control_question + ["initial screening"] * line.is_initial_screening_question
    return said + [f"ended by {line.label.finish_reason}"] * (line.label.finish_reason in ("give_up", "bad_problem"))


def _chosen(step: _Step) -> tuple[str, int | None]:
    """Text and rating of the completion that a step went on with."""
    completions = step.completions or []
    if step.chosen_completion is not None:
        if not 0 <= step.chosen_completion < len(completions):
            raise LabelError(f"completion {step.chosen_completion} of a step was chosen where there are {len(completions)}.")
        return completions[step.chosen_completion].text, completions[step.chosen_completion].rating
    if isinstance(step.human_completion, str):
        return step.human_completion, None
    written = step.human_completion or (completions[0] if completions else None)
    if written is None:
        raise LabelError("it has a step without any completion before others that have one.")
    return written.text, written.rating


def _seconds(timestamp: str) -> float:
    """Seconds since 1970 of an ISO 8601 time, in UTC unless it names its zone."""
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise LabelError(f'its "timestamp" {timestamp!r} is no time like 2023-01-22T04:34:27.') from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
