"""Deterministic checks of a diff: each has an id and says one sentence. They look at added lines, as text, without running anything."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rlm_core.review.diff import RIGHT, ChangedFile, Diff, DiffLine
from rlm_core.review.effort import is_documentation, is_generated, is_test
from rlm_core.review.findings import HIGH, LOW, MEDIUM, Finding

Find = Callable[[ChangedFile], Iterator[DiffLine]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check of one file.

    id: its name.
    severity: of what it finds.
    message: one sentence on what is wrong.
    suggestion: one sentence on what to do.
    find: the lines that it faults.
    tests: whether it also looks into files of tests, which choose the input of the code they run.
    docs: whether it also looks into documentation and generated files.
    """

    id: str
    severity: str
    message: str
    suggestion: str
    find: Find
    tests: bool = True
    docs: bool = False


_PYTHON = (".py", ".pyi")
_SCRIPT = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".vue", ".html")
_OTHERS = (".go", ".rs", ".java", ".kt", ".c", ".cc", ".cpp", ".h", ".hpp", ".rb", ".php", ".cs", ".swift", ".scala", ".sh")
_SOURCE = (*_PYTHON, *_SCRIPT, *_OTHERS)


MAX_LINE = 1000
"""A longer line is one of a program's, not of a person's, and is looked into for secrets alone."""


def _code(line: DiffLine) -> str:
    """The line, but for a comment that takes all of it, and one too long to have been written by hand."""
    return "" if len(line.text) > MAX_LINE or re.match(r"\s*(?:#|//|\*|<!--)", line.text) else line.text


def _pattern(pattern: str, endings: Sequence[str] = (), flags: int = 0, comments: bool = False, strings: bool = True) -> Find:
    """Added lines that a pattern is found in.

    endings: of the files that are looked into; any, if none is given.
    comments, strings: whether lines that are comments, and the insides of quoted texts, are looked into.
    """
    wanted = re.compile(pattern, flags)

    def read(line: DiffLine) -> str:
        text = line.text[:MAX_LINE] if comments else _code(line)
        return text if strings else re.sub(r"\s#.*", "", _STRING.sub("''", text))

    def find(file: ChangedFile) -> Iterator[DiffLine]:
        if not endings or file.path.endswith(tuple(endings)):
            yield from (line for line in file.added if wanted.search(read(line)))

    return find


_STRING = re.compile(r"""\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'""")
_SECRET = re.compile(
    r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|xox[abprs]-[\w-]{10,}|sk-[A-Za-z0-9_-]{20,}|AIza[\w-]{35}|"
    r"glpat-[\w-]{20}|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_NAMED = re.compile(
    r"(?:pass(?:word|wd|phrase)?|secret|token|api_?key|private_?key|access_?key|credentials?)\w*(?<!_name)(?<!_field)(?<!_label)(?<!_header)"
    r"[\"']?\s*(?::\s*str\s*)?[:=]\s*[\"']([^\"'\s]{6,})[\"']",
    re.I,
)
_QUOTED = re.compile(r"[\"']([A-Za-z0-9+/=_-]{24,})[\"']")
_PLACEHOLDER = re.compile(
    r"^(?:x+|\*+|\.+|<.*>|\$.*|\{.*|%.*|.*(?:example|changeme|change-me|placeholder|dummy|your[-_]|redacted|test).*)$", re.I
)
MIN_ENTROPY = 4.0
"""Bits per character from which a quoted text of 24 letters and digits or more reads as a key."""


