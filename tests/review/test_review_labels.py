"""Labels of findings in the store, and the review PRM that learns from them."""

from __future__ import annotations

import random

import msgspec
import pytest

from rlm_core.core.errors import ReviewError, TrainingError
from rlm_core.review import prm
from rlm_core.review.findings import Finding
from rlm_core.review.labels import FindingLabel, FindingLabels, label


def finding(line: int, **parts: float) -> Finding:
    return Finding("a.py", line, "RIGHT", "medium", "", f"message {line}", "", ("candidate 1",), parts)


def test_labels_are_kept_by_person_replaced_and_taken_back(any_store):
    kept = FindingLabels(any_store)
    one = finding(3, on_change=1.0)
    kept.put(label(one, "d1", True, "Ada"))
    kept.put(label(one, "d1", True, "Ben"))
    second = label(one, "d1", False, " Ada ")
    kept.put(second)
    kept.put(label(finding(4), "d2", True, "Ada"))
    assert {(la.by, la.approved) for la in kept.all("d1")} == {("Ada", False), ("Ben", True)}
    assert kept.all("d1")[0].finding == one
    assert all(la.at > 1.7e9 for la in kept.all())
    kept.remove(second)
    assert [la.by for la in kept.all("d1")] == ["Ben"]
    assert len(kept.all()) == 2


def test_a_label_needs_a_name():
    with pytest.raises(ReviewError, match="type yours first"):
        label(finding(1), "d", True, "  ")


def test_a_finding_that_comes_again_has_its_label():
    one = finding(3, on_change=1.0)
    assert one.id("d") == msgspec.structs.replace(one, parts={}, score=0.3, by=("candidate 2",)).id("d")
    assert len({one.id("d"), one.id("e"), finding(4).id("d")}) == 3


def test_one_verdict_per_finding_and_none_where_people_are_divided():
    def given(line: int, *approved: bool) -> list[FindingLabel]:
        return [FindingLabel(finding(line), "d", ok, f"p{i}", float(i)) for i, ok in enumerate(approved)]

    found = prm.verdicts([*given(1, True, True, False), *given(2, True, False), *given(3, False)])
    assert [(v.finding.line, v.approved, v.diff) for v in found] == [(1, True, "d"), (3, False, "d")]


def judged(n: int, rule, seed: int = 0, files: int = 20) -> list[prm.Verdict]:
    """Findings of some files with parts at random, and verdicts by a rule."""
    rng = random.Random(seed)
    made = [finding(i, **{name: rng.random() for name in ("on_change", "about", "actionable", "fresh")}) for i in range(n)]
    return [prm.Verdict(f, rule(f, rng), f"d{i % files}") for i, f in enumerate(made)]


def test_too_few_labels_say_how_many_are_missing():
    few = judged(12, lambda f, rng: f.parts["about"] > 0.5)
    assert prm.missing(few) == "8 more findings need a label: 12 of 20 have one."
    with pytest.raises(TrainingError, match="8 more findings"):
        prm.held_out(few)
    with pytest.raises(TrainingError, match="At least 4 approved and 4 rejected"):
        prm.train(judged(30, lambda f, rng: True))


def test_it_learns_what_the_fixed_weights_get_wrong():
    """People here approve of findings that are not actionable, which the weights score low."""
    labels = judged(120, lambda f, rng: f.parts["actionable"] + 0.2 * rng.random() < 0.6)
    gain = prm.held_out(labels)
    assert gain.untrained < 0.5
    assert gain.trained > 0.85
    assert gain.gain[1] > 0.2
    model = prm.train(labels)
    assert model.coefficients[prm.FEATURES.index("actionable")] < 0
    assert model.score(finding(1, actionable=0.0)) > model.score(finding(1, actionable=1.0))


def test_intervals_of_labels_at_random_contain_no_gain_as_often_as_they_say():
    """60 labels of 20 files, 200 times: 95 % intervals without 0 are 10 on average, and more than 20 once in a thousand."""
    gains = [prm.held_out(judged(60, lambda f, rng: rng.random() < 0.5, seed)) for seed in range(200)]
    assert abs(sum(g.trained for g in gains) / 200 - 0.5) < 0.02
    without = sum(not g.gain[1] <= 0 <= g.gain[2] for g in gains)
    assert 2 <= without <= 20


def test_labels_that_go_by_the_file_count_once_per_file():
    """Each finding is there four times in its file, with the same verdict: the interval does not become narrower."""
    rng = random.Random(1)
    once, four = [], []
    for i in range(60):
        parts, ok = {name: rng.random() for name in ("on_change", "about", "actionable", "fresh")}, rng.random() < 0.5
        made = [prm.Verdict(finding(n, **parts), ok, f"d{i}") for n in range(4)]
        once, four = [*once, made[0]], [*four, *made]
    narrow, wide = prm.held_out(once).gain, prm.held_out(four).gain
    assert wide[2] - wide[1] > 0.8 * (narrow[2] - narrow[1])


def test_files_are_held_out_as_a_whole_with_both_verdicts_in_both_halves():
    labels = judged(60, lambda f, rng: rng.random() < 0.3)
    held = prm._held(labels, 0)
    assert not {v.file for v, out in zip(labels, held) if out} & {v.file for v, out in zip(labels, held) if not out}
    for verdict in (True, False):
        there = sum(v.approved == verdict for v, out in zip(labels, held) if out)
        assert abs(there - sum(v.approved == verdict for v in labels) / 2) <= 2


def test_labels_of_few_files_teach_and_their_gain_is_not_measured():
    few = judged(40, lambda f, rng: f.parts["about"] > 0.5, files=2)
    assert prm.train(few).labels == 40
    with pytest.raises(TrainingError, match=r"at least 3 files each are needed; there are \d+ and \d+, in 1 and 1 files"):
        prm.held_out(few)


def test_the_same_labels_give_the_same_gain():
    labels = judged(40, lambda f, rng: f.parts["about"] > 0.5)
    assert prm.held_out(labels) == prm.held_out(labels)
