"""Sentences for what happens in long chains of thought and among particles. Plain text, as in `rlm_core.narrate.sentences`."""

from __future__ import annotations

from collections import defaultdict

from rlm_core.core import events as ev
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
    parts = [TAG_PHRASES[e.tag]] if e.tag in TAG_PHRASES else [f"it is marked {e.tag}"] if e.tag else []
    parts += ["it stands in the thinking space"] if e.thinking else []
    parts += [origin or "it was put there by the decoder"] if e.forced else []
    return "; ".join(parts)


def quoted(text: str, tag: str = "") -> str:
    """A step in quotes; a tag without text by its word."""
    said = readable(text) if text.strip() != tag else ""
    return f"“{shorten(said, MAX_QUOTED_CHARACTERS)}”" if said else f"“{TAG_WORDS.get(tag, tag)}”" if tag else "nothing"


def forced(e: ev.Forced) -> str:
    return f"At {name(e.node)} the decoder puts in {quoted(e.text, e.text)}, which the model did not write: {_end(e.reason)}"


def tool_called(e: ev.ToolCalled) -> str:
    call = shorten(readable(e.call), MAX_QUOTED_CHARACTERS)
    if e.failed:
        why = shorten(e.result.removeprefix("error").lstrip(": "), MAX_QUOTED_CHARACTERS)
        return f"The calculator is asked {call} in {name(e.node)} and cannot work it out{f': {why}' if why else ''}."
    return f"The calculator is asked {call} in {name(e.node)} and returns {shorten(readable(e.result), MAX_QUOTED_CHARACTERS)}."


def corrected(e: ev.Corrected, before: SearchTree) -> str:
    new, old = (f"{name(n)}{_said(before, n)}" for n in (e.target, e.source))
    return f"{new[0].upper()}{new[1:]} replaces {old}: {_end(e.reason)}"


def _said(tree: SearchTree, node: int) -> str:
    said = words(tree, tree.nodes[node]) if node in tree.nodes else ""
    return f" “{shorten(said, MAX_QUOTED_CHARACTERS)}”" if said else ""


def critiqued(e: ev.Critiqued) -> str:
    verdict = "finds no fault" if e.wrong is None else f"faults {name(e.wrong)}"
    text = shorten(readable(e.text), MAX_QUOTED_CHARACTERS)
    return f"The model's own critique of the solution that ends in {name(e.node)} {verdict}{f': “{text}”' if text else ''}."


def probed(e: ev.Probed) -> str:
    verdict = {True: " — correct", False: " — wrong", None: ""}[e.correct]
    answer = "state no answer" if e.answer is None else f"say {shorten(readable(e.answer), MAX_QUOTED_CHARACTERS)}"
    sure = f"with confidence {number(e.confidence)}{verdict}"
    return f"Made to answer at {name(e.node)} it would {answer}, {sure}; the probe's tokens are counted apart."


def resampled(e: ev.Resampled) -> str:
    copies: dict[int, int] = defaultdict(int)
    for p in e.particles:
        copies[p.node] += p.copies
    if not e.particles:
        return "0 particles are drawn anew."
    heavy, light = max(e.particles, key=lambda p: p.weight), min(e.particles, key=lambda p: p.weight)
    weights = f"the heaviest is {name(heavy.node)} with weight {number(heavy.weight)}"
    weights += f", the lightest {name(light.node)} with {number(light.weight)}"
    ended = [str(n) for n, c in copies.items() if c == 0]
    more = [f"{n} (×{c})" for n, c in sorted(copies.items(), key=lambda i: -i[1]) if c > 1]
    fate = [f"{listed(ended, MAX_LISTED)} {'ends' if len(ended) == 1 else 'end'} here"] if ended else []
    fate += [f"{listed(more, MAX_LISTED)} {'goes' if len(more) == 1 else 'go'} on more than once"] if more else []
    how = f"{counted(len(e.particles), 'particle')} drawn anew by their weights ({e.method})"
    return f"{how}: {weights}; {'; '.join(fate) or 'each goes on once'}."


def effort_chosen(e: ev.EffortChosen) -> str:
    signal = "" if e.signal is None else f", going by a signal of {number(e.signal)}"
    return f"The effort is {e.level}: up to {counted(e.tokens, 'token')} of thinking{signal}: {_end(e.reason)}"


def _end(reason: str) -> str:
    """A reason as the end of a sentence."""
    return reason.rstrip(". ") + "."
