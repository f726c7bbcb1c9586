"""Agreement, against figures worked out by hand or published."""

from __future__ import annotations

import pytest

from rlm_core.labels.agreement import Pair, WithOracle, alpha, kappa, pairwise, share, units, until_lost, with_oracle
from rlm_core.labels.base import Label, solution
from rlm_core.problems import make, task
from rlm_core.problems.families.text import from_text


def labels(by: str, *values: int | None, of: str = "s") -> list[Label]:
    return [Label(of, i, "human", by, v, 1.0) for i, v in enumerate(values) if v is not None]


def test_kappa_by_hand():
    both = [(1, 1), (1, 1), (1, 0), (0, 0), (-1, -1), (-1, 1)]
    # p_o = 4/6; p_e = (3·3 + 1·2 + 2·1)/36 = 13/36; (24 − 13)/(36 − 13) = 11/23
    assert share(both) == 4 / 6
    assert kappa(both) == pytest.approx(11 / 23)


def test_kappa_is_below_0_where_two_agree_less_than_by_chance():
    assert kappa([(1, -1), (-1, 1)]) == -1.0


def test_kappa_is_undefined_without_steps_and_with_one_value_only():
    assert kappa([]) is None
    assert share([]) is None
    assert kappa([(1, 1)] * 5) is None
    assert share([(1, 1)] * 5) == 1.0
    assert kappa([(1, -1)] * 5) == 0.0


def test_alpha_of_four_annotators_with_missing_labels_is_krippendorffs_own_figure():
    rows = ["12332141 2...", "12332241 25.3", ".33323422 51.", "12332441 251."]
    columns = zip(*(r.replace(" ", "") for r in rows), strict=True)
    assert alpha([[int(v) for v in c if v != "."] for c in columns]) == pytest.approx(0.743, abs=5e-4)


def test_alpha_by_hand():
    # steps: {1,1}, {1,−1}, {−1,−1}, one label alone. n = 6, n_v = 3 and 3; D_o = 2/6, D_e = 18/30: 1 − (1/3)/(3/5) = 4/9
    assert alpha([[1, 1], [1, -1], [-1, -1], [0]]) == pytest.approx(4 / 9)


def test_alpha_is_undefined_without_overlap_and_with_one_value_only():
    assert alpha([]) is None
    assert alpha([[1], [0]]) is None
    assert alpha([[1, 1], [1, 1, 1]]) is None


def test_pairs_are_compared_on_the_steps_both_labelled():
    all_labels = [*labels("Ada", 1, 1, -1, 0), *labels("Bob", 1, -1, None, 0, 1), *labels("Cyd", 1, of="other")]
    all_labels.append(Label("s", 0, "soft", "nano", 0.5, 1.0))
    # Ada and Bob: (1,1), (1,−1), (0,0): p_o = 2/3, p_e = (2·1 + 1·1)/9 = 1/3, kappa = 1/2
    assert pairwise(all_labels) == [Pair("Ada", "Bob", 3, 2 / 3, 0.5), Pair("Ada", "Cyd", 0, None, None), Pair("Bob", "Cyd", 0, None, None)]
    assert sorted(map(sorted, units(all_labels))) == [[-1], [-1, 1], [0, 0], [1], [1], [1, 1]]


CHAIN = make("chain:steps=4,seed=5")
RIGHT = task("chain").solution(CHAIN)
assert RIGHT is not None
WRONG = solution(CHAIN, (RIGHT[0], RIGHT[1].split("=")[0] + "=1000", *RIGHT[2:]), answer="1")
SOUND = solution(CHAIN, RIGHT)


def test_the_oracle_speaks_up_to_the_first_lost_step():
    assert until_lost(WRONG) == [True, False]
    assert until_lost(SOUND) == [True] * 4
    assert until_lost(solution(from_text("Why?"), ("because", "Answer: so"))) == []


def test_labels_are_held_against_the_oracle_and_those_after_the_loss_left_out():
    said = [*labels("Ada", 1, -1, 1, of=WRONG.id), *labels("Ada", 0, 1, -1, of=SOUND.id), *labels("Bob", None, 1, of=WRONG.id)]
    said += labels("Cyd", None, None, 1, of=WRONG.id) + labels("Cyd", 1, of="not in the book")
    # Ada agrees on both steps of the wrong one (the third is past the loss) and on two of three of the sound one
    assert with_oracle(said, [WRONG, SOUND]) == [WithOracle("Ada", 4, 5), WithOracle("Bob", 0, 1)]
