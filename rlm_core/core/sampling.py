"""Which tokens can be drawn, what ends a solution besides the model's own end, and what a step is: set for a run, else off.

The words and the order are those of transformers and of the servers: penalties first, then temperature, top-k, top-p, min-p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description, param

UNITS = ("line", "paragraph", "sentence", "tokens", "delimiter")
SEPARATOR = "||"
"""Between several stop strings."""
ESCAPES = {"\\n": "\n", "\\t": "\t"}


@dataclass(frozen=True, slots=True)
class Warping:
    """What is done to a model's distribution before a token is drawn from it, besides the temperature."""

    top_k: int = param(0, "Only the k likeliest tokens can be drawn (Fan et al. 2018); 0 for all.", low=0, high=1_000_000, title="Top-k")
    top_p: float = param(
        1.0,
        "Only the likeliest tokens that together reach this probability can be drawn (nucleus, Holtzman et al. 2020); 1 for all.",
        low=0.01,
        high=1.0,
        title="Top-p",
    )
    min_p: float = param(
        0.0,
        "Only tokens of at least this share of the likeliest token's probability can be drawn (Nguyen et al. 2024); 0 for all.",
        low=0.0,
        high=1.0,
        title="Min-p",
    )
    repetition_penalty: float = param(
        1.0,
        "Divides the positive logits of every token that stands in the prompt or in the solution so far, and multiplies the negative "
        "ones (Keskar et al. 2019, as in transformers); 1 for none.",
        low=1.0,
        high=2.0,
    )
    presence_penalty: float = param(
        0.0, "Subtracted from the logit of every token that the solution has already (as in OpenAI's API).", low=-2.0, high=2.0
    )
    frequency_penalty: float = param(
        0.0, "Subtracted from a token's logit once per time that the solution has it (as in OpenAI's API).", low=-2.0, high=2.0
    )

    @property
    def penalises(self) -> bool:
        return (self.repetition_penalty, self.presence_penalty, self.frequency_penalty) != (1.0, 0.0, 0.0)


UNWARPED = Warping()


@dataclass(frozen=True, slots=True)
class Stepping:
    """What a step of a model in words is. Code blocks and display formulas stand in one step always.

    unit: one of `UNITS`.
    tokens: of a step, where the unit is tokens.
    delimiter: what ends a step, where the unit is delimiter.
    """

    unit: str = "line"
    tokens: int = 0
    delimiter: str = ""


LINES = Stepping()


@dataclass(frozen=True, slots=True)
class SamplingOptions(Warping):
    stop: str = param(
        "",
        "Text at which the solution ends, and which is left out of it. Several are separated by ||, a line break is written \\n.",
        title="Stop strings",
    )
    step: str = param(
        "line",
        "What a step is: a line (as in PRM800K, Lightman et al. 2023); a paragraph, up to a blank line (ProcessBench, Zheng et al. 2024); "
        "a sentence (TS-LLM, Feng et al. 2023); a number of tokens (blockwise, Mudgal et al. 2023); or all up to a delimiter. The bundled "
        "model has steps of its own.",
        choices=UNITS,
        title="A step is a",
    )
    step_tokens: int = param(32, "Tokens of a step, where a step is a number of tokens.", low=1, high=100_000)
    step_delimiter: str = param("", "What ends a step, where a step ends at a delimiter; a line break is written \\n.")

    def __post_init__(self) -> None:
        if self.step == "delimiter" and not self.step_delimiter:
            raise ConfigError("Steps that end at a delimiter need one; give it as step_delimiter, for example ###.")

    @property
    def stepping(self) -> Stepping:
        tokens, delimiter = self.step_tokens * (self.step == "tokens"), unescaped(self.step_delimiter) * (self.step == "delimiter")
        return Stepping(self.step, tokens, delimiter)

    @property
    def warping(self) -> Warping:
        """The part of it that concerns single tokens."""
        return Warping(**{f.name: getattr(self, f.name) for f in fields(Warping)})

    @property
    def stop_strings(self) -> tuple[str, ...]:
        return stop_strings(self.stop)


OPTIONS = Description("sampling", "Sampling", "Which tokens can be drawn, what ends a solution, and what a step is.", SamplingOptions)


def stop_strings(text: str) -> tuple[str, ...]:
    r"""The stop strings as a person writes them.

    >>> stop_strings(r"Question:||\n\n"), stop_strings("")
    (('Question:', '\n\n'), ())
    """
    return tuple(filter(None, unescaped(text).split(SEPARATOR)))


def unescaped(text: str) -> str:
    r"""A text with the line breaks and tabs that a person writes as \n and \t."""
    for written, meant in ESCAPES.items():
        text = text.replace(written, meant)
    return text


def unusual(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options, checked, without those that are off. ConfigError says what is wrong.

    >>> unusual({"top_k": "40", "top_p": 1})
    {'top_k': 40}
    """
    options = OPTIONS.configure(given)
    return {p.name: getattr(options, p.name) for p in OPTIONS.parameters if getattr(options, p.name) != p.default}
