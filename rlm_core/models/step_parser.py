"""From generated tokens to steps: where a step ends, what its text is, and its tag."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerBase

from rlm_core.core.events import Token
from rlm_core.core.special_tokens import ANSWER, END_THINK, THINK
from rlm_core.engine.request import Sample, Stopper
from rlm_core.models.forcing import after_thinking, is_cue
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.base import Allow, Format, decoded
from rlm_core.problems.checking.final_answer import find_answer


@dataclass(frozen=True, slots=True)
class StepParser:
    """Finds the steps in what a model writes after a state.

    allow: the special tokens it may write; THINK only while thinking goes on, END_THINK afterwards.
    lead: ids of a cue for the answer that was forced last; the answer is read together with it.
    stop_strings: texts at which the solution ends, and which are left out of it.
    before: the newest tokens of the steps so far, in which a stop string may begin.
    """

    format: Format
    tokenizer: PreTrainedTokenizerBase
    allow: Allow = ()
    lead: tuple[int, ...] = ()
    stop_strings: tuple[str, ...] = ()
    before: tuple[int, ...] = ()

    @classmethod
    def after(cls, steps: Sequence[Step], fmt: Format, tokenizer: PreTrainedTokenizerBase, sampling: Sampling) -> StepParser:
        """sampling: of the steps from the first one on."""
        ended, strings = any(s.tag == END_THINK for s in steps), sampling.stop_strings
        allow = after_thinking(sampling.allow) if ended else sampling.allow
        before = tuple(t.id for s in steps for t in s.tokens)[-_window(strings) :] if strings else ()
        return cls(fmt, tokenizer, allow, _cue(steps, fmt), strings, before)

    def stopper(self, ended: Callable[[Sequence[int], Allow], bool]) -> Stopper:
        """Behind a cue the first line that says something ends the solution, whether or not the cue's words are known.

        A stop string ends anything.

        ended: `Format.step_ended` or `Format.solution_ended`.
        """
        allow, lead, strings = self.allow, self.lead, self.stop_strings
        if lead:
            return lambda ids: ended([*lead, *ids], allow) or self._answers_cue(ids) or self._stopped(ids)
        if strings:
            return lambda ids: ended(ids, allow) or self._stopped(ids)
        return lambda ids: ended(ids, allow)

    def _stopped(self, ids: Sequence[int]) -> bool:
        """Do the newest of these tokens complete a stop string? Its first ones may stand in the steps before."""
        if not self.stop_strings:
            return False
        window = _window(self.stop_strings)
        text, own = (decoded(self.tokenizer, newest[-window:]) for newest in ([*self.before, *ids], ids))
        return any(s in text and text.rindex(s) + len(s) > len(text) - len(own) for s in self.stop_strings)

    def _unstopped(self, text: str) -> str:
        """A step's text without the stop string, or the part of one, that ended it."""
        strings = [s.strip() for s in self.stop_strings if s.strip()]
        if at := [text.index(s) for s in strings if s in text]:
            return text[: min(at)].strip()
        return "" if any(s.endswith(text) for s in strings) else text

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
                allow = after_thinking(here.allow) if steps[-1].tag == END_THINK else here.allow
                here = replace(here, allow=allow, lead=())
        return tuple(steps)

    def step(self, sample: Sample) -> Step:
        """One step from its own tokens."""
        ids, whole = sample.ids, [*self.lead, *sample.ids]
        text, cued = self.format.text(whole), bool(self.lead) and self._answers_cue(ids)
        if cued and find_answer(text) is None:
            text = f"{self.format.text(self.lead)} {ANSWER}{self.format.text(ids)}"
        stopped = not sample.truncated and self._stopped(ids)
        if stopped:
            text = self._unstopped(text)
        finished = not sample.truncated and (cued or stopped or self.format.finished(whole, self.allow))
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


def _window(stop_strings: Sequence[str]) -> int:
    """The most tokens that a stop string can stand in: one per byte, and those that it begins and ends within."""
    return 2 + max(len(s.encode()) for s in stop_strings)


def _cue(steps: Sequence[Step], fmt: Format) -> tuple[int, ...]:
    """The ids of the last step if it is a forced cue for the answer."""
    return tuple(t.id for t in steps[-1].tokens) if is_cue(steps, fmt.delimited) else ()
