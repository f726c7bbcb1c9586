"""A radix tree: token sequences with a value per run of tokens, where sequences that begin alike share the edges they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Edge(Generic[T]):
    """An edge of the tree. It knows its children only: without cycles of references, a tree that is dropped is freed at once.

    tokens: n of them, at least one.
    value: of these tokens.
    children: by their first token.
    used: the owner's clock when the edge was last used.
    """

    tokens: tuple[int, ...]
    value: T
    children: dict[int, Edge[T]] = field(default_factory=dict)
    used: int = 0


class RadixTree(Generic[T]):
    """top: the edges with which sequences begin, by their first token."""

    def __init__(self, cut: Callable[[T, int], tuple[T, T]]) -> None:
        """cut: the values before and behind so many of an edge's tokens."""
        self.top: dict[int, Edge[T]] = {}
        self._cut = cut

    def match(self, tokens: tuple[int, ...]) -> list[tuple[Edge[T], int]]:
        """The edges along the tokens, each with how many of its own tokens are among them: all, but perhaps of the last."""
        found: list[tuple[Edge[T], int]] = []
        children, done = self.top, 0
        while done < len(tokens) and (edge := children.get(tokens[done])) is not None:
            common = _common(edge.tokens, tokens, done)
            found.append((edge, common))
            done += common
            if common < len(edge.tokens):
                break
            children = edge.children
        return found

    def reach(self, tokens: tuple[int, ...], value: Callable[[int], T]) -> list[Edge[T]]:
        """The edges along the tokens, the last of which ends with them; it is cut where it would not, and added where it is missing.

        value: of the tokens from this index on, where they are missing.
        """
        path = self.match(tokens)
        if path and path[-1][1] < len(path[-1][0].tokens):
            self._split(*path[-1])
        edges, done = [edge for edge, _ in path], sum(common for _, common in path)
        if done < len(tokens):
            siblings = edges[-1].children if edges else self.top
            siblings[tokens[done]] = Edge(tokens[done:], value(done))
            edges.append(siblings[tokens[done]])
        return edges

    def _split(self, edge: Edge[T], at: int) -> None:
        """The edge keeps its first `at` tokens; the others become its only child."""
        upper, lower = self._cut(edge.value, at)
        below = Edge(edge.tokens[at:], lower, edge.children, edge.used)
        edge.tokens, edge.value, edge.children = edge.tokens[:at], upper, {below.tokens[0]: below}


def _common(run: tuple[int, ...], tokens: Sequence[int], offset: int) -> int:
    """How many tokens of `run` stand in `tokens` from `offset` on."""
    n = min(len(run), len(tokens) - offset)
    if run[:n] == tokens[offset : offset + n]:
        return n
    return next(i for i in range(n) if run[i] != tokens[offset + i])
