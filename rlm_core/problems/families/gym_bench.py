"""The side of the "gym" task that runs in the helper process: it alone imports reasoning-gym 0.1.25.

Importing it takes seconds, its generators depend on Python's hash seed (fixed in the helper), and some
of its scorers evaluate the answer as Python, which is refused here unless it is a harmless expression.
An entry is known by dataset, dataset seed and index, and made again when an answer to it is scored:
stored as JSON it would lose the tuples and whole-number keys that some scorers compare with.
"""

from __future__ import annotations

import ast
import random
import re
import tempfile
from collections.abc import Callable, Generator
from contextlib import chdir, contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

from rlm_core.core.errors import ProblemError
from rlm_core.problems.base import rng_for, split_of

DRAWS = 300
"""How many entries are looked at for one of the wanted split."""

EVALUATED = frozenset(
    {
        *("string_insertion", "spiral_matrix", "binary_matrix", "n_queens"),
        *("simple_integration", "intermediate_integration", "polynomial_multiplication", "puzzle24", "countdown"),
    }
)
"""Datasets of 0.1.25 whose scorer passes the answer to eval(), by itself or through sympy's parse_expr."""

_FUNCTIONS = frozenset({"sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "ln", "sqrt", "Abs", "Rational", "Integer"})
_SAFE_NODES = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.List, ast.Tuple, ast.BinOp, ast.UnaryOp, ast.Call),
    *(ast.operator, ast.unaryop),
)


def functions() -> dict[str, Callable[..., Any]]:
    """The functions of the helper process; the slow import happens here."""
    try:
        import_module("reasoning_gym")
    except ImportError:
        raise ProblemError("The package reasoning-gym is not installed; it is needed for the problems of the task gym.") from None
    return {"draw": draw, "score": score}


@contextmanager
def _empty_folder() -> Generator[None]:
    """Work in an empty folder that is gone afterwards: codeio's entries run programs, some of which write files and read them again."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        yield


@_empty_folder()
def draw(name: str, seed: int, split: str) -> dict[str, Any]:
    """The entry of a seed and split: {question, answer, dataset_seed, index}; the same for the same arguments.

    Draws entries until one falls on the wanted side; ProblemError if none of DRAWS does. An entry that is another one
    when it is made again (codeio has programs that print the time) is passed over.
    """
    dataset_seed = rng_for("gym", name, split, seed).randrange(2**31)
    dataset = _dataset(name, dataset_seed)
    for index in range(DRAWS):
        entry = _made(dataset, index)
        if split_of(_key(name, dataset, index, entry)) == split and _made(dataset, index)["question"] == entry["question"]:
            return {"question": entry["question"], "answer": entry["answer"], "dataset_seed": dataset_seed, "index": index}
    raise ProblemError(f"No {split} problem of '{name}' was found with seed {seed}; try another seed or the other split.")


def _key(name: str, dataset: Any, index: int, entry: Any) -> tuple[str, object]:
    """The key that must not be in both splits: the template of gsm_symbolic, the question's text of all others."""
    return (name, dataset.task_indices[index]) if name == "gsm_symbolic" else (name, entry["question"])


@lru_cache(maxsize=64)
def _dataset(name: str, dataset_seed: int) -> Any:
    from reasoning_gym import create_dataset

    return create_dataset(name, seed=dataset_seed, size=DRAWS)


def _made(dataset: Any, index: int) -> Any:
    """The entry of that index; programs among codeio's draw from Python's and numpy's global random numbers, which are seeded here."""
    import numpy as np

    random.seed(index)
    np.random.seed(index)
    return dataset[index]


@lru_cache(maxsize=256)
def _entry(name: str, dataset_seed: int, index: int) -> Any:
    return _made(_dataset(name, dataset_seed), index)


@_empty_folder()
def score(name: str, dataset_seed: int, index: int, question: str, answer: str) -> float:
    """The dataset's own score of an answer, in [0, 1]; 0 for one that its scorer cannot read.

    ProblemError if this version of the dataset makes another question.
    """
    entry = _entry(name, dataset_seed, index)
    if entry["question"] != question:
        raise ProblemError(f"The installed reasoning-gym makes another '{name}' problem than the one in this log.")
    if name in EVALUATED and not harmless(answer):
        return 0.0
    try:
        return float(_dataset(name, dataset_seed).score_answer(answer, entry))
    except Exception:  # noqa: BLE001 - some scorers raise on text that is not of the form they ask for
        return 0.0


def harmless(text: str) -> bool:
    """May this text be evaluated as Python? Numbers, names, lists, arithmetic and known functions, or no expression at all.

    >>> harmless("[['Q', '_'], ['_', 'Q']]"), harmless("3*x**2 + exp(x)"), harmless("1 0 1")
    (True, True, True)
    >>> harmless("__import__('os').getcwd()"), harmless("open('x')!"), harmless("[x for x in y]")
    (False, False, False)
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return re.search(r"[(){}\[\]:=@`]|__|\.\s*[^\W\d]", text) is None
    return all(isinstance(node, _SAFE_NODES) and _harmless_call(node) for node in ast.walk(tree))


def _harmless_call(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return True
    return isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords
