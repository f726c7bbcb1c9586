"""A run as tables: its nodes, its events and its candidates, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from rlm_core.core.events import Record
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.narrate.sentences import headline, sentence, touched


def nodes(tree: SearchTree) -> pd.DataFrame:
    """One row per node, by its number.

    parent, depth, text, state; visits (N), q, value, score, prior, logprob (mean per token) and tokens (their number);
    answer, correct, finished, pruned (the reason); added (number of the event).
    """
    rows = [
        {
            "node": n.id,
            "parent": n.parent,
            "depth": n.depth,
            "text": n.text,
            "state": n.state,
            "visits": n.visits,
            "q": n.q,
            "value": n.value,
            "score": n.score,
            "prior": n.prior,
            "logprob": n.logprob,
            "tokens": n.size,
            "answer": n.answer,
            "correct": n.correct,
            "finished": n.finished,
            "pruned": n.pruned,
            "added": n.added,
        }
        for n in tree.nodes.values()
    ]
    return _frame(
        rows, "node", {"parent": "Int64", "q": "float", "value": "float", "score": "float", "logprob": "float", "tokens": "Int64"}
    )


def events(records: Sequence[Record]) -> pd.DataFrame:
    """One row per event, by its number: time in seconds, type, the nodes it is about, and the event in a sentence."""
    tree = SearchTree()
    rows: list[dict[str, Any]] = []
    for record in records:
        event = record.event
        told = {"event": record.seq, "time": record.time, "type": type(event).__struct_config__.tag, "kind": headline(event)}
        rows.append(told | {"nodes": touched(event), "sentence": sentence(record, tree)})
        tree.apply(record)
    return _frame(rows, "event", {})


def candidates(tree: SearchTree) -> pd.DataFrame:
    """One row per finished solution, by its node: answer, correct, score, value, visits, samples, tokens, steps, chosen and solution."""
    chosen = tree.answered.node if tree.answered else None
    rows = [
        {
            "node": n.id,
            "answer": n.answer,
            "correct": n.correct,
            "score": n.score,
            "value": n.value,
            "visits": n.visits,
            "samples": n.samples,
            "tokens": tree.size(n.id),
            "steps": n.depth,
            "chosen": n.id == chosen and n.id != ROOT,
            "solution": "\n".join(tree.steps(n.id)),
        }
        for n in tree.candidates()
    ]
    return _frame(rows, "node", {"score": "float", "value": "float", "tokens": "Int64"})


def _frame(rows: list[dict[str, Any]], index: str, types: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows).astype(types).set_index(index) if rows else pd.DataFrame()
