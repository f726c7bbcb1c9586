"""The bundled model's notation: `<step>` between steps, `<answer>…<eos>` at the end, and a special token for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerBase

from rlm_core.core.errors import ModelError
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, ERROR, RESULT, REVISE, STEP, THINK, TOOL, WAIT
from rlm_core.models.listed import refuse_unreadable
from rlm_core.models.prompts.base import Allow, decoded

END = "<eos>"
ENDINGS = (BACKTRACK, REVISE, WAIT, END_THINK, RESULT)
"""Markers that end a step, besides `<step>` and the end of the solution."""


@dataclass(frozen=True, slots=True)
class NanoFormat:
    tokenizer: PreTrainedTokenizerBase
    name: str = "nano"
    delimited: bool = True

    def prompt(self, problem: Problem, allow: Allow = ()) -> list[int]:
        """The problem, then the allowed special tokens, as in the traces it learned from."""
        refuse_unreadable(self.name, problem)
        switches = "".join(m for m in (TOOL, THINK, BACKTRACK, REVISE) if m in allow)
        return self._ids(f"<bos>{problem.compact}{switches}", problem.compact)

    def encode(self, step: str, finished: bool) -> list[int]:
        return self._ids(step + (END if finished else STEP), step)

    def forced(self, text: str, line_open: bool = False) -> list[int]:
        """A tool's error has one sign here; any other text must be within the notation."""
        return self._ids(ERROR if text.startswith("error") or "." in text else text, text)

    def opened(self, ids: Sequence[int]) -> list[int]:
        return list(ids[:-1]) if self._last(ids) in (STEP, END_THINK, END) else list(ids)

    def _ids(self, text: str, shown: str) -> list[int]:
        ids = list(self.tokenizer.encode(text, add_special_tokens=False))
        if self.tokenizer.unk_token_id in ids:
            raise ModelError(f"The bundled model's notation has no sign for part of '{shown}'.")
        return ids

    def _last(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.convert_ids_to_tokens(ids[-1])) if ids else ""

    def step_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        last = self._last(ids)
        return last in ENDINGS or last == END or (last == STEP and len(ids) > 1)

    def tag(self, ids: Sequence[int], allow: Allow = ()) -> str:
        last = self._last(ids)
        return TOOL if last == RESULT else last if last in ENDINGS else ""

    def finished(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        return self._last(ids) == END

    def solution_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        last = self._last(ids)
        return last == END or (last == RESULT and TOOL in allow) or (last == BACKTRACK and BACKTRACK in allow)

    def text(self, ids: Sequence[int]) -> str:
        """Without a leading `<step>` (after a tool's result the model writes it itself) and without what ended the step."""
        text = decoded(self.tokenizer, ids).removeprefix(STEP)
        for ending in (STEP, END, *ENDINGS):
            text = text.removesuffix(ending)
        return text
