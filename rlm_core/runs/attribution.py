"""Failure attribution: why a run's answer is wrong, with the nodes that show it.

The causes are asked in the order of CAUSES, and the first that fits is the run's; so a wrong answer has one cause, and totals over many
runs add up. Only a known verdict counts: nothing is attributed to a run without a reference, and nothing to a run that failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlm_core.catalogue import stop_reason
from rlm_core.core.problem import Problem
from rlm_core.core.tree import ROOT, Node, SearchTree
from rlm_core.core.wording import counted, name, number, readable, shorten
from rlm_core.core.words import REWARD_PASSES, SECONDS, SIMULATIONS, TOKENS
from rlm_core.problems import task
from rlm_core.runs.outcome import limits

CAUSES = {
    "selection": "A right candidate was found and not chosen.",
    "extraction": "A solution holds the right answer, and it was not read.",
    "budget": "Solutions were cut off before any stated an answer.",
    "generation": "No candidate is right, or none states an answer.",
}
"""Every cause with its sentence, in the order in which they are asked."""
BUDGET_STOPS = tuple(word.name for word in (SIMULATIONS, TOKENS, SECONDS, REWARD_PASSES))
"""Why a run ended that its budget ended."""
MAX_EVIDENCE = 8
"""Nodes that are named as evidence."""
MAX_ASKED = 64
"""Solutions without a stated answer that are searched for one, and dropped nodes of which the exact solver is asked."""
MAX_LINE_CHARACTERS = 500
"""Characters at the end of a solution in which an unread answer is looked for."""
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
    chosen = _chosen(tree)
    sentence = f"{counted(len(right), 'right candidate')} of {len(tree.candidates()):,} {'was' if len(right) == 1 else 'were'} not chosen"
    if chosen is not None and chosen.answer is not None:
        sentence += f"; {name(chosen.id)} with the answer {shorten(readable(chosen.answer), 40)} was"
        if right[0].value is not None and chosen.value is not None:
            sentence += f", at {number(chosen.value)} against {number(right[0].value)} for {name(right[0].id)}"
    for fate, found in (("dropped", [n for n in right if n.pruned]), ("never scored", [n for n in right if n.score is None])):
        if found and (fate == "dropped" or len(found) < len(right)):
            some = f"{len(found):,} of them {'was' if len(found) == 1 else 'were'}"
            sentence += f"; {'it was' if len(right) == 1 else some} {fate}"
    ids = [*(n.id for n in right[: MAX_EVIDENCE - 1]), *([chosen.id] if chosen is not None else [])]
    return Failure("selection", f"{sentence}.", tuple(ids))


def _extraction(tree: SearchTree) -> Failure | None:
    silent = [n for n in tree.candidates() if n.answer is None]
    for node in silent[:MAX_ASKED]:
        if (value := _unread(tree.problem, tree.said(node.id))) is not None:
            sentence = f"The solution at {name(node.id)} ends in {shorten(value, 40)}, which is right, but states no answer."
            return Failure("extraction", sentence, (node.id,))
    return None


def _unread(problem: Problem, said: list[str]) -> str | None:
    """The right value in which a solution without a stated answer ends; None where it ends in none."""
    if not said:
        return None
    return next((value for value in _endings(said[-1]) if task(problem.task).verify(problem, value)), None)


def _endings(text: str) -> Iterator[str]:
    """The last line, what stands after its last "=", and its last number; each without what decorates it, and once."""
    lines = [line.strip() for line in text[-MAX_LINE_CHARACTERS:].strip().splitlines() if line.strip()]
    if not lines:
        return
    last = lines[-1]
    found = [last, last.rpartition("=")[2] if "=" in last else "", last.rpartition(" ")[2], *_NUMBER.findall(last)[-1:]]
    yield from dict.fromkeys(value for f in found if (value := f.strip(" .*_`$:")))


def _budget(tree: SearchTree) -> Failure | None:
    """The run's budget, or a limit of length, ended the solutions. Branches that the search dropped itself were not ended by it."""
    if any(n.answer is not None for n in tree.candidates()):
        return None
    cut = [n for n in tree.nodes.values() if n.cut]
    unfinished = [n for n in tree.leaves() if n.id != ROOT and not n.finished and not n.pruned]
    if not cut and not (unfinished and tree.finished and tree.finished.stop in BUDGET_STOPS):
        return None
    shown = cut or unfinished
    stop = tree.finished.stop if tree.finished else ""
    ended = f"cut off {limits(tree, cut)}" if cut else f"still open when {stop_reason(stop).sentence}"
    sentence = (
        f"{counted(len(shown), 'branch', 'branches')} {'was' if len(shown) == 1 else 'were'} {ended}, and no solution states an answer."
    )
    return Failure("budget", sentence, tuple(n.id for n in sorted(shown, key=lambda n: -n.depth)[:MAX_EVIDENCE]))


