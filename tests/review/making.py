"""Small diffs for tests."""

from __future__ import annotations

from rlm_core.review.diff import ChangedFile, Diff
from rlm_core.review.reading import parse


def diff_of(path: str, added: str, before: str = "x = 1", removed: str = "") -> Diff:
    """A diff of one file: a line that stays, lines that go, lines that come (from line 2 on)."""
    old, new = [before, *removed.splitlines()], [before, *added.splitlines()]
    body = [f" {before}", *(f"-{line}" for line in removed.splitlines()), *(f"+{line}" for line in added.splitlines())]
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    return parse(head + "\n".join(body) + "\n")


def file_of(path: str, added: str, before: str = "x = 1", removed: str = "") -> ChangedFile:
    """The file of such a diff."""
    return diff_of(path, added, before, removed).files[0]
