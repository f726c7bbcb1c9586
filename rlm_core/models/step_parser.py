"""From generated tokens to steps: where a step ends, what its text is, and its tag."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerBase

from rlm_core.core.events import Token
from rlm_core.core.special_tokens import ANSWER, END_THINK, THINK
from rlm_core.engine.request import Sample, Stopper
from rlm_core.models.policy import Step
from rlm_core.models.prompts.base import Allow, Format, decoded
from rlm_core.problems.checking.final_answer import find_answer


@dataclass(frozen=True, slots=True)
class StepParser:
    """Finds the steps in what a model writes after a state.

    allow: the special tokens it may write; THINK only while thinking goes on, END_THINK afterwards.
    lead: ids of a cue for the answer that was forced last; the answer is read together with it.
    """

    format: Format
    tokenizer: PreTrainedTokenizerBase
    allow: Allow = ()
    lead: tuple[int, ...] = ()

    @classmethod
    def after(cls, steps: Sequence[Step], fmt: Format, tokenizer: PreTrainedTokenizerBase, allow: Allow) -> StepParser:
        """allow: the special tokens that were allowed from the first step on."""
        ended = any(s.tag == END_THINK for s in steps)
        return cls(fmt, tokenizer, _after_thinking(allow) if ended else allow, _cue(steps, fmt))

    def stopper(self, ended: Callable[[Sequence[int], Allow], bool]) -> Stopper:
        """Behind a cue the first line that says something ends the solution, whether or not the cue's words are known.

        ended: `Format.step_ended` or `Format.solution_ended`.
        """
        allow, lead = self.allow, self.lead
        if lead:
            return lambda ids: ended([*lead, *ids], allow) or self._answers_cue(ids)
        return lambda ids: ended(ids, allow)

    def _answers_cue(self, ids: Sequence[int]) -> bool:
        """Is a line complete that answers the cue?"""
        return re.search(r"\w", self.format.text(ids)) is not None and self.format.step_ended([*self.lead, *ids], self.allow)

    def split(self, sample: Sample) -> tuple[Step, ...]:
        """A whole solution as its steps."""
        steps: list[Step] = []
        here, start = self, 0
        for end in range(1, len(sample.ids) + 1):
            last = end == len(sample.ids)
            if last or self.format.step_ended([*here.lead, *sample.ids[start:end]], here.allow):
                part = Sample(sample.ids[start:end], sample.logprobs[start:end], sample.truncated and last, sample.starved)
                steps.append(here.step(part))
                start = end
                allow = _after_thinking(here.allow) if steps[-1].tag == END_THINK else here.allow
                here = replace(here, allow=allow, lead=())
        return tuple(steps)

    def step(self, sample: Sample) -> Step:
        """One step from its own tokens."""
        ids, whole = sample.ids, [*self.lead, *sample.ids]
        text, cued = self.format.text(whole), bool(self.lead) and self._answers_cue(ids)
        if cued and find_answer(text) is None:
            text = f"{self.format.text(self.lead)} {ANSWER}{self.format.text(ids)}"
        finished = not sample.truncated and (cued or self.format.finished(whole, self.allow))
        return Step(
            text,
            tokens(self.tokenizer, ids, sample.logprobs),
            finished=finished,
            truncated=sample.truncated,
            tag="" if sample.truncated else self.format.tag(ids, self.allow),
            thinking=THINK in self.allow and not (finished and not self.format.delimited),
            starved=sample.starved and sample.truncated,
        )


def tokens(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], logprobs: Sequence[float]) -> tuple[Token, ...]:
    """Token ids with their texts and log-probabilities."""
    return tuple(Token(i, decoded(tokenizer, [i]), p) for i, p in zip(ids, logprobs, strict=True))


def _cue(steps: Sequence[Step], fmt: Format) -> tuple[int, ...]:
    """The ids of the last step if it is a forced cue for the answer."""
    last = steps[-1] if steps else None
    delimiter = END_THINK if not fmt.delimited else ""
    cue = last is not None and last.forced and last.tag in ("", delimiter) and (last.tag or not last.thinking)
    return tuple(t.id for t in last.tokens) if last is not None and cue else ()


def _after_thinking(allow: Allow) -> Allow:
    return tuple(END_THINK if m == THINK else m for m in allow)
