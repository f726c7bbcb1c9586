"""A finding of a review, and reading findings out of what a model wrote.

Reading is forgiving in form (rows, bullets, sentences, JSON) and strict in truth: what names no line of the diff is no finding. It is kept
as unread text with the reason, and never guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from rlm_core.review.diff import LEFT, RIGHT, ChangedFile

HIGH, MEDIUM, LOW = "high", "medium", "low"
SEVERITIES = (HIGH, MEDIUM, LOW)
"""The worst first."""
_WORDS = {
    HIGH: ("high", "critical", "blocker", "error", "severe", "major", "danger", "security", "fatal"),
    MEDIUM: ("medium", "moderate", "warning", "warn", "normal", "bug"),
    LOW: ("low", "minor", "info", "nit", "style", "note", "trivial", "suggestion", "hint"),
}
_SEVERITY = {word: severity for severity, words in _WORDS.items() for word in words}
MAX_TEXT = 600
"""Characters of a message or suggestion that are kept."""


class Finding(msgspec.Struct, frozen=True):
    """A remark on a line.

    file: its path.
    line: number of the line on its side, from 1; None where it concerns the whole file.
    side: RIGHT for the file after the change, LEFT for a removed line.
    severity: one of SEVERITIES.
    kind: in a word or two, such as "off-by-one"; a check's id.
    message: what is wrong.
    suggestion: what to do; "" if nothing is said.
    by: who said it: "candidate 2", "check eval".
    parts: the parts of its score, in [0,1].
    score: in [0,1].
    """

    file: str
    line: int | None
    side: str
    severity: str
    kind: str
    message: str
    suggestion: str = ""
    by: tuple[str, ...] = ()
    parts: dict[str, float] = {}
    score: float = 0.0

    @property
    def text(self) -> str:
        """All its words."""
        return " ".join(filter(None, (self.kind, self.message, self.suggestion)))

    @property
    def checked(self) -> bool:
        """Was it found by a check, alone or among others?"""
        return any(b.startswith("check ") for b in self.by)

    def id(self, diff: str) -> str:
        """A short hash of the diff's id, its place and its message, so that a finding that comes again has the label it had."""
        content = json.dumps([diff, self.file, self.side, self.line, self.message])
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Unread(msgspec.Struct, frozen=True):
    """Text of a model that is no finding.

    text: as it was written.
    reason: why it is none.
    """

    text: str
    reason: str


def worst(findings: list[Finding]) -> str:
    """The worst severity; "" without findings."""
    return next((s for s in SEVERITIES if any(f.severity == s for f in findings)), "")


_THOUGHT = re.compile(r"^.*</think>", re.S)
_NOTHING = re.compile(
    r"\W*(?:none|no (?:findings?|issues?|problems?|mistakes?|bugs?)(?: (?:found|here))?|looks good(?: to me)?|lgtm)\W*", re.I
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)](?=\s))\s+")
_AT = re.compile(
    r"^\W*(?P<old>old\s+)?(?:(?:at\s+|on\s+)?lines?\s*[:#]?\s*|L)?(?P<old2>old\s+|-)?(?P<line>\d{1,7})(?:\s*[-–,]\s*\d+)?\b", re.I
)
_SAID = re.compile(r"^\W*(?:(?:old\s+)?lines?\s*[:#]?\s*|L)(?:old\s+|-)?\d", re.I)
_SUGGESTION = re.compile(r"\b(?:suggestions?|fix|recommendation|instead)\s*:\s*", re.I)
_FENCE = re.compile(r"^\s*`{3,}\w*\s*$")


def read(text: str, file: ChangedFile, by: str) -> tuple[list[Finding], list[Unread]]:
    """The findings in a model's text on one file, in order, and what could not be read.

    by: who wrote it, as of `Finding.by`.
    """
    text = _THOUGHT.sub("", text).strip()
    places = file.places
    found: list[Finding] = []
    unread: list[Unread] = []
    if not text:
        return [], [Unread("", "the reply is empty")]
    if (rows := _as_json(text)) is not None:
        for row in rows:
            _place(_from_row(row), json.dumps(row, ensure_ascii=False), file, places, by, found, unread)
        return found, unread
    for line in text.splitlines():
        if not line.strip() or _FENCE.match(line) or _NOTHING.fullmatch(line):
            continue
        row = _as_json(line)
        _place(_from_row(row[0]) if row else _from_line(line), line.strip(), file, places, by, found, unread)
    return found, unread


