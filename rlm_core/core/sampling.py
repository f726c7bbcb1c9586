"""Which tokens can be drawn and what ends a solution besides the model's own end: off by default, and set for a run.

The words and the order are those of transformers and of the servers: penalties first, then temperature, top-k, top-p, min-p.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from rlm_core.core.parameters import Description, param

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
class SamplingOptions(Warping):
    stop: str = param(
        "",
        "Text at which the solution ends, and which is left out of it. Several are separated by ||, a line break is written \\n.",
        title="Stop strings",
    )

    @property
    def warping(self) -> Warping:
        """The part of it that concerns single tokens."""
        return Warping(**{f.name: getattr(self, f.name) for f in fields(Warping)})

    @property
    def stop_strings(self) -> tuple[str, ...]:
        return stop_strings(self.stop)


OPTIONS = Description("sampling", "Sampling", "Which tokens can be drawn, and what ends a solution.", SamplingOptions)


def stop_strings(text: str) -> tuple[str, ...]:
    r"""The stop strings as a person writes them.

    >>> stop_strings(r"Question:||\n\n"), stop_strings("")
    (('Question:', '\n\n'), ())
    """
    for written, meant in ESCAPES.items():
        text = text.replace(written, meant)
    return tuple(filter(None, text.split(SEPARATOR)))


def unusual(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options, checked, without those that are off. ConfigError says what is wrong.

    >>> unusual({"top_k": "40", "top_p": 1})
    {'top_k': 40}
    """
    values = OPTIONS.parse(given)
    return {p.name: values[p.name] for p in OPTIONS.parameters if values[p.name] != p.default}
