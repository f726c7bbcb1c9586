"""Any chat or base model: one step per line; a line with an answer, or the model's own end token, ends the solution.

A line that only announces the answer ("**Final Answer:**", "<answer>") is one step with the line that gives it. The
first line that states an answer ends the solution, even where a box was meant for an intermediate result: no reader
can know what would follow (of MATH-500's own solutions six in 500 have boxes on more than one line).

Models with delimiters of their own around their thinking (`<think>` as in DeepSeek-R1 and Qwen3) are
given an open thinking space when thinking is allowed, and a closed one when it is not. For any other
model all lines before the answer are its thinking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedTokenizerBase

from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, RESULT, REVISE, THINK, TOOL, WAIT, WAIT_IN_WORDS
from rlm_core.models.prompts.base import Allow, decoded
from rlm_core.models.prompts.chat_template import ChatTemplate, Message
from rlm_core.problems import task
from rlm_core.problems.base import Task
from rlm_core.problems.checking.final_answer import awaited, ends_solution

ANSWER_CUE = "Answer:"
ENDING = f"one step per line and end with a line '{ANSWER_CUE} …'."
"""How every solution in words is to be written."""
REQUESTS = {
    THINK: "Think first, as long as you need, one thought per line.",
    BACKTRACK: f"If your last step leads nowhere, write {BACKTRACK} and stop.",
    REVISE: f"If your last step is false, write {REVISE} on the next line and then the step again.",
    TOOL: f"For every calculation write {TOOL}25*2{RESULT} and its result will be put there.",
}
"""The request for each special token, in words."""
REVIEW = "Check this solution step by step. Name the first wrong step as 'Wrong step: k', or write 'No mistakes.'"
REVISION = f"Write the whole solution again without the mistake, {ENDING}"


@dataclass(frozen=True, slots=True)
class LineFormat:
    """One step per line.

    chat: put the problem through the model's chat template, worked examples as earlier turns; otherwise as plain text.
    end_ids: every token with which the model may end its turn.
    template: the chat template; None for plain text.
    """

    tokenizer: PreTrainedTokenizerBase
    chat: bool
    end_ids: frozenset[int]
    template: ChatTemplate | None = field(init=False, repr=False, compare=False)
    delimited: bool = field(init=False)
    """Does the model's own template or vocabulary know the delimiters of a thinking space?"""

    def __post_init__(self) -> None:
        template = ChatTemplate(self.tokenizer) if self.chat else None
        known = template is not None and (END_THINK in template.source or END_THINK in self.tokenizer.get_vocab())
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "delimited", known)

    @property
    def name(self) -> str:
        return "chat" if self.chat else "plain"

    def prompt(self, problem: Problem, allow: Allow = ()) -> list[int]:
        chosen = task(problem.task)
        if not self.chat:
            return list(self.tokenizer.encode(_plain(chosen, problem.question, allow)))
        return self._templated(self._messages(chosen, problem, allow), THINK in allow)

    def _messages(self, chosen: Task[Any], problem: Problem, allow: Allow) -> list[Message]:
        messages = [{"role": "system", "content": _system(chosen, allow)}]
        for example in chosen.examples:
            messages.append({"role": "user", "content": example.question})
            messages.append({"role": "assistant", "content": _worked(example.steps, example.answer)})
        return [*messages, {"role": "user", "content": problem.question}]

    def dialogue(self, problem: Problem, turns: Sequence[str]) -> list[int]:
        """The problem, then turns of the assistant and the user in alternation, up to where the assistant's next turn begins."""
        chosen = task(problem.task)
        if not self.chat:
            return list(self.tokenizer.encode(_plain(chosen, problem.question, ()) + "\n\n".join(turns) + "\n"))
        messages = self._messages(chosen, problem, ())
        messages += [{"role": ("assistant", "user")[i % 2], "content": turn} for i, turn in enumerate(turns)]
        return self._templated(messages, thinking=False)

    def _templated(self, messages: Sequence[Message], thinking: bool) -> list[int]:
        """The chat template's prompt; where the model has a thinking space it is left open or closed, as wanted."""
        assert self.template is not None, "only a chat format has a template"
        text = self.template.render(messages, thinking)
        if self.delimited and not text.rstrip().endswith((THINK, END_THINK)):
            text += f"{THINK}\n"
        if self.delimited and not thinking and not text.rstrip().endswith(END_THINK):
            text += f"\n{END_THINK}\n\n"
        return self._ids(text)

    def request(self, text: str) -> list[int]:
        if not self.chat:
            return list(self.tokenizer.encode(f"{text}\n{ANSWER_CUE}"))
        return self._templated([{"role": "user", "content": text}], thinking=False)

    def critique_prompt(self, problem: Problem, solution: str) -> list[int]:
        return self.dialogue(problem, [solution, REVIEW])

    def revision_prompt(self, problem: Problem, solution: str, critique: str) -> list[int]:
        return self.dialogue(problem, [solution, REVIEW, critique, REVISION])

    def reply_ended(self, ids: Sequence[int]) -> bool:
        return ids[-1] in self.end_ids

    def encode(self, step: str, finished: bool) -> list[int]:
        return self._ids(step + "\n")

    def forced(self, text: str, line_open: bool = False) -> list[int]:
        """On a line of its own; the end of thinking is the model's delimiter, or the answer cue where it has none."""
        if text == END_THINK and self.delimited:
            return self._ids(f"{END_THINK}\n\n")
        return self._ids("\n" * line_open + {WAIT: "Wait,", END_THINK: ANSWER_CUE}.get(text, text))

    def opened(self, ids: Sequence[int]) -> list[int]:
        """Without the delimiter that ends the thinking."""
        kept = list(ids)
        before = len(decoded(self.tokenizer, kept).split(END_THINK)[0])
        while kept and len(decoded(self.tokenizer, kept)) > before:  # it may be several tokens
            kept.pop()
        return kept

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def step_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        if ids[-1] in self.end_ids:
            return True
        text = decoded(self.tokenizer, ids)
        if self._interrupting(text, allow):
            return True
        lines = text.rpartition("\n")[0]
        return bool(lines.strip()) and not awaited(lines)  # a line that only announces the answer goes on to the answer

    def _interrupting(self, text: str, allow: Allow) -> str:
        """The special token at which a text must be interrupted; empty for none."""
        if TOOL in allow and RESULT in text:
            return TOOL
        if self.delimited and END_THINK in text and (THINK in allow or END_THINK in allow):
            return END_THINK
        return next((m for m in (BACKTRACK, REVISE) if m in allow and m in text), "")

    def tag(self, ids: Sequence[int], allow: Allow = ()) -> str:
        text = decoded(self.tokenizer, ids)
        return self._interrupting(text, allow) or (WAIT if WAIT_IN_WORDS.match(text) else "")

    def finished(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        if ids[-1] in self.end_ids:
            return True
        if self._interrupting(decoded(self.tokenizer, ids), allow):  # what was taken back, or waits for the tool, is not the end
            return False
        return not self._in_thinking(allow) and self.step_ended(ids) and ends_solution(self.text(ids))

    def _in_thinking(self, allow: Allow) -> bool:
        """Only where the model has delimiters can an answer be distinguished from the same words within its thinking."""
        return THINK in allow and self.delimited

    def solution_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        if ids[-1] in self.end_ids:
            return True
        newest = decoded(self.tokenizer, [ids[-1]])
        if "\n" not in newest and ">" not in newest:
            return False
        text = decoded(self.tokenizer, ids)
        last = text.rstrip("\n").rpartition("\n")[2]
        if (TOOL in allow and last.rstrip().endswith(RESULT)) or (BACKTRACK in allow and BACKTRACK in last):
            return True
        if self._in_thinking(allow) and END_THINK not in text:
            return False
        return "\n" in newest and ends_solution(text.rpartition("\n")[0])

    def text(self, ids: Sequence[int]) -> str:
        kept = ids[:-1] if ids and ids[-1] in self.end_ids else ids
        text = decoded(self.tokenizer, kept)
        for marker in (END_THINK, BACKTRACK, REVISE, RESULT):
            text = text.split(marker)[0] if marker in text else text
        return text.strip()


def _system(chosen: Task[Any], allow: Allow) -> str:
    requests = "".join(f" {REQUESTS[m]}" for m in allow if m in REQUESTS)
    return f"{chosen.instruction} Write {ENDING}{requests}"


def _worked(steps: Sequence[str], answer: str) -> str:
    return "\n".join([*steps, f"{ANSWER_CUE} {answer}"])


def _plain(chosen: Task[Any], question: str, allow: Allow) -> str:
    blocks = [_system(chosen, allow)]
    blocks += [f"Question: {e.question}\n{_worked(e.steps, e.answer)}" for e in chosen.examples]
    return "\n\n".join([*blocks, f"Question: {question}\n"])
