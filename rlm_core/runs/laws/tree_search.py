"""Laws of a tree search: visits, values and choices."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from rlm_core import catalogue
from rlm_core.core.events import BackedUp, Choice, Record, Selected, Term
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, listed, name, number
from rlm_core.runs.laws.base import Finding, equal, settings
from rlm_core.search import searches
from rlm_core.search.algorithms import x1
from rlm_core.search.rules import Arm, Rule, best


def visits(records: Sequence[Record], _: SearchTree) -> Finding:
    tree, ended, backups = SearchTree(), Counter[int](), 0
    for record in records:
        tree.apply(record)
        if not isinstance(event := record.event, BackedUp):
            continue
        backups += 1
        ended[event.path[0]] += 1
        above = tree.nodes[event.path[-1]].parent
        for n in (*event.path, *([] if above is None else [above])):
            node = tree.nodes[n]
            below = sum(tree.nodes[c].visits for c in node.children)
            if node.visits != below + ended[n]:
                detail = f"{name(n)} has N = {node.visits:,}, its children {below:,} together, and {ended[n]:,} ended at it"
                return Finding(False, detail, n, record.seq)
    if not backups:
        return Finding(None, "this run backs nothing up")
    return Finding(True, f"checked at {counted(backups, 'backup')}")


def means(records: Sequence[Record], whole: SearchTree) -> Finding:
    """The value of each backup against the leaf's scores, and every Q that a choice used against the mean up to then."""
    tree, checked, pending, known = SearchTree(), Counter[str](), 0, _known(whole)
    own = _own_backup(whole)
    for record in records:
        match event := record.event:
            case BackedUp(values=values) if values and own is None:
                return Finding(None, "its values follow a rule of another program, which is not known here")
            case BackedUp() if (wrong := _wrong_backup(tree, event, known, own)) is not None:
                return Finding(False, wrong, event.path[0], record.seq)
            case BackedUp():
                checked["backup"] += 1
            case Selected(choices=choices):
                for choice in choices:
                    for term in choice.terms:
                        if (wrong := _wrong_mean(tree, choice, term, event.constant, pending if known else None)) is not None:
                            return Finding(False, wrong, term.node, record.seq)
                        checked["recorded Q"] += 1
            case _:
                pass
        pending = pending + 1 if isinstance(event, Selected) else 0
        tree.apply(record)
    if not checked["backup"]:
        return Finding(None, "this run backs nothing up")
    rule = "x1's own backup, worked out again: " if own is not None else ""
    return Finding(True, f"{rule}checked at {listed([counted(k, w, f'{w}s' if w == 'backup' else w) for w, k in checked.items()])}")


def _wrong_backup(tree: SearchTree, event: BackedUp, known: bool, own: x1.X1Config | None) -> str | None:
    """Why a backup does not follow from the tree before it; None where it does."""
    leaf = tree.nodes[event.path[0]]
    if known and not any(equal(e.score, event.value) for e in leaf.evaluations):
        scored = f"the reward gave {number(leaf.score)}" if leaf.score is not None else "no reward scored it"
        return f"{event.value:.4g} goes up from {name(leaf.id)}, but {scored}"
    if own is None or leaf.score is None:
        return None
    expected = x1.backup(tree, leaf.id, own.alpha, own.gamma).values
    if len(expected) != len(event.values):
        return f"it gives {counted(len(event.values), 'new Q', 'new Q')}; x1's rule gives {len(expected)}"
    wrong = next((i for i, (a, b) in enumerate(zip(expected, event.values, strict=True)) if not equal(a, b)), None)
    if wrong is None:
        return None
    return f"Q of {name(event.path[wrong])} is given as {number(event.values[wrong])}; x1's rule gives {number(expected[wrong])}"


def _wrong_mean(tree: SearchTree, choice: Choice, term: Term, constant: float, pending: int | None) -> str | None:
    """Why the Q and N that a choice used for a child are not those of the tree; None where they are.

    pending: walks of this batch before the choice, each of which may count as a visit of value 0; None where that is not known.
    """
    node = tree.nodes[term.node]
    if choice.drawn:
        expected = None if term.node == choice.parent else (constant + node.total) / (2 * constant + node.visits)
        if expected is None or (term.q is not None and equal(term.q, expected)):
            return None
        return f"{name(node.id)} is weighed with the mean {number(term.q or 0.0)}; its backups give {number(expected)}"
    infinite = term.total is None
    if not infinite and (term.visits < node.visits or (pending is not None and term.visits > node.visits + pending)):
        return f"{name(node.id)} is weighed with N = {term.visits:,}; {counted(node.visits, 'backup')} went through it"
    expected = node.total / term.visits if term.visits else None
    if (infinite and not node.visits) or (expected is None and term.q is None):
        return None
    if expected is not None and term.q is not None and equal(term.q, expected):
        return None
    said = "none" if term.q is None else number(term.q)
    return f"{name(node.id)} is weighed with Q = {said}; the mean of its backups is {'none' if expected is None else number(expected)}"


def choices(records: Sequence[Record], tree: SearchTree) -> Finding:
    checked, known = 0, _known(tree)
    for record in records:
        if not isinstance(event := record.event, Selected):
            continue
        rule = catalogue.rule(event.rule) if known else None
        for choice in event.choices:
            checked += 1
            if wrong := _wrong_choice(choice, rule, event.constant):
                return Finding(False, wrong, choice.parent, record.seq)
    if not checked:
        return Finding(None, "the log holds no choice by a formula or a draw")
    return Finding(True, f"checked at {counted(checked, 'choice')}")


def _wrong_choice(choice: Choice, rule: Rule | None, c: float) -> str:
    if choice.drawn:
        wider = (choice.wider or 0.0) >= (choice.deeper or 0.0)
        rivals = [t for t in choice.terms if t.node != choice.parent]
        right = choice.parent if wider else best(rivals).node if rivals else choice.parent
        return "" if choice.chosen == right else f"the draws choose {name(right)}, the log {name(choice.chosen)}"
    for term in choice.terms if rule else ():
        arm = Arm(term.node, term.visits, (term.q or 0.0) * term.visits, term.prior)
        total = rule.terms([arm], choice.visits, c)[0].total if rule else None
        if (total is None) != (term.total is None) or not equal(total or 0.0, term.total or 0.0):
            return f"the total of {name(term.node)} is given as {_total(term.total)}; its rule gives {_total(total)}"
    largest = max(math.inf if t.total is None else t.total for t in choice.terms)
    chosen = next(t for t in choice.terms if t.node == choice.chosen)
    if largest == math.inf or chosen.total is None:
        right = chosen.total is None
    else:
        right = equal(chosen.total, largest)
    return "" if right else f"{name(choice.chosen)} was chosen with {_total(chosen.total)}; the largest total is {_total(largest)}"


def _known(tree: SearchTree) -> bool:
    """Was the run made by a search that is here, and not by another program?"""
    started = tree.started
    return started is not None and not started.elsewhere and started.config.get("search") in tuple(searches())


def _own_backup(tree: SearchTree) -> x1.X1Config | None:
    """The settings of x1's own backup rule, where the run used it."""
    used = tree.started is not None and tree.started.config.get("search") == x1.DESCRIPTION.name
    return settings(tree, x1.DESCRIPTION) if used else None


def _total(total: float | None) -> str:
    return "∞" if total is None or math.isinf(total) else number(total)
