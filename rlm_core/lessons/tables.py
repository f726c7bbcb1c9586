"""The tables and curves that lessons show, made of recorded runs, trainings and sweeps; for the page and for the offline pack."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go

from rlm_core.core.phrases import say
from rlm_core.core.tree import replay
from rlm_core.core.wording import number, readable
from rlm_core.evaluation.pools import PoolPoint
from rlm_core.evaluation.scaling import curve
from rlm_core.evaluation.sweep import budget_title
from rlm_core.figures import palette
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import accuracy_figure, pool_figure
from rlm_core.lessons import sources
from rlm_core.lessons.reading import Figure, LessonError
from rlm_core.runs.what_if.decisions import RULES, selection
from rlm_core.search import answers
from rlm_core.search.rules import Rule

VERDICT = {True: "✓", False: "✕", None: ""}
READINGS = {"ceiling": "pass@N", "weighted": "weighted", "naive": "naive", "majority": "majority"}
"""Ways to read a pool by the fields of `PoolPoint`."""


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in rows.

    head: keys, which the page translates.
    winner: the row that is emphasised; None for none.
    texts: columns of steps and answers.
    chosen: the node that won, where there is one.
    formula: its arithmetic; may be empty.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    winner: int | None = None
    texts: tuple[int, ...] = ()
    chosen: int = 0
    formula: str = ""


def rule_of(run: str, event: int) -> Rule:
    """The formula by which an event chose; LessonError where it chose by none."""
    found, _ = sources.choice(run, event)
    if found.rule not in RULES:
        raise LessonError(f"Event {event} of the run “{run}” chose by “{found.rule}”, which is no formula with a constant.")
    return RULES[found.rule]


def at_constant(run: str, event: int, level: int, c: float) -> Table:
    """A choice made again with another constant, the winner first."""
    _, choice = sources.choice(run, event, level)
    before = sources.tree(run, event - 1)
    made = selection(before, choice, rule_of(run, event), c)
    rows = tuple((row[0], readable(before.nodes[int(row[0])].text), *row[1:]) for row in made.rows)
    return Table(("node", "step", "N", "Q", "bonus", "total"), rows, 0, (1,), made.chosen[0], made.formula)


def step_scores(run: str, node: int) -> Table:
    """The steps of a candidate with the score of each; the weakest is emphasised."""
    tree = sources.tree(run)
    if node not in tree.nodes:
        raise LessonError(f"The run “{run}” has no node {node}.")
    scores = next((e.steps for e in reversed(tree.nodes[node].evaluations) if e.steps), ())
    path = tree.path(node)[1:]
    if len(scores) != len(path):
        raise LessonError(f"Node {node} of the run “{run}” has no score for each of its steps.")
    rows = tuple((str(i), readable(tree.nodes[n].text), number(s)) for i, (n, s) in enumerate(zip(path, scores, strict=True), 1))
    return Table(("number", "step", "score"), rows, min(range(len(scores)), key=lambda i: scores[i]), (1,))


def votes(run: str) -> Table:
    """The answers of a run's candidates: how many gave each, the sum of their scores, and whether it is right; the most common first."""
    tree = sources.tree(run)
    by_count, by_score = answers.picked(tree, "majority"), answers.picked(tree, "weighted")
    sums = {v.answer: v.weight for v in by_score.votes}
    ranked = sorted(by_count.votes, key=lambda v: -v.weight)
    rows = tuple((readable(v.answer), f"{v.weight:.0f}", number(sums.get(v.answer, 0.0)), VERDICT[v.correct]) for v in ranked)
    return Table(("answer", "votes", "sum of scores", "right"), rows, None, (0,))


def group(training: str, at: int, index: int, advantages: bool = True) -> Table:
    """The answers of a group with reward and, unless a person is to work them out, advantages."""
    found = sources.group(training, at, index)
    tree = replay(found.records)
    rows = tuple(
        (
            str(i),
            " ; ".join(readable(step) for step in tree.steps(c.node)),
            VERDICT[c.parts.get("answer") == 1],
            f"{c.reward:.3f}",
            "0.00" if abs(c.advantage) < 0.005 else f"{c.advantage:+.2f}".replace("-", "−"),
        )
        for i, c in enumerate(found.candidates, 1)
    )
    head = ("number", "answer", "right", "reward", "advantage")
    most = len(head) if advantages else len(head) - 1
    return Table(head[:most], tuple(row[:most] for row in rows), None, (1,))


def stages(training: str) -> Table:
    """The stages of a training with pass@1 and pass@k on the same held-out problems."""
    found = sources.training(training).stages()
    k = found[0].measures.k
    rows = tuple((say(s.title), f"{s.measures.pass_at_1[0]:.1%}", f"{s.measures.pass_at_k[0]:.1%}", f"{s.steps:,}") for s in found)
    return Table(("stage", "pass@1", f"pass@{k}", "steps"), rows, None, (0,))


def curve_figure(of: Figure, *, theme: palette.Theme, large: bool = False) -> go.Figure:
    """Accuracy against tokens: one pool read in several ways (pool=STRATEGY), or strategies (strategies=…)."""
    place = of.whole("pool")
    if place is not None:
        points = sources.pool(of.of, place)
        lines = [
            Line(say(title), [_point(p, field) for p in points if getattr(p, field) is not None], i)
            for i, (field, title) in enumerate(READINGS.items())
        ]
        return pool_figure([line for line in lines if line.points], theme=theme, large=large)
    sweep, results = sources.sweep(of.of)
    titles = [budget_title(b) for b in sweep.budgets]
    wanted = of.several("strategies") or range(len(sweep.strategies))
    lines = [
        Line(
            say(sweep.strategies[s].title),
            [Point(p.tokens, p.accuracy, p.low, p.high, p.label) for p in curve(sweep, results, s, titles)],
            s,
        )
        for s in wanted
    ]
    return accuracy_figure(lines, theme=theme, large=large)


def _point(p: PoolPoint, field: str) -> Point:
    value, low, high = getattr(p, field)
    return Point(p.tokens, value, low, high, f"N = {p.n}")
