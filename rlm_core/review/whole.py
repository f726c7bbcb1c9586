"""A whole review: every file of a diff by the checks and, where there is a model, by its candidates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from rlm_core.core.errors import ReviewError, RlmError
from rlm_core.core.parameters import param
from rlm_core.models.policy import ChatModel
from rlm_core.review import prm
from rlm_core.review.candidates import Candidate, best, candidates, merged, same
from rlm_core.review.checks import check_file, untested
from rlm_core.review.diff import ChangedFile, Diff
from rlm_core.review.effort import AUTO, Decision, decided, decisions, effort
from rlm_core.review.findings import Finding, worst
from rlm_core.review.reward import judged, scored

NO_MODEL = "none"
"""The name of the model where the checks alone review."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a diff is reviewed.

    model: reviews; "none" for the checks alone.
    effort: of every file; "auto" decides by file.
    efforts: of single files, by path.
    judge: a model that is asked of each finding whether it is right; "" for none.
    """

    model: str = param(NO_MODEL, "Who reviews: a listed model, an id, a folder, a .gguf file or an address; none: the checks alone.")
    effort: str = param(AUTO, "How thorough the review of every file is.", choices=(AUTO, "low", "medium", "high"))
    efforts: dict[str, str] = field(default_factory=dict)
    candidates: int = param(3, "Reviews that the model writes of each file.", low=1, high=8, title="Candidates N")
    keep: str = param(
        "merged",
        "merged: the findings of all candidates, those that say the same as one. best: those of the candidate with the highest score.",
        choices=("merged", "best"),
    )
    seed: int = 0
    temperature: float = param(0.6, "How varied the candidates are.", low=0.0, high=2.0)
    context: int = param(
        2500, "Longest prompt, in tokens (an estimate); lines beyond it are not shown to the model.", low=300, high=200_000
    )
    judge: str = ""


class FileReview(msgspec.Struct, frozen=True):
    """The review of one file.

    effort, reason: as decided.
    budget: tokens that all its candidates could take together.
    tokens: that they took.
    candidates: of the model; none without one, and where a file has nothing to read.
    findings: what is kept, by line.
    cut: lines of the diff that the model was not shown.
    kept: the number of the candidate that was kept; 0 where they were merged.
    error: why the model's part of it failed, in a sentence; "" if it did not.
    """

    path: str
    effort: str
    reason: str
    budget: int
    tokens: int
    candidates: list[Candidate]
    findings: list[Finding]
    cut: int = 0
    kept: int = 0
    error: str = ""

    @property
    def unread(self) -> int:
        """Pieces of text of its candidates that are no findings."""
        return sum(len(c.unread) for c in self.candidates)


class Review(msgspec.Struct, frozen=True):
    """A review. diff: the id of the diff. model: as of `Settings`. files: in the order of the diff."""

    diff: str
    model: str
    files: list[FileReview]

    @property
    def findings(self) -> list[Finding]:
        return [f for file in self.files for f in file.findings]

    @property
    def tokens(self) -> int:
        return sum(f.tokens for f in self.files)

    @property
    def worst(self) -> str:
        """The worst severity; "" without findings."""
        return worst(self.findings)

    @property
    def errors(self) -> list[str]:
        return [f"{f.path}: {f.error}" for f in self.files if f.error]


def planned(diff: Diff, file: ChangedFile, settings: Settings) -> tuple[Decision, int]:
    """The effort of a file, and the tokens that its candidates may take together: 0 without a model or anything to read."""
    decision = decided(decisions(diff)[file.path], settings.efforts.get(file.path, settings.effort))
    reads = settings.model != NO_MODEL and _readable(file)
    return decision, effort(decision.effort).tokens * settings.candidates if reads else 0


def check_settings(diff: Diff, settings: Settings) -> None:
    """ReviewError if a file or an effort is named that there is not."""
    paths = {file.path for file in diff.files}
    for path, name in settings.efforts.items():
        if path not in paths:
            raise ReviewError(
                f"The diff has no file '{path}' to set an effort for; its files are {', '.join(f.path for f in diff.files[:8])}."
            )
        if name != AUTO:
            effort(name)


def _readable(file: ChangedFile) -> bool:
    return not file.binary and file.size > 0


async def review_file(
    diff: Diff,
    number: int,
    settings: Settings,
    policy: ChatModel | None,
    judge: ChatModel | None = None,
    trained: prm.Trained | None = None,
) -> FileReview:
    """The review of one file. number: its index in the diff. trained: scores the findings instead of the weights."""
    file = diff.files[number]
    decision, most = planned(diff, file, settings)
    checks = check_file(file)
    if (found := untested(diff)) and found.file == file.path:
        checks.append(found)
    written: list[Candidate] = []
    cut, error = 0, ""
    if policy is not None and _readable(file):
        try:
            chosen, seed = effort(decision.effort), (settings.seed, number)
            written, cut = await candidates(policy, file, chosen, settings.candidates, seed, settings.temperature, settings.context)
        except RlmError as failed:
            error = str(failed)
    kept = best(written).number if written and settings.keep == "best" else 0
    groups = [c.findings for c in written if not kept or c.number == kept]
    findings = merged([scored(checks, file), *groups], file, len(groups))
    if judge is not None:
        try:
            findings = [await judged(judge, settings.judge, f, file) for f in findings]
        except RlmError as failed:
            error = error or str(failed)
    if trained is not None:
        findings = [msgspec.structs.replace(f, score=trained.score(f)) for f in findings]
    spent = sum(c.tokens for c in written)
    return FileReview(file.path, decision.effort, decision.reason, most, spent, written, findings, cut, kept, error)


async def review(
    diff: Diff,
    settings: Settings,
    policy: ChatModel | None = None,
    judge: ChatModel | None = None,
    *,
    trained: prm.Trained | None = None,
    done: Mapping[str, FileReview] | None = None,
    after: Callable[[list[FileReview], int], None] = lambda files, total: None,
) -> Review:
    """The review of a diff, file by file.

    done: files that were reviewed before, by path, and are not reviewed again.
    after: told the reviews so far and the number of all files, before the first file and after each.
    """
    check_settings(diff, settings)
    files: list[FileReview] = []
    after(files, len(diff.files))
    for number, file in enumerate(diff.files):
        await asyncio.sleep(0)  # the checks alone wait for nothing, and a review can be cancelled between two files
        earlier = (done or {}).get(file.path)
        files.append(earlier or await review_file(diff, number, settings, policy, judge, trained))
        after(files, len(diff.files))
    return Review(diff.id, settings.model, files)


class Difference(msgspec.Struct, frozen=True):
    """How two reviews of the same diff differ: the findings of the second alone, of the first alone, and how many both have."""

    appear: list[Finding]
    disappear: list[Finding]
    stay: int


def difference(first: Review, second: Review) -> Difference:
    """What the second review finds that the first does not, and the reverse; a finding is the same as when candidates are merged."""
    mine, other = first.findings, second.findings
    appear = [f for f in other if not any(_equal(f, g) or same(f, g) for g in mine)]
    disappear = [f for f in mine if not any(_equal(f, g) or same(f, g) for g in other)]
    return Difference(appear, disappear, len(mine) - len(disappear))


def _equal(a: Finding, b: Finding) -> bool:
    return (a.file, a.side, a.line, a.message) == (b.file, b.side, b.line, b.message)
