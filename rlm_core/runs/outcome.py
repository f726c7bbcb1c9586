"""The outcome of a run in words: its verdict, the right answer, and the limits it ran into. Plain text, nothing escaped."""

from __future__ import annotations

from collections.abc import Sequence

from rlm_core import catalogue
from rlm_core.core.events import Answered
from rlm_core.core.phrases import say
from rlm_core.core.problem import Problem
from rlm_core.core.structure import Compared
from rlm_core.core.tree import Node, SearchTree
from rlm_core.core.wording import counted, listed, readable
from rlm_core.search.length_limits import limit_met

VERDICTS = {True: "✓ right", False: "✕ wrong", None: "not checked"}


def right_answer(problem: Problem) -> str:
    """The right answer, if the problem knows it; else empty.

    >>> right_answer(Problem("chain", "", "", reference="37"))
    '37'
    >>> right_answer(Problem("countdown", "", "", data={"numbers": [29, 10, 20], "target": 11}))
    'anything that makes 11 of 29, 10 and 20, each used once'
    """
    if problem.reference is not None:
        return readable(problem.reference)
    if problem.task == "countdown" and {"numbers", "target"} <= problem.data.keys():
        numbers = listed([str(n) for n in problem.data["numbers"]])
        return say("anything that makes {target} of {numbers}, each used once", target=problem.data["target"], numbers=numbers)
    return ""


def choice(answered: Answered) -> str:
    """By what the answer was chosen, what its bar in the chart of votes shows, and why a longer one may not be it."""
    method = catalogue.answer_method(answered.method)
    said = say("Chosen by {method}. A bar shows the {weight}.", method=say(method.sentence), weight=say(method.weight))
    own = next((v.weight for v in answered.votes if v.answer == answered.answer), None)
    if own is not None and own < max(v.weight for v in answered.votes):
        said += say(" The longest bar is not the answer here: {decides}.", decides=say(method.decides))
    return said


def two_choices(tree: SearchTree) -> str:
    """By what the search chose the next node and by what it picks the answer, as a sentence; empty where no formula chose a node."""
    rule = _rule(tree)
    if not rule:
        return ""
    if tree.answered is None:
        return say("{rule} says only where the search goes next; the answer is picked when the search ends.", rule=rule)
    method = say(catalogue.answer_method(tree.answered.method).sentence)
    return say("{rule} says only where the search goes next; the answer is picked by {method}.", rule=rule, method=method)


def picked_by(tree: SearchTree) -> str:
    """The same in a few words, such as "picked by visits, not by UCT"; empty before the answer."""
    rule = _rule(tree)
    if not rule or tree.answered is None:
        return ""
    method = catalogue.answer_method(tree.answered.method)
    return say("picked by {method}, not by {rule}", method=say(method.short or method.name), rule=rule)


def _rule(tree: SearchTree) -> str:
    """The formula that chose nodes of the tree, as it is written; empty if none did."""
    names = (n.decision[1].rule for n in tree.nodes.values() if n.decision is not None)
    return next((name.upper() for name in names if catalogue.rule(name) is not None), "")


def cut_off(tree: SearchTree) -> str:
    """How much was cut off and by what; empty where nothing was. Whole candidates are counted where the search compares these."""
    cut = [n for n in tree.nodes.values() if n.cut]
    if not cut:
        return ""
    count = counted(len(cut), "step")
    if _whole(tree):
        count = say("{n:,} of {candidates}", n=len(cut), candidates=counted(_ends(tree), "candidate"))
    values = {"count": count, "limits": limits(tree, cut)}
    return say("{count} was cut off {limits}", **values) if len(cut) == 1 else say("{count} were cut off {limits}", **values)


def unanswered(tree: SearchTree) -> str:
    """How many candidates finished without stating an answer; empty where none did."""
    finished = tree.candidates()
    silent = sum(1 for n in finished if n.answer is None)
    candidates = counted(_ends(tree) if _whole(tree) else len(finished), "candidate")
    return say("{n:,} of {candidates} finished without stating an answer", n=silent, candidates=candidates) if silent else ""


def why_unanswered(tree: SearchTree) -> str:
    """Why a run that has ended has no answer, as a clause."""
    if any(n.answer is not None for n in tree.candidates()):
        return say("no candidate that states an answer was weighed")
    return unanswered(tree) or say("no candidate was finished")


def _ends(tree: SearchTree) -> int:
    """The number of leaves, which are candidates where the search compares these."""
    return sum(1 for n in tree.leaves() if n.id != tree.root)


def _whole(tree: SearchTree) -> bool:
    """Is every leaf the end of a candidate?"""
    search = str(tree.started.config.get("search", "")) if tree.started else ""
    return catalogue.structure(search).compared is Compared.CANDIDATES


def limits(tree: SearchTree, cut: Sequence[Node]) -> str:
    """The limits that cut these nodes off: the length of a step, the length of a solution, or the run's tokens."""
    config = tree.started.config if tree.started else {}
    step, solution = config.get("max_step_tokens"), config.get("max_solution_tokens")
    if not step or not solution:
        return say("at the limit of the run's length")
    budget = config.get("budget", {}).get("tokens")
    spent = budget is not None and tree.totals.generated >= budget
    by = {limit_met(tree, n.id, step, solution) or ("budget" if spent else "solution") for n in cut}
    named = {
        "step": say("{tokens} per step", tokens=counted(step, "token")),
        "solution": say("{tokens} per solution", tokens=counted(solution, "token")),
    }
    met = listed([words for limit, words in named.items() if limit in by])
    said = [say("at the limit of {met}", met=met)] if met else []
    said += [say("when the budget of tokens was used up")] if "budget" in by else []
    return say(" or ").join(said)
