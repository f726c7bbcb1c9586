"""Facts about a node besides its step and scores: its space, its mark, who wrote it, its probe, its critiques."""

from __future__ import annotations

from pages.shared.html import rows_html
from pages.shared.language import node_name, told, tr, translated
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number, origin, readable
from rlm_core.figures.palette import MARKS as VERDICTS
from rlm_core.figures.text import copies
from rlm_core.narrate.thinking import TAG_PHRASES

Rows = list[tuple[str, str]]


def facts_html(tree: SearchTree, node: Node) -> str:
    """The rows as HTML, escaped; empty for an ordinary step."""
    return rows_html(facts(tree, node))


def facts(tree: SearchTree, node: Node) -> Rows:
    """Pairs of name and value for everything that the log says of a node besides its step and scores."""
    rows: Rows = []
    if node.parent is not None and any(n.thinking for n in tree.nodes.values()):
        rows.append((tr("Space"), tr("thinking") if node.thinking else tr("answer")))
    if node.tag:
        rows.append((tr("Mark"), tr(TAG_PHRASES.get(node.tag, node.tag))))
    rows += _forced(tree, node)
    if node.tool is not None:
        rows.append((tr("Calculator"), f"{readable(node.tool.call)} → {readable(node.tool.result)}"))
    rows += _replaced(tree, node)
    if node.probe is not None:
        answer = tr("nothing") if node.probe.answer is None else tr(VERDICTS[node.probe.correct]) + readable(node.probe.answer)
        rows.append(
            (tr("If made to answer here"), tr("{answer}, confidence {number}", answer=answer, number=number(node.probe.confidence)))
        )
    if node.samples > 1:
        rows.append((tr("Sampled"), tr("{samples:,} times; equal steps are one state, which has that many votes", samples=node.samples)))
    return rows + _critiques(tree, node) + _particles(tree, node)


def _forced(tree: SearchTree, node: Node) -> Rows:
    if by := told(origin, tree.branch, node.id):
        return [(tr("Where it comes from"), by)]
    reasons = [e.reason for _, e in tree.forces if e.node == node.id]
    why = "; ".join(map(translated, reasons)) or tr("the model did not write it")
    return [(tr("Put in by the decoder"), why)] if node.forced or reasons else []


def _replaced(tree: SearchTree, node: Node) -> Rows:
    rows: Rows = [(tr("Left for"), f"{node_name(e.target)}: {translated(e.reason)}") for _, e in tree.backtracks if e.source == node.id]
    rows += [(tr("Replaced by"), f"{node_name(e.target)}: {translated(e.reason)}") for _, e in tree.corrections if e.source == node.id]
    return rows + [(tr("Replaces"), node_name(e.source)) for _, e in tree.corrections if e.target == node.id]


def _critiques(tree: SearchTree, node: Node) -> Rows:
    found = [e for _, e in tree.critiques if node.id in (e.node, e.wrong)]
    return [
        (tr("Faulted by the critique") if e.wrong == node.id else tr("The model's critique"), e.text or tr("no fault found")) for e in found
    ]


def _particles(tree: SearchTree, node: Node) -> Rows:
    count = copies(tree).get(node.id)
    if count is None:
        return []
    weight = sum(p.weight for p in tree.resamplings[-1][1].particles if p.node == node.id)
    return [
        (
            tr("Latest resampling"),
            tr("weight {weight}, goes on ×{count}", weight=number(weight), count=count)
            if count
            else tr("weight {weight}, ends here", weight=number(weight)),
        )
    ]
