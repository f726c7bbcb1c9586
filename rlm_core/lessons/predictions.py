"""What a person predicted or answered in lessons, kept in the data folder, so that it can be compared later.

`<data folder>/predictions.jsonl` has a line per prediction, the oldest first. A last line that a kill cut off is passed over.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rlm_core.core.errors import LogError, first_line
from rlm_core.lessons.reading import Lesson

NAME = "predictions.jsonl"


class Prediction(msgspec.Struct, frozen=True):
    """One answer of one person.

    time: in seconds since 1970.
    lesson: its name.
    step, place: of the choice: the step from 1, and among the choices of the step from 0.
    language: in which it was shown.
    option: the place of the chosen option, from 0.
    answer: its text.
    right: it was the right one.
    by: a number that tells the browser from others; empty in files of an earlier version.
    """

    time: float
    lesson: str
    step: int
    place: int
    language: str
    option: int
    answer: str
    right: bool
    by: str = ""

    @property
    def choice(self) -> tuple[str, int, int]:
        """What was predicted: lesson, step and place."""
        return self.lesson, self.step, self.place


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a lesson is.

    answered, choices: of its predictions and questions, how many were answered at least once, and how many there are.
    right: of those answered, how many were right the first time.
    """

    answered: int
    choices: int
    right: int

    @property
    def done(self) -> bool:
        return self.answered == self.choices


class Predictions:
    """The predictions of a data folder. LogError names a line that cannot be read; nothing is lost by it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / NAME

    def all(self) -> list[Prediction]:
        if not self.file.is_file():
            return []
        found = []
        for number, line in enumerate(self.file.read_bytes().split(b"\n")[:-1], 1):
            try:
                found.append(msgspec.json.decode(line, type=Prediction))
            except msgspec.DecodeError as error:
                raise LogError(f"Line {number} of {NAME} in the data folder cannot be read: {first_line(error)}") from None
        return found

    def add(self, lesson: Lesson, step: int, place: int, language: str, option: int, by: str = "") -> Prediction:
        """Keep a prediction; returns it. step, place, option, by: as in Prediction."""
        chosen = lesson.steps[step - 1].choices[place].options[option]
        made = Prediction(time.time(), lesson.name, step, place, language, option, chosen.text, chosen.right, by)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("ab") as file:
            if file.tell() and not self.file.read_bytes().endswith(b"\n"):
                file.write(b"\n")  # behind a line that a kill cut off
            file.write(msgspec.json.encode(made) + b"\n")
        return made


def first_answers(found: Sequence[Prediction]) -> Mapping[tuple[str, int, int], Prediction]:
    """The first prediction of each choice: later ones were made by somebody who may have seen the answer."""
    first: dict[tuple[str, int, int], Prediction] = {}
    for prediction in found:
        first.setdefault(prediction.choice, prediction)
    return first


def progress(lesson: Lesson, found: Sequence[Prediction]) -> Progress:
    """How far a lesson is, after these predictions."""
    places = {(lesson.name, s, p) for s, step in enumerate(lesson.steps, 1) for p in range(len(step.choices))}
    first = [p for choice, p in first_answers(found).items() if choice in places]
    return Progress(len(first), len(places), sum(p.right for p in first))


def counts(found: Sequence[Prediction], choice: tuple[str, int, int], options: int) -> list[int]:
    """How often each option of a choice was taken."""
    taken = [p.option for p in found if p.choice == choice]
    return [taken.count(option) for option in range(options)]
