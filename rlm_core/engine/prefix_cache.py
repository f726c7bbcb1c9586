"""A radix tree from token prefixes to what the model computed for them, so that no prompt token is computed twice.

Every edge holds a run of tokens and their states; prompts that begin alike share the edges
they have in common. Over its size in bytes the least recently used leaves go first. Edges know their children only: without
cycles of references the states of a closed search are freed at once, not whenever Python next looks for cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from rlm_core.engine.kv_cache import TokenStates


@dataclass(slots=True, eq=False)
class _Edge:
    """An edge of the tree of prefixes.

    tokens: n of them.
    states: of these tokens.
    children: by their first token.
    used: the cache's clock when it was last part of a match or an insertion.
    """

    tokens: tuple[int, ...]
    states: TokenStates
    children: dict[int, _Edge] = field(default_factory=dict)
    used: int = 0


class PrefixCache:
    """Longest-prefix look-up of states.

    max_bytes: bound of what is kept.
    bytes: of the states that are kept now.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._root = _Edge((), TokenStates(torch.empty(0), torch.empty(0)))
        self._clock = 0

    def match(self, tokens: Sequence[int]) -> tuple[int, list[TokenStates]]:
        """The number of leading tokens that are known, and their states as pieces in order."""
        self._clock += 1
        edge, done, pieces = self._root, 0, []
        while done < len(tokens) and (child := edge.children.get(tokens[done])) is not None:
            common = _common(child.tokens, tokens, done)
            child.used = self._clock
            pieces.append(child.states.part(0, common))
            done += common
            if common < len(child.tokens):
                break
            edge = child
        return done, pieces

    def insert(self, tokens: Sequence[int], states: TokenStates) -> None:
        """Remember the states of a whole prefix, one per token."""
        self._clock += 1
        edge, done = self._root, 0
        while done < len(tokens):
            child = edge.children.get(tokens[done])
            if child is None:
                self._attach(edge, tuple(tokens[done:]), states.part(done, len(tokens)).clone())
                break
            common = _common(child.tokens, tokens, done)
            edge = child if common == len(child.tokens) else self._split(edge, child, common)
            edge.used = self._clock  # what was split off below was not used now
            done += common
        self._evict()

    def _attach(self, parent: _Edge, tokens: tuple[int, ...], states: TokenStates) -> None:
        edge = _Edge(tokens, states, used=self._clock)
        parent.children[tokens[0]] = edge
        self.bytes += edge.states.bytes

    def _split(self, parent: _Edge, edge: _Edge, at: int) -> _Edge:
        """Cut a parent's edge after `at` tokens; returns the upper part."""
        upper = _Edge(edge.tokens[:at], edge.states.part(0, at).clone(), used=edge.used)
        parent.children[upper.tokens[0]] = upper
        edge.tokens, edge.states = edge.tokens[at:], edge.states.part(at).clone()
        upper.children[edge.tokens[0]] = edge
        return upper

    def _evict(self) -> None:
        while self.bytes > self.max_bytes:
            parent, leaf = min(self._leaves(), key=lambda found: found[1].used)
            del parent.children[leaf.tokens[0]]
            self.bytes -= leaf.states.bytes

    def _leaves(self) -> list[tuple[_Edge, _Edge]]:
        """Every edge without children, with its parent."""
        found, stack = [], [(self._root, child) for child in self._root.children.values()]
        while stack:
            parent, edge = stack.pop()
            stack.extend((edge, child) for child in edge.children.values())
            if not edge.children:
                found.append((parent, edge))
        return found


def _common(run: tuple[int, ...], tokens: Sequence[int], offset: int) -> int:
    """How many tokens of `run` stand in `tokens` from `offset` on."""
    n = min(len(run), len(tokens) - offset)
    return next((i for i in range(n) if run[i] != tokens[offset + i]), n)
