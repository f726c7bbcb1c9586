"""The effort of a file's review, by rule and content, and the tokens it may take.

The first rule that fits decides, and its reason is kept: what was generated or taken over is low, tests are medium, documentation is low,
what touches security is high, all else is medium. A large change goes one step up, but for what was generated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.core.errors import ReviewError
from rlm_core.review.diff import ChangedFile, Diff


@dataclass(frozen=True, slots=True)
class Effort:
    """How thoroughly a file is reviewed.

    name: low, medium or high.
    tokens: that each candidate review may take at most, thinking included.
    wish: the sentence of the prompt that asks for it.
    """

    name: str
    tokens: int
    wish: str


LOW = Effort("low", 96, "Report only clear mistakes, at most 2.")
MEDIUM = Effort("medium", 224, "Report mistakes that can make the code fail, at most 5.")
HIGH = Effort("high", 448, "Check every changed line for mistakes, unsafe input, leaks and missing checks; report at most 10.")
EFFORTS = {e.name: e for e in (LOW, MEDIUM, HIGH)}
AUTO = "auto"
LARGE = 200
"""Changed lines from which a change is large."""

_SECURE_PATH = re.compile(r"auth|login|passw|secret|credential|token|crypt|security|permission|session|oauth|payment|\.env\b|sudoers", re.I)
_SECURE_WORD = re.compile(
    r"\b(?:password|passwd|secret|api_?key|private_?key|credentials?|hmac|encrypt|decrypt|sign(?:ature)|verify|authenticate|authorize|"
    r"eval|exec|pickle|subprocess|os\.system|shell|execute|innerHTML|setuid|chmod|verify_ssl|md5|sha1)\b",
    re.I,
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.\w+$|\.(?:spec|test)\.\w+$", re.I
)
_DOCS = re.compile(
    r"(?:^|/)(?:docs?|man)/|\.(?:md|rst|txt|adoc|po|pot)$|(?:^|/)(?:README|CHANGELOG|LICEN[CS]E|NOTICE|AUTHORS|CHANGES)[^/]*$", re.I
)
_GENERATED = re.compile(
    r"(?:^|/)(?:vendor|node_modules|third_party|[^/]+\.(?:egg|dist)-info)/|[.-]min\.(?:js|css)$|\.(?:js|css)\.map$|_pb2\.pyi?$|\.lock$|"
    r"(?:^|/)(?:PKG-INFO|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum)$"
)


@dataclass(frozen=True, slots=True)
class Decision:
    """The effort of a file and the rule that decided.

    effort: name of the effort.
    reason: in words, for a person.
    """

    effort: str
    reason: str


def is_test(path: str) -> bool:
    """Is it a file of tests?

    >>> is_test("tests/test_a.py"), is_test("src/a.test.ts"), is_test("src/latest.py")
    (True, True, False)
    """
    return bool(_TEST.search(path))


def is_documentation(path: str) -> bool:
    return bool(_DOCS.search(path))


def is_generated(path: str) -> bool:
    """Was it written by a program, or taken over from elsewhere?

    >>> is_generated("static/jquery.min.js"), is_generated("web/vendor/a.py"), is_generated("poetry.lock"), is_generated("src/vendors.py")
    (True, True, True, False)
    """
    return bool(_GENERATED.search(path))


@lru_cache(maxsize=8)
def decisions(diff: Diff) -> dict[str, Decision]:
    """The effort of every file by its path, and why."""
    return {file.path: decide(file) for file in diff.files}


def decide(file: ChangedFile) -> Decision:
    """The effort of a file, and why."""
    if file.binary or not file.hunks:
        return Decision(LOW.name, "nothing to read: binary content, a bare rename or a change of mode")
    if is_generated(file.path):
        return Decision(LOW.name, "generated, or taken over from elsewhere")
    if is_test(file.path):
        found = Decision(MEDIUM.name, "a file of tests")
    elif is_documentation(file.path):
        found = Decision(LOW.name, "documentation")
    elif part := _SECURE_PATH.search(file.path):
        return Decision(HIGH.name, f"its path has '{part[0]}', which touches security")
    elif word := next((w for _, line in file.lines() if line.kind != " " and (w := _SECURE_WORD.search(line.text))), None):
        return Decision(HIGH.name, f"a changed line has '{word[0]}', which touches security")
    else:
        found = Decision(MEDIUM.name, "source code without a special rule")
    if file.size >= LARGE:
        up = {LOW.name: MEDIUM.name, MEDIUM.name: HIGH.name}[found.effort]
        return Decision(up, f"{found.reason}, and {file.size:,} changed lines are a large change")
    return found


def effort(name: str) -> Effort:
    """The effort of that name. ReviewError if there is none."""
    if name not in EFFORTS:
        raise ReviewError(f"There is no effort '{name}'; allowed are {', '.join(EFFORTS)}, and {AUTO} where it is decided by file.")
    return EFFORTS[name]


def decided(rule: Decision, asked: str) -> Decision:
    """The effort that was asked for, or that of the rule where that is "auto". ReviewError if there is no such effort."""
    return rule if asked == AUTO else Decision(effort(asked).name, "chosen by hand")
