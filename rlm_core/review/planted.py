"""The bundled patch with planted faults, and how many of them a review finds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from rlm_core.core.paths import ASSETS
from rlm_core.evaluation.statistics import accuracy
from rlm_core.review.candidates import NEAR
from rlm_core.review.diff import RIGHT, Diff
from rlm_core.review.findings import Finding
from rlm_core.review.reading import parse

FOLDER = ASSETS / "review"


class Fault(msgspec.Struct, frozen=True):
    """A planted fault.

    file, line: where, by the line after the change.
    kind: in a word or two.
    title: in a sentence.
    words: a finding that is about it has at least one of them, in any case; each stands for words that begin with it.
    check: the check that is made to find it; "" for a kind beyond the checks.
    """

    file: str
    line: int
    kind: str
    title: str
    words: tuple[str, ...]
    check: str = ""


@cache
def planted_text() -> str:
    """The patch as text."""
    return (FOLDER / "planted.patch").read_text(encoding="utf-8")


@cache
def planted() -> Diff:
    """The patch."""
    return parse(planted_text())


@cache
def faults() -> tuple[Fault, ...]:
    """The faults in it, by file and line."""
    return msgspec.json.decode((FOLDER / "planted.json").read_bytes(), type=tuple[Fault, ...])


def points_to(finding: Finding, fault: Fault) -> bool:
    """Is it at the fault's line, or at the one before or after it?"""
    return finding.file == fault.file and finding.side == RIGHT and finding.line is not None and abs(finding.line - fault.line) <= NEAR


def is_about(finding: Finding, fault: Fault) -> bool:
    """Has it one of the fault's words?"""

    def there(word: str) -> bool:
        begins = r"(?<!\w)" if word[0].isalnum() else ""
        return bool(re.search(begins + re.escape(word), finding.text, re.I))

    return any(map(there, fault.words))


class Result(msgspec.Struct, frozen=True):
    """How a review did; every share with the ends of its 95 % interval (Wilson).

    faults: planted. findings: of the review.
    found: faults at whose line there is a finding that is about them.
    pointed: faults at whose line there is any finding.
    beyond, found_beyond: faults of kinds beyond the checks, and those found of them.
    right: findings that are about a fault at their line.
    recall: found of faults. precision: right of findings; None without findings.
    """

    faults: int
    findings: int
    found: int
    pointed: int
    beyond: int
    found_beyond: int
    right: int
    recall: list[float]
    precision: list[float] | None


def measured(findings: Sequence[Finding], known: Sequence[Fault]) -> Result:
    """The findings of a review against the known faults."""
    found = [fault for fault in known if any(points_to(f, fault) and is_about(f, fault) for f in findings)]
    pointed = [fault for fault in known if any(points_to(f, fault) for f in findings)]
    right = [any(points_to(f, fault) and is_about(f, fault) for fault in known) for f in findings]
    return Result(
        faults=len(known),
        findings=len(findings),
        found=len(found),
        pointed=len(pointed),
        beyond=sum(not fault.check for fault in known),
        found_beyond=sum(not fault.check for fault in found),
        right=sum(right),
        recall=accuracy([fault in found for fault in known]).as_list(),
        precision=accuracy(right).as_list() if right else None,
    )
