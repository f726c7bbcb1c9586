"""Every part of a training's reward is what the solution deserves; what cannot be known is an error and no number."""

from __future__ import annotations

import pytest

from rlm_core.core.errors import ConfigError, RewardError, TrainingError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.models.policy import Step
from rlm_core.problems import make
from rlm_core.training import reward_parts
from rlm_core.training.reward_parts import RewardSum

PLAIN, ASKED = (make(f"countdown:given=25 2 4,target=46{more}") for more in ("", ",language=ja"))
RIGHT = ("25*2=50", "50-4=46<answer>46")
JAPANESE = ("二五掛二=五〇", "五〇引四=四六<answer>46")


def solved(*texts: str, finished: bool = True) -> list[Step]:
    tokens = (Token(1, "x", -0.1),) * 8
    return [
        Step(t, tokens, finished=finished and i == len(texts) - 1, truncated=not finished and i == len(texts) - 1)
        for i, t in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("texts", "answer", "form", "in_plain", "stated"),
    [
        (RIGHT, 1, 1, 1, 1),
        (JAPANESE, 1, 1, 0, 1),
        (("25*2=51", "51-4=46<answer>46"), 0, 1, 1, 1),
        (("46=46<answer>46",), 0, 0, 1, 1),
        (("25*2=50", "50-4=46"), 0, 0, 1, 0),
        (("25*2", "50-4=46<answer>46"), 0, 0, 1, 1),
        (("25*2=50<answer>50", "50-4=46<answer>46"), 1, 0, 1, 1),
        (("<answer>46",), 0, 0, 0, 1),
    ],
)
def test_each_part_judges_its_own_side(texts: tuple[str, ...], answer: int, form: int, in_plain: int, stated: int) -> None:
    steps = solved(*texts)
    assert reward_parts.answer(PLAIN, steps) == answer
    assert reward_parts.format(PLAIN, steps) == form
    assert reward_parts.language(PLAIN, steps) == in_plain
    assert reward_parts.stated(PLAIN, steps) == stated


def test_language_is_the_share_of_the_one_asked_for() -> None:
    assert reward_parts.language(ASKED, solved(*JAPANESE)) == 1
    assert reward_parts.language(ASKED, solved("二五掛2=50", "五〇引四=四六<answer>46")) == pytest.approx(9 / 12)


def test_a_cut_off_solution_earns_nothing_but_its_language() -> None:
    steps = solved(*RIGHT, finished=False)
    assert [reward_parts.PARTS[name](PLAIN, steps) for name in ("answer", "format", "stated")] == [0, 0, 0]


def test_shorter_is_preferred() -> None:
    assert reward_parts.brevity(PLAIN, solved(*RIGHT)) == 1 - 16 / 64 > reward_parts.brevity(PLAIN, solved(*RIGHT, "46=46"))
    assert reward_parts.brevity(PLAIN, solved(*["46=46"] * 20)) == 0


def test_the_sum_keeps_every_part() -> None:
    found = RewardSum({"answer": 3.0, "language": 1.0}).of(ASKED, solved(*RIGHT))
    assert found.total == 0.75 and [(p.name, p.weight, p.score) for p in found.parts] == [("answer", 0.75, 1.0), ("language", 0.25, 0.0)]


def test_what_cannot_be_known_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RewardError, match="nothing to check against"):
        RewardSum({"answer": 1.0}).of(Problem("text", "text:question=why", "Why?"), solved("because <answer>5"))
    with pytest.raises(RewardError, match="has no target"):
        RewardSum({"stated": 1.0}).of(make("chain:seed=1"), solved("1+1=2<answer>2"))
    monkeypatch.setitem(reward_parts.PARTS, "broken", lambda problem, steps: 1 / 0)
    with pytest.raises(RewardError, match=r"The reward part broken failed on countdown:given=25 2 4,target=46: division by zero"):
        RewardSum({"broken": 1.0}).of(PLAIN, solved(*RIGHT))
    monkeypatch.setitem(reward_parts.PARTS, "large", lambda problem, steps: 2.0)
    with pytest.raises(RewardError, match="gave 2.0 .*; allowed are numbers from 0 to 1"):
        RewardSum({"large": 1.0}).of(PLAIN, solved(*RIGHT))


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="There is no reward part named 'anwser'"):
        RewardSum({"anwser": 1.0})
    with pytest.raises(TrainingError, match="each with a weight above 0"):
        RewardSum({"answer": 0.0})
