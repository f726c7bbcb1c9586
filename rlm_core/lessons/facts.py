"""Numbers in the text of a lesson, read out of what it shows: `{{mcts node 3 visits at 41}}` is the visits of node 3 after event 41.

The first word names a run, `training:NAME` or `sweep:NAME`; the rest is one of the patterns below. So no number of a lesson is typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, stdev
from typing import TypeVar

from rlm_core.core.events import EffortChosen, Evaluated, Forced, RunStarted, ToolCalled
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import number, readable
from rlm_core.evaluation.scaling import curve
from rlm_core.evaluation.statistics import pass_at_k
from rlm_core.evaluation.sweep import budget_title
from rlm_core.lessons import sources
from rlm_core.lessons.reading import Block, Choice, Figure, Lesson, LessonError, Option, Prose, Step
from rlm_core.runs.attribution import attribute
from rlm_core.runs.outcome import right_answer
from rlm_core.search import answers

T = TypeVar("T")
_FACT = re.compile(r"\{\{(.+?)\}\}")


def fill(text: str) -> str:
    """The text with the value of each `{{…}}` in its place; LessonError for one that has none.

    >>> fill("The root has {{mcts node 0 visits at 41}} visits.")
    'The root has 6 visits.'
    """
    return _FACT.sub(lambda found: value(found[1].strip()), text)


def value(fact: str) -> str:
    """What a fact says, as it is written in a text."""
    source, _, rest = fact.partition(" ")
    kind, colon, name = source.partition(":")
    patterns = {"training": _TRAINING, "sweep": _SWEEP}.get(kind) if colon else _RUN
    for pattern, says in patterns or ():
        if found := pattern.fullmatch(rest):
            return says(name or source, *found.groups())
    raise LessonError(f"“{fact}” is no value of a run, training or sweep.")


def filled(lesson: Lesson) -> Lesson:
    """The lesson with the values in its texts, and with the right option where a value decides it.

    LessonError names file and line.
    """
    steps = tuple(_step(lesson, s) for s in lesson.steps)
    return replace(lesson, title=fill(lesson.title), after=tuple(map(fill, lesson.after)), steps=steps)


def _step(lesson: Lesson, step: Step) -> Step:
    blocks = tuple(_named(lesson, b.line, lambda b=b: _block(b)) for b in step.blocks)
    presenter = _named(lesson, step.line, lambda: fill(step.presenter))
    return Step(fill(step.title), blocks, presenter, step.line)


def _named(lesson: Lesson, line: int, made: Callable[[], T]) -> T:
    try:
        return made()
    except LessonError as error:
        raise LessonError(f"{lesson.file}, the block at line {line}: {error}") from None


def _block(block: Block) -> Block:
    if isinstance(block, Prose):
        return replace(block, text=fill(block.text))
    if isinstance(block, Figure):
        return replace(block, caption=fill(block.caption))
    return _decided(
        replace(
            block,
            text=fill(block.text),
            options=tuple(Option(fill(o.text), o.right, fill(o.feedback)) for o in block.options),
            decided=fill(block.decided),
            reveal=fill(block.reveal),
        )
    )


def _decided(choice: Choice) -> Choice:
    """The choice with its right option, where a value decides it."""
    texts = [o.text for o in choice.options]
    if len(set(texts)) < len(texts):
        raise LessonError("Two options say the same.")
    if not choice.decided:
        return choice
    if choice.decided not in texts:
        raise LessonError(f"No option is the right one, “{choice.decided}”.")
    return replace(choice, options=tuple(replace(o, right=o.text == choice.decided) for o in choice.options))


# -- runs --------------------------------------------------------------------------------


def _share(found: float) -> str:
    return f"{found:.1%}"


def _at(run: str, event: str | None) -> SearchTree:
    return sources.tree(run, int(event) if event else None)


def _node(run: str, node: str, event: str | None) -> Node:
    found = _at(run, event).nodes.get(int(node))
    if found is None:
        raise LessonError(f"Node {node} is not in the tree of the run “{run}” at that moment.")
    return found


def _figure(found: float | int | str | None, what: str) -> str:
    if found is None:
        raise LessonError(f"There is no {what} there.")
    return found if isinstance(found, str) else number(found) if isinstance(found, float) else f"{found:,}"


def _of_node(run: str, node: str, what: str, event: str | None) -> str:
    found = _node(run, node, event)
    known: dict[str, float | int | str | None] = {
        "text": readable(found.text),
        "visits": found.visits,
        "total": found.total,
        "value": found.q,
        "score": found.score,
        "prior": found.prior,
        "answer": None if found.answer is None else readable(found.answer),
        "samples": found.samples,
        "children": len(found.children),
        "probe": None if found.probe is None else found.probe.answer,
        "confidence": None if found.probe is None else found.probe.confidence,
    }
    return _figure(known[what], what)


def _step_score(run: str, node: str, step: str) -> str:
    steps = next((e.steps for e in reversed(_node(run, node, None).evaluations) if e.steps), ())
    if not 1 <= int(step) <= len(steps):
        raise LessonError(f"Node {node} has the scores of {len(steps)} steps.")
    return number(steps[int(step) - 1])


def _rollouts(run: str, event: str, what: str) -> str:
    found = sources.records(run)[int(event) - 1].event
    if not isinstance(found, Evaluated) or not found.rollouts:
        raise LessonError(f"Event {event} of the run “{run}” has no rollouts.")
    right = sum(r.score == 1 for r in found.rollouts)
    return {"right": str(right), "count": str(len(found.rollouts)), "score": number(found.score)}[what]


def _term(run: str, event: str, level: str | None, node: str, what: str) -> str:
    _, choice = sources.choice(run, int(event), int(level or 0))
    term = next((t for t in choice.terms if t.node == int(node)), None)
    if term is None:
        raise LessonError(f"Node {node} was not weighed at event {event} of the run “{run}”.")
    return _figure(getattr(term, what), what)


def _chosen(run: str, event: str, level: str | None, what: str) -> str:
    selected, choice = sources.choice(run, int(event), int(level or 0))
    text = readable(sources.tree(run).nodes[choice.chosen].text)
    return {"chosen": str(choice.chosen), "text": text, "visits": f"{choice.visits:,}", "c": f"{round(selected.constant, 3):g}"}[what]


def _vote(run: str, answer: str, what: str) -> str:
    tree = sources.tree(run)
    found = answers.picked(tree, {"votes": "majority", "weight": "weighted"}[what])
    vote = next((v for v in found.votes if v.answer == answer), None)
    if vote is None:
        raise LessonError(f"No candidate of the run “{run}” answers {answer}.")
    return f"{vote.weight:.0f}" if what == "votes" else number(vote.weight)


def _winner(run: str, method: str) -> str:
    return _figure(answers.picked(sources.tree(run), method).answer, "answer")


def _whole(run: str, what: str, event: str | None) -> str:
    tree = _at(run, event)
    problem = tree.problem
    known: dict[str, Callable[[], float | int | str | None]] = {
        "question": lambda: problem.question,
        "right answer": lambda: right_answer(problem),
        "answer": lambda: None if tree.answered is None or tree.answered.answer is None else readable(tree.answered.answer),
        "events": lambda: tree.seq,
        "nodes": lambda: len(tree.nodes),
        "tokens": lambda: tree.totals.generated,
        "simulations": lambda: tree.totals.simulations,
        "candidates": lambda: len(tree.candidates()),
        "right candidates": lambda: sum(n.correct is True for n in tree.candidates()),
        "cause": lambda: found.cause if (found := attribute(tree)) else None,
    }
    return _figure(known[what](), what)


def _setting(run: str, name: str) -> str:
    started = sources.records(run)[0].event
    assert isinstance(started, RunStarted)
    config = started.config
    found = next((place[name] for place in (config["search_parameters"], config["reward_parameters"], config) if name in place), None)
    return _figure(found, f"setting {name}")


def _effort(run: str, what: str) -> str:
    found = next((r.event for r in sources.records(run) if isinstance(r.event, EffortChosen)), None)
    return _figure(None if found is None else getattr(found, what), f"effort {what}")


def _tool(run: str, place: str, what: str) -> str:
    calls = [r.event for r in sources.records(run) if isinstance(r.event, ToolCalled)]
    if not 1 <= int(place) <= len(calls):
        raise LessonError(f"The run “{run}” has {len(calls)} tool calls.")
    return readable(getattr(calls[int(place) - 1], what))


def _count(run: str, what: str) -> str:
    kinds = {"tool calls": ToolCalled, "forced": Forced}
    return str(sum(isinstance(r.event, kinds[what]) for r in sources.records(run)))


# -- trainings ---------------------------------------------------------------------------


def _stage(name: str, stage: str, what: str) -> str:
    found = next((s for s in sources.training(name).stages() if s.stage == stage), None)
    if found is None:
        raise LessonError(f"The training “{name}” has no stage “{stage}”.")
    m = found.measures
    known = {
        "pass1": _share(m.pass_at_1[0]),
        "passk": _share(m.pass_at_k[0]),
        "k": str(m.k),
        "problems": str(m.problems),
        "steps": f"{found.steps:,}",
    }
    return known[what]


def _passes(name: str, stage: str, k: str) -> str:
    found = next((p for p in sources.training(name).passes() if p.stage == stage), None)
    if found is None:
        raise LessonError(f"The stage “{stage}” of the training “{name}” was not measured with many answers.")
    return _share(fmean(pass_at_k(found.samples, c, int(k)) for c in found.right))


def _group(name: str, at: str, index: str, what: str, answer: str | None) -> str:
    found = sources.group(name, int(at), int(index))
    rewards = [c.reward for c in found.candidates]
    if answer is not None:
        candidate = found.candidates[int(answer) - 1]
        return f"{candidate.reward:.3f}" if what == "reward" else f"{candidate.advantage:+.2f}".replace("-", "−")
    known = {
        "question": found.problem.question,
        "size": str(len(rewards)),
        "right": str(sum(c.parts.get("answer") == 1 for c in found.candidates)),
        "sum": f"{sum(rewards):.3f}",
        "mean": f"{fmean(rewards):.3f}",
        "std": f"{stdev(rewards):.3f}",
    }
    return known[what]


def _setting_of_training(name: str, what: str) -> str:
    return _figure(sources.training(name).settings().get(what), f"setting {what}")


# -- sweeps ------------------------------------------------------------------------------


def _pool(name: str, title: str, n: str, what: str) -> str:
    points = sources.pool(name, sources.strategy(name, title))
    found = points[-1] if n == "last" else next((p for p in points if p.n == int(n)), None)
    if found is None:
        raise LessonError(f"The pool of {title} is read at N = {', '.join(str(p.n) for p in points)}.")
    if what in ("tokens", "n"):
        return f"{getattr(found, what):,.0f}"
    return _share(getattr(found, what)[0])


def _accuracy(name: str, title: str, budget: str) -> str:
    sweep, results = sources.sweep(name)
    titles = [budget_title(b) for b in sweep.budgets]
    points = curve(sweep, results, sources.strategy(name, title), titles)
    found = next((p for p in points if p.label.replace(",", "").split()[0] == budget), None)
    if found is None:
        raise LessonError(f"The sweep “{name}” has the budgets {', '.join(titles)}.")
    return _share(found.accuracy)


def _problems(name: str) -> str:
    return f"{len(sources.sweep(name)[0].problems):,}"


_RUN: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern), says)
    for pattern, says in (
        (
            r"node (\d+) (text|visits|total|value|score|prior|answer|samples|children|probe|confidence)(?: at (\d+))?",
            _of_node,
        ),
        (r"node (\d+) step (\d+)", _step_score),
        (r"rollouts (\d+) (right|count|score)", _rollouts),
        (r"choice (\d+)(?: level (\d+))? node (\d+) (q|visits|prior|bonus|total)", _term),
        (r"choice (\d+)(?: level (\d+))? (chosen|text|visits|c)", _chosen),
        (r"answer (\S+) (votes|weight)", _vote),
        (r"by (majority|weighted|naive)", _winner),
        (
            r"(question|right answer|answer|events|nodes|tokens|simulations|candidates|right candidates|cause)(?: at (\d+))?",
            _whole,
        ),
        (r"setting (\w+)", _setting),
        (r"effort (level|signal|tokens)", _effort),
        (r"tool (\d+) (call|result)", _tool),
        (r"count (tool calls|forced)", _count),
    )
)
_TRAINING: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern), says)
    for pattern, says in (
        (r"stage (\w+) (pass1|passk|k|problems|steps)", _stage),
        (r"passes (\w+) (\d+)", _passes),
        (r"group (\d+) (\d+) (question|size|right|sum|mean|std|reward|advantage)(?: (\d+))?", _group),
        (r"setting (\w+)", _setting_of_training),
    )
)
_SWEEP: tuple[tuple[re.Pattern[str], Callable[..., str]], ...] = tuple(
    (re.compile(pattern), says)
    for pattern, says in (
        (r"pool “(.+)” (\d+|last) (n|tokens|ceiling|majority|naive|weighted)", _pool),
        (r"accuracy “(.+)” (\d+)", _accuracy),
        (r"problems", _problems),
    )
)
"""By kind of source: what a fact says, and the function that tells it from the source's name and the pattern's groups."""
