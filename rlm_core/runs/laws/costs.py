"""Laws of what was proposed and what it cost: priors, budgets and tokens."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec

from rlm_core.core.config import BUDGETS, Budget
from rlm_core.core.events import Record, Spent
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, name, number
from rlm_core.core.words import LOOKAHEAD, PROBE, ROLLOUT, SCORE
from rlm_core.runs.laws.base import TOLERANCE, Finding, equal

LATE_SECONDS = 1.0
"""How long after a budget of seconds the request then at work may still write an event."""
NO_NODES = (ROLLOUT.name, SCORE.name, LOOKAHEAD.name, PROBE.name)
"""Purposes whose tokens never become nodes."""


def budget_kept(records: Sequence[Record], tree: SearchTree) -> Finding:
    budget = budget_of(tree)
    if budget is None:
        return Finding(None, "the log names no budget")
    spent: dict[str, float] = dict.fromkeys(BUDGETS, 0.0)
    over = None
    for record in records:
        spent["seconds"] = record.time - LATE_SECONDS
        if isinstance(event := record.event, Spent):
            before = dict(spent)
            spent["tokens"] += event.generated if event.purpose != PROBE.name else 0
            spent["simulations"] += event.simulations
            spent["reward_passes"] += event.reward_passes
            reached = budget.reward_passes is not None and before["reward_passes"] >= budget.reward_passes and event.reward_passes
            over = over or next((b for b in ("simulations", "tokens") if _passed(getattr(budget, b), spent[b])), None)
            over = over or ("reward_passes" if reached else None)
        over = over or ("seconds" if _passed(budget.seconds, spent["seconds"]) else None)
        if over:
            count = record.time if over == "seconds" else spent[over]
            return Finding(False, f"{count:,.6g} {BUDGETS[over]} of {getattr(budget, over):,.6g} allowed", None, record.seq)
    used = {**spent, "seconds": max(0.0, spent["seconds"] + LATE_SECONDS)}
    set_here = [b for b in BUDGETS if getattr(budget, b) is not None]
    return Finding(True, "; ".join(f"{used[b]:,.4g} of {getattr(budget, b):,.4g} {BUDGETS[b]} used" for b in set_here))


def budget_of(tree: SearchTree) -> Budget | None:
    """The budget of a run; None where its log names none that can be read."""
    try:
        return msgspec.convert((tree.started.config if tree.started else {})["budget"], Budget)
    except (KeyError, msgspec.ValidationError):  # a ConfigError inside comes as the latter
        return None


def _passed(limit: float | None, used: float) -> bool:
    return limit is not None and used > limit


def priors(_: Sequence[Record], tree: SearchTree) -> Finding:
    """Each prior is its step's share of exp(mean log-probability) among the steps added with it and the children already there."""
    weighed = 0
    for parent in tree.nodes.values():
        children = [tree.nodes[c] for c in parent.children]
        if all(c.prior == 1.0 for c in children):
            continue
        weighed += len(children)
        wrong = _wrong_prior(children, tree.finished is None) if all(c.tokens for c in children) else _wrong_sum(children)
        if wrong is not None:
            return Finding(False, wrong[1], wrong[0], tree.nodes[wrong[0]].added)
    if not weighed:
        return Finding(None, "no siblings were weighed: every prior is 1")
    return Finding(True, f"checked at {counted(weighed, 'step')} that were weighed against siblings")


def _wrong_prior(children: Sequence[Node], growing: bool) -> tuple[int, str] | None:
    """The first child whose prior does not follow from the tokens, with the reason. growing: more children may still come."""
    bad = next((c for c in children if not 0 < c.prior <= 1 + TOLERANCE), None)
    if bad is not None:
        return bad.id, f"P of {name(bad.id)} is {bad.prior:.4g}"
    older = 0.0
    for batch in batches(children):
        whole, own = _weight(batch[0]) / batch[0].prior, sum(map(_weight, batch))
        for child in batch:
            if not equal(whole, _weight(child) / child.prior):
                share = number(_weight(child) / whole)
                return child.id, f"P of {name(child.id)} is {number(child.prior)}; beside its siblings its tokens give {share}"
        if not (equal(own, whole) or equal(own + older, whole) or growing):
            first = name(batch[0].id)
            return batch[0].id, f"the priors from {first} on sum to {number(own / whole)}, and no other sibling was weighed with them"
        older += own
    return None


def batches(children: Sequence[Node]) -> Iterator[list[Node]]:
    """Siblings by the proposals they came in, as their priors tell. Every prior must be above 0.

    A prior P says what its batch weighed in all: w/P, w being exp(mean log-probability). A batch is whole when its own weights, with
    or without those of the children before it, come to that.
    """
    older, batch = 0.0, list[Node]()
    for child in children:
        batch.append(child)
        whole, own = _weight(batch[0]) / batch[0].prior, sum(map(_weight, batch))
        if equal(own, whole) or equal(own + older, whole):
            yield batch
            older, batch = older + own, []
    if batch:
        yield batch


def _weight(child: Node) -> float:
    return math.exp(child.logprob or 0.0)


def _wrong_sum(children: Sequence[Node]) -> tuple[int, str] | None:
    """The same without tokens: each in [0,1], and at most 1 in all."""
    wrong = next((c for c in children if not -TOLERANCE <= c.prior <= 1 + TOLERANCE), None)
    total = sum(c.prior for c in children)
    if wrong is not None:
        return wrong.id, f"P of {name(wrong.id)} is {wrong.prior:.4g}"
    return (children[-1].id, f"the priors of {counted(len(children), 'sibling')} sum to {number(total)}") if total > 1 + 1e-6 else None


def tokens(records: Sequence[Record], tree: SearchTree) -> Finding:
    """The tokens of the nodes are among those that were counted for making nodes. Where a tool wrote into a step, that step is left out."""
    total, in_tree = tree.totals.generated, sum(_written(n) for n in tree.nodes.values())
    if not total and not in_tree:
        return Finding(None, "the log counts no tokens")
    if tree.finished is None:
        return Finding(None, "the log has no end, so its last tokens may not be counted yet")
    made = sum(k for purpose, k in tree.totals.by_purpose.items() if purpose not in NO_NODES)
    if in_tree > made:
        node = _first_uncounted(tree, made)
        return Finding(False, f"the nodes hold {in_tree:,} tokens; {made:,} were counted for making them", node.id, node.added)
    again = f"{made - in_tree:,} in samples that became no node of their own" if made > in_tree else ""
    other = f"{total - made:,} for scores, rollouts and looking ahead" if total > made else ""
    return Finding(True, f"{total:,} generated: {'; '.join(p for p in (f'{in_tree:,} in nodes', again, other) if p)}")


def _written(node: Node) -> int:
    """Tokens of a node that the model is known to have written."""
    return 0 if node.forced or node.tool is not None else node.size or 0


def _first_uncounted(tree: SearchTree, made: int) -> Node:
    """The first node with which the nodes hold more than so many tokens."""
    held = 0
    for node in sorted(tree.nodes.values(), key=lambda n: n.added):
        held += _written(node)
        if held > made:
            return node
    raise AssertionError("the nodes hold no more tokens than that")
