"""How a model that reads words is asked for its steps, one per line unless a run chooses otherwise, and how they are read.

Texts alone, no tokens; where a step ends is in `step_units`.

A line with an answer ends the solution. A line that only announces the answer ("**Final Answer:**", "<answer>") is one
step with the line that gives it. The first line that states an answer ends the solution, even where a box was meant for
an intermediate result: no reader can know what would follow (of MATH-500's own solutions six in 500 have boxes on more
than one line).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rlm_core.core.problem import Problem
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, RESULT, REVISE, THINK, TOOL, WAIT, WAIT_IN_WORDS
from rlm_core.models.prompts.step_units import separator, step_ended
from rlm_core.models.prompts.thinking_delimiters import Delimiters
from rlm_core.problems import task
from rlm_core.problems.base import Task

Allow = tuple[str, ...]
"""Markers the model is asked to use (see `rlm_core.core.special_tokens`)."""
Message = dict[str, str]
"""role: system, user or assistant; content: text."""

ANSWER_CUE = "Answer:"
UNITS = {
    "line": "one step per line",
    "paragraph": "one step per paragraph, with a blank line between steps,",
    "sentence": "one step per sentence",
    "tokens": "your reasoning",
    "delimiter": "your reasoning, with {} behind every step,",
}
"""The request for each unit of steps, in words."""
REQUESTS = {
    THINK: "Think first, as long as you need, one thought per line.",
    BACKTRACK: f"If your last step leads nowhere, write {BACKTRACK} and stop.",
    REVISE: f"If your last step is false, write {REVISE} on the next line and then the step again.",
    TOOL: f"For every calculation write {TOOL}25*2{RESULT} and its result will be put there.",
}
"""The request for each special token, in words."""
REVIEW = "Check this solution step by step. Name the first wrong step as 'Wrong step: k', or write 'No mistakes.'"
_SATISFIED = re.compile(r"no mistakes?\b", re.I)
_WRONG = re.compile(r"wrong step\W*(\d+)", re.I)


# -- what the model is asked ------------------------------------------------------------------------


def ending(stepping: Stepping = LINES) -> str:
    """How every solution in words is to be written."""
    return f"{UNITS[stepping.unit].format(stepping.delimiter.strip())} and end with a line '{ANSWER_CUE} …'."


def revision(stepping: Stepping = LINES) -> str:
    """The request for another version."""
    return f"Write the whole solution again without the mistake, {ending(stepping)}"


REVISION = revision()


def messages(
    problem: Problem, allow: Allow = (), turns: Sequence[str] = (), stepping: Stepping = LINES, examples: bool = True
) -> list[Message]:
    """The problem as a dialogue, worked examples as earlier turns; then `turns` of the assistant and the user in alternation.

    examples: are the worked examples shown? A model that was trained on the kind of problem needs none.
    """
    chosen = task(problem.task)
    dialogue: list[Message] = [{"role": "system", "content": _system(chosen, allow, stepping)}]
    for example in chosen.examples if examples else ():
        dialogue.append({"role": "user", "content": example.question})
        dialogue.append({"role": "assistant", "content": worked(example.steps, example.answer, stepping)})
    dialogue.append({"role": "user", "content": problem.question})
    return dialogue + [{"role": ("assistant", "user")[i % 2], "content": turn} for i, turn in enumerate(turns)]


def plain(problem: Problem, allow: Allow = (), turns: Sequence[str] = (), stepping: Stepping = LINES, examples: bool = True) -> str:
    """The same as a text for a model without a chat template, up to where its next line begins."""
    chosen = task(problem.task)
    blocks = [_system(chosen, allow, stepping)]
    blocks += [f"Question: {e.question}\n{worked(e.steps, e.answer, stepping)}" for e in chosen.examples if examples]
    text = "\n\n".join([*blocks, f"Question: {problem.question}\n"])
    return text + "\n\n".join(turns) + "\n" if turns else text


def plain_request(text: str) -> str:
    """A request in words for a model without a chat template, up to where the reply begins."""
    return f"{text}\n{ANSWER_CUE}"


def _system(chosen: Task[Any], allow: Allow, stepping: Stepping) -> str:
    requests = "".join(f" {REQUESTS[m]}" for m in allow if m in REQUESTS)
    return f"{chosen.instruction} Write {ending(stepping)}{requests}"


def worked(steps: Sequence[str], answer: str, stepping: Stepping = LINES) -> str:
    """A worked solution as a model is to write it."""
    return separator(stepping).join([*steps, f"{ANSWER_CUE} {answer}"])


def forced(text: str, delimiters: Delimiters | None, line_open: bool) -> str:
    """A special token in the words of a model that knows none, or any other text, on a line of its own.

    The end of thinking is the model's delimiter, which needs no line, or the cue for the answer where the model has none.
    line_open: what stands before it does not end its line.
    """
    if text == END_THINK and delimiters:
        return delimiters.closed
    return "\n" * line_open + {WAIT: "Wait,", END_THINK: ANSWER_CUE}.get(text, text)


# -- what the model wrote ---------------------------------------------------------------------------


def line_ended(text: str) -> bool:
    """Does a text hold a whole line that says something? One that only announces the answer goes on to the answer."""
    return step_ended(text, 0, LINES)


def interrupting(text: str, allow: Allow, closing: str = "") -> str:
    """The special token at which a text must be interrupted; empty for none.

    closing: what ends the thinking space of a model that has one between delimiters of its own.
    """
    if TOOL in allow and RESULT in text:
        return TOOL
    if closing and closing in text and (THINK in allow or END_THINK in allow):
        return END_THINK
    return next((m for m in (BACKTRACK, REVISE) if m in allow and m in text), "")


def tag(text: str, allow: Allow, closing: str = "") -> str:
    """The special token that a step's text ends in or stands for; empty for an ordinary step."""
    return interrupting(text, allow, closing) or (WAIT if WAIT_IN_WORDS.match(text) else "")


def unmarked(text: str, closing: str = END_THINK) -> str:
    """A step's text without the marker that ended it."""
    for marker in (closing, BACKTRACK, REVISE, RESULT):
        text = text.split(marker)[0]
    return text.strip()


def faulted(critique: str, steps: int) -> tuple[int | None, bool]:
    """What a critique of so many steps says: the index of the step it names, None if it names none; and is it satisfied?

    >>> faulted("Wrong step: 2", 3), faulted("No mistakes.", 3), faulted("Wrong step 9", 3), faulted("Hm.", 3)
    ((1, False), (None, True), (None, False), (None, False))
    """
    named = _WRONG.search(critique)
    k = int(named.group(1)) if named else 0
    return k - 1 if 1 <= k <= steps else None, named is None and _SATISFIED.search(critique) is not None
