"""How families of models mark their thinking. To add a family, add a row to `TABLE`; nothing else need be changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from rlm_core.core.special_tokens import END_THINK, THINK


def switches(thinking: bool) -> dict[str, object]:
    """The variables by which templates are asked to open a thinking space, or to leave it closed.

    Qwen3 and most others; DeepSeek-V3.1, Granite and Kimi K3; Command A; MiniMax-M3.
    """
    return {
        "enable_thinking": thinking,
        "thinking": thinking,
        "reasoning": thinking,
        "thinking_mode": "enabled" if thinking else "disabled",
    }


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The delimiters of a thinking space.

    opening, closing: as the model writes them; what follows the second is the answer.
    families: models that use them.
    sign: a part of the chat template, or a token of the vocabulary, by which such a model is known; "" for the closing delimiter.
    padding: what stands behind the opening, before the closing and behind the closing delimiter where a prompt holds them.
    """

    opening: str
    closing: str
    families: str
    sign: str = ""
    padding: tuple[str, str, str] = ("\n", "\n", "\n\n")

    @property
    def opened(self) -> str:
        """What a prompt ends in where the model is to think."""
        return self.opening + self.padding[0]

    @property
    def closed(self) -> str:
        """What ends the thinking where the model did not."""
        return self.closing + self.padding[2]

    def left_open(self, prompt: str, thinking: bool, switched: bool = False) -> str:
        r"""A prompt that ends in an open thinking space, or in a closed one where none is wanted.

        switched: would the template have written another prompt for thinking? Then one without a space is what the model was trained on.

        >>> TABLE[0].left_open("[assistant]", True), TABLE[0].left_open("[assistant]<think>\n", False)
        ('[assistant]<think>\n', '[assistant]<think>\n\n</think>\n\n')
        >>> TABLE[0].left_open("[assistant]<think></think>", True)  # a template that opens no space of its own
        '[assistant]<think>\n'
        """
        if thinking and prompt.rstrip().endswith(self.closing):
            prompt = prompt.rstrip().removesuffix(self.closing).rstrip().removesuffix(self.opening)
        spaced = prompt.rstrip().endswith((self.opening, self.closing))
        if not thinking and switched and not spaced:
            return prompt
        if not spaced:
            prompt += self.opened
        if not thinking and not prompt.rstrip().endswith(self.closing):
            prompt += self.padding[1] + self.closed
        return prompt


CLOSE = ("", "", "")
"""The padding of families that write nothing between a delimiter and the text."""

TABLE = (
    Delimiters(THINK, END_THINK, "DeepSeek-R1, Qwen3, QwQ, SmolLM3, GLM-4.5 and most others"),
    Delimiters("[THINK]", "[/THINK]", "Magistral, Ministral 3 Reasoning", padding=CLOSE),
    Delimiters(
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
        "gpt-oss (harmony): channels",
        sign="<|channel|>",
        padding=CLOSE,
    ),
    Delimiters("<|begin_of_thought|>", "<|end_of_thought|>", "Sky-T1, Bespoke-Stratos, OpenThinker"),
    Delimiters("<seed:think>", "</seed:think>", "Seed-OSS"),
    Delimiters("◁think▷", "◁/think▷", "Kimi-VL"),
    Delimiters("<|START_THINKING|>", "<|END_THINKING|>", "Command A Reasoning, Command R7B", padding=CLOSE),
    Delimiters("<|channel>thought", "<channel|>", "Gemma 4", padding=("\n", "", "")),
    Delimiters(
        "<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>", "Kimi K3", sign="<|kimi_image_placeholder|>", padding=CLOSE
    ),
    Delimiters("<mm:think>", "</mm:think>", "MiniMax-M3", padding=CLOSE),
    Delimiters("<think:opensource>", "</think:opensource>", "Hunyuan Hy3", sign="<｜hy_User", padding=CLOSE),
    Delimiters("<|think|>", "<|end|><|begin|>assistant<|content|>", "Solar Open", sign="<|begin|>assistant<|think|>", padding=CLOSE),
    Delimiters("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]", "Apriel 1.5 and 1.6", padding=("\n", "\n", "\n")),
)


def known_by(template: str, vocabulary: Callable[[], Collection[str]]) -> Delimiters | None:
    """The delimiters that a chat template, or else the vocabulary, knows; None for a model without a thinking space.

    >>> known_by("{{ '[THINK]' }} … {{ '[/THINK]' }}", set).families, known_by("{{ content }}", set)
    ('Magistral, Ministral 3 Reasoning', None)
    """

    def first(known: Callable[[str], bool]) -> Delimiters | None:
        return next((row for row in TABLE if known(row.sign or row.closing)), None)

    return first(lambda sign: sign in template) or first(vocabulary().__contains__)
