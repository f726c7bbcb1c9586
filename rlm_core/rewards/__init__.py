"""Rewards: one file each. A new reward is a new file here with a module-level `REWARD`; nothing else is edited.

Trained heads are rewards too, found in their folders (see `head`) each time they are asked for, so
that a new one can be chosen at once.
"""

from __future__ import annotations

from functools import lru_cache

from rlm_core.describe import unknown
from rlm_core.discover import exported
from rlm_core.rewards.base import Reward, RewardModel
from rlm_core.rewards.head import offered

__all__ = ["Reward", "RewardModel", "reward", "rewards"]


@lru_cache(maxsize=1)
def built_in() -> dict[str, Reward]:
    """Every reward that is a file here, by name."""
    return {r.description.name: r for r in exported("rlm_core.rewards", "REWARD", Reward)}


def rewards() -> dict[str, Reward]:
    """Every reward by name, the trained heads last."""
    return built_in() | {r.description.name: r for r in offered()}


def reward(name: str) -> Reward:
    """The reward of that name; a ConfigError lists the names there are."""
    if name not in rewards():
        raise unknown("reward", name, rewards())
    return rewards()[name]
