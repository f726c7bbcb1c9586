"""A review as Markdown, as JSON, and as review comments with line numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import msgspec

from rlm_core.core.wording import counted, listed
from rlm_core.review.diff import LEFT, Diff
from rlm_core.review.findings import SEVERITIES, Finding
from rlm_core.review.whole import NO_MODEL, FileReview, Review

NAMED = 12
"""Files without findings that are named; more are counted."""
FORMATS = ("markdown", "json", "comments")


def summary(review: Review) -> str:
    """One sentence: how many findings of which severity, by whom, at what cost."""
    counts = Counter(f.severity for f in review.findings)
    found = f" ({listed([f'{counts[s]} {s}' for s in SEVERITIES if counts[s]])})" if counts else ""
    who = "the checks alone" if review.model == NO_MODEL else f"the checks and {review.model}"
    cost = "" if review.model == NO_MODEL else f", {review.tokens:,} tokens"
    return f"{counted(len(review.findings), 'finding')}{found} in {counted(len(review.files), 'file')}, by {who}{cost}."


def markdown(review: Review) -> str:
    """The review for a person: by file, what is worst first."""
    lines = ["# Code review", "", summary(review), ""]
    for file in review.files:
        if not (file.findings or file.error or file.unread or file.cut):
            continue
        lines += [f"## {_code(file.path)}", "", _facts(file), ""]
        lines += [_item(f) for f in by_severity(file.findings)] + [""] * bool(file.findings)
    clean = [f.path for f in review.files if not f.findings and not f.error]
    if clean:
        lines += [f"Nothing found in {listed([_code(p) for p in clean], most=NAMED)}.", ""]
    return "\n".join(lines)


def by_severity(findings: list[Finding]) -> list[Finding]:
    """The worst first, then by line."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.line or 0))


def _facts(file: FileReview) -> str:
    said = [f"Effort {file.effort} ({file.reason})"]
    if file.budget:
        said.append(f"{file.tokens:,} of at most {file.budget:,} tokens")
    if file.cut:
        said.append(f"{counted(file.cut, 'line')} of the diff did not fit into the prompt")
    if file.unread:
        said.append(f"{counted(file.unread, 'piece')} of the model's text could not be read as findings")
    if file.error:
        said.append(f"the model's part failed: {_plain(file.error)}")
    return "; ".join(said) + "."


def where(finding: Finding) -> str:
    """The place in words: "line 12", "old line 7" for a removed one, "whole file"."""
    if finding.line is None:
        return "whole file"
    return f"{'old ' if finding.side == LEFT else ''}line {finding.line}"


def _item(f: Finding) -> str:
    kind = f" {_plain(f.kind)}:" if f.kind else ""
    todo = f" *{_plain(f.suggestion)}*" if f.suggestion else ""
    return f"- **{f.severity}**, {where(f)}:{kind} {_plain(f.message)}{todo} (score {f.score:.2f}; {', '.join(f.by)})"


def _plain(text: str) -> str:
    """Text of a model as one line of Markdown that is no markup and mentions nobody."""
    text = " ".join(text.split())
    text = re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", text)
    return re.sub(r"@(?=\w)", "@\u200b", text)


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def as_json(review: Review) -> str:
    """The whole review, with candidates, parts of scores and what could not be read."""
    found: dict[str, Any] = msgspec.to_builtins(review)
    return json.dumps({"summary": summary(review), "worst": review.worst, **found}, indent=1, ensure_ascii=False)


def comments(review: Review, diff: Diff) -> dict[str, Any]:
    """The review in the form of GitHub's "create a review for a pull request": body, event, and comments of path, line, side and body.

    A comment stands at a line of the diff; findings on whole files are in the body.
    """
    placed: list[dict[str, Any]] = []
    loose: list[Finding] = []
    for f in review.findings:
        file = diff.file(f.file)
        if f.line is not None and file is not None and (f.side, f.line) in file.places:
            placed.append({"path": f.file, "line": f.line, "side": f.side, "body": _body(f)})
        else:
            loose.append(f)
    body = "\n".join([summary(review), *(f"{_code(f.file)} {_item(f)[2:]}" for f in loose)])
    return {"event": "COMMENT", "body": body, "comments": placed}


def _body(f: Finding) -> str:
    kind = f" ({_plain(f.kind)})" if f.kind else ""
    todo = f"\n\n{_plain(f.suggestion)}" if f.suggestion else ""
    return f"**{f.severity.capitalize()}**{kind}: {_plain(f.message)}{todo}\n\n<sub>{', '.join(f.by)} · score {f.score:.2f}</sub>"


def written(review: Review, diff: Diff, form: str) -> str:
    """The review in one of FORMATS."""
    if form == "markdown":
        return markdown(review)
    return as_json(review) if form == "json" else json.dumps(comments(review, diff), indent=1, ensure_ascii=False)
