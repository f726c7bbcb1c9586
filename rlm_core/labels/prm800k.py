"""Solutions and labels as JSON lines in the shape of PRM800K (Lightman et al. 2023, github.com/openai/prm800k).

Written: one line for each solution and labeler. What PRM800K has no place for stands under the extra key
"rlm_explorer": the problem's spec, the model, the origin, the source, and every label with its exact value and time.
A rating is 1, 0 or −1 for a person's label, 1 or −1 for another source's 1 or 0, and null for values between.
"finish_reason" is null where the labels neither reach a bad step nor the end; "total_time" (milliseconds) runs
from the first label of the line to the last.

Read: such lines, genuine PRM800K, and plain solutions without labels (see `read`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

import msgspec

from rlm_core import problems
from rlm_core.errors import LabelError, RlmError
from rlm_core.labels.base import BAD, HUMAN, Label, Solution, solution
from rlm_core.problems.base import Problem
from rlm_core.problems.text import from_text

ANSWER_HEAD = "# Answer"
"""What stands before the answer in the last step of PRM800K's solutions."""
SHAPES = 'it must have "question" and "label" as in PRM800K, or "problem" and "steps"'


@dataclass(slots=True)
class Taken:
    """What a file holds: its solutions, their labels, and one sentence for each line that cannot be read."""

    solutions: list[Solution] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


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
    """step (from 0), value, seconds since 1970, tokens."""

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


class _Plain(msgspec.Struct):
    """A line without labels; reference: a correct answer to a question in words."""

    problem: str
    steps: tuple[str, ...]
    answer: str | None = None
    reference: str | None = None
    model: str = ""
    finished: bool = True


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


def read(text: bytes, name: str) -> Taken:
    """The solutions and labels of JSON lines; `name` is what origins and sentences call the file.

    Three kinds of lines, in any mixture: those written here; genuine PRM800K, whose question becomes a text problem
    with its ground truth answer, and whose chosen completions become the steps (where a person wrote the step, that;
    where nothing was chosen because every completion was bad, the first); and plain ones without labels,
    {"problem": "chain:seed=3" or a question, "steps": […]} and, where known, "answer" (what the solution answers),
    "reference" (a correct answer to the question), "model" and "finished". A line that cannot be read is passed over
    and has its sentence in `refused`. Nothing here raises.
    """
    taken = Taken()
    for number, line in enumerate(text.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            one, labels = _read_line(line, f"file {name}, line {number}")
        except RlmError as error:
            taken.refused.append(f"Line {number} of {name} was not taken: {error}")
        else:
            taken.solutions.append(one)
            taken.labels += labels
    if not taken.solutions and not taken.refused:
        taken.refused.append(f"{name} is empty; each line must be a JSON object: {SHAPES}.")
    return taken


def _read_line(line: bytes, origin: str) -> tuple[Solution, list[Label]]:
    """LabelError or ProblemError says what is wrong with the line."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise LabelError("it is not JSON.") from None
    keys = set(row) if isinstance(row, dict) else set()
    try:
        if {"question", "label"} <= keys:
            said = msgspec.convert(row, _Line)
            return _own(said, said.rlm_explorer) if said.rlm_explorer else _genuine(said, origin)
        if {"problem", "steps"} <= keys:
            return _plain(msgspec.convert(row, _Plain), origin), []
    except msgspec.ValidationError as error:
        raise LabelError(f"{str(error)[:1].lower()}{str(error)[1:]}.") from None
    raise LabelError(f"{SHAPES}.")


def _own(line: _Line, facts: _Facts) -> tuple[Solution, list[Label]]:
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
    return one, labels


def _genuine(line: _Line, origin: str) -> tuple[Solution, list[Label]]:
    chosen = [_chosen(step) for step in line.label.steps]
    steps, ratings = tuple(text for text, _ in chosen), [rating for _, rating in chosen]
    whole = line.question.pre_generated_steps or ()
    finished, answer = line.label.finish_reason == "solution", None
    if whole[: len(steps)] == steps:
        steps, finished, answer = whole, True, line.question.pre_generated_answer
    problem = from_text(line.question.problem, line.question.ground_truth_answer)
    one = _checked(problem, steps, finished, answer, "", origin)
    at = _seconds(line.timestamp)
    return one, [Label(one.id, i, HUMAN, line.labeler, rating, at) for i, rating in enumerate(ratings) if rating is not None]


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
        raise LabelError("it has a step without any completion.")
    return written.text, written.rating


def _seconds(timestamp: str) -> float:
    """Seconds since 1970 of an ISO 8601 time, in UTC unless it names its zone."""
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise LabelError(f'its "timestamp" {timestamp!r} is no time like 2023-01-22T04:34:27.') from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _plain(row: _Plain, origin: str) -> Solution:
    if row.problem.partition(":")[0].strip() in problems.tasks():
        problem = problems.make(row.problem)
    else:
        problem = from_text(row.problem, row.reference)
    return _checked(problem, row.steps, row.finished, row.answer, row.model, origin)


def _checked(problem: Problem, steps: Sequence[str], finished: bool, answer: str | None, model: str, origin: str) -> Solution:
    """The solution with its answer, read from its last step if not given, and the verifier's word on it."""
    task = problems.task(problem.task)
    if finished and answer is None:
        stated = steps[-1].partition(ANSWER_HEAD)[2].strip() if steps else ""
        answer = stated or task.answer(problem, steps)
    correct = task.verify(problem, answer) if finished else None
    return solution(problem, tuple(steps), finished=finished, answer=answer, correct=correct, model=model, origin=origin)
