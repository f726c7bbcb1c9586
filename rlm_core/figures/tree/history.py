"""The history of a tree as plain data, from which a browser draws the tree at any event without asking again.

The data hold each node once, and what each event changes. `browser/state.js` applies the changes as `SearchTree` does; a test compares
the two event by event.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.phrases import say
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import name, origin, readable, words
from rlm_core.figures import browser, palette
from rlm_core.figures.ranks.decided import tables
from rlm_core.figures.text import facts
from rlm_core.narrate.sentences import headline, sentence, touched
from rlm_core.search.breakpoints import completes_simulation

DIGITS = 6
"""Of numbers in the data after the point: more than is ever shown."""
Data = dict[str, Any]


def history(run: str, records: Sequence[ev.Record], tree: SearchTree, *, narrated: bool = False) -> Data:
    """The data of a run's whole tree.

    run: its id.
    records: all events so far.
    tree: their replay.
    narrated: with the sentence of each event, the arithmetic of each selection and the ranks of each other decision, for a page without a
        server.
    """
    before = SearchTree()
    rows = []
    compares = catalogue.structure(str(tree.started.config.get("search", "")) if tree.started else "").compared
    for record in records:
        rows.append(_event(record, before, narrated))
        if narrated:
            before.apply(record)
            if found := tables(before, record.event, compares):
                rows[-1]["ranks"] = found
    return {
        "run": run,
        "nodes": [_node(tree, n) for n in tree.nodes.values()],
        "events": rows,
        "root": tree.root,
        "forced": say(palette.BEGUN_WORDS if tree.branch else palette.FORCED_WORDS),
        "oracle": _oracle_from(records),
    }


def encoded(data: Data) -> bytes:
    """The data as JSON without spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def look() -> Data:
    """The visual language for the browser: colours, shapes and words of `palette`."""
    return {
        "value": palette.VALUE,
        "valueWords": [say(words) for words in palette.VALUE_WORDS],
        "themes": {theme.name: {f: getattr(theme, f) for f in theme.__slots__} for theme in (palette.LIGHT, palette.DARK)},
        "looks": {key: {f: _said(f, getattr(of, f)) for f in of.__slots__} for key, of in palette.LOOKS.items()},
        "links": {key: {f: _said(f, getattr(of, f)) for f in of.__slots__} for key, of in palette.LINKS.items()},
        "shares": palette.SHARES,
        "widths": palette.WIDTHS,
        "sizeWords": say(palette.SIZE_WORDS),
        "oracle": {"words": say(palette.ORACLE_BADGE), "paper": palette.ORACLE_PAPER, "ink": palette.ORACLE_INK},
        "font": palette.FONT,
        "large": palette.LARGE,
        "say": {text: say(text) for text in browser.TREE_WORDS},
    }


def _said(field: str, value: Any) -> Any:
    """A field of a sign, its words said."""
    return say(value) if field in ("words", "legend") else value


def _node(tree: SearchTree, node: Node) -> Data:
    """What of a node never changes; what is usual is left out."""
    label, text = words(tree, node), node.text.strip()
    found: Data = {"id": node.id, "parent": node.parent, "added": node.added, "label": label}
    rare = {
        "text": text if readable(text) != label else None,
        "state": node.state if node.terminal else None,
        "answer": None if node.answer is None else readable(node.answer),
        "prior": None if node.prior == 1.0 else _short(node.prior),
        "forced": node.forced or None,
        "by": origin(tree.branch, node.id) or None,
        "facts": facts(tree, node) or None,
        "logprob": _short(node.logprob),
        "size": node.size,
    }
    return found | {key: value for key, value in rare.items() if value is not None}


def _event(record: ev.Record, before: SearchTree, narrated: bool) -> Data:
    """An event: the nodes it is about, what it changes, and where a simulation ends."""
    event = record.event
    row: Data = {}
    if nodes := touched(event):
        row["now"] = nodes
    if change := _change(event):
        row["change"] = change
    if completes_simulation(event):
        row["simulation"] = 1
    if narrated:
        row |= {"kind": headline(event), "time": round(record.time, 3), "sentence": sentence(record, before)}
        if isinstance(event, ev.Selected) and event.choices:
            row["choices"] = [_choice(c, event) for c in event.choices]
    return row


def _change(event: ev.AnyEvent) -> list[Any] | None:
    """The kind of change and its numbers; None for an event that changes no node."""
    match event:
        case ev.BackedUp(value=value, values=values):
            return ["backup", [_short(v) for v in values] if values else _short(value)]
        case ev.Evaluated(node=node, score=score, reward=reward):
            return ["score", node, _short(score), reward]
        case ev.SampledAgain(node=node, times=times):
            return ["samples", node, times]
        case ev.Pruned(nodes=nodes, reason=reason):
            return ["pruned", nodes, say(reason)]
        case ev.Backtracked(source=source, target=target):
            return ["backtrack", source, target]
        case ev.Corrected(source=source, target=target):
            return ["correction", source, target]
        case ev.Resampled(particles=particles):
            return ["copies", [[p.node, p.copies] for p in particles]]
        case ev.Answered(node=node, answer=answer, correct=correct):
            return ["answer", node, None if answer is None else readable(answer), correct]
        case _:
            return None


def _choice(choice: ev.Choice, event: ev.Selected) -> Data:
    """A decision with its arithmetic in words, as the inspector of a page without a server shows it."""
    won = next((t for t in choice.terms if t.node == choice.chosen), None)
    rule = catalogue.rule(event.rule)
    filled = rule.filled(won, choice.visits, event.constant) if rule and won is not None and not choice.drawn else ""
    terms = [[t.node, t.visits, _short(t.q), _short(t.bonus), _short(t.total)] for t in choice.terms]
    return {"at": choice.parent, "where": name(choice.parent), "chosen": choice.chosen, "terms": terms, "filled": filled}


def _oracle_from(records: Sequence[ev.Record]) -> int | None:
    """The number of the first event that reads the reference answer; None if none does."""
    return next((r.seq for r in records if isinstance(r.event, ev.RunStarted | ev.Evaluated) and r.event.oracle), None)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
