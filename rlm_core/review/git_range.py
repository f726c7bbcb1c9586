"""The diff of a range of a local git repository. Nothing goes through a shell, and no program that the repository names is run."""

from __future__ import annotations

import subprocess
from pathlib import Path

from rlm_core.core.errors import ReviewError

SECONDS = 60
"""Longest time for a command of git."""
_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=true")


def git_diff(repository: str, revisions: str) -> str:
    """What `git diff REVISIONS` says in a repository, such as "main..feature"; one revision is compared with HEAD.

    ReviewError in a sentence where it cannot.
    """
    folder, revisions = Path(repository.strip() or ".").expanduser(), revisions.strip()
    if not folder.is_dir():
        raise ReviewError(f"There is no folder {folder}; name the folder of a local git repository.")
    if not revisions or revisions.startswith("-") or any(c.isspace() for c in revisions):
        raise ReviewError(f"'{revisions}' is no range of revisions; write one such as main..feature or HEAD~1..HEAD.")
    if _git(folder, "rev-parse", "--is-inside-work-tree").returncode and _git(folder, "rev-parse", "--is-bare-repository").returncode:
        raise ReviewError(f"{folder} is in no git repository; name the folder of one.")
    revisions = revisions if ".." in revisions else f"{revisions}..HEAD"  # files of the working tree would go through filters
    for revision in filter(None, revisions.replace("...", "..").split("..")):
        if _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").returncode:
            raise ReviewError(f"The repository {folder} has no revision '{revision}'; `git log --oneline` lists those it has.")
    done = _git(folder, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", revisions, "--")
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it gives no reason"]
        raise ReviewError(f"git cannot compare {revisions}: {said[0]}.")
    if not done.stdout.strip():
        raise ReviewError(f"Nothing differs in {revisions}; name another range.")
    return done.stdout.decode("utf-8", "replace")


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *_QUIET, "-C", str(folder), *words], capture_output=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise ReviewError("The program git is not installed here; install it, or paste the diff.") from None
    except subprocess.TimeoutExpired:
        raise ReviewError(f"git took more than {SECONDS} seconds; name a smaller range, or paste the diff.") from None
