"""Unified diffs as git and diff write them, and broken ones, which are refused in a sentence with the number of the line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import ReviewError
from rlm_core.review import git_range
from rlm_core.review.diff import LEFT, RIGHT
from rlm_core.review.git_range import git_diff
from rlm_core.review.reading import decoded, parse

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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_in_the_encoding_of_a_shell(encoding):
    assert parse(decoded(PLAIN.replace("zwei", "zw\u00f6lf").encode(encoding))).files[0].added[0].text == "zw\u00f6lf"


def test_content_that_is_no_text_is_marked():
    assert parse(decoded(PLAIN.encode().replace(b"zwei", b"\xe9t\xe9"))).files[0].added[0].text == "\ufffdt\ufffd"


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


COMBINED = "diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1,2 -1,2 +1,2 @@@\n  one\n- three\n -2wo\n++merged\n"


@pytest.mark.parametrize("text", [COMBINED, PLAIN + COMBINED, COMBINED.split("\n", 4)[4]])
def test_a_combined_diff_of_a_merge_is_refused(text):
    with pytest.raises(ReviewError, match=r"Line \d+ .* combined diff of a merge, .* take `git diff"):
        parse(text)


def test_a_note_on_a_missing_newline_in_any_language_between_hunks():
    said = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ Kein Zeilenumbruch\n+b\n\\ Kein Zeilenumbruch\n"
    (file,) = parse(said + "@@ -9 +9 @@\n-c\n+d\n").files
    assert [(line.kind, line.text) for _, line in file.lines()] == [("-", "a"), ("+", "b"), ("-", "c"), ("+", "d")]


def test_two_folders_that_were_compared(tmp_path):
    """Paths are those below the folders; `diff -N` says by the time 0 that a file was not there."""
    for folder, files in (("v 1.0", {"a/x.py": "one\n", "gone.py": "g\n", "b.bin": "\0a"}), ("v 1.1", {"a/x.py": "two\n", "b.bin": "\0b"})):
        for name, text in files.items():
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text(text)
    (tmp_path / "v 1.1" / "new.py").write_text("n\n")

    def said(*words: str) -> dict[str, str]:
        done = subprocess.run(
            [*words, "v 1.0", "v 1.1"], cwd=tmp_path, capture_output=True, text=True, env={"TZ": "Asia/Tokyo", "PATH": os.environ["PATH"]}
        )
        return {f.path: f.status + " binary" * f.binary for f in parse(done.stdout).files}

    whole = {"a/x.py": "modified", "b.bin": "modified binary", "gone.py": "deleted", "new.py": "added"}
    assert said("diff", "-urN") == whole
    assert said("git", "diff", "--no-index") == whole
    assert said("diff", "-ur") == {"a/x.py": "modified", "b.bin": "modified binary"}


def test_single_files_that_were_compared_without_git():
    one = parse("--- old.py\t2024-01-01\n+++ new.py\t2024-01-02\n@@ -1 +1 @@\n-a\n+b\n").files[0]
    assert (one.path, one.old_path, one.status) == ("new.py", "old.py", "modified")
    new, old = parse("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+a\n--- a/o.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n").files
    assert [(f.path, f.status) for f in (new, old)] == [("n.py", "added"), ("o.py", "deleted")]
    kept = parse("--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n").files
    assert [f.path for f in kept] == ["x.py", "y"]


def test_a_folder_that_is_called_like_a_prefix_of_git_stays():
    def path(old: str, new: str) -> str:
        return parse(f"diff --git {old} {new}\n--- {old}\n+++ {new}\n@@ -1 +1 @@\n-a\n+b\n").files[0].path

    assert path("a/b.py", "a/b.py") == "a/b.py"
    assert path("a/a/b.py", "b/a/b.py") == "a/b.py"
    assert path("a/b/b.py", "b/b/b.py") == "b/b.py"


PIECES = [
    *PLAIN.splitlines(),
    *HISTORY.splitlines()[:60],
    "",
    "\\",
    "+",
    "-- ",
    "@@ -0,0 +1 @@",
    '--- "a/\\',
    "--- /dev/null",
    "Binary files a and b differ",
]


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("\n".join))
def test_any_text_is_read_or_refused_in_a_sentence(text):
    """A path comes once, and every line of a hunk has its number."""
    try:
        files = parse(text).files
    except ReviewError as error:
        assert str(error).endswith(".")
        return
    assert len({f.path for f in files}) == len(files)
    assert all(line.place[1] >= 0 for f in files for _, line in f.lines())


def begun(folder: Path) -> None:
    """An empty repository."""
    for words in (["init", "-q"], ["config", "user.email", "a@example.org"], ["config", "user.name", "A"]):
        subprocess.run(["git", "-C", str(folder), *words], check=True)


BEFORE = {
    "a b/c d.txt": b"one\ntwo\n",
    "x b/y.txt": b"1\n2\n3\n",
    'quo"te.txt': b"q\n",
    "na\u00efve \u65e5.txt": b"\xc3\xa9\n",
    "t\tab.txt": b"tab\n",
    "crlf.txt": b"l1\r\nl2\r\n",
    "no newline.txt": b"end",
    "mode only.sh": b"x\n",
    "bin.dat": bytes(range(256)),
    "latin.txt": b"\xe9t\xe9\n",
    "gone.txt": b"gone\n",
    "empty gone.txt": b"",
    "moved.txt": b"".join(b"%d\n" % i for i in range(50)),
    "c/copied.txt": b"".join(b"line %d\n" % i for i in range(50)),
    "minus.sql": b"-- a\n++ b\n",
}
AFTER = {
    "a b/c d.txt": b"one\n2wo\n",
    "x b/z b.txt": b"1\n2\n4\n",
    'quo"te.txt': b"Q\n",
    "na\u00efve \u65e5.txt": b"\xc3\xa8\n",
    "t\tab.txt": b"TAB\n",
    "crlf.txt": b"l1\r\nl3\r\n",
    "no newline.txt": b"END",
    "mode only.sh": b"x\n",
    "bin.dat": bytes(range(255, -1, -1)),
    "latin.txt": b"\xe8t\xe8\n",
    "empty new.txt": b"",
    "sub folder/moved 2.txt": b"".join(b"%d\n" % i for i in range(49)) + b"end\n",
    "c/copied.txt": b"".join(b"line %d\n" % i for i in range(51)),
    "c/copy.txt": b"".join(b"line %d\n" % i for i in range(50)),
    "minus.sql": b"-- c\n++ d\n",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Path:
    """A repository of two commits with every kind of change and of name."""
    folder = tmp_path_factory.mktemp("odd")
    for words in (
        ["init", "-q"],
        ["config", "user.email", "a@example.org"],
        ["config", "user.name", "A"],
        ["config", "core.autocrlf", "false"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True)
    for files, mode in ((BEFORE, "-x"), (AFTER, "+x")):
        subprocess.run(["git", "-C", str(folder), "rm", "-rq", "--ignore-unmatch", "."], check=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(folder), "update-index", f"--chmod={mode}", "mode only.sh"], check=True)
        subprocess.run(["git", "-C", str(folder), "commit", "-qm", "c"], check=True)
    return folder


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ((), ()),
        ((), ("-C", "-C")),
        ((), ("--no-renames",)),
        ((), ("--no-prefix",)),
        ((), ("--binary",)),
        ((), ("-U0",)),
        ((), ("-R",)),
        ((), ("--color=always",)),
        ((), ("--src-prefix=i/", "--dst-prefix=w/")),
        (("-c", "core.quotePath=false"), ()),
    ],
    ids=str,
)
def test_files_and_counts_of_lines_are_those_that_git_tells(odd, settings, options):
    def told(*words: str) -> bytes:
        return subprocess.run(["git", "-C", str(odd), *settings, *words, "HEAD~1", "HEAD"], check=True, capture_output=True).stdout

    found = parse(told("diff", *options).decode("utf-8", "replace"))
    ways = [o for o in options if o in ("-C", "--no-renames", "-R")]
    expected: dict[str, tuple[str, str, str]] = {}
    fields = iter(told("diff", "--name-status", "-z", *ways).decode().split("\0")[:-1])
    for letter in fields:
        names = [next(fields) for _ in range(2 if letter[0] in "RC" else 1)]
        status = {"A": "added", "D": "deleted", "R": "renamed", "C": "copied", "M": "modified"}[letter[0]]
        expected[names[-1]] = (status, names[0] if len(names) == 2 else "", "")
    assert {f.path: (f.status, f.old_path, "") for f in found.files} == expected
    counts: dict[str, tuple[str, str]] = {}
    fields = iter(told("diff", "--numstat", "-z", *ways).decode().split("\0")[:-1])
    for row in fields:
        added, removed, name = row.split("\t", 2)
        counts[name or (next(fields), next(fields))[1]] = (added, removed)
    assert {f.path: ("-", "-") if f.binary else (str(len(f.added)), str(len(f.removed))) for f in found.files} == counts


def repository(folder: Path) -> None:
    begun(folder)
    for text in ("one\n", "one\ntwo\n"):
        (folder / "f.txt").write_text(text)
        subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(folder), "commit", "-qm", text], check=True)


def test_a_range_of_a_local_repository(tmp_path):
    repository(tmp_path)
    assert [line.text for line in parse(git_diff(str(tmp_path), "HEAD~1..HEAD")).files[0].added] == ["two"]
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
