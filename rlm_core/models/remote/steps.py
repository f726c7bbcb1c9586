"""What a model on a server wrote, and the steps in it: texts with their tokens, cut at line breaks and markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rlm_core.core.events import Token
from rlm_core.core.special_tokens import BACKTRACK, REVISE
from rlm_core.models.policy import Step
from rlm_core.models.prompts import line_text
from rlm_core.models.prompts.line_text import Allow
from rlm_core.models.remote.replies import Reply
from rlm_core.problems.checking.final_answer import ends_solution


@dataclass(frozen=True, slots=True)
class Sampled:
    """What a model wrote on from a state.

    tokens: together the text; none where the server tells none.
    ended: the model ended its turn.
    truncated: a limit ended it before it was complete.
    starved: that limit was the run's budget of tokens.
    generated: tokens it cost.
    """

    text: str = ""
    tokens: tuple[Token, ...] = ()
    ended: bool = False
    truncated: bool = False
    starved: bool = False
    generated: int = 0


def step_of(sampled: Sampled, allow: Allow) -> Step:
    """One step from its own text."""
    text, marker = line_text.unmarked(sampled.text), line_text.interrupting(sampled.text, allow)
    stated = not marker and line_text.line_ended(sampled.text) and ends_solution(text)
    return Step(
        text,
        sampled.tokens,
        finished=not sampled.truncated and (sampled.ended or stated),
        truncated=sampled.truncated,
        tag="" if sampled.truncated else line_text.tag(sampled.text, allow),
        starved=sampled.starved,
    )


def steps_of(sampled: Sampled, allow: Allow) -> tuple[Step, ...]:
    """A whole solution as its steps."""
    bounds = [0]
    while (end := step_end(sampled.text, allow, bounds[-1])) is not None:
        bounds.append(end)
    if bounds[-1] < len(sampled.text) or len(bounds) == 1:
        bounds.append(len(sampled.text))
    parts = [part(sampled, a, b) for a, b in pairwise(bounds)]
    last = replace(parts[-1], ended=sampled.ended, truncated=sampled.truncated, starved=sampled.starved)
    return tuple(step_of(p, allow) for p in (*parts[:-1], last))


def step_end(text: str, allow: Allow = (), start: int = 0) -> int | None:
    r"""Where the step that begins at `start` ends, the line break or marker that ends it included; None if it does not yet.

    >>> step_end("3+4=7\n7*2"), step_end("\n\n3+4"), step_end("**Answer:**\n7\n")
    (6, None, 14)
    """
    markers = [m for m in (BACKTRACK, REVISE) if m in allow]
    for found in re.compile("|".join(["\n", *map(re.escape, markers)])).finditer(text, start):
        step = text[start : found.end()]
        if line_text.interrupting(step, allow) or line_text.line_ended(step):
            return found.end()
    return None


def solution_end(text: str, allow: Allow = ()) -> int | None:
    r"""Where a solution ends, by its first step that states the answer or goes back; None if it does not yet.

    >>> solution_end("3+4=7\nAnswer: 7\nNext"), solution_end("3+4=7\n")
    (16, None)
    """
    start = 0
    while (end := step_end(text, allow, start)) is not None:
        step = text[start:end]
        marker = line_text.interrupting(step, allow)
        if marker == BACKTRACK or (not marker and ends_solution(line_text.unmarked(step))):
            return end
        start = end
    return None


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


def written(steps: Sequence[Step]) -> str:
    """The steps as the model wrote them, each on its lines."""
    texts = ("".join(t.text for t in s.tokens) or s.text for s in steps)
    return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts)


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
    return Sampled(sofar.text + text, (*sofar.tokens, *tokens), generated=sofar.generated + reply.generated)


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
    return Sampled(sampled.text[start:end], tuple(tokens), generated=sampled.generated)
