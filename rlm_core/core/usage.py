"""The seed of a sample, and the counts of tokens spent."""

from __future__ import annotations

from dataclasses import dataclass

Seed = tuple[int, ...]
"""Non-negative integers from which one sample's random numbers are drawn, and nothing else."""


@dataclass(slots=True)
class Usage:
    """Running counts of a policy's tokens.

    generated: tokens sampled.
    computed: prompt tokens computed.
    reused: prompt tokens taken from the prefix cache.
    """

    generated: int = 0
    computed: int = 0
    reused: int = 0
