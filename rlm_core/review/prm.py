"""A process reward model of review findings: a logistic regression on the parts of their scores, trained from labels of people.

Its gain over the untrained score is measured on held-out files: half of the labels train it, and the other half, of other files, compares
the two scores. Cross-validation would use every label twice, but knows no right interval: what a label does as training data of one fold it
does again as test data of another, so that the folds agree more than new data would (Bengio & Grandvalet 2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rlm_core.core.errors import TrainingError
from rlm_core.evaluation.statistics import student_95
from rlm_core.review.findings import SEVERITIES, Finding
from rlm_core.review.labels import FindingLabel
from rlm_core.review.reward import PARTS, score_of

MIN_LABELS = 20
"""Findings with a label from which something is trained."""
MIN_OF_EACH = 4
"""Approved ones, and rejected ones, that are needed among them."""
MIN_HELD_OUT = 5
"""Approved ones, and rejected ones, that are needed among those held out."""
MIN_FILES = 3
"""Files of approved ones, and of rejected ones, that are needed among those held out."""
L2 = 1.0
"""Weight of the penalty on the squared coefficients; the intercept has none."""
FEATURES = (*PARTS, "severity", "check")
"""The parts of the score, the severity (low 0, medium 0.5, high 1), and whether a check says it."""


class Verdict(NamedTuple):
    """What people say of a finding. diff: the id of the diff it is about."""

    finding: Finding
    approved: bool
    diff: str = ""

    @property
    def file(self) -> tuple[str, str]:
        """Findings of one file of one diff share its lines, so that they are held out together."""
        return self.diff, self.finding.file


def features(finding: Finding) -> list[float]:
    """The features of a finding, in the order of FEATURES, in [0,1]; a part that it does not have counts as 0.5."""
    severity = 1 - SEVERITIES.index(finding.severity) / (len(SEVERITIES) - 1)
    return [*(finding.parts.get(name, 0.5) for name in PARTS), severity, float(finding.checked)]


@dataclass(frozen=True, slots=True)
class Trained:
    """coefficients: one per feature. intercept: of the logit. labels: findings that it learned from."""

    coefficients: tuple[float, ...]
    intercept: float
    labels: int

    def score(self, finding: Finding) -> float:
        """The probability that a person approves of the finding."""
        logit = self.intercept + float(np.dot(self.coefficients, features(finding)))
        return round(float(1 / (1 + np.exp(-np.clip(logit, -30, 30)))), 4)


@dataclass(frozen=True, slots=True)
class Gain:
    """The trained score against the untrained one, on held-out labels.

    labels, files: that were held out, and of how many files they are.
    untrained, trained: areas under the ROC curve, in [0,1].
    gain: their difference with the ends of its 95 % interval, in [-1,1].
    """

    labels: int
    files: int
    untrained: float
    trained: float
    gain: tuple[float, float, float]


def verdicts(labels: Sequence[FindingLabel]) -> list[Verdict]:
    """One verdict per finding: that of most people; one on which they are divided is left out."""
    votes: dict[str, list[FindingLabel]] = {}
    for one in labels:
        votes.setdefault(one.id, []).append(one)
    found: list[Verdict] = []
    for given in votes.values():
        approve = sum(g.approved for g in given)
        if 2 * approve != len(given):
            found.append(Verdict(given[-1].finding, 2 * approve > len(given), given[-1].diff))
    return found


def missing(judged: Sequence[Verdict]) -> str:
    """What is missing for a training, in a sentence; "" if nothing is."""
    approved = sum(v.approved for v in judged)
    rejected = len(judged) - approved
    if len(judged) < MIN_LABELS:
        return f"{MIN_LABELS - len(judged)} more findings need a label: {len(judged)} of {MIN_LABELS} have one."
    if min(approved, rejected) < MIN_OF_EACH:
        return f"At least {MIN_OF_EACH} approved and {MIN_OF_EACH} rejected findings are needed; there are {approved} and {rejected}."
    return ""


def train(judged: Sequence[Verdict]) -> Trained:
    """A model trained on all of the labels. TrainingError says how many are missing."""
    if said := missing(judged):
        raise TrainingError(said)
    rows, targets = _table(judged)
    weights = _fit(rows, targets)
    return Trained(tuple(float(w) for w in weights[:-1]), float(weights[-1]), len(judged))


def held_out(judged: Sequence[Verdict], seed: int = 0) -> Gain:
    """Its gain over the untrained score, trained on half of the files and measured on the other half.

    The interval is that of the difference of two areas under the ROC curve over the same labels (DeLong, DeLong & Clarke-Pearson 1988);
    the labels of a file count as one observation (Obuchowski 1997), and Student's t goes by the number of files with the rarer verdict.
    It is about the model that half of the labels teach. TrainingError says what is missing.
    """
    if said := missing(judged):
        raise TrainingError(said)
    rows, targets = _table(judged)
    held = _held(judged, seed)
    test = [v for v, out in zip(judged, held, strict=True) if out]
    files = [len({v.file for v in test if v.approved == ok}) for ok in (True, False)]
    counts = [sum(v.approved == ok for v in test) for ok in (True, False)]
    if min(counts) < MIN_HELD_OUT or min(files) < MIN_FILES:
        raise TrainingError(
            f"The gain is not measured yet: half of the files are held out, and among their findings at least {MIN_HELD_OUT} approved and "
            f"{MIN_HELD_OUT} rejected ones in at least {MIN_FILES} files each are needed; "
            f"there are {counts[0]} and {counts[1]}, in {files[0]} and {files[1]} files."
        )
    weights = _fit(rows[~held], targets[~held])
    learned, plain = rows[held] @ weights[:-1], np.array([score_of(v.finding.parts) for v in test])
    yes, no = np.flatnonzero(targets[held] == 1), np.flatnonzero(targets[held] == 0)
    won_plain, won_learned = _won(plain[yes], plain[no]), _won(learned[yes], learned[no])
    names = sorted({v.file for v in test})
    of = np.array([names.index(v.file) for v in test])
    gain, half = _paired(won_learned - won_plain, of[yes], of[no], len(names))
    a, b = float(won_plain.mean()), float(won_learned.mean())
    low, high = max(-1.0, gain - half), min(1.0, gain + half)
    return Gain(len(test), len(names), round(a, 4), round(b, 4), (round(gain, 4), round(low, 4), round(high, 4)))


def _paired(won: np.ndarray, yes: np.ndarray, no: np.ndarray, files: int) -> tuple[float, float]:
    """The mean of the pairs, and half of its 95 % interval.

    won: [approved, rejected], the difference of the two scores for each pair. yes, no: the file of each approved and each rejected one.
    """
    gain = float(won.mean())
    part = np.bincount(yes, won.mean(axis=1) - gain, files) / len(yes) + np.bincount(no, won.mean(axis=0) - gain, files) / len(no)
    spread = float(np.sqrt(files / (files - 1) * (part**2).sum()))
    return gain, student_95(min(len(set(yes.tolist())), len(set(no.tolist()))) - 1) * spread


def _held(judged: Sequence[Verdict], seed: int) -> np.ndarray:
    """Which labels are held out: whole files, the largest first and equal ones by lot, so that both halves have alike of each verdict."""
    counts: dict[tuple[str, str], np.ndarray] = {}
    for v in judged:
        counts.setdefault(v.file, np.zeros(2))[int(v.approved)] += 1
    lot = np.random.default_rng(seed).permutation(len(counts))
    order = sorted(zip(sorted(counts), lot.tolist(), strict=True), key=lambda file: (-counts[file[0]].sum(), file[1]))
    ahead, out = np.zeros(2), set[tuple[str, str]]()
    for file, _ in order:
        if ((ahead + counts[file]) ** 2).sum() > ((ahead - counts[file]) ** 2).sum():
            ahead = ahead - counts[file]
            out.add(file)
        else:
            ahead = ahead + counts[file]
    return np.array([v.file in out for v in judged])


def _won(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """For each approved and each rejected finding: 1 where the approved one scores above, 0.5 where they are equal. [approved, rejected]"""
    difference = np.sign(np.round(yes[:, None] - no[None, :], 12))
    return (difference + 1) / 2


def _table(judged: Sequence[Verdict]) -> tuple[np.ndarray, np.ndarray]:
    """[labels, features] and the verdicts as 0 or 1."""
    return np.array([features(v.finding) for v in judged], dtype=float), np.array([float(v.approved) for v in judged])


def _fit(rows: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Coefficients and intercept by Newton's method on the penalised log-likelihood (iteratively reweighted least squares)."""
    x = np.column_stack([rows, np.ones(len(rows))])
    penalty = np.diag([L2] * rows.shape[1] + [1e-6])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (targets - p) - penalty @ weights
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]) + penalty, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-9:
            break
    return weights
