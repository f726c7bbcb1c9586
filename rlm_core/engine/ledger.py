"""What a session is charged for its prompts: the same, whatever else the engine does and however much memory it has.

Each token of its prompts is charged as computed once, unless its own samples wrote it; all others are reused. So a session is
charged what it would compute alone. What the engine computes in fact is less where sessions ask for the same prompts, and more
where states had to leave memory.
"""

from __future__ import annotations

from rlm_core.core.usage import Usage
from rlm_core.engine.radix import RadixTree


class Ledger:
    """The tokens that a session knows, without their states.

    usage: the counts that it keeps.
    reuses: are prefixes reused at all? Else all tokens of every prompt are charged.

    A phase is a number of requests that are at work at the same time; which of them is quicker depends on what else the engine does.
    So a token that is asked for by one of them and written by another is not charged, in whichever order that happens.
    """

    def __init__(self, usage: Usage, reuses: bool) -> None:
        self.usage = usage
        self._reuses = reuses
        self._tree: RadixTree[object] = RadixTree(lambda phase, at: (phase, phase))  # the phase in which a run of tokens was charged

    def asked(self, prompt: tuple[int, ...], phase: object) -> None:
        """Charge a prompt."""
        known = sum(common for _, common in self._tree.match(prompt)) if self._reuses else 0
        self.usage.reused += known
        self.usage.computed += len(prompt) - known
        if self._reuses and known < len(prompt):
            self._tree.reach(prompt, lambda start: phase)

    def wrote(self, prompt: tuple[int, ...], ids: tuple[int, ...], phase: object) -> None:
        """These tokens were sampled behind a prompt that was asked for, and are known from now on."""
        if not self._reuses or not ids:
            return
        before = len(self._tree.reach(prompt, lambda start: None))
        for edge in self._tree.reach(prompt + ids, lambda start: None)[before:]:
            if edge.value is phase:
                self.usage.computed -= len(edge.tokens)
                self.usage.reused += len(edge.tokens)
            edge.value = None
