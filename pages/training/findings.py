"""What a training did, in sentences worked out from its own rows: nothing here is said of training in general."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from pages.shared.language import deferred, duration, listed, tr
from pages.training.sources import Rows
from rlm_core.core.wording import interval, number
from rlm_core.evaluation.statistics import Estimate
from rlm_core.runs.training_files import CurveRow, Interval, StageRow

SHARE = 0.1
"""Of a stage's steps, at its beginning and at its end, of which means are compared."""
FEWEST = 10
"""Steps from which on a change over a stage is told: fewer are noise."""
SAME = 0.02
"""Change of a gap that is not told."""
VERIFIED = "answer"
"""The part of a reward that the project's own checking decides."""


@dataclass(frozen=True, slots=True)
class Change:
    """A measure before and after, each with its 95 % interval."""

    before: Interval
    after: Interval

    @property
    def beyond(self) -> bool:
        """Do the intervals not overlap?"""
        return self.after[1] > self.before[2] or self.after[2] < self.before[1]

    @property
    def word(self) -> str:
        """
        >>> Change((0.3, 0.2, 0.4), (0.6, 0.5, 0.7)).word, Change((0.6, 0.5, 0.7), (0.3, 0.2, 0.4)).word
        ('rose', 'fell')
        >>> Change((0.3, 0.2, 0.4), (0.35, 0.2, 0.4)).word
        'did not change beyond its interval'
        """
        if not self.beyond:
            return deferred("did not change beyond its interval")
        return deferred("rose") if self.after[0] > self.before[0] else deferred("fell")

    @property
    def sentence(self) -> str:
        """
        >>> Change((0.3, 0.2, 0.4), (0.6, 0.5, 0.7)).sentence
        'rose: 0.30 [0.20, 0.40] → 0.60 [0.50, 0.70]'
        """
        return f"{tr(self.word)}: {interval(self.before)} → {interval(self.after)}"


def passes(stages: Sequence[StageRow]) -> list[str]:
    """pass@1 against pass@k from the model before training to the last stage; nothing with fewer than two rows."""
    if len(stages) < 2:
        return []
    first, last = stages[0].measures, stages[-1].measures
    one, many = Change(first.pass_at_1, last.pass_at_1), Change(first.pass_at_k, last.pass_at_k)
    k = last.k
    before, after = first.pass_at_k[0] - first.pass_at_1[0], last.pass_at_k[0] - last.pass_at_1[0]
    moved = tr("shrank") if after < before - SAME else tr("grew") if after > before + SAME else tr("stayed about the same")
    found = [
        tr("From “{title}” to “{title2}” pass@1 {sentence}.", title=stages[0].title, title2=stages[-1].title, sentence=one.sentence),
        *lift(stages[0], stages[-1]),
        tr("pass@{k} {sentence}.", k=k, sentence=many.sentence),
    ]
    if one.word == "fell" and many.word == "fell":
        return found
    found.append(
        tr(
            "The gap between pass@{k} and pass@1 {moved}: {number} → {number2}. It is what a search that samples {k} "
            "answers and finds the right one can still gain.",
            k=k,
            moved=moved,
            number=number(before),
            number2=number(after),
        )
    )
    if one.word == "rose" and many.word == "fell":
        found.append(
            tr("So the training made one answer better and lost others: of some problems none of {k} answers is right any more.", k=k)
        )
    elif one.word == "rose" and many.word != "rose":
        found.append(
            tr("So the training made right answers likelier that {k} samples mostly found before: it sharpened more than it added.", k=k)
        )
    return found


def spent(found: Rows) -> str:
    """The time and the tokens of all stages."""
    generated = sum(row.tokens for row in found.curve if row.rollout_tokens_per_second is not None)
    learned = sum(row.tokens for row in found.curve if row.rollout_tokens_per_second is None)
    took = duration(sum(s.seconds for s in found.stages))
    return tr(
        "It took {took}, measuring included: {generated:,} tokens were generated and rewarded, {learned:,} of worked solutions learned.",
        took=took,
        generated=generated,
        learned=learned,
    )


def lift(first: StageRow, last: StageRow) -> list[str]:
    """The change of pass@1 with the interval of the paired differences; nothing where the problems' own rates were not kept."""
    before, after = first.measures.rates, last.measures.rates
    if not before or len(before) != len(after):
        return []
    found = Estimate.of([b - a for a, b in zip(before, after, strict=True)])
    change = f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]".replace("-", "−")
    return [
        tr(
            "Problem by problem pass@1 changed by {change} from “{title}” to “{title2}”.",
            change=change,
            title=first.title,
            title2=last.title,
        )
    ]


def entropies(found: Rows) -> list[str]:
    """Entropy at the beginning and the end of each stage that has it."""
    said = []
    for stage, rows in _stages(found.curve):
        ends = _ends([r.entropy for r in rows if r.entropy is not None])
        if ends is None:
            continue
        before, after = ends
        change = f"{abs(after / before - 1):.0%}" if before else ""
        word = tr("fell") if after < before else tr("rose")
        said.append(
            tr(
                "In “{title}” entropy {word} by {change} over its steps: {before:.3f} → {after:.3f} nats per token.",
                title=found.title(stage),
                word=word,
                change=change,
                before=before,
                after=after,
            )
        )
    return said


def signals(found: Rows) -> list[str]:
    """The share of groups from which something is learned, at the beginning and the end of each stage that has it."""
    said = []
    for stage, rows in _stages(found.curve):
        ends = _ends([r.signal for r in rows if r.signal is not None])
        if ends is not None:
            said.append(
                tr(
                    "In “{title}” the rewards of {ends:.0%} of the groups differed at first and of {ends2:.0%} in the end; "
                    "the others taught nothing.",
                    title=found.title(stage),
                    ends=ends[0],
                    ends2=ends[1],
                )
            )
    return said


def hacking(found: Rows) -> list[str]:
    """Stages in which the reward pays for something that is no right answer: it rose while neither its verified part nor pass@1 on held-out
    problems did, or it did not fall while pass@1 did, and its verified part, if it has one.
    """
    said = []
    for stage, rows in _stages(found.curve):
        row = next((s for s in found.stages if s.stage == stage), None)
        start = next((s for s in found.stages if row is not None and s.checkpoint == row.start), None)
        rewards = [r.reward for r in rows if r.reward is not None]
        ends = _ends(rewards)
        if row is None or start is None or ends is None:
            continue
        passed = Change(start.measures.pass_at_1, row.measures.pass_at_1)
        answers = [r.parts[VERIFIED] for r in rows if VERIFIED in r.parts]
        rose, unverified = _rose(rewards), not answers or _rose(answers[::-1])
        if (rose and not _rose(answers) and passed.word != "rose") or (passed.word == "fell" and unverified and not _rose(rewards[::-1])):
            went = (
                tr("rose from {first} to {last}", first=number(ends[0]), last=number(ends[1]))
                if rose
                else tr("stayed at {last}", last=number(ends[1]))
            )
            risen = [f"{tr(name)} {number(a)} → {number(b)}" for name, a, b in _parts(rows) if b > a and number(a) != number(b)]
            said.append(
                tr(
                    "In “{title}” the reward {went} while pass@1 on held-out problems {sentence}: the reward pays "
                    "for something that is no right answer.",
                    title=row.title,
                    went=went,
                    sentence=passed.sentence,
                )
                + (tr(" What rose: {parts}.", parts=listed(risen)) if risen else "")
            )
    return said


def _rose(values: Sequence[float]) -> bool:
    """Is the mean of the last tenth above that of the first by more than twice the standard error of their difference?

    >>> _rose([0.1 * i for i in range(20)]), _rose([0.0, 1.0] * 20)
    (True, False)
    """
    if len(values) < FEWEST:
        return False
    some = max(2, round(SHARE * len(values)))
    first, last = values[:some], values[-some:]
    return fmean(last) - fmean(first) > 2 * math.sqrt((variance(first) + variance(last)) / some)


def _parts(rows: Sequence[CurveRow]) -> list[tuple[str, float, float]]:
    """Each part of the reward with its means at both ends of a stage."""
    names = list(dict.fromkeys(name for row in rows for name in row.parts))
    ends = {name: _ends([row.parts[name] for row in rows if name in row.parts]) for name in names}
    return [(name, *found) for name, found in ends.items() if found is not None]


def _stages(curve: Sequence[CurveRow]) -> list[tuple[str, list[CurveRow]]]:
    found: dict[str, list[CurveRow]] = {}
    for row in curve:
        found.setdefault(row.stage, []).append(row)
    return list(found.items())


def _ends(values: Sequence[float]) -> tuple[float, float] | None:
    """Means of the first and the last tenth; None for fewer than FEWEST values.

    >>> _ends([float(i) for i in range(20)]), _ends([1.0, 2.0])
    ((0.5, 18.5), None)
    """
    if len(values) < FEWEST:
        return None
    some = round(SHARE * len(values))
    return fmean(values[:some]), fmean(values[-some:])
