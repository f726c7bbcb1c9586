"""Sampling under a run's budget of tokens: each sample's tokens are drawn from the run's pool before they are generated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rlm_core.core import token_pool
from rlm_core.core.concurrency import at_once
from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed
from rlm_core.engine.request import Sample, Stopper
from rlm_core.engine.session import Generating


async def generate(
    session: Generating,
    prompt: Sequence[int],
    seeds: Sequence[Seed],
    *,
    temperature: float,
    max_tokens: int,
    stop: Stopper,
    warping: Warping = UNWARPED,
    written: int = 0,
) -> list[Sample]:
    """One continuation of the prompt per seed, as `Session.generate` gives it.

    Where tokens are short, samples get equal shares, and what one leaves over goes to the others. A sample that the
    limit ends is truncated and `starved`; OutOfTokens if the pool asks for whole samples.
    """
    member = token_pool.current()
    if member is not None:
        member.pool.watch(session.usage)
    if member is None or member.pool.limit is None:
        return await session.generate(
            prompt, seeds, temperature=temperature, max_tokens=max_tokens, stop=stop, warping=warping, written=written
        )

    async def go_on(indices: Sequence[int], share: int) -> None:
        """Continue samples of one length by `share` tokens."""
        before = found[indices[0]].ids
        more = await session.generate(
            [*prompt, *before],
            [seeds[i] for i in indices],
            temperature=temperature,
            max_tokens=share,
            stop=(lambda ids: stop([*before, *ids])) if before else stop,
            skip=len(before),
            warping=warping,
            written=written + len(before),
        )
        for i, sample in zip(indices, more, strict=True):
            found[i] = Sample((*before, *sample.ids), (*found[i].logprobs, *sample.logprobs), sample.truncated)

    found = [Sample((), (), truncated=True) for _ in seeds]
    growing = list(range(len(seeds)))
    while growing:
        shares = dict(zip(growing, await member.draw([max_tokens - len(found[i].ids) for i in growing]), strict=True))
        starved = [i for i in growing if not shares[i]]
        if starved and member.pool.whole:
            raise token_pool.OutOfTokens
        for i in starved:
            found[i] = replace(found[i], starved=True)
        await at_once(go_on(group, share) for group, share in _alike(found, shares) if share)
        growing = [i for i in growing if i not in starved and found[i].truncated and len(found[i].ids) < max_tokens]
    return found


def _alike(found: Sequence[Sample], shares: dict[int, int]) -> list[tuple[list[int], int]]:
    """Samples that can be asked for together: those of the same share that have not begun; any other alone."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, share in shares.items():
        groups.setdefault((share, i + 1 if found[i].ids else 0), []).append(i)
    return [(indices, share) for (share, _), indices in groups.items()]
