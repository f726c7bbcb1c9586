"""Training data from the label book: its solutions as examples to train a head on, and as cases to measure a reward against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rlm_core.core.errors import LabelError
from rlm_core.evaluation.sampling import SampledSolution
from rlm_core.evaluation.statistics import mean
from rlm_core.labels.base import Label, Solution, target
from rlm_core.labels.book import LabelBook
from rlm_core.models.policy import Step
from rlm_core.training.head_pipeline import Gathered
from rlm_core.training.labelling import combined
from rlm_core.training.reward_models import LabelledSolution


def from_book(book: LabelBook, weights: Mapping[str, float]) -> Gathered:
    """Every solution that has labels of these sources; several makers of one source count alike."""
    by_solution: dict[str, list[Label]] = defaultdict(list)
    tokens = 0
    for label in book.labels():
        if label.source in weights:
            by_solution[label.solution].append(label)
            tokens += label.tokens
    labelled = []
    for id, labels in by_solution.items():
        solution = book.get(id)
        parts = [([_value(labels, i, source) for i in range(len(solution.steps))], weight) for source, weight in weights.items()]
        labelled.append(LabelledSolution(solution.problem, steps_of(solution), combined(parts), Counter(x.source for x in labels)))
    return labelled, tokens


def _value(labels: Sequence[Label], step: int, source: str) -> float | None:
    found = [target(x) for x in labels if x.step == step and x.source == source]
    return mean(found) if found else None


def labelled_solutions(book: LabelBook, source: str) -> list[list[SampledSolution]]:
    """Solutions that this source has labelled, by problem, with its word on each step: right from one half on.

    Of soft labels every share above 0 is right, for the question is whether the state can still be won.
    """
    by_problem: dict[str, list[SampledSolution]] = defaultdict(list)
    for solution in book.solutions(labelled=True, source=source):
        labels = book.labels(source=source, solution=solution.id)
        values = [_value(labels, i, source) for i in range(len(solution.steps))]
        words = tuple(None if v is None else v > 0 if source == "soft" else v >= 0.5 for v in values)
        one = SampledSolution(solution.problem, tuple(steps_of(solution)), solution.answer, solution.correct, words)
        by_problem[solution.problem.spec].append(one)
    if not by_problem:
        raise LabelError(f"The label book holds no labels of the source '{source}' to measure against; make or import some first.")
    return list(by_problem.values())


def steps_of(solution: Solution) -> list[Step]:
    """The steps of a solution in the book; their tokens are read anew."""
    last = len(solution.steps) - 1
    return [Step(text, finished=solution.finished and i == last) for i, text in enumerate(solution.steps)]
