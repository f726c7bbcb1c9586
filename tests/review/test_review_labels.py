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
    assert [(f.line, ok) for f, ok in found] == [(1, True), (3, False)]


def judged(n: int, rule, seed: int = 0) -> list[tuple[Finding, bool]]:
    """Findings with parts at random and verdicts by a rule."""
    rng = random.Random(seed)
    made = [finding(i, **{name: rng.random() for name in ("on_change", "about", "actionable", "fresh")}) for i in range(n)]
    return [(f, rule(f, rng)) for f in made]


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


def test_labels_at_random_teach_nothing_on_average():
    """Over many books of labels, since any one of them may agree with the parts by chance."""
    gains = [prm.held_out(judged(40, lambda f, rng: rng.random() < 0.5, seed)) for seed in range(20)]
    assert abs(sum(g.trained for g in gains) / 20 - 0.5) < 0.08
    assert sum(g.gain[1] > 0 for g in gains) <= 4


def test_the_same_labels_give_the_same_gain():
    labels = judged(40, lambda f, rng: f.parts["about"] > 0.5)
    assert prm.held_out(labels) == prm.held_out(labels)
