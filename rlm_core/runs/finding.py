"""Finding saved runs: by words in what is known of them, and by filters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.wording import clean, problem_label
from rlm_core.core.words import RunStatus
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.settings import Setting
from rlm_core.runs.store import RunRow

NO_ANSWER = "no answer"
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; an empty field asks for nothing.

    text: words that must all occur in a run's name, problem, note, tags, answer, id or settings; several in "quotes" stand together.
    statuses, strategies, models, verdicts, tags: of which a run must have one; strategies and models by their names.
    oracle: whether the search could see the reference answer; None for either.
    failed_starts: include runs that failed before their tree had a step.
    """

    text: str = ""
    statuses: Sequence[str] = ()
    strategies: Sequence[str] = ()
    models: Sequence[str] = ()
    verdicts: Sequence[str] = ()
    tags: Sequence[str] = ()
    oracle: bool | None = None
    failed_starts: bool = True

    @property
    def asks(self) -> bool:
        """Does it ask for anything, failed starts aside?"""
        return bool(self.text.strip() or self.statuses or self.strategies or self.models or self.verdicts or self.tags) or (
            self.oracle is not None
        )

    def matches(self, row: RunRow, settings: Sequence[Setting]) -> bool:
        """Is the run one of those looked for? settings: as `settings` gives them."""
        return (
            (self.failed_starts or RunStatus.FAILED in self.statuses or not failed_start(row))
            and (not self.statuses or row.status in self.statuses)
            and (not self.strategies or row.config.search in self.strategies)
            and (not self.models or row.config.model in self.models)
            and (not self.verdicts or verdict(row) in self.verdicts)
            and (not self.tags or not set(self.tags).isdisjoint(row.tags))
            and self.oracle in (None, bool(row.summary.get("oracle")))
            and _found(self.text, row, settings)
        )


def failed_start(row: RunRow) -> bool:
    """Did the run fail before its tree had a step?"""
    return row.status == RunStatus.FAILED and row.summary.get("nodes", 0) <= 1


def verdict(row: RunRow) -> str:
    """The verdict of a run in words."""
    return NO_ANSWER if row.summary.get("answer") is None else VERDICTS[row.summary.get("correct")]


def _found(text: str, row: RunRow, settings: Sequence[Setting]) -> bool:
    found = (clean(quoted or bare.strip('"')).casefold() for quoted, bare in _WORDS.findall(text))
    words = [word for word in found if word]
    if not words:
        return True
    parts = [row.name, row.note, *row.tags, row.id, problem_label(row.problem), row.problem.question, row.problem.spec]
    parts += [str(row.summary.get("answer") or ""), row.elsewhere, *(f"{s.name} {s.value}" for s in settings)]
    known = "\n".join(clean(part) for part in parts).casefold()
    return all(word in known for word in words)
