"""What a model on a server wrote, and the steps in it: texts with their tokens, cut where steps end."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from rlm_core.core.events import Token
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import ANSWER, BACKTRACK, END_THINK, RESULT, REVISE, THINK, TOOL
from rlm_core.models.forcing import after_thinking
from rlm_core.models.policy import Step
from rlm_core.models.prompts import line_text
from rlm_core.models.prompts.line_text import Allow
from rlm_core.models.prompts.step_units import in_block, step_ended, without_closing
from rlm_core.models.prompts.thinking_delimiters import Delimiters
from rlm_core.models.remote.replies import Reply
from rlm_core.problems.checking.final_answer import ends_solution, find_answer

Places = tuple[tuple[int, int], ...]
"""Characters at which tokens end, each with the number of tokens up to there."""
SENTENCE_END = r"[.!?…]+[\"'”’)\]*_]*(?=\s|\Z)|[。！？]+[\"'”’)\]*_]*"
"""Where a sentence may end; whether it does, `step_units` decides."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a model wrote on from a state.

    tokens: together the text; none where the server tells none.
    ended: the model ended its turn.
    truncated: a limit ended it before it was complete.
    starved: that limit was the run's budget of tokens.
    generated: tokens it cost.
    counted: that is their number and no estimate.
    pieces: of the answers that it came in, where they tell no tokens.
    """

    text: str = ""
    tokens: tuple[Token, ...] = ()
    ended: bool = False
    truncated: bool = False
    starved: bool = False
    generated: int = 0
    counted: bool = True
    pieces: Places = ()

    @property
    def places(self) -> Places:
        """Where its tokens end, or its pieces."""
        ends = accumulate(len(t.text) for t in self.tokens)
        return tuple((at, number) for number, at in enumerate(ends, 1)) if self.tokens else self.pieces


@dataclass(frozen=True, slots=True)
class Reading:
    """Finds the steps in what a model writes after a state, as `StepParser` does in tokens.

    stepping: what a step is.
    allow: the special tokens it may write; THINK only while thinking goes on, END_THINK afterwards.
    delimiters: of the model's thinking space; None if it has none.
    lead: a cue for the answer that was forced last; the answer is read together with it.
    """

    stepping: Stepping = LINES
    allow: Allow = ()
    delimiters: Delimiters | None = None
    lead: str = ""

    def step_end(self, text: str, start: int = 0, places: Places = ()) -> int | None:
        r"""Where the step that begins at `start` ends, what ends it included; None if it does not yet.

        places: of the text's tokens or pieces; without them no number of tokens is known.

        >>> lines = Reading()
        >>> lines.step_end("3+4=7\n7*2"), lines.step_end("\n\n3+4"), lines.step_end("**Answer:**\n7\n")
        (6, None, 14)
        >>> Reading(Stepping("sentence")).step_end("It is 3.5 or so. Then")
        16
        """
        before = tokens_at(places, start)
        ends = {found.end() for found in self._pattern.finditer(text, start)}
        if self.stepping.unit == "tokens":
            ends |= {at for at, _ in places if at > start}
        return next((e for e in sorted(ends) if self._holds_step(text[start:e], tokens_at(places, e) - before)), None)

    def solution_end(self, text: str, places: Places = ()) -> int | None:
        r"""Where a solution ends: by the first step that states the answer, goes back or calls the tool; None if it does not yet.

        >>> Reading().solution_end("3+4=7\nAnswer: 7\nNext"), Reading().solution_end("3+4=7\n")
        (16, None)
        """
        start, here = 0, self
        while (end := here.step_end(text, start, places)) is not None:
            step, size = text[start:end], tokens_at(places, end) - tokens_at(places, start)
            marker = here._interrupting(step)
            if marker in (BACKTRACK, TOOL) or here._finishes(step, size):
                return end
            start, here = end, here._behind(marker)
        return None

    def step(self, sampled: Sampled) -> Step:
        """One step from its own text."""
        own = sampled.text
        size = len(sampled.tokens) or sampled.generated
        text, cued = self._text(self.lead + own), self._answers_cue(own, size, sampled.ended)
        if cued and find_answer(text) is None:
            text = f"{self._text(self.lead)} {ANSWER}{self._text(own)}"
        finished = not sampled.truncated and (sampled.ended or self._finishes(own, size))
        return Step(
            text,
            sampled.tokens,
            finished=finished,
            truncated=sampled.truncated,
            tag="" if sampled.truncated else line_text.tag(own, self.allow, self._closing),
            thinking=THINK in self.allow and not (finished and self.delimiters is None),
            starved=sampled.starved,
            length=sampled.generated if sampled.counted and not sampled.tokens else None,
            raw=own,
        )

    def steps(self, sampled: Sampled) -> tuple[Step, ...]:
        """A whole solution as its steps."""
        found: list[Step] = []
        here, start, places = self, 0, sampled.places
        while start < len(sampled.text) or not found:
            end = here.step_end(sampled.text, start, places) or len(sampled.text)
            one = part(sampled, start, end)
            if end == len(sampled.text):
                one = replace(sampled, text=one.text, tokens=one.tokens)
            found.append(here.step(one))
            start, here = end, here._behind(found[-1].tag)
        return tuple(found)

    # -- as in the formats of local models ---------------------------------------------------------

    @property
    def _closing(self) -> str:
        return self.delimiters.closing if self.delimiters else ""

    @property
    def _pattern(self) -> re.Pattern[str]:
        """Where a step may end, besides the ends of tokens."""
        markers = [m for m in (BACKTRACK, REVISE) if m in self.allow] + [RESULT] * (TOOL in self.allow)
        marks = ["\n", *markers, *filter(None, (self._closing, self.stepping.delimiter))]
        return re.compile("|".join([*map(re.escape, marks), *[SENTENCE_END] * (self.stepping.unit == "sentence")]))

    def _behind(self, tag: str) -> Reading:
        """The reading of what follows a step."""
        return replace(self, allow=after_thinking(self.allow) if tag == END_THINK else self.allow, lead="")

    def _text(self, text: str) -> str:
        return line_text.unmarked(text, self._closing or END_THINK).removesuffix(self.stepping.delimiter.strip()).rstrip()

    def _interrupting(self, step: str) -> str:
        return line_text.interrupting(step, self.allow, self._closing)

    def _holds_step(self, step: str, tokens: int) -> bool:
        whole = self.lead + step
        return bool(self._interrupting(step)) or step_ended(whole, tokens, self.stepping) or self._states_answer(whole)

    def _states_answer(self, step: str) -> bool:
        """Does a step end in a whole line that states the answer, outside a delimited thinking space?"""
        lines, _, begun = step.rpartition("\n")
        thinking = THINK in self.allow and self.delimiters is not None
        if thinking or not lines.strip() or begun.strip() or in_block(step):
            return False
        return ends_solution(without_closing(self._text(step)))

    def _answers_cue(self, own: str, tokens: int, ended: bool = False) -> bool:
        return bool(self.lead) and re.search(r"\w", self._text(own)) is not None and (ended or self._holds_step(own, tokens))

    def _finishes(self, own: str, tokens: int) -> bool:
        return self._answers_cue(own, tokens) or (not self._interrupting(own) and self._states_answer(self.lead + own))


def stop_at(begun: str, text: str, stop_strings: Sequence[str]) -> int | None:
    r"""Where in a text the first stop string begins, 0 if it begins in the solution so far; None if there is none.

    >>> stop_at("", "3+4=7 END", ("END",)), stop_at("3+4=7\\n", "\\nso", ("\\n\\n",)), stop_at("END", "3+4", ("END",))
    (6, 0, None)
    """
    if not stop_strings:
        return None
    reach = max(map(len, stop_strings)) - 1
    tail = begun[-reach:] if reach else ""
    found = [at for s in stop_strings if (at := (tail + text).find(s, max(0, len(tail) - len(s) + 1))) >= 0]
    return max(0, min(found) - len(tail)) if found else None


def joined(sofar: Sampled, reply: Reply, stop: str) -> Sampled:
    """With what a reply adds, and the stop string that was cut away from it. Every character belongs to a token, if there is any."""
    text, tokens = reply.text + stop, list(reply.tokens)
    if tokens:
        lead = "" if sofar.tokens else sofar.text
        tokens[0] = Token(tokens[0].id, lead + tokens[0].text, tokens[0].logprob)
        tokens[-1] = Token(tokens[-1].id, tokens[-1].text + stop, tokens[-1].logprob)
    elif sofar.tokens and text:
        last = sofar.tokens[-1]
        sofar = replace(sofar, tokens=(*sofar.tokens[:-1], Token(last.id, last.text + text, last.logprob)))
    generated = sofar.generated + reply.generated
    pieces = (*sofar.pieces, (len(sofar.text + text), generated))
    counted = sofar.counted and reply.counted
    return Sampled(sofar.text + text, (*sofar.tokens, *tokens), generated=generated, counted=counted, pieces=pieces)


def part(sampled: Sampled, start: int, end: int) -> Sampled:
    """The characters from `start` to `end` with their tokens; a token that is cut counts where it begins.

    >>> whole = Sampled("3+4)\\n7", (Token(1, "3+4", -0.5), Token(2, ")\\n7", -0.1), Token(3, "", 0.0)))
    >>> [t.text for t in part(whole, 0, 5).tokens], [t.text for t in part(whole, 5, 6).tokens]
    (['3+4', ')\\n'], [])
    """
    tokens: list[Token] = []
    lead, at = "", 0
    for token in sampled.tokens:
        begins, at = at, at + len(token.text)
        own = token.text[max(0, start - begins) : max(0, end - begins)]
        if begins < start:
            lead += own
        elif begins < end:
            tokens.append(Token(token.id, lead + own, token.logprob))
            lead = ""
    return Sampled(sampled.text[start:end], tuple(tokens), counted=False)


def up_to(sampled: Sampled, end: int) -> Sampled:
    """What stands before a character; it has cost what all cost."""
    return replace(sampled, text=sampled.text[:end], tokens=part(sampled, 0, end).tokens)


def tokens_at(places: Places, at: int) -> int:
    """How many tokens have ended by a character, as far as is known."""
    found = bisect_right(places, at, key=lambda place: place[0])
    return places[found - 1][1] if found else 0
