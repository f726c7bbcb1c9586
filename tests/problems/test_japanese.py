"""Steps in Japanese signs are read, checked and followed as those in plain ones, and only who knows them is asked for them."""

from __future__ import annotations

import pytest

from rlm_core import catalogue, problems
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import UnreadableProblem
from rlm_core.engine.loading.nano import JAPANESE_CHARACTERS
from rlm_core.problems.arithmetic.lines import equations
from rlm_core.problems.checking.japanese import SIGNS, japanese, share_in_language, without_japanese

ASKED = "countdown:seed=3,language=ja"


def test_a_problem_that_asks_for_japanese_is_the_same_problem() -> None:
    plain, asked = problems.make("countdown:seed=3"), problems.make(ASKED)
    assert asked.compact == f"{plain.compact}<ja>" and asked.spec == ASKED and plain.spec == "countdown:seed=3"
    assert {k: v for k, v in asked.data.items() if k != "language"} == plain.data
    own = problems.make("countdown:given=25 2 4,target=46,language=ja")
    assert own.compact.endswith(":<ja>") and problems.make(own.spec) == own


def test_its_steps_are_checked_as_plain_ones() -> None:
    asked = problems.make(ASKED)
    task = problems.task("countdown")
    steps = task.solution(asked)
    assert steps == ("六足二=八", "八足六=一四<answer>14")
    assert task.answer(asked, steps) == "(6+2)+6" and task.verify(asked, task.answer(asked, steps))
    assert task.solvable(asked, steps[:1]) and not task.solvable(asked, ("六掛六=三六",))
    assert task.verify(asked, task.answer(asked, ("六足二=九", "九足五=一四<answer>14"))) is False
    assert task.answer(asked, ("6足二=八", "八+六=14<answer>14")) == "(6+2)+6"


def test_words_of_japanese_stay() -> None:
    text = "リンゴが二つ、三つ目は一番"
    assert without_japanese(text) == text and equations(f"{text} 二足三=五")[0].true
    assert [share_in_language(japanese("7+8=15"), language) for language in ("ja", "en")] == [1.0, 0.0]


def test_the_notation_has_a_token_for_every_sign() -> None:
    assert JAPANESE_CHARACTERS == SIGNS


def test_the_bundled_model_is_not_asked_for_it() -> None:
    with pytest.raises(UnreadableProblem, match="The bundled model knows no Japanese signs; set the language of the steps to en"):
        catalogue.checked(RunConfig(problem=ASKED))
