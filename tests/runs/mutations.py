"""Real logs with something changed at random, and everything that is ever drawn of a log."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlm_core.core.events import Record
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import words
from rlm_core.figures import palette
from rlm_core.figures.chain.figure import ribbon_figure
from rlm_core.figures.charts.candidates import candidates_figure, votes_figure
from rlm_core.figures.palette import in_words
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.narrate.sentences import headline, sentence, touched
from rlm_core.runs.formats.graph import to_networkx
from rlm_core.runs.summary import summarise
from rlm_core.search.pool import cost, first_n, pooled

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.jsonl"))
NUMBERS = (0, 1, 2, 3, 7, -1, 99, 2**60, 10**30, 0.5, 1.5, -0.25, 1e308, -1e308)
OTHERS = (None, True, False, "", "x", "<b>&", "0", [], {}, [0], [[0, 1, 2]])


def rows(log: Path) -> list[dict[str, Any]]:
    """A log's lines as plain data."""
    return [json.loads(line) for line in log.read_bytes().splitlines()]


def mutated(log: list[dict[str, Any]], rng: random.Random, changes: int) -> bytes:
    """The log after so many random changes; the events are numbered anew, so that more than their numbers is looked at."""
    log = copy.deepcopy(log)
    for _ in range(changes):
        rng.choice((_change, _change, _change, _drop, _repeat, _swap))(log, rng)
    return b"\n".join(json.dumps({**row, "seq": i} if "seq" in row else row).encode() for i, row in enumerate(log, 1)) + b"\n"


def _change(log: list[dict[str, Any]], rng: random.Random) -> None:
    """Give one value somewhere in an event to another one of its kind, or to anything at all."""
    if not log:
        return
    holder, key = rng.choice(list(_places(rng.choice(log)["event"])) or [({}, "")])
    old, new = holder[key] if key != "" else None, rng.choice(NUMBERS)
    if rng.random() < 0.3:
        new = rng.choice(OTHERS)
    elif isinstance(old, int) and not isinstance(old, bool) and rng.random() < 0.5:
        new = old + rng.choice((-2, -1, 1, 2, 5))
    if isinstance(old, list) and old and rng.random() < 0.5:
        new = old[:-1] if rng.random() < 0.5 else [*old, old[0]]
    holder[key] = new


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every value inside, as what holds it and its key or index."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()):
        yield value, key
        yield from _places(inner)


def _drop(log: list[dict[str, Any]], rng: random.Random) -> None:
    if log:
        log.pop(rng.randrange(len(log)))


def _repeat(log: list[dict[str, Any]], rng: random.Random) -> None:
    if log:
        log.insert(rng.randrange(len(log) + 1), copy.deepcopy(rng.choice(log)))


def _swap(log: list[dict[str, Any]], rng: random.Random) -> None:
    if log:
        i, j = rng.randrange(len(log)), rng.randrange(len(log))
        log[i], log[j] = log[j], log[i]


def draw_every_moment(records: tuple[Record, ...], pictures: int = 4) -> None:
    """All sentences, and at `pictures` moments and at the end all figures; whatever they raise is raised."""
    tree = SearchTree()
    shown = {len(records) * i // pictures for i in range(1, pictures + 1)}
    for record in records:
        assert sentence(record, tree)
        assert headline(record.event)
        tree.apply(record)
        assert all(n in tree.nodes for n in touched(record.event))
        if record.seq in shown:
            _draw(tree)


def _draw(tree: SearchTree) -> None:
    for figure in (tree_figure, candidates_figure, ribbon_figure):
        figure(tree, theme=palette.LIGHT).to_json()
    if tree.answered is not None:
        votes_figure(tree.answered, tree, theme=palette.LIGHT).to_json()
    to_networkx(tree)
    json.dumps(summarise(tree).as_dict())
    for node in tree.nodes.values():
        assert tree.path(node.id)[-1] == node.id
        words(tree, node)
        in_words(node)
    if pooled(tree):
        first_n(tree, "weighted", len(pooled(tree)))
        cost(tree, len(pooled(tree)))
