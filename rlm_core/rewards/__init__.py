"""Rewards: one file each. A new reward is a new file here with a module-level `REWARD`; nothing else is edited."""

from __future__ import annotations

from functools import lru_cache

from rlm_core.describe import unknown
from rlm_core.discover import exported
from rlm_core.rewards.base import Reward, RewardModel

__all__ = ["Reward", "RewardModel", "reward", "rewards"]


@lru_cache(maxsize=1)
def rewards() -> dict[str, Reward]:
    """Every reward by name."""
    return {r.description.name: r for r in exported("rlm_core.rewards", "REWARD", Reward)}


def reward(name: str) -> Reward:
    """The reward of that name; a ConfigError lists the names there are."""
    if name not in rewards():
        raise unknown("reward", name, rewards())
    return rewards()[name]
