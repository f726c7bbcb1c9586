"""What a policy uses of a back end: a session that generates, and where the back end shows its states, inspects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.request import Sample, Stopper
from rlm_core.engine.token_stats import TokenStats


class Generating(Protocol):
    """One search's view of a loaded model.

    max_length: tokens that prompt and sample may have together.
    usage: the search's running counts.
    """

    @property
    def max_length(self) -> int: ...

    @property
    def usage(self) -> Usage: ...

    async def generate(
        self,
        prompt: Sequence[int],
        seeds: Sequence[Seed],
        *,
        temperature: float,
        max_tokens: int,
        stop: Stopper,
        skip: int = 0,
        warping: Warping = UNWARPED,
        written: int = 0,
    ) -> list[Sample]:
        """One continuation of the prompt per seed. Cancelling the await drops its samples from the batch.

        skip: random numbers of each seed that were used already, where the prompt ends in a sample that goes on.
        warping: of the distributions.
        written: how many of the prompt's last tokens are the model's own, which penalties count.
        """
        ...

    async def drain(self) -> None:
        """Wait until no sample of this session is in the batch any more."""
        ...


@runtime_checkable
class Inspecting(Generating, Protocol):
    """A session that shows distributions and hidden states too.

    fingerprint: differs for any other weights.
    vocabulary: V, the number of tokens the model chooses among.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def vocabulary(self) -> int: ...

    async def inspect(self, prompt: Sequence[int], given: Sequence[int]) -> TokenStats:
        """Statistics of given tokens after a prompt. Tokens that this session has computed before are not computed again."""
        ...
