"""From token prefixes to what the model computed for them, so that no prompt token is computed twice while there is memory for it.

Over its size in bytes the least recently used leaves go first, whoever they were computed for.
"""

from __future__ import annotations

import heapq

from rlm_core.engine.kv_cache import TokenStates
from rlm_core.engine.radix import Edge, RadixTree

SPARE = 8
"""Over its size, a cache frees one part in so many of it at once: a look for the oldest leaves costs a walk over all."""


class PrefixCache:
    """Longest-prefix look-up of states.

    max_bytes: bound of what is kept; 0 keeps nothing.
    bytes: of the states that are kept now.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.bytes = 0
        self._tree: RadixTree[TokenStates] = RadixTree(lambda states, at: (states.part(0, at).clone(), states.part(at).clone()))
        self._clock = 0

    def match(self, tokens: tuple[int, ...]) -> tuple[int, list[TokenStates]]:
        """The number of leading tokens that are known, and their states as pieces in order."""
        self._clock += 1
        path = self._tree.match(tokens)
        for edge, _ in path:
            edge.used = self._clock
        return sum(common for _, common in path), [edge.value.part(0, common) for edge, common in path]

    def insert(self, tokens: tuple[int, ...], states: TokenStates) -> None:
        """Remember the states of a whole prefix, one per token."""
        if not self.max_bytes or self.match(tokens)[0] == len(tokens):
            return

        def missing(start: int) -> TokenStates:
            own = states.part(start, len(tokens)).clone()
            self.bytes += own.bytes
            return own

        for edge in self._tree.reach(tokens, missing):
            edge.used = self._clock
        if self.bytes > self.max_bytes:
            self._evict(self.max_bytes - self.max_bytes // SPARE)

    def _evict(self, target: int) -> None:
        """Drop the leaves that were not used for longest, until no more than `target` bytes are kept."""
        parents: dict[Edge[TokenStates], Edge[TokenStates] | None] = dict.fromkeys(self._tree.top.values())
        stack = list(parents)
        while stack:
            edge = stack.pop()
            parents.update(dict.fromkeys(edge.children.values(), edge))
            stack.extend(edge.children.values())
        leaves = [(edge.used, at, edge) for at, edge in enumerate(parents) if not edge.children]
        heapq.heapify(leaves)
        while self.bytes > target:
            _, at, leaf = heapq.heappop(leaves)
            parent = parents[leaf]
            del (self._tree.top if parent is None else parent.children)[leaf.tokens[0]]
            self.bytes -= leaf.value.bytes
            if parent is not None and not parent.children:
                heapq.heappush(leaves, (parent.used, at, parent))
