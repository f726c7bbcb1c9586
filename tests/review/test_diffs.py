"""Unified diffs as git and diff write them, and broken ones, which are refused in a sentence with the number of the line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rlm_core.core.errors import ReviewError
from rlm_core.review import git_range
from rlm_core.review.diff import LEFT, RIGHT, parse
from rlm_core.review.git_range import git_diff

HISTORY = Path(__file__).with_name("history.patch").read_text()
"""A commit of this project with renames and a deleted file, and one that changed a picture."""
PLAIN = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n one\n-two\n+zwei\n three\n"


def test_a_commit_with_renames_a_deletion_and_a_picture():
    diff = parse(HISTORY)
    assert len(diff.files) == 23
    by_status = {s: [f for f in diff.files if f.status == s] for s in ("added", "deleted", "renamed", "modified")}
    assert len(by_status["renamed"]) == 7
    assert [f.path for f in by_status["deleted"]] == ["pages/explore/ranks/__init__.py"]
    assert [f.path for f in diff.files if f.binary] == ["assets/pictures/explore.png"]
    moved = diff.file("rlm_core/figures/ranks/votes.py")
    assert (moved.old_path, moved.hunks) == ("pages/explore/ranks/votes.py", ())


def test_numbers_of_lines_are_those_of_the_files(tmp_path):
    """Every line of a diff that git made stands where its numbers say, before and after."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    before = [f"line {i}" for i in range(60)]
    after = [*before[:5], "new a", "new b", *before[6:40], *before[45:], "last"]
    old.write_text("\n".join(before) + "\n")
    new.write_text("\n".join(after))
    said = subprocess.run(["git", "diff", "--no-index", str(old), str(new)], capture_output=True, text=True).stdout
    lines = [line for _, line in parse(said).files[0].lines()]
    assert len(lines) > 15
    for line in lines:
        assert line.old is None or before[line.old - 1] == line.text
        assert line.new is None or after[line.new - 1] == line.text


def test_a_plain_diff_without_git():
    (file,) = parse(PLAIN).files
    assert (file.path, file.status) == ("x.py", "modified")
    assert [line.place for _, line in file.lines()] == [(RIGHT, 1), (LEFT, 2), (RIGHT, 2), (RIGHT, 3)]


def test_new_and_deleted_files_without_a_newline_at_their_ends():
    new = "diff --git a/n b/n\nnew file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n"
    old = "diff --git a/o b/o\ndeleted file mode 100644\n--- a/o\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n\\ No newline at end of file\n"
    files = parse(new + old).files
    assert [(f.path, f.status) for f in files] == [("n", "added"), ("o", "deleted")]
    assert [line.text for f in files for _, line in f.lines()] == ["x", "y"]


def test_line_ends_of_windows_in_all_of_it_or_in_its_content():
    whole = parse(PLAIN.replace("\n", "\r\n"))
    assert whole == parse(PLAIN)
    content = "--- a/x.py\n+++ b/x.py\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+zwei\r\n three\r\n"
    assert parse(content).files == parse(PLAIN).files


def test_paths_in_git_s_quotes():
    old, new = '"a/\\346\\227\\245.txt"', '"b/\\346\\227\\245.txt"'
    said = f"diff --git {old} {new}\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n"
    assert [f.path for f in parse(said).files] == ["日.txt"]


def test_a_mail_around_the_diff_is_passed_over():
    mail = f"From 8fae Mon Sep 17 00:00:00 2001\nSubject: [PATCH] Numbers\n\n---\n x.py | 2 +-\n\n{PLAIN}-- \n2.20.1\n\n"
    assert parse(mail).files == parse(PLAIN).files


def test_signs_that_end_a_line_elsewhere_do_not_end_one_here():
    assert [line.text for _, line in parse(PLAIN.replace("zwei", "z\x0cw\u2028ei")).files[0].lines()][2] == "z\x0cw\u2028ei"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The diff is empty"),
        (" \n\n", "The diff is empty"),
        ("hello\nworld\n", "Line 1 does not begin a unified diff"),
        ("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n one\n-two\n", "Line 5 .* ends before its last hunk does"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n?two\n", r"Line 5 .* begins with '\+', '-' or a space, and this one is '\?two'"),
        ("@@ -1 +1 @@\n-a\n+b\n", "Line 1 .* before any file"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n", "Line 6 .* outside of every hunk"),
        ("+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", "Line 1 .* stands without"),
    ],
)
def test_a_broken_diff_is_refused_with_the_number_of_its_line(text, said):
    with pytest.raises(ReviewError, match=said) as refused:
        parse(text)
    assert "\n" not in str(refused.value)


def repository(folder: Path) -> None:
    for words in (["init", "-q"], ["config", "user.email", "a@example.org"], ["config", "user.name", "A"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    for text in ("one\n", "one\ntwo\n"):
        (folder / "f.txt").write_text(text)
        subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(folder), "commit", "-qm", text], check=True)


def test_a_range_of_a_local_repository(tmp_path):
    repository(tmp_path)
    assert [line.text for line in parse(git_diff(str(tmp_path), "HEAD~1..HEAD")).files[0].added()] == ["two"]
    assert git_diff(str(tmp_path), "HEAD~1") == git_diff(str(tmp_path), "HEAD~1..HEAD")
    with pytest.raises(ReviewError, match="no revision 'nothing'"):
        git_diff(str(tmp_path), "nothing..HEAD")
    with pytest.raises(ReviewError, match="Nothing differs"):
        git_diff(str(tmp_path), "HEAD..HEAD")


@pytest.mark.parametrize("asked", ["--output=x", "", "HEAD; touch x", "-p"])
def test_no_option_and_no_command_is_taken_for_a_range(tmp_path, asked):
    repository(tmp_path)
    with pytest.raises(ReviewError, match="is no range of revisions"):
        git_diff(str(tmp_path), asked)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".git", "f.txt"]


def test_what_is_no_repository_and_a_machine_without_git(tmp_path, monkeypatch):
    with pytest.raises(ReviewError, match="is in no git repository"):
        git_diff(str(tmp_path), "HEAD~1..HEAD")
    with pytest.raises(ReviewError, match="There is no folder"):
        git_diff(str(tmp_path / "none"), "HEAD~1..HEAD")
    monkeypatch.setattr(git_range.subprocess, "run", lambda *words, **how: (_ for _ in ()).throw(FileNotFoundError()))
    with pytest.raises(ReviewError, match="git is not installed"):
        git_diff(str(tmp_path), "HEAD~1..HEAD")
