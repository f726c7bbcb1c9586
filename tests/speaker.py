"""A session whose model says what a function of the text so far tells it to: real formats and policies, no weights.

One token a character, every log-probability −0.25 (−4 for what was put there by others), so that
counts and confidences can be worked out by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rlm_core.core.sampling import UNWARPED
from rlm_core.core.usage import Usage
from rlm_core.engine.request import Sample
from rlm_core.engine.token_stats import TokenStats
from rlm_core.models.chat import ChatPolicy
from rlm_core.models.prompts.lines import LineFormat

END = 0
TEMPLATED = "{template with <think> and </think>}"


@dataclass
class Letters:
    """A tokenizer of one token a character. chat_template: what a format looks into for a thinking space."""

    chat_template: str | None = None

    def encode(self, text: str, add_special_tokens: bool = True) -> list[int]:
        return [ord(c) for c in text]

    def decode(self, ids: list[int]) -> str:
        return "".join(map(chr, ids))

    def get_vocab(self) -> dict[str, int]:
        return {}

    def apply_chat_template(self, messages, tokenize=True, **how):
        text = "".join(f"[{m['role']}]{m['content']}\n" for m in messages) + "[assistant]"
        return self.encode(text) if tokenize else text


@dataclass
class Speaker:
    """say(prompt text) is what the model goes on with; a character 0 ends it."""

    say: Callable[[str], str]
    usage: Usage = field(default_factory=Usage)
    max_length: int = 8192
    fingerprint: str = "speaker"
    vocabulary: int = 128

    async def generate(self, prompt, seeds, *, temperature, max_tokens, stop, skip=0, warping=UNWARPED, written=0):
        samples = []
        for _ in seeds:
            words = [ord(c) for c in self.say("".join(map(chr, prompt[: len(prompt) - skip])))][skip:]
            ids: list[int] = []
            while len(ids) < max_tokens and not (ids and stop(ids)):
                ids.append(words[len(ids)] if len(ids) < len(words) else END)
            self.usage.generated += len(ids)
            samples.append(Sample(tuple(ids), (-0.25,) * len(ids), truncated=not stop(ids)))
        return samples

    async def inspect(self, prompt, given):
        n = len(given)
        return TokenStats(np.zeros((n, 1)), (-4.0,) * n, (1.0,) * n, (2.0,) * n)

    async def drain(self):
        pass


def speaking(say: Callable[[str], str], thinks: bool = True) -> ChatPolicy:
    """A chat model that says so; `thinks`: with a thinking space of its own between delimiters."""
    letters = Letters(TEMPLATED if thinks else "{template}")
    fmt = LineFormat(letters, chat=True, end_ids=frozenset({END}))  # type: ignore[arg-type]
    return ChatPolicy("speaker", Speaker(say), fmt, letters)  # type: ignore[arg-type]
