"""How a problem is put to a model, and where the model's steps and solutions end.

One format for the bundled model's notation, one for chat models, one for plain base models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from transformers import PreTrainedTokenizerBase

from rlm_core.errors import ModelError
from rlm_core.models.catalogue import refuse_unreadable
from rlm_core.problems import task
from rlm_core.problems.base import Problem, Task
from rlm_core.problems.steps import find_answer

ANSWER_CUE = "Answer:"


def decoded(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """The text of token ids, markers included."""
    text = tokenizer.decode(list(ids))
    assert isinstance(text, str)
    return text


class Format(Protocol):
    """Token ids in, step boundaries out. `ids` are always those of the text being generated."""

    @property
    def name(self) -> str: ...

    def prompt(self, problem: Problem) -> list[int]:
        """Token ids up to where the first step begins."""
        ...

    def encode(self, step: str, finished: bool) -> list[int]:
        """Token ids of a step a person wrote, its delimiter included."""
        ...

    def step_ended(self, ids: Sequence[int]) -> bool:
        """Is the last of these tokens the end of a step?"""
        ...

    def finished(self, ids: Sequence[int]) -> bool:
        """Is the step that these ids hold the end of the solution?"""
        ...

    def solution_ended(self, ids: Sequence[int]) -> bool:
        """Is the last of these tokens, of any number of steps, the end of the solution?"""
        ...

    def text(self, ids: Sequence[int]) -> str:
        """A step's text without its delimiters."""
        ...


@dataclass(frozen=True, slots=True)
class NanoFormat:
    """The bundled model's notation: `<step>` between steps, `<answer>…<eos>` at the end."""

    tokenizer: PreTrainedTokenizerBase
    name: str = "nano"

    def prompt(self, problem: Problem) -> list[int]:
        refuse_unreadable(self.name, problem)
        ids = self._ids(f"<bos>{problem.compact}")
        if self.tokenizer.unk_token_id in ids:
            raise ModelError(f"The bundled model's notation has no sign for part of '{problem.compact}'.")
        return ids

    def encode(self, step: str, finished: bool) -> list[int]:
        ids = self._ids(step + ("<eos>" if finished else "<step>"))
        if self.tokenizer.unk_token_id in ids:
            raise ModelError(f"The bundled model's notation has no sign for part of '{step}'.")
        return ids

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def step_ended(self, ids: Sequence[int]) -> bool:
        return ids[-1] == self.tokenizer.convert_tokens_to_ids("<step>") or self.finished(ids)

    def finished(self, ids: Sequence[int]) -> bool:
        return ids[-1] == self.tokenizer.eos_token_id

    solution_ended = finished

    def text(self, ids: Sequence[int]) -> str:
        return decoded(self.tokenizer, ids).removesuffix("<eos>").removesuffix("<step>")


@dataclass(frozen=True, slots=True)
class LineFormat:
    """One step a line; a line with an answer, or the model's own end token, ends the solution.

    chat: put the problem through the model's chat template, worked examples as earlier turns;
    otherwise as plain text.
    """

    tokenizer: PreTrainedTokenizerBase
    chat: bool
    end_ids: frozenset[int]

    @property
    def name(self) -> str:
        return "chat" if self.chat else "plain"

    def prompt(self, problem: Problem) -> list[int]:
        chosen = task(problem.task)
        if not self.chat:
            return list(self.tokenizer.encode(_plain(chosen, problem.question)))
        messages = [{"role": "system", "content": _system(chosen)}]
        for example in chosen.examples:
            messages.append({"role": "user", "content": example.question})
            messages.append({"role": "assistant", "content": _worked(example.steps, example.answer)})
        messages.append({"role": "user", "content": problem.question})
        ids = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        return [int(i) for i in ids]  # type: ignore[arg-type]

    def encode(self, step: str, finished: bool) -> list[int]:
        return list(self.tokenizer.encode(step + "\n", add_special_tokens=False))

    def step_ended(self, ids: Sequence[int]) -> bool:
        if ids[-1] in self.end_ids:
            return True
        text = decoded(self.tokenizer, ids)
        return "\n" in text and bool(text.strip()) and "\n" in text[len(text) - len(text.lstrip()) :]

    def finished(self, ids: Sequence[int]) -> bool:
        return ids[-1] in self.end_ids or (self.step_ended(ids) and find_answer(self.text(ids)) is not None)

    def solution_ended(self, ids: Sequence[int]) -> bool:
        if ids[-1] in self.end_ids:
            return True
        if "\n" not in decoded(self.tokenizer, [ids[-1]]):
            return False
        lines = decoded(self.tokenizer, ids).strip().splitlines()
        return bool(lines) and find_answer(lines[-1]) is not None

    def text(self, ids: Sequence[int]) -> str:
        kept = ids[:-1] if ids and ids[-1] in self.end_ids else ids
        return decoded(self.tokenizer, kept).strip()


def _system(chosen: Task) -> str:
    return f"{chosen.instruction} Write one step per line and end with a line '{ANSWER_CUE} …'."


def _worked(steps: Sequence[str], answer: str) -> str:
    return "\n".join([*steps, f"{ANSWER_CUE} {answer}"])


def _plain(chosen: Task, question: str) -> str:
    blocks = [_system(chosen)]
    blocks += [f"Question: {e.question}\n{_worked(e.steps, e.answer)}" for e in chosen.examples]
    return "\n\n".join([*blocks, f"Question: {question}\n"])
