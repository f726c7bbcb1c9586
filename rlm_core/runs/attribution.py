"""Failure attribution: why a run's answer is wrong, with the nodes that show it.

The causes are asked in the order of CAUSES, and the first that fits is the run's; so a wrong answer has one cause, and totals over many
runs add up. Only a known verdict counts: nothing is attributed to a run without a reference, and nothing to a run that failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import counted, name, readable, shorten
from rlm_core.problems import task

CAUSES = {
    "selection": "A right candidate was found and not chosen.",
    "extraction": "A solution holds the right answer, and it was not read.",
    "budget": "Solutions were cut off before they stated an answer.",
    "generation": "No candidate is right.",
}
"""Every cause with its sentence, in the order in which they are asked."""
MAX_EVIDENCE = 8
"""Nodes that are named as evidence."""
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:/\d+)?")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an answer is wrong.

    cause: a key of CAUSES.
    sentence: the same with this run's numbers.
    nodes: the nodes that show it, the most telling first.
    """

    cause: str
    sentence: str
    nodes: tuple[int, ...]


def attribute(tree: SearchTree) -> Failure | None:
    """The cause of a wrong answer; None where the answer is right, where nothing is known, and where the run has not ended in order."""
    if tree.started is None or tree.finished is None or tree.finished.stop in ("failed", "cancelled", "interrupted"):
        return None
    if tree.started.elsewhere and tree.answered is None:
        return None  # the log of another program that does not say its answer
    if _verdict(tree) is not False:
        return None
    return _selection(tree) or _extraction(tree) or _budget(tree) or _generation(tree)


def _verdict(tree: SearchTree) -> bool | None:
    """As `Answered.correct`; a run without an answer is wrong where an answer can be checked."""
    if tree.answered is not None and tree.answered.answer is not None:
        return tree.answered.correct
    return task(tree.problem.task).verify(tree.problem, None)


def _selection(tree: SearchTree) -> Failure | None:
    right = [n for n in tree.candidates() if n.correct]
    if not right:
        return None
    right.sort(key=lambda n: (bool(n.pruned), -(n.value or 0.0), n.id))
    sentence = f"{counted(len(right), 'right candidate')} of {len(tree.candidates()):,} {'was' if len(right) == 1 else 'were'} not chosen"
    chosen = tree.nodes[tree.answered.node] if tree.answered is not None and tree.answered.node is not None else None
    if chosen is not None and chosen.answer is not None:
        sentence += f"; {name(chosen.id)} with the answer {shorten(readable(chosen.answer), 40)} was"
    pruned = sum(bool(n.pruned) for n in right)
    if pruned:
        sentence += f"; {pruned:,} of them had been dropped"
    ids = [n.id for n in right] + ([chosen.id] if chosen is not None else [])
    return Failure("selection", f"{sentence}.", tuple(ids[:MAX_EVIDENCE]))


def _extraction(tree: SearchTree) -> Failure | None:
    for node in tree.candidates():
        if node.answer is None and (value := _unread(tree.problem, tree.said(node.id))) is not None:
            return Failure(
                "extraction", f"The solution at {name(node.id)} ends in {value}, which is right, but states no answer.", (node.id,)
            )
    return None


def _unread(problem: Problem, said: list[str]) -> str | None:
    """The right value in which a solution without a stated answer ends; None where it ends in none."""
    if not said:
        return None
    return next((value for value in _endings(said[-1]) if task(problem.task).verify(problem, value)), None)


def _endings(text: str) -> Iterator[str]:
    """The last line, what stands after its last "=", and its last number."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return
    yield lines[-1]
    if "=" in lines[-1]:
        yield lines[-1].rpartition("=")[2].strip(" .")
    if numbers := _NUMBER.findall(lines[-1]):
        yield numbers[-1]


def _budget(tree: SearchTree) -> Failure | None:
    if any(n.answer is not None for n in tree.candidates()):
        return None
    cut = [n for n in tree.nodes.values() if n.cut]
    unfinished = [n for n in tree.leaves() if n.id != tree.root and not n.finished]
    if not cut and not (unfinished and tree.finished and tree.finished.stop not in ("done", "exhausted")):
        return None
    shown = cut or unfinished
    what = f"{counted(len(shown), 'branch', 'branches')} {'was' if len(shown) == 1 else 'were'} {'cut off' if cut else 'still open'}"
    sentence = f"{what} when the run ended, and no solution states an answer."
    return Failure("budget", sentence, tuple(n.id for n in sorted(shown, key=lambda n: -n.depth)[:MAX_EVIDENCE]))


def _generation(tree: SearchTree) -> Failure:
    """The evidence is the chosen candidate, behind the first step from which nothing right can be reached, where that is known."""
    candidates = tree.candidates()
    chosen = tree.answered.node if tree.answered is not None and tree.answered.node is not None else None
    if not candidates:
        return Failure("generation", "No solution was finished.", tuple(n.id for n in tree.leaves() if n.id != tree.root)[:MAX_EVIDENCE])
    sentence = f"None of {counted(len(candidates), 'candidate')} is right"
    nodes: list[int] = []
    first = first_mistake(tree, chosen) if chosen is not None else None
    if first is not None:
        sentence += f"; from {name(first)} on, no right answer can be reached"
        nodes.append(first)
    nodes += [chosen] if chosen is not None and chosen not in nodes else []
    others = [n.id for n in candidates if n.id not in nodes]
    return Failure("generation", f"{sentence}.", tuple([*nodes, *others][:MAX_EVIDENCE]))


def first_mistake(tree: SearchTree, end: int) -> int | None:
    """The first node on the way to `end` from which the exact solver says no right answer can be reached; None where it does not know."""
    problem, found = tree.problem, task(tree.problem.task)
    for node in tree.path(end)[1:]:
        if found.solvable(problem, tree.said(node)) is False:
            return node
    return None