def entropy(text: str) -> float:
    """Shannon entropy in bits per character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    return sum(-n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) + 0.0


def _secrets(file: ChangedFile) -> Iterator[DiffLine]:
    for line in file.added:
        named, quoted = _NAMED.search(line.text), _QUOTED.search(line.text)
        if _SECRET.search(line.text) or (named and _is_value(named[1])) or (quoted and _dense(quoted[1])):
            yield line


def _is_value(text: str) -> bool:
    """Is it more than a word, as a name or label would be, and no placeholder?"""
    return bool(re.search(r"[^A-Za-z_. -]", text)) and not _PLACEHOLDER.match(text)


def _dense(text: str) -> bool:
    """Does it read as a key: capitals, small letters and digits, hardly repeated?"""
    kinds = all(re.search(kind, text) for kind in ("[A-Z]", "[a-z]", "[0-9]"))
    return kinds and entropy(text) >= MIN_ENTROPY and not re.search(r"[A-Za-z]{12,}", text)


def _swallowed(file: ChangedFile) -> Iterator[DiffLine]:
    """An `except …:` whose whole body is `pass`, where either line was added."""
    if not file.path.endswith(_PYTHON):
        return
    for hunk in file.hunks:
        shown = [line for line in hunk.lines if line.kind != "-" and line.text.strip()]
        shown.append(DiffLine(" ", "", None, None))
        for head, body in itertools.pairwise(shown):
            caught = re.match(r"\s*except\b[^:]*:\s*(pass|\.\.\.)?\s*(?:#.*)?$", head.text)
            if not caught:
                continue
            empty = caught[1] or re.match(r"\s*(?:pass|\.\.\.)\s*(?:#.*)?$", body.text)
            if empty and "+" in (head.kind, body.kind if not caught[1] else head.kind):
                yield head


def _unsafe_yaml(file: ChangedFile) -> Iterator[DiffLine]:
    for line in file.added:
        if re.search(r"\byaml\.(?:load|load_all|unsafe_load)\s*\(", _code(line)) and not re.search(r"Safe", line.text):
            yield line


_PROGRAM_TEXT = _pattern(r"(?<![\w.])(?:eval|exec)\s*\(", _PYTHON, strings=False)
_SCRIPT_TEXT = _pattern(r"(?<![\w.])eval\s*\(|\bnew\s+Function\s*\(", (*_SCRIPT, ".php", ".rb"), strings=False)


def _eval(file: ChangedFile) -> Iterator[DiffLine]:
    """exec of other languages starts a program or is a function of their own."""
    yield from _PROGRAM_TEXT(file)
    yield from _SCRIPT_TEXT(file)


_SQL = r"(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|DROP\s+TABLE)\b"
_SQL_BUILT = rf"""\bf["'].*{_SQL}.*\{{|["'].*{_SQL}.*["']\s*(?:%|\+|\.format\b)|`.*{_SQL}.*\$\{{"""
_GUARDED = r"(?:pass|pwd|secret|token|sign|auth)"
_WEAK_HASH = rf"(?:\bmd5|\bsha1|['\"](?:md5|sha1)['\"]).*{_GUARDED}|{_GUARDED}.*\b(?:md5|sha1)\s*\("
_UNVERIFIED = r"\bverify\s*=\s*False|_create_unverified_context|CERT_NONE|rejectUnauthorized\s*:\s*false|InsecureSkipVerify\s*:\s*true"
_MARKUP = r"\.(?:inner|outer)HTML\s*\+?=(?!=)|dangerouslySetInnerHTML|document\.write\s*\(|\|\s*safe\b|\bmark_safe\s*\("
_IS = r"(?:\b(?:if|elif|while|assert|return|and|or|not)\s|=)\s*[\w.\[\]()]+\s+is\s+(?:not\s+)?(?:-?\d|[\"'])"
_DEBUG = (
    r"\bbreakpoint\(\)|\bpdb\.set_trace\(|\bimport\s+i?pdb\b|\bconsole\.(?:log|debug)\(|^\s*debugger;?\s*$|"
    r"\bprint\(\s*f?[\"'](?:debug|here|xxx|>>>|---)"
)

CHECKS = (
    Check(
        "secret",
        HIGH,
        "A password, key or token stands in the code.",
        "Read it from the environment, and replace it.",
        _secrets,
        tests=False,
        docs=True,
    ),
    Check(
        "eval",
        HIGH,
        "eval and exec run any code that their text holds.",
        "Parse the text instead, for example with ast.literal_eval.",
        _eval,
    ),
    Check(
        "unpickle",
        HIGH,
        "Unpickling runs any code that the data holds.",
        "Use a format without code, such as JSON.",
        _pattern(
            r"\b(?:c?[pP]ickle|dill|joblib|shelve|marshal)\.(?:loads?|Unpickler|open)\s*\((?!\s*\w+\.dumps\()",  # no copy
            _PYTHON,
            strings=False,
        ),
        tests=False,
    ),
    Check("unsafe-yaml", HIGH, "yaml.load without a safe loader builds any object.", "Use yaml.safe_load.", _unsafe_yaml, tests=False),
    Check(
        "shell",
        HIGH,
        "A command goes through a shell, where its parts can be read as other commands.",
        "Pass a list of words without shell=True.",
        _pattern(r"shell\s*=\s*True|\bos\.(?:system|popen)\s*\(", _PYTHON, strings=False),
    ),
    Check(
        "no-verify",
        HIGH,
        "The certificate of the server is not verified.",
        "Remove it, or give the authority's certificate.",
        _pattern(_UNVERIFIED),
        tests=False,
    ),
    Check(
        "weak-hash",
        HIGH,
        "MD5 and SHA-1 do not protect passwords or signatures.",
        "Use a password hash such as scrypt, or SHA-256 for signatures.",
        _pattern(_WEAK_HASH, flags=re.I),
        tests=False,
    ),
    Check(
        "sql",
        HIGH,
        "A query is put together from texts, so that a value can change it.",
        "Pass the values as parameters of the query.",
        _pattern(_SQL_BUILT, flags=re.I),
        tests=False,
    ),
    Check(
        "inner-html",
        HIGH,
        "Text becomes markup, so that it can bring scripts.",
        "Set textContent, or escape the text.",
        _pattern(_MARKUP, (*_SCRIPT, *_PYTHON)),
    ),
    Check(
        "swallowed",
        MEDIUM,
        "An error is caught and nothing is done about it.",
        "Handle it, log it, or catch a narrower error.",
        _swallowed,
    ),
    Check(
        "bare-except",
        MEDIUM,
        "A bare except also catches KeyboardInterrupt and SystemExit.",
        "Name the errors that are expected.",
        _pattern(r"^\s*except\s*:", _PYTHON),
    ),
    Check(
        "mutable-default",
        MEDIUM,
        "A mutable default is shared by all calls.",
        "Use None, and make the value inside the function.",
        _pattern(r"\bdef\s+\w+\s*\(.*=\s*(?:\[|\{|list\(|dict\(|set\()", _PYTHON, strings=False),
    ),
    Check(
        "is-literal",
        MEDIUM,
        "`is` compares identity, not equality, with a literal.",
        "Use == or !=.",
        _pattern(_IS, _PYTHON, strings=False),
    ),
    Check("debug", LOW, "A leftover of debugging.", "Remove it.", _pattern(_DEBUG, flags=re.I)),
    Check(
        "todo",
        LOW,
        "Work is left to be done.",
        "Do it, or name the issue that will.",
        _pattern(r"\b(?:TODO|FIXME|XXX|HACK)\b(?!.*#\d)", comments=True),
    ),
    Check(
        "conflict",
        HIGH,
        "A marker of an unresolved merge stands in the file.",
        "Resolve the conflict.",
        _pattern(r"^(?:<{7} |>{7} )", comments=True),
        docs=True,
    ),
)
"""Every check of a file."""
UNTESTED = "untested"
UNTESTED_SENTENCE = "Source code changed, and no test did."
UNTESTED_SUGGESTION = "Add a test that fails without the change."


def by(check: str) -> str:
    """Who found something, as of `Finding.by`."""
    return f"check {check}"


def check_file(file: ChangedFile) -> list[Finding]:
    """What the checks find in a file, by line."""
    found: list[Finding] = []
    for check in CHECKS:
        others = is_documentation(file.path) or is_generated(file.path)
        if (is_test(file.path) and not check.tests) or (others and not check.docs):
            continue
        for line in check.find(file):
            found.append(Finding(file.path, line.new, RIGHT, check.severity, check.id, check.message, check.suggestion, (by(check.id),)))
    return sorted(found, key=lambda f: f.line or 0)


@lru_cache(maxsize=8)
def untested(diff: Diff) -> Finding | None:
    """A finding on the first file of source code that has added lines, if no file of tests changed."""
    if any(is_test(f.path) for f in diff.files):
        return None
    source = next((f for f in diff.files if f.path.endswith(_SOURCE) and f.added), None)
    if source is None:
        return None
    first = source.added[0]
    return Finding(source.path, first.new, RIGHT, LOW, UNTESTED, UNTESTED_SENTENCE, UNTESTED_SUGGESTION, (by(UNTESTED),))
