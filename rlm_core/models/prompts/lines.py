"""Any chat or base model: one step per line, unless a run chooses other steps. A line with an answer, or the model's own
end token, ends the solution.

What is asked and how lines are read is in `line_text`; here are the tokens. Models with delimiters of their own around
their thinking (`thinking_delimiters`) are given an open thinking space when thinking is allowed, and a closed one when it
is not. For any other model all lines before the answer are its thinking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from transformers import PreTrainedTokenizerBase

from rlm_core.core.problem import Problem
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, RESULT, THINK, TOOL
from rlm_core.models.prompts import line_text
from rlm_core.models.prompts.base import decoded
from rlm_core.models.prompts.chat_template import ChatTemplate
from rlm_core.models.prompts.line_text import REVIEW, Allow, Message, revision
from rlm_core.models.prompts.step_units import in_block, separator, step_ended, without_closing
from rlm_core.models.prompts.thinking_delimiters import Delimiters, known_by
from rlm_core.problems.checking.final_answer import ends_solution


@dataclass(frozen=True, slots=True)
class LineFormat:
    """Steps in words: one per line, or as a run chooses.

    chat: put the problem through the model's chat template, worked examples as earlier turns; otherwise as plain text.
    end_ids: every token with which the model may end its turn.
    stepping: what a step is.
    trained_on: kinds of problems that the model was trained on in this format; they are put without worked examples.
    template: the chat template; None for plain text.
    delimiters: those of the model's thinking space, by its template or vocabulary; None if it has none.
    """

    tokenizer: PreTrainedTokenizerBase
    chat: bool
    end_ids: frozenset[int]
    stepping: Stepping = LINES
    trained_on: frozenset[str] = frozenset()
    template: ChatTemplate | None = field(init=False, repr=False, compare=False)
    delimiters: Delimiters | None = field(init=False)

    def __post_init__(self) -> None:
        template = ChatTemplate(self.tokenizer) if self.chat else None
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "delimiters", template and known_by(template.source, self.tokenizer.get_vocab))

    @property
    def name(self) -> str:
        return "chat" if self.chat else "plain"

    def by(self, stepping: Stepping) -> LineFormat:
        return replace(self, stepping=stepping)

    @property
    def delimited(self) -> bool:
        return self.delimiters is not None

    @property
    def closing(self) -> str:
        """What ends the thinking space; empty for a model that has none."""
        return self.delimiters.closing if self.delimiters else ""

    def prompt(self, problem: Problem, allow: Allow = ()) -> list[int]:
        if not self.chat:
            return self._plain(problem, allow)
        return self._templated(self._messages(problem, allow), THINK in allow)

    def dialogue(self, problem: Problem, turns: Sequence[str]) -> list[int]:
        """The problem, then turns of the assistant and the user in alternation, up to where the assistant's next turn begins."""
        if not self.chat:
            return self._plain(problem, (), turns)
        return self._templated(self._messages(problem, (), turns), thinking=False)

    def _plain(self, problem: Problem, allow: Allow, turns: Sequence[str] = ()) -> list[int]:
        return list(self.tokenizer.encode(line_text.plain(problem, allow, turns, self.stepping, problem.task not in self.trained_on)))

    def _messages(self, problem: Problem, allow: Allow, turns: Sequence[str] = ()) -> list[Message]:
        return line_text.messages(problem, allow, turns, self.stepping, problem.task not in self.trained_on)

    def _templated(self, messages: Sequence[Message], thinking: bool) -> list[int]:
        """The chat template's prompt; where the model has a thinking space it is left open or closed, as wanted."""
        assert self.template is not None, "only a chat format has a template"
        text = self.template.render(messages, thinking)
        if self.delimiters is None:
            return self._ids(text)
        switched = not thinking and text != self.template.render(messages, True)
        return self._ids(self.delimiters.left_open(text, thinking, switched))

    def request(self, text: str) -> list[int]:
        if not self.chat:
            return list(self.tokenizer.encode(line_text.plain_request(text)))
        return self._templated([{"role": "user", "content": text}], thinking=False)

    def critique_prompt(self, problem: Problem, solution: str) -> list[int]:
        return self.dialogue(problem, [solution, REVIEW])

    def revision_prompt(self, problem: Problem, solution: str, critique: str) -> list[int]:
        return self.dialogue(problem, [solution, REVIEW, critique, revision(self.stepping)])

    def reply_ended(self, ids: Sequence[int]) -> bool:
        return ids[-1] in self.end_ids

    def encode(self, step: str, finished: bool) -> list[int]:
        return self._ids(step + separator(self.stepping))

    def forced(self, text: str, line_open: bool = False) -> list[int]:
        return self._ids(line_text.forced(text, self.delimiters, line_open))

    def opened(self, ids: Sequence[int]) -> list[int]:
        """Without the delimiter that ends the thinking."""
        kept = list(ids)
        if not self.closing:
            return kept
        before = len(decoded(self.tokenizer, kept).split(self.closing)[0])
        while kept and len(decoded(self.tokenizer, kept)) > before:  # it may be several tokens
            kept.pop()
        return kept

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def step_ended(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        if ids[-1] in self.end_ids:
            return True
        text = decoded(self.tokenizer, ids)
        if line_text.interrupting(text, allow, self.closing) or step_ended(text, len(ids), self.stepping):
            return True
        return self._states_answer(ids, text, allow)

    def _states_answer(self, ids: Sequence[int], text: str, allow: Allow) -> bool:
        """Does a step, whose text is given too, end in a whole line that states the answer, outside the thinking space?"""
        lines, _, begun = text.rpartition("\n")
        if not lines.strip() or begun.strip() or self._in_thinking(allow) or in_block(text):
            return False
        return ends_solution(without_closing(self.text(ids)))

    def tag(self, ids: Sequence[int], allow: Allow = ()) -> str:
        return line_text.tag(decoded(self.tokenizer, ids), allow, self.closing)

    def finished(self, ids: Sequence[int], allow: Allow = ()) -> bool:
        if ids[-1] in self.end_ids:
            return True
        text = decoded(self.tokenizer, ids)
        return not line_text.interrupting(text, allow, self.closing) and self._states_answer(ids, text, allow)

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
        if self._in_thinking(allow) and self.closing not in text:
            return False
        said = text.rpartition(self.closing)[2] if self.closing else text
        return "\n" in newest and ends_solution(without_closing(text.rpartition("\n")[0])) and not in_block(said)

    def text(self, ids: Sequence[int]) -> str:
        kept = ids[:-1] if ids and ids[-1] in self.end_ids else ids
        text = line_text.unmarked(decoded(self.tokenizer, kept), self.closing or END_THINK)
        return text.removesuffix(self.stepping.delimiter.strip()).rstrip()
