"""A process reward model of review findings: a logistic regression on the parts of their scores, trained from labels of people.

Its gain over the untrained score is measured on labels that were held out: each label is scored by a model that was trained on the
others (cross-validation), so that no label scores itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlm_core.core.errors import TrainingError
from rlm_core.evaluation.statistics import percentile_interval
from rlm_core.review.findings import SEVERITIES, Finding
from rlm_core.review.labels import FindingLabel
from rlm_core.review.reward import PARTS, score_of

MIN_LABELS = 20
"""Findings with a label from which something is trained."""
MIN_OF_EACH = 4
"""Approved ones, and rejected ones, that are needed among them."""
FOLDS = 5
SPLITS = 10
"""Random splits into folds."""
L2 = 1.0
"""Weight of the penalty on the squared coefficients; the intercept has none."""
FEATURES = (*PARTS, "severity", "check")
"""The parts of the score, the severity (low 0, medium 0.5, high 1), and whether a check says it."""
DRAWS = 2000
"""Bootstrap samples of the labels."""


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

    labels, approved: findings with a label, and those of them that were approved.
    untrained, trained: areas under the ROC curve, in [0,1].
    gain: their difference with the ends of its 95 % bootstrap interval over labels.
    """

    labels: int
    approved: int
    untrained: float
    trained: float
    gain: tuple[float, float, float]


def verdicts(labels: Sequence[FindingLabel]) -> list[tuple[Finding, bool]]:
    """One verdict per finding: that of most people; one on which they are divided is left out."""
    votes: dict[str, list[FindingLabel]] = {}
    for one in labels:
        votes.setdefault(one.id, []).append(one)
    found: list[tuple[Finding, bool]] = []
    for given in votes.values():
        approve = sum(g.approved for g in given)
        if 2 * approve != len(given):
            found.append((given[-1].finding, 2 * approve > len(given)))
    return found


def missing(judged: Sequence[tuple[Finding, bool]]) -> str:
    """What is missing for a training, in a sentence; "" if nothing is."""
    approved = sum(ok for _, ok in judged)
    rejected = len(judged) - approved
    if len(judged) < MIN_LABELS:
        return f"{MIN_LABELS - len(judged)} more findings need a label: {len(judged)} of {MIN_LABELS} have one."
    if min(approved, rejected) < MIN_OF_EACH:
        return f"At least {MIN_OF_EACH} approved and {MIN_OF_EACH} rejected findings are needed; there are {approved} and {rejected}."
    return ""


def train(judged: Sequence[tuple[Finding, bool]]) -> Trained:
    """A model trained on all of the labels. TrainingError says how many are missing."""
    if said := missing(judged):
        raise TrainingError(said)
    rows, targets = _table(judged)
    weights = _fit(rows, targets)
    return Trained(tuple(float(w) for w in weights[:-1]), float(weights[-1]), len(judged))


def held_out(judged: Sequence[tuple[Finding, bool]], seed: int = 0) -> Gain:
    """Its gain over the untrained score on held-out labels. TrainingError says how many are missing.

    Only labels that were held out together are compared, since scores of models of different folds have no common scale (pooling them is
    biased downwards: Airola et al. 2011). Both areas are over the same pairs, of several splits into folds.
    """
    if said := missing(judged):
        raise TrainingError(said)
    rows, targets = _table(judged)
    plain = np.array([score_of(f.parts) for f, _ in judged])
    yes, no = np.flatnonzero(targets == 1), np.flatnonzero(targets == 0)
    rng = np.random.default_rng(seed)
    pairs, won_plain, won_learned = (np.zeros((len(yes), len(no))) for _ in range(3))
    for _ in range(SPLITS):
        for held in _folds(targets, rng):
            weights = _fit(np.delete(rows, held, 0), np.delete(targets, held))
            learned = rows @ weights[:-1]
            both = np.ix_(np.isin(yes, held), np.isin(no, held))
            pairs[both] += 1
            won_plain[both] += _won(plain[yes], plain[no])[both]
            won_learned[both] += _won(learned[yes], learned[no])[both]
    a, b = float(won_plain.sum() / pairs.sum()), float(won_learned.sum() / pairs.sum())
    drawn = rng.multinomial(len(judged), np.full(len(judged), 1 / len(judged)), size=DRAWS)  # [draws, labels]
    weight = ((drawn[:, yes] @ pairs) * drawn[:, no]).sum(axis=1)
    gains = ((drawn[:, yes] @ (won_learned - won_plain)) * drawn[:, no]).sum(axis=1)
    low, high = percentile_interval(gains[weight > 0] / weight[weight > 0])
    return Gain(len(judged), len(yes), round(a, 4), round(b, 4), (round(b - a, 4), round(low, 4), round(high, 4)))


def _won(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """For each approved and each rejected finding: 1 where the approved one scores above, 0.5 where they are equal. [approved, rejected]"""
    difference = np.sign(np.round(yes[:, None] - no[None, :], 12))
    return (difference + 1) / 2


def _table(judged: Sequence[tuple[Finding, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """[labels, features] and the verdicts as 0 or 1."""
    return np.array([features(f) for f, _ in judged], dtype=float), np.array([float(ok) for _, ok in judged])


def _folds(targets: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Indices of the labels that are held out together; each fold has its part of both classes."""
    parts: list[list[int]] = [[] for _ in range(FOLDS)]
    place = 0
    for value in (0.0, 1.0):
        for i in rng.permutation(np.flatnonzero(targets == value)):
            parts[place % FOLDS].append(int(i))
            place += 1
    return [np.array(sorted(p), dtype=int) for p in parts]


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