_Draft = tuple[int, str, str, str, str, str] | str
"""Line, side, severity, kind, message, suggestion; or why there is none."""


def _place(
    draft: _Draft,
    text: str,
    file: ChangedFile,
    places: Mapping[tuple[str, int], Any],
    by: str,
    found: list[Finding],
    unread: list[Unread],
) -> None:
    """Keep a draft as a finding if its line is in the diff; else say why not."""
    if isinstance(draft, str):
        unread.append(Unread(text[:MAX_TEXT], draft))
        return
    line, side, severity, kind, message, suggestion = draft
    if (side, line) not in places:
        unread.append(Unread(text[:MAX_TEXT], f"line {line} is not among the lines of this file's diff"))
        return
    found.append(Finding(file.path, line, side, severity, kind[:40], message[:MAX_TEXT], suggestion[:MAX_TEXT], (by,)))


def _as_json(text: str) -> list[dict[str, Any]] | None:
    """The rows of a text that is JSON, in a fence or not; None if it is none."""
    bare = re.sub(r"^\s*`{3,}\w*\s*\n|\n\s*`{3,}\s*$", "", text).strip()
    if bare[:1] not in "[{":
        return None
    try:
        value = json.loads(bare)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        value = value.get("findings", value.get("comments", [value]))
    return value if isinstance(value, list) and all(isinstance(v, dict) for v in value) else None


def _from_row(row: dict[str, Any]) -> _Draft:
    def said(*names: str) -> str:
        return next((str(row[n]).strip() for n in names if isinstance(row.get(n), str | int) and not isinstance(row.get(n), bool)), "")

    number = re.fullmatch(r"(?P<old>old\s+|-)?[Ll]?(?P<line>\d{1,7})", said("line", "line_number", "lineno"))
    message = said("message", "comment", "body", "description", "issue")
    if not number:
        return "it names no line"
    if not message:
        return "it says nothing about the line"
    left = bool(number["old"]) or said("side").upper() == LEFT
    severity = _SEVERITY.get(said("severity", "level").lower(), MEDIUM)
    return int(number["line"]), LEFT if left else RIGHT, severity, said("kind", "type", "category"), message, said("suggestion", "fix")


def _from_line(text: str) -> _Draft:
    """A row of fields between bars, or a sentence that begins with a line's number."""
    text = text.strip().strip("|").strip()
    if not re.match(r"\s*\d{1,2}[.)]\s*\|", text):
        text = _BULLET.sub("", text)
    text = re.sub(r"\*\*|__|`(?=L?\d+`)|(?<=\d)`", "", text)
    cells = [c.strip() for c in text.split("|")] if text.count("|") >= 2 else []
    at = _AT.match(cells[0] if cells else text)
    if not cells and not _SAID.match(text):
        return "it names no line"
    if at is None:
        return "it names no line"
    side = LEFT if at["old"] or at["old2"] else RIGHT
    if cells:
        rest = cells[1:]
        severity = _SEVERITY.get(rest[0].lower().strip(" []()"), "") if rest else ""
        rest = rest[1:] if severity else rest
        kind = rest.pop(0) if len(rest) > 1 else ""
        message, suggestion = (rest[0], " ".join(rest[1:])) if rest else ("", "")
    else:
        said = text[at.end() :].lstrip(" :.-–—)]")
        word = re.match(r"[\[(]?([A-Za-z]+)[\])]?\s*[:,-]?\s*", said)
        severity = _SEVERITY.get(word[1].lower(), "") if word else ""
        said = said[word.end() :] if word and severity else said
        parts = _SUGGESTION.split(said, maxsplit=1)
        kind, message, suggestion = "", parts[0], parts[1] if len(parts) > 1 else ""
    if not re.search(r"\w{2}", message):
        return "it says nothing about the line"
    return int(at["line"]), side, severity or MEDIUM, kind.lower(), message.strip(), suggestion.strip()
