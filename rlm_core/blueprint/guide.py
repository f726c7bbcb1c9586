"""Guided choices (`guide.json`): a few questions, a recommendation with its reasons, and what to look at in runs made here as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from rlm_core.blueprint.reading import FOLDER, Source, read, refuse_twice
from rlm_core.core.errors import ConfigError

FILE = FOLDER / "guide.json"


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: in addresses. answers: their words by their names in addresses."""

    name: str
    text: str
    answers: dict[str, str]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence; source: where it stands, None for what follows from definitions."""

    text: str
    source: Source | None = None


class Recommendation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """when: the answers it is for, by question; a question that is left out may have any answer."""

    title: str
    when: dict[str, tuple[str, ...]]
    reasons: tuple[Reason, ...]

    def fits(self, answers: Mapping[str, str]) -> bool:
        return all(answers.get(question) in allowed for question, allowed in self.when.items())


class Side(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One side of a question in a sweep: strategies with one of these searches, and rewards and models that begin so; empty for any."""

    title: str
    searches: tuple[str, ...] = ()
    rewards: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def holds(self, search: str, reward: str, model: str) -> bool:
        """reward: "" where the search asks none."""
        return (
            (not self.searches or search in self.searches)
            and (not self.rewards or (bool(reward) and reward.startswith(self.rewards)))
            and (not self.models or model.startswith(self.models))
        )


class Guide(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice.

    name: in addresses.
    sides: what is set against each other in sweeps; a strategy belongs to the first that holds it.
    measure: the problems, as a set is written, on which to measure it.
    strategies: that are measured on them, with the fields of a strategy of a sweep; at least one of each side.
    compare: name of the preset comparison that shows one example of it; "" where there is none.
    stages: are the stages of trainings evidence for it?
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    recommendations: tuple[Recommendation, ...]
    sides: tuple[Side, ...]
    measure: str
    strategies: tuple[dict[str, Any], ...] = ()
    compare: str = ""
    stages: bool = False

    def recommended(self, answers: Mapping[str, str]) -> Recommendation | None:
        """The first that fits the answers, by question; None while a question is open."""
        if any(answers.get(q.name) not in q.answers for q in self.questions):
            return None
        return next((r for r in self.recommendations if r.fits(answers)), None)


@cache
def guides(file: Path = FILE) -> dict[str, Guide]:
    """The choices by name. ConfigError if the file is wrong."""
    found = read(file, tuple[Guide, ...])
    refuse_twice([g.name for g in found], file)
    for guide in found:
        asked = {q.name: q.answers for q in guide.questions}
        for question, answers in ((q, a) for r in guide.recommendations for q, a in r.when.items()):
            if wrong := [a for a in answers if a not in asked.get(question, {})]:
                raise ConfigError(f"The file {file.name} of the Blueprint: {guide.name} has no answer {wrong[0]} to a question {question}.")
    return {g.name: g for g in found}
