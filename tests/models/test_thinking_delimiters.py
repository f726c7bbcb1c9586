"""Each row of the table of thinking delimiters works as `<think>` does: known, opened, closed, found and forced."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from rlm_core.core.special_tokens import END_THINK, THINK
from rlm_core.models.chat import ChatPolicy
from rlm_core.models.policy import Sampling
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.models.prompts.thinking_delimiters import TABLE, known_by
from rlm_core.problems import make
from tests.speaker import END, Letters, Speaker

PROBLEM = make("words:seed=1")


@dataclass
class Switched(Letters):
    """A template that ends its prompts in one way where thinking is asked for, and in another where it is not."""

    asked: str = ""
    unasked: str = ""

    def apply_chat_template(self, messages, tokenize=True, **how):
        return super().apply_chat_template(messages, tokenize=False) + (self.asked if how["enable_thinking"] else self.unasked)


EVERY_FAMILY = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.families.split(" ")[0].strip(","))


def template(row) -> str:
    return f"{{# {row.sign} #}}{{{{ '{row.opening}' + message.reasoning + '{row.closing}' }}}}"


def thinker(row, text: str = "") -> ChatPolicy:
    """A model of that family that writes this text."""
    letters = Letters(template(row))
    fmt = LineFormat(letters, chat=True, end_ids=frozenset({END}))
    return ChatPolicy("thinker", Speaker(lambda prompt: text), fmt, letters)


@EVERY_FAMILY
def test_a_family_is_known_by_its_template_or_else_by_its_vocabulary(row):
    assert known_by(template(row), set) == row
    assert known_by("{{ content }}", lambda: {row.sign or row.closing}) == row


def test_no_family_is_known_by_the_sign_of_another():
    for row in TABLE:
        for other in TABLE:
            assert row == other or (row.sign or row.closing) not in template(other)


@EVERY_FAMILY
def test_a_prompt_ends_in_an_open_space_or_in_a_closed_one(row):
    fmt = thinker(row).format
    open_, closed = ("".join(map(chr, fmt.prompt(PROBLEM, allow))).rpartition("[assistant]")[2] for allow in ((THINK,), ()))
    assert open_ == row.opened
    assert closed == row.opened + row.padding[1] + row.closed


@EVERY_FAMILY
def test_the_closing_delimiter_ends_the_thinking_and_what_follows_is_the_answer(row):
    policy = thinker(row, f"Hm.\nAnswer: 7\nSo it is 8.{row.closing}\nAnswer: 8\nmore")
    (steps,) = asyncio.run(policy.complete(PROBLEM, (), [(0,)], Sampling(allow=(THINK,))))
    assert [s.text for s in steps] == ["Hm.", "Answer: 7", "So it is 8.", "Answer: 8"]
    assert [s.thinking for s in steps] == [True, True, True, False]
    assert [s.tag for s in steps] == ["", "", END_THINK, ""]
    assert [s.finished for s in steps] == [False, False, False, True]


@EVERY_FAMILY
def test_the_end_of_thinking_that_is_forced_is_the_familys_own(row):
    steps = asyncio.run(thinker(row).force(PROBLEM, (), END_THINK, Sampling(allow=(THINK,))))
    assert "".join(t.text for t in steps[-1].tokens) == row.closed
    assert steps[-1].tag == END_THINK


@EVERY_FAMILY
def test_the_closing_delimiter_is_taken_off_before_the_thinking_goes_on(row):
    fmt = thinker(row).format
    assert "".join(map(chr, fmt.opened([ord(c) for c in f"so\n{row.closing}"]))) == "so\n"


PUBLISHED = {
    "Qwen3": ("</think>", "", "<think>\n\n</think>\n\n", "<think>\n", "<think>\n\n</think>\n\n"),
    "DeepSeek-R1-Distill": ("</think>", "<think>\n", "<think>\n", "<think>\n", "<think>\n\n</think>\n\n"),
    "DeepSeek-V4": ("</think>", "<think>", "</think>", "<think>", "</think>"),
    "Granite 3.3": ("</think>", "", " ", "<think>\n", " "),  # a system text of its own says whether to think
    "Ministral 3 Reasoning": ("[/THINK]", "", "", "[THINK]", "[THINK][/THINK]"),
    "Command R7B": ("<|END_THINKING|>", "", "", "<|START_THINKING|>", "<|START_THINKING|><|END_THINKING|>"),
    "Gemma 4": ("<channel|>", "", "<|channel>thought\n<channel|>", "<|channel>thought\n", "<|channel>thought\n<channel|>"),
    "Kimi K3": (
        "<|kimi_image_placeholder|>",
        "<|open|>think<|sep|>",
        "<|open|>response<|sep|>",
        "<|open|>think<|sep|>",
        "<|open|>response<|sep|>",
    ),
    "MiniMax-M3": ("</mm:think>", "<mm:think>", "</mm:think>", "<mm:think>", "</mm:think>"),
    "Hy3": (
        "<｜hy_User",
        "<think:opensource></think:opensource>",
        "<think:opensource></think:opensource>",
        "<think:opensource>",
        "<think:opensource></think:opensource>",
    ),
    "Solar Open": (
        "<|begin|>assistant<|think|>",
        "<|begin|>assistant",
        "<|begin|>assistant",
        "<|begin|>assistant<|think|>",
        "<|begin|>assistant<|think|><|end|><|begin|>assistant<|content|>",
    ),
}
"""By model, as llama.cpp keeps their templates: a part of the template; how its prompts end where thinking is asked for, and where it
is not; how ours then end."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_templates_are_left_open_or_closed_as_their_models_were_trained(name):
    sign, asked, unasked, wanted_open, wanted_closed = PUBLISHED[name]
    letters = Switched(f"{{# {sign} #}}", asked, unasked)
    fmt = LineFormat(letters, chat=True, end_ids=frozenset({END}))
    ends = ["".join(map(chr, fmt.prompt(PROBLEM, allow))).rpartition("[assistant]")[2] for allow in ((THINK,), ())]
    assert ends == [wanted_open, wanted_closed]