def _generation(tree: SearchTree) -> Failure:
    """The evidence: a dropped node from which a right answer could be reached; the first fatal step of the chosen candidate; that one."""
    candidates, chosen = tree.candidates(), _chosen(tree)
    if not candidates:
        return Failure("generation", "No solution was finished.", tuple(n.id for n in tree.leaves() if n.id != ROOT)[:MAX_EVIDENCE])
    sentence = _none_right(candidates)
    nodes: list[int] = []
    dropped = _dropped(tree)
    if dropped is not None:
        score = "" if dropped.score is None else f" at a score of {number(dropped.score)}"
        sentence += f"; {name(dropped.id)}, from which a right answer can be reached, was dropped{score}"
        nodes.append(dropped.id)
    if task(tree.problem.task).solvable(tree.problem, ()) is False:
        sentence += "; the exact solver finds no right answer to this problem at all"
    elif chosen is not None and (first := first_mistake(tree, chosen.id)) is not None:
        sentence += f"; from {name(first)} on, no right answer can be reached"
        nodes.append(first)
    nodes += [n for n in ([chosen.id] if chosen is not None else []) if n not in nodes]
    nodes += [n.id for n in candidates if n.id not in nodes]
    return Failure("generation", f"{sentence}.", tuple(nodes[:MAX_EVIDENCE]))


def _none_right(candidates: Sequence[Node]) -> str:
    """What the finished candidates, none of them right, are: wrong, or without a stated answer."""
    silent, all_of_them = sum(n.answer is None for n in candidates), len(candidates)
    if silent == all_of_them:
        who = "The only candidate" if silent == 1 else f"Each of {silent:,} candidates"
        return f"{who} finished without stating an answer"
    said = "The only candidate is wrong" if all_of_them == 1 else f"None of {all_of_them:,} candidates is right"
    return f"{said}; {silent:,} of them finished without stating an answer" if silent else said


def _dropped(tree: SearchTree) -> Node | None:
    """The first node that the search dropped although a right answer can be reached from it; None where none is known."""
    pruned = [n for n in tree.nodes.values() if n.pruned and not n.cut and not n.finished and n.id != ROOT]
    solvable = task(tree.problem.task).solvable
    return next((n for n in pruned[:MAX_ASKED] if solvable(tree.problem, tree.said(n.id))), None)


def first_mistake(tree: SearchTree, end: int) -> int | None:
    """The first node on the way to `end` from which on the exact solver finds no right answer at any node; None where it does not know.

    A mistake that was taken back again is none: what follows it can reach a right answer.
    """
    problem, found = tree.problem, task(tree.problem.task)
    first = None
    for node in reversed(tree.path(end)[1:]):
        if found.solvable(problem, tree.said(node)) is not False:
            break
        first = node
    return first


def _chosen(tree: SearchTree) -> Node | None:
    return tree.nodes[tree.answered.node] if tree.answered is not None and tree.answered.node is not None else None
