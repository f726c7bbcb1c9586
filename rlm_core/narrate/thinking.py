"""Sentences for what happens in long chains of thought and among particles. Plain text, as in `rlm_core.narrate.sentences`."""

from __future__ import annotations

from collections import defaultdict

from rlm_core.core import events as ev
from rlm_core.core.phrases import say
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, THINK, TOOL, WAIT
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import TAG_WORDS, TREE, counted, listed, name, number, readable, shorten, words

MAX_QUOTED_CHARACTERS = 70
MAX_LISTED = 8
TAG_PHRASES = {
    BACKTRACK: "it ends in a backtrack, so that the last step that stands is left",
    REVISE: "it ends in a correction: the step is false and is written again",
    WAIT: "it ends in a Wait: what follows starts again from the bare problem",
    END_THINK: "here the thinking ends",
    THINK: "here the thinking begins",
    TOOL: "it asks the calculator",
    TREE: "it begins a tree of its own",
}
"""Meaning of a node's tag, in words."""


def tagged(e: ev.NodeAdded, origin: str = "") -> str:
    """The part of a new node's sentence that tells how it differs from an ordinary step; empty for one.

    origin: how a step that the run begins with came there.
    """
    parts = [say(TAG_PHRASES[e.tag])] if e.tag in TAG_PHRASES else [say("it is marked {tag}", tag=e.tag)] if e.tag else []
    parts += [say("it stands in the thinking space")] if e.thinking else []
    parts += [origin or say("it was put there by the decoder")] if e.forced else []
    return "; ".join(parts)


def quoted(text: str, tag: str = "") -> str:
    """A step in quotes; a tag without text by its word."""
    said = readable(text) if text.strip() != tag else ""
    return f"“{shorten(said, MAX_QUOTED_CHARACTERS)}”" if said else f"“{TAG_WORDS.get(tag, tag)}”" if tag else say("nothing")


def forced(e: ev.Forced) -> str:
    values = {"node": name(e.node), "text": quoted(e.text, e.text), "why": _end(e.reason)}
    return say("At {node} the decoder puts in {text}, which the model did not write: {why}", **values)


def tool_called(e: ev.ToolCalled) -> str:
    call = shorten(readable(e.call), MAX_QUOTED_CHARACTERS)
    if e.failed:
        why = shorten(e.result.removeprefix("error").lstrip(": "), MAX_QUOTED_CHARACTERS)
        told = say("The calculator is asked {call} in {node} and cannot work it out", call=call, node=name(e.node))
        return told + (f": {why}." if why else say("."))
    result = shorten(readable(e.result), MAX_QUOTED_CHARACTERS)
    return say("The calculator is asked {call} in {node} and returns {result}.", call=call, node=name(e.node), result=result)


def corrected(e: ev.Corrected, before: SearchTree) -> str:
    new, old = (f"{name(n)}{_said(before, n)}" for n in (e.target, e.source))
    return say("{new} replaces {old}: {why}", new=new[0].upper() + new[1:], old=old, why=_end(e.reason))


def _said(tree: SearchTree, node: int) -> str:
    said = words(tree, tree.nodes[node]) if node in tree.nodes else ""
    return f" “{shorten(said, MAX_QUOTED_CHARACTERS)}”" if said else ""


def critiqued(e: ev.Critiqued) -> str:
    text = shorten(readable(e.text), MAX_QUOTED_CHARACTERS)
    told = (
        say("The model's own critique of the solution that ends in {node} finds no fault", node=name(e.node))
        if e.wrong is None
        else say("The model's own critique of the solution that ends in {node} faults {wrong}", node=name(e.node), wrong=name(e.wrong))
    )
    return told + (f": “{text}”" if text else "") + say(".")


def probed(e: ev.Probed) -> str:
    verdict = {True: say(" — correct"), False: say(" — wrong"), None: ""}[e.correct]
    values = {"node": name(e.node), "confidence": number(e.confidence), "verdict": verdict}
    if e.answer is None:
        return say(
            "Made to answer at {node} it would state no answer, with confidence {confidence}{verdict}; "
            "the probe's tokens are counted apart.",
            **values,
        )
    return say(
        "Made to answer at {node} it would say {answer}, with confidence {confidence}{verdict}; the probe's tokens are counted apart.",
        answer=shorten(readable(e.answer), MAX_QUOTED_CHARACTERS),
        **values,
    )


def resampled(e: ev.Resampled) -> str:
    copies: dict[int, int] = defaultdict(int)
    for p in e.particles:
        copies[p.node] += p.copies
    if not e.particles:
        return say("0 particles are drawn anew.")
    heavy, light = max(e.particles, key=lambda p: p.weight), min(e.particles, key=lambda p: p.weight)
    weights = say(
        "the heaviest is {heavy} with weight {most}, the lightest {light} with {least}",
        heavy=name(heavy.node),
        most=number(heavy.weight),
        light=name(light.node),
        least=number(light.weight),
    )
    ended = [str(n) for n, c in copies.items() if c == 0]
    more = [f"{n} (×{c})" for n, c in sorted(copies.items(), key=lambda i: -i[1]) if c > 1]
    fate = list[str]()
    if ended:
        who = listed(ended, MAX_LISTED)
        fate.append(say("{who} ends here", who=who) if len(ended) == 1 else say("{who} end here", who=who))
    if more:
        who = listed(more, MAX_LISTED)
        fate.append(say("{who} goes on more than once", who=who) if len(more) == 1 else say("{who} go on more than once", who=who))
    return say(
        "{particles} drawn anew by their weights ({method}): {weights}; {fate}.",
        particles=counted(len(e.particles), "particle"),
        method=e.method,
        weights=weights,
        fate="; ".join(fate) or say("each goes on once"),
    )


def effort_chosen(e: ev.EffortChosen) -> str:
    signal = "" if e.signal is None else say(", going by a signal of {signal}", signal=number(e.signal))
    return say(
        "The effort is {level}: up to {tokens} of thinking{signal}: {why}",
        level=e.level,
        tokens=counted(e.tokens, "token"),
        signal=signal,
        why=_end(e.reason),
    )


def _end(reason: str) -> str:
    """A reason as the end of a sentence."""
    return say(reason.rstrip(". ")) + say(".")
