"""Text in figures. Plotly reads a pseudo-HTML in labels and hovers, so every text that comes from a model or a user is escaped here."""

from __future__ import annotations

import html
import textwrap
import unicodedata
from functools import lru_cache

from rlm_core.core.phrases import say
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import TAG_WORDS, counted, number, origin, readable, shorten, words
from rlm_core.figures.palette import in_words

HOVER_WIDTH, HOVER_LINES = 56, 9
WIDE = 1.9
"""Width of a full-width sign, in letters."""


def letters(text: str) -> float:
    """The width of a text in ordinary letters.

    >>> letters("tree"), letters("木")
    (4.0, 1.9)
    """
    return float(sum(WIDE if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text))


def safe(text: str) -> str:
    """The text as plotly shows it letter by letter: no tags, links, entities or formulas ($…$) are made of it.

    >>> safe("<b>5</b> & $6")
    '&lt;b&gt;5&lt;/b&gt; &amp; &#36;6'
    """
    return html.escape(text, quote=False).replace("$", "&#36;")


def label(tree: SearchTree, node: Node, limit: int, two_lines: bool = False) -> str:
    """A node's escaped label of at most `limit` characters a line: the root's problem, else the step.

    two_lines: the answer stands on a line of its own.
    """
    text = words(tree, node)
    if two_lines and " → " in text:
        body, answer = text.rsplit(" → ", 1)
        return f"{safe(shorten(body, limit))}<br>{safe(shorten('→ ' + answer, limit))}"
    return safe(_keep_answer(text, limit))


def _keep_answer(text: str, limit: int) -> str:
    """Shortened so that what stands after the arrow, or else the equals sign, survives where it can: it is what the node says.

    >>> _keep_answer("36×2=72", 6), _keep_answer("multiply first", 9), _keep_answer("168/2=84 → 84", 10)
    ('…=72', 'multiply…', '168/… → 84')
    """
    body, arrow, answer = text.rpartition(" → ")
    if len(text) > limit and arrow and len(answer) + 4 <= limit:
        return f"{shorten(body, limit - len(answer) - 3)}{arrow}{answer}"
    _, equals, result = text.rpartition("=")
    if len(text) > limit and equals and len(result) + 2 <= limit:
        return f"…={result}"
    return shorten(text, limit)


def hover(tree: SearchTree, node: Node) -> str:
    """Everything about a node at a glance, escaped: the full step, the state in words, visits, Q, scores, answer."""
    lines = [f"<b>{say('Root') if node.id == ROOT else say('Node {node}', node=node.id)}</b>  {safe(in_words(node))}"]
    lines += wrapped(tree.problem.question if node.id == ROOT and tree.started is not None else node.text)
    lines += [safe(fact) for fact in facts(tree, node)]
    lines.append(numbers(node))
    if node.finished:
        lines.append(f"{say('answers')} {safe(shorten(node.answer, 60))}" if node.answer is not None else say("states no answer"))
    return "<br>".join(line for line in lines if line)


def facts(tree: SearchTree, node: Node) -> list[str]:
    """Facts that set a node apart from an ordinary step, one per line: its mark and space, the tool's result, the probe's answer."""
    put_by = origin(tree.branch, node.id) or say("put in by the decoder")
    special = [say(TAG_WORDS.get(node.tag, node.tag)), say("in the thinking space") * node.thinking, put_by * node.forced]
    lines = [" · ".join(filter(None, special))]
    if node.tool is not None:
        lines.append(f"⚙ {shorten(readable(node.tool.call), 40)} → {shorten(readable(node.tool.result), 40)}")
    if node.probe is not None:
        answer = say("nothing") if node.probe.answer is None else shorten(readable(node.probe.answer), 40)
        verdict = {True: " ✓", False: " ✕", None: ""}[node.probe.correct]
        sure = number(node.probe.confidence)
        lines.append(say("would answer {answer} with confidence {confidence}", answer=answer + verdict, confidence=sure))
    if copies(tree).get(node.id, 1) != 1:
        lines.append(say("resampled: ×{copies}", copies=copies(tree)[node.id]))
    return [line for line in lines if line]


def copies(tree: SearchTree) -> dict[int, int]:
    """How many particles went on from each node at the latest resampling."""
    found: dict[int, int] = {}
    for p in tree.resamplings[-1][1].particles if tree.resamplings else ():
        found[p.node] = found.get(p.node, 0) + p.copies
    return found


def numbers(node: Node) -> str:
    """ "visits 12 · Q 0.61 · score 0.75 by rollouts · prior 0.31", as far as they are known."""
    parts = [f"{say('visits')} {node.visits:,}", f"Q {number(node.q)}" if node.q is not None else say("Q not yet known")]
    if node.evaluations:
        last = node.evaluations[-1]
        parts.append(say("score {score} by {reward}", score=number(last.score), reward=safe(last.reward)))
    if node.parent is not None and node.prior != 1.0:
        parts.append(f"{say('prior')} {number(node.prior)}")
    return " · ".join(parts)


def wrapped(text: str) -> tuple[str, ...]:
    """A text as readable, escaped lines of at most HOVER_WIDTH characters; the last is an ellipsis where more would follow."""
    lines, left_out = _lines(text)
    return (*lines, f"… {say('{characters} in all', characters=counted(left_out, 'character'))}") if left_out else lines


@lru_cache(maxsize=16_384)
def _lines(text: str) -> tuple[tuple[str, ...], int]:
    """The lines, and the length of the text where more would follow."""
    text = "\n".join(readable(line) for line in text.splitlines())
    if len(text) <= HOVER_WIDTH and "\n" not in text:
        return (safe(text),) if text else (), 0
    lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line[: HOVER_WIDTH * HOVER_LINES * 2], HOVER_WIDTH)]
    shown, left_out = (lines, 0) if len(lines) <= HOVER_LINES else (lines[: HOVER_LINES - 1], len(text))
    return tuple(map(safe, shown)), left_out
