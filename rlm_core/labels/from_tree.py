"""The solutions that a saved run holds."""

from __future__ import annotations

from rlm_core.core.problem import Problem
from rlm_core.core.tree import SearchTree
from rlm_core.labels.base import Solution, solution


def solutions(tree: SearchTree, problem: Problem, *, run: str, model: str) -> list[Solution]:
    """Every finished candidate as the steps its answer rests on, in order of birth and each once.

    Candidates that were cut off, the thinking space and retracted steps are left out.
    """
    found: dict[str, Solution] = {}
    for node in tree.candidates():
        texts = tuple(text for text in tree.said(node.id) if text)
        if node.cut or not texts:
            continue
        one = solution(problem, texts, answer=node.answer, correct=node.correct, model=model, origin=f"run {run}, node {node.id}")
        found.setdefault(one.id, one)
    return list(found.values())
