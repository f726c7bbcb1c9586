"""Steps of real text: lines, paragraphs, sentences, tokens and delimiters; code blocks and display formulas stay whole."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rlm_core.catalogue import checked
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import THINK
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.step_units import in_block, split
from rlm_core.problems import make
from tests.speaker import speaking

PROBLEM = make("words:seed=1")
PARAGRAPHS, SENTENCES, HASHES = Stepping("paragraph"), Stepping("sentence"), Stepping("delimiter", delimiter="###")
TEN = Stepping("tokens", tokens=10)

CODE = "```python\ndef area(r):\n    return 3.14 * r * r\n\n\nprint(area(2))\n```\n"
FORMULA = "\\[\n\\begin{aligned}\nx &= 3 \\\\[2pt]\n  &= 4.\n\\end{aligned}\n\\]\n"
DOLLARS = "$$\n3 + 4\n= 7\n$$\n"
PIECES = st.sampled_from(
    [
        CODE,
        FORMULA,
        DOLLARS,
        "So it is.",
        " Yes! ",
        "\n",
        "\n\n",
        "x",
        "###",
        "`a.b`",
        "```",
        "$$",
        "\\[",
        "\\]",
        "\\begin{a}",
        "\\end{a}",
        "Answer:",
    ]
)


@pytest.mark.parametrize("block", [CODE, FORMULA, DOLLARS, "~~~\na\n\nb\n~~~\n", "\\begin{align*}\na\\\\\nb\n\\end{align*}\n"])
@pytest.mark.parametrize("stepping", [LINES, PARAGRAPHS, SENTENCES, HASHES], ids=lambda s: s.unit)
def test_a_block_stands_in_one_step(block, stepping):
    steps = split(f"We begin.\n\n{block}\n\nWe go on. ###\n\nMore", stepping)
    assert sum(block.strip() in s for s in steps) == 1
    assert len(steps) > 1


@pytest.mark.parametrize("block", [CODE, FORMULA, DOLLARS])
@pytest.mark.parametrize("tokens", [1, 3, 10])
def test_a_number_of_tokens_tears_no_block_apart(block, tokens):
    steps = written(f"We begin.\n{block}We go on\n", Stepping("tokens", tokens=tokens))
    assert sum(block.strip() in s for s in steps) == 1


@pytest.mark.parametrize(
    ("stepping", "text", "steps"),
    [
        (LINES, "a\n\nb\nc", ["a\n", "\nb\n", "c"]),
        (PARAGRAPHS, "a\nb\n\n- c\n- d\n \nAnswer: 7", ["a\nb\n\n", "- c\n- d\n \n", "Answer: 7"]),
        (
            SENTENCES,
            "Take 3.5 of it. Is it all? Yes: see `a.b`, i.e. it.\nx",
            ["Take 3.5 of it.", " Is it all?", " Yes: see `a.b`, i.e. it.", "\nx"],
        ),
        (SENTENCES, "The sum is 7. It holds.\n", ["The sum is 7. It holds.", "\n"]),
        (HASHES, "a\nb ### c ###\n### d", ["a\nb ###", " c ###", "\n### d"]),
        (PARAGRAPHS, "$$ is a sign\n\nof money\n\nx", ["$$ is a sign\n\n", "of money\n\n", "x"]),
        (PARAGRAPHS, "**Answer:**\n\n7\n\nx", ["**Answer:**\n\n7\n\n", "x"]),
    ],
    ids=lambda value: value.unit if isinstance(value, Stepping) else None,
)
def test_a_text_is_divided(stepping, text, steps):
    assert split(text, stepping) == steps


@given(
    text=st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join), stepping=st.sampled_from([LINES, PARAGRAPHS, SENTENCES, HASHES])
)
@example(text=f"{CODE}\n{FORMULA}x", stepping=SENTENCES)
@example(text="$$\n```\n\n$$", stepping=PARAGRAPHS)
def test_the_steps_of_a_text_are_the_text_and_end_in_no_block(text, stepping):
    steps = split(text, stepping)
    assert "".join(steps) == text
    assert not any(in_block(s) for s in steps[:-1])
    assert all(s.strip() for s in steps[:-1])


# -- what a model writes --------------------------------------------------------------------------------


def policy(text: str, stepping: Stepping):
    return speaking(lambda prompt: text[len(prompt.rpartition("[assistant]")[2]) :], thinks=False).stepped(stepping)


def written(text: str, stepping: Stepping) -> list[str]:
    """The texts of the steps proposed one after another, to the end of the solution."""
    return [s.text for s in one_by_one(text, stepping)]


def one_by_one(text: str, stepping: Stepping) -> list[Step]:
    model, steps = policy(text, stepping), []
    while not (steps and steps[-1].finished):
        steps += asyncio.run(model.propose(PROBLEM, steps, [(0,)], Sampling(max_step_tokens=500, max_solution_tokens=5000)))
    return steps


@pytest.mark.parametrize("stepping", [LINES, PARAGRAPHS, SENTENCES, HASHES], ids=lambda s: s.unit)
@pytest.mark.parametrize(
    "text",
    [
        f"We begin.\n\n{CODE}\nSo we know. ### It is easy!\n\n{FORMULA}\nAnswer: 7\nmore",
        "First we add. Then we take away.\n\nSo\n**Final Answer:**\n\n24\nmore",
        "\\[\n\\boxed{7}\n\\]\nmore",
    ],
)
def test_steps_one_by_one_are_those_of_a_whole_solution_and_end_with_the_answer(text, stepping):
    (whole,) = asyncio.run(policy(text, stepping).complete(PROBLEM, (), [(0,)], Sampling(max_solution_tokens=5000)))
    single = one_by_one(text, stepping)
    assert [s.text for s in single] == [s.text for s in whole]
    assert "".join(t.text for s in whole for t in s.tokens) == text.removesuffix("more")
    assert [s.finished for s in whole] == [False] * (len(whole) - 1) + [True]


def test_a_number_of_tokens_is_a_step_and_the_line_of_the_answer_another():
    """One token per character; no number is divided."""
    assert written("aaaa bbb 12345 cccc dddd\nAnswer: 42\n", TEN) == ["aaaa bbb 12345", "cccc dddd", "Answer: 42"]


def test_a_delimiter_is_no_part_of_a_steps_text():
    assert written("a ### b\n### Answer: 7\n", HASHES) == ["a", "b", "Answer: 7"]


@pytest.mark.parametrize(
    ("stepping", "asked", "worked"),
    [
        (PARAGRAPHS, "one step per paragraph", "\n\n"),
        (SENTENCES, "one step per sentence", "\n"),
        (HASHES, "with ### behind every step", "###\n"),
    ],
)
def test_a_model_is_asked_for_its_steps_and_shown_them(stepping, asked, worked):
    fmt = policy("", stepping).format
    prompt = "".join(map(chr, fmt.prompt(PROBLEM)))
    assert asked in prompt
    assert f"{worked}Answer: " in prompt
    assert "one step per line" in "".join(map(chr, policy("", LINES).format.prompt(PROBLEM, (THINK,))))


# -- what can be chosen ------------------------------------------------------------------------------------


def test_the_bundled_model_and_other_steps_are_refused_in_a_sentence():
    with pytest.raises(ConfigError, match=r"^A step that is a sentence needs a model that writes its steps in words"):
        checked(RunConfig(sampling={"step": "sentence"}))
    assert checked(RunConfig(sampling={"step": "line"})) == checked(RunConfig())


def test_a_delimiter_must_be_given():
    with pytest.raises(ConfigError, match=r"^Steps that end at a delimiter need one; give it as step_delimiter"):
        checked(RunConfig(model="smollm2", problem="words:seed=1", sampling={"step": "delimiter"}))


def test_the_chosen_steps_are_in_the_configuration():
    given = {"step": "tokens", "step_tokens": 10}
    assert checked(RunConfig(model="smollm2", problem="words:seed=1", sampling=given)).sampling == given
