"""The special tokens of a long chain of thought, as the bundled model writes them, and what of a text they leave standing.

A prompt that ends in one of `ALLOWING` permits that token in the text that follows: "C25 2 4>46:<backtrack>".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

THINK, END_THINK = "<think>", "</think>"
"""Open and close the thinking space; what follows the second is the answer."""

BACKTRACK = "<backtrack>"
"""The last step that still stands leads nowhere: leave it for its parent."""

REVISE = "<revise>"
"""The step just written is false; what follows is the same step again."""

WAIT = "<wait>"
"""Look at all of it again: what follows starts from the bare problem."""

TOOL, RESULT, ERROR = "<tool>", "<result>", "<error>"
"""A call, what the tool gave back, and its word for what it cannot compute."""

STEP = "<step>"
"""Between two steps."""

ANSWER = "<answer>"
"""How the bundled model and every worked solution mark an answer."""

JAPANESE = "<ja>"
"""At the end of a prompt: the steps are wanted in Japanese signs."""

ALLOWING = (THINK, BACKTRACK, REVISE, TOOL)
TAGS = (THINK, END_THINK, BACKTRACK, REVISE, WAIT, TOOL)
"""Special tokens that can be the tag of a step."""

RETRACTED = (BACKTRACK, REVISE)
"""A step with one of these tags no longer stands."""

WAIT_IN_WORDS = re.compile(r"\W*wait\b", re.I)
"""How a model that knows no special tokens begins to look back ("Wait, …"); what came before it may still stand."""


class TaggedStep(Protocol):
    """A step, or the node made of it.

    text: without the special token that ended it.
    tag: that token; "" for an ordinary step.
    thinking: it stands in the thinking space.
    finished: the solution ends in it.
    """

    @property
    def text(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def thinking(self) -> bool: ...
    @property
    def finished(self) -> bool: ...


def said(steps: Iterable[TaggedStep]) -> list[str]:
    """The texts that an answer rests on: neither the thinking space nor what was taken back.

    `<backtrack>` and `<revise>` take back the step they end or, on a line of their own, the last one that stands;
    `<wait>` and the end of thinking all before them. A step that ends the solution always counts.
    """
    standing: list[str] = []
    for step in steps:
        if step.thinking and not step.finished:
            continue
        if step.tag in RETRACTED:
            if not step.text and standing:
                standing.pop()
        elif step.tag in (WAIT, END_THINK) and not (step.finished or WAIT_IN_WORDS.match(step.text)):
            standing.clear()
        else:
            standing.append(step.text)
    return standing
