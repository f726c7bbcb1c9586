"""How a problem is put to a model, and where the model's steps and solutions end: what every format must offer.

`nano` is the bundled model's notation; `lines` is for any other model: one step per line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from transformers import PreTrainedTokenizerBase

from rlm_core.core.problem import Problem
from rlm_core.core.sampling import Stepping
from rlm_core.models.prompts.line_text import Allow


def decoded(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """The text of token ids, special tokens included."""
    text = tokenizer.decode(list(ids))
    assert isinstance(text, str)
    return text


class Format(Protocol):
    """Token ids in, step boundaries out. `ids` are always those of the text being generated."""

    @property
    def name(self) -> str: ...

    @property
    def delimited(self) -> bool:
        """Does the model write a thinking space between delimiters of its own? Else thinking is all before the answer."""
        ...

    def prompt(self, problem: Problem, allow: Allow = ()) -> list[int]:
        """Token ids up to where the first step begins."""
        ...

    def encode(self, step: str, finished: bool) -> list[int]:
        """Token ids of a step a person wrote, its delimiter included."""
        ...

    def forced(self, text: str, line_open: bool = False) -> list[int]:
        """Token ids of a special token in this format's own words, or of any other text, to be put after what was generated.

        line_open: what stands before it does not end its line.
        """
        ...

    def opened(self, ids: Sequence[int]) -> list[int]:
        """A step's ids without what ended it, if that must go before something is forced behind it."""
        ...

    def step_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        """Is the last of these tokens the end of a step?"""
        ...

    def tag(self, ids: Sequence[int], allow: Allow = ()) -> str:
        """The special token that a step's ids end in or stand for; empty for an ordinary step."""
        ...

    def finished(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        """Is the step that these ids hold the end of the solution? `allow` holds THINK only while thinking goes on."""
        ...

    def solution_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        """Is the last of these tokens, of any number of steps, a place where generating must stop: the end, or a tool call?"""
        ...

    def text(self, ids: Sequence[int]) -> str:
        """A step's text without its delimiters."""
        ...


@runtime_checkable
class ChatFormat(Format, Protocol):
    """A format for models that read words."""

    def by(self, stepping: Stepping) -> ChatFormat:
        """The same format with other steps."""
        ...

    def request(self, text: str) -> list[int]:
        """Token ids of a request in words, up to where the reply begins."""
        ...

    def reply_ended(self, ids: Sequence[int]) -> bool:
        """Is the last of these tokens the end of a reply?"""
        ...

    def critique_prompt(self, problem: Problem, solution: str) -> list[int]:
        """Token ids of the problem, its solution and the request to check it, up to where the critique begins."""
        ...

    def revision_prompt(self, problem: Problem, solution: str, critique: str) -> list[int]:
        """The same with the critique and the request for another version, up to where that begins."""
        ...
