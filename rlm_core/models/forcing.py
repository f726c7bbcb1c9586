"""Text that is put into a solution and not written by the model, forced or a tool's: the same for tokens here and texts on a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from rlm_core.core.events import Token
from rlm_core.core.special_tokens import END_THINK, ERROR, TAGS, THINK, TOOL
from rlm_core.models.calculator import calculate
from rlm_core.models.policy import Step, ToolUse
from rlm_core.models.prompts.line_text import Allow

Put = Callable[[Sequence[Step], str, str, bool], Awaitable[Step]]
"""The step that a text becomes behind a state; its tag, and whether it stands in the thinking space."""


async def forced(
    steps: Sequence[Step], text: str, tag: str, *, thinking: bool, delimited: bool, opened: Callable[[Step], Step | None], put: Put
) -> tuple[Step, ...]:
    """The state with a text at its end, as `Forcer.force` has it.

    thinking: does the state end in the thinking space?
    delimited: has the model delimiters of its own around its thinking?
    opened: a step without the delimiter that ends the thinking; None if it is nothing else.
    """
    tag = tag or (text if text in TAGS else "")
    state = list(steps)
    if state and tag:
        last = state.pop()
        thinking = thinking or last.tag == END_THINK
        if kept := opened(last):
            state.append(replace(kept, tag="" if last.tag == END_THINK else last.tag))
    if tag == END_THINK and text != END_THINK and delimited:
        state.append(await put(state, END_THINK, END_THINK, thinking))
        tag, thinking = "", False
    return (*state, await put(state, text, tag, thinking))


def is_cue(steps: Sequence[Step], delimited: bool) -> bool:
    """Is the last step a cue for the answer that was forced?"""
    if not steps or not steps[-1].forced:
        return False
    last, end = steps[-1], "" if delimited else END_THINK
    return last.tag in ("", end) and bool(last.tag or not last.thinking)


def after_thinking(allow: Allow) -> Allow:
    """What a model may write once its thinking is over."""
    return tuple(END_THINK if m == THINK else m for m in allow)


async def with_result(step: Step, give: Callable[[str], Awaitable[tuple[Token, ...]]]) -> Step:
    """A step that ends in a tool call, with the tool's result put after it; any other step as it is.

    give: the tokens of a text behind the step; none where they are not known.
    """
    if step.tag != TOOL or step.finished or step.truncated or step.tool is not None:
        return step
    before, _, call = step.text.rpartition(TOOL)
    used = calculate(call)
    given = await give(used.result)
    if not used.failed and "".join(t.text for t in given) == ERROR:
        used = ToolUse(used.call, f"error: {used.result} is no whole number", failed=True)
    text, raw = f"{before}{used.call}={used.result}".strip(), step.raw + used.result if step.raw else ""
    return replace(step, text=text, tokens=(*step.tokens, *given), tool=used, raw=raw)


async def to_the_end(
    begun: Sequence[Step],
    left: Callable[[Sequence[Step]], int],
    result: Callable[[Sequence[Step], Step], Awaitable[Step]],
    more: Callable[[Sequence[Step], int], Awaitable[Sequence[Step]]],
) -> tuple[Step, ...]:
    """Every tool call answered, until the solution ends or its tokens run out.

    left: tokens that the solution may still take behind some steps.
    result: a step behind others, with its tool's result.
    more: the steps that follow some, after so many calls; none where no token is left.
    """
    done, calls = list(begun), 0
    while done[-1].tag == TOOL and not (done[-1].finished or done[-1].truncated):
        done[-1] = await result(done[:-1], done[-1])
        if left(done) <= 0:
            done[-1] = replace(done[-1], truncated=True)
            break
        calls += 1
        further = await more(done, calls)
        if not further:
            done[-1] = replace(done[-1], truncated=True, starved=True)
        done += further
    return tuple(done)
