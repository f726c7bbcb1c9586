"""Candidate reviews of a file by a model, and what becomes of them: the best one is kept, or their findings are merged."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.models.policy import ChatModel, Sampling
from rlm_core.review.diff import ChangedFile
from rlm_core.review.effort import Effort
from rlm_core.review.findings import SEVERITIES, Finding, Unread, read
from rlm_core.review.prompt import prompt
from rlm_core.review.reward import likeness, review_score, scored

ALIKE = 0.25
"""From this likeness on two findings at the same place are one."""
NEAR = 1
"""Lines between two findings of the same thing."""


class Candidate(msgspec.Struct, frozen=True):
    """One review of a file by the model.

    number: from 1.
    text: as the model wrote it.
    tokens: generated for it.
    findings: read out of it, scored.
    unread: the rest of it.
    score: of the whole review (`reward.review_score`).
    """

    number: int
    text: str
    tokens: int
    findings: list[Finding]
    unread: list[Unread]
    score: float


def by(number: int) -> str:
    """Who said something, as of `Finding.by`."""
    return f"candidate {number}"


async def candidates(
    policy: ChatModel, file: ChangedFile, effort: Effort, count: int, seed: tuple[int, ...], temperature: float, context: int
) -> tuple[list[Candidate], int]:
    """Candidate reviews of a file, sampled with seeds of their own, and how many lines of the diff the prompt leaves out.

    seed: that of the file; each candidate adds its number.
    context: tokens that the prompt may have, by an estimate; fewer where the model reads fewer with its reply.
    """
    longest = context if policy.longest is None else min(context, policy.longest - effort.tokens)
    asked = prompt(file, effort, longest)
    sampling = Sampling(temperature, max_solution_tokens=effort.tokens)
    replies = await gather_or_cancel(policy.chat(asked.text, (*seed, number), sampling) for number in range(1, count + 1))
    return [candidate(number, *reply, file) for number, reply in enumerate(replies, 1)], asked.cut


def candidate(number: int, text: str, tokens: int, file: ChangedFile) -> Candidate:
    """A candidate out of what the model wrote."""
    findings, unread = read(text, file, by(number))
    findings = scored(findings, file)
    return Candidate(number, text, tokens, findings, unread, review_score(findings))


def best(found: Sequence[Candidate]) -> Candidate:
    """The candidate of the highest score; of equal ones the first."""
    return max(found, key=lambda c: (c.score, -c.number))


def same(a: Finding, b: Finding) -> bool:
    """Are two findings one: at the same line or the next, and of similar words or of one kind?"""
    if (a.file, a.side) != (b.file, b.side) or a.line is None or b.line is None or abs(a.line - b.line) > NEAR:
        return False
    return bool(a.kind and a.kind.lower() == b.kind.lower()) or likeness(a, b) >= ALIKE


def merged(groups: Sequence[Sequence[Finding]], file: ChangedFile, candidates: int) -> list[Finding]:
    """The findings of several reviews as one, by line; one that several say is kept once, in the words of the best, with all who said it.

    candidates: how many reviews of the model there were, of which `agreed` is a share.
    """
    clusters: list[list[Finding]] = []
    for finding in (f for group in groups for f in group):
        home = next((c for c in clusters if any(same(finding, other) for other in c)), None)
        if home is None:
            clusters.append([finding])
        else:
            home.append(finding)
    made = [_one(cluster, candidates) for cluster in clusters]
    return scored(sorted(made, key=lambda f: (f.line or 0, f.side, SEVERITIES.index(f.severity))), file)


def _one(cluster: Sequence[Finding], candidates: int) -> Finding:
    said = tuple(dict.fromkeys(who for f in cluster for who in f.by))
    words = max(cluster, key=lambda f: (f.checked, f.score))
    severity = min((f.severity for f in cluster), key=SEVERITIES.index)
    parts = dict(words.parts)
    voices = sum(who.startswith("candidate ") for who in said)
    if voices:
        parts["agreed"] = round(voices / max(candidates, 1), 4)
    return msgspec.structs.replace(words, by=said, severity=severity, parts=parts)
