"""Reward heads: a small network on the policy's hidden states, as a process (PRM) or an outcome reward model (ORM).

A PRM head gives every step P(it is right | problem, steps before it) (Lightman et al. 2023); an ORM
head gives a finished solution P(its answer is right) (Cobbe et al. 2021). The features are read from what the policy
computed when it wrote the steps, so a score costs no second pass and next to no time. A head belongs
to one set of weights; made for another model it is refused. Heads are made by
`rlm_core.training.reward_models` and lie in folders: those bundled and those of this data folder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from safetensors.numpy import load_file, save_file

from rlm_core.describe import Description
from rlm_core.errors import RewardError
from rlm_core.models.policy import Policy, Seed, Step
from rlm_core.paths import data_folder
from rlm_core.problems.base import Problem
from rlm_core.rewards.aggregate import AGGREGATE, aggregate
from rlm_core.rewards.base import Reward, RewardContext, Scored
from rlm_core.rewards.features import solution_features, step_features

BUNDLED = Path(__file__).parents[2] / "assets" / "rewards"
KINDS = {"prm": "Process reward model", "orm": "Outcome reward model"}


class Card(msgspec.Struct, frozen=True):
    """What a head is and how it came about; its file beside the weights.

    kind: "prm" or "orm". name: what it is called after the colon. model, fingerprint: whose hidden states it reads.
    labels: how many labels of each source it learned from. tokens: generated to make them.
    aggregate: how its step scores become one by default. quality: figures measured on what it did not learn from.
    """

    kind: str
    name: str
    model: str
    fingerprint: str
    hidden_size: int
    labels: dict[str, int]
    solutions: int
    problems: int
    tokens: int
    aggregate: str
    config: dict[str, Any]
    quality: dict[str, Any]
    made: str
    note: str = ""

    @property
    def reward(self) -> str:
        """Its name in the list of rewards."""
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Network:
    """Features [n, f] → logits [n]: standardised, one hidden layer with GELU, calibrated by a temperature."""

    arrays: Mapping[str, np.ndarray]

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """[n], each in (0,1)."""
        a = self.arrays
        x = (features - a["mean"]) / a["scale"]
        hidden = x @ a["weight_1"].T + a["bias_1"]
        logits = (gelu(hidden) @ a["weight_2"].T + a["bias_2"])[:, 0] / a["temperature"]
        return 1 / (1 + np.exp(-logits))


def gelu(x: np.ndarray) -> np.ndarray:
    """Gaussian error linear unit in its tanh form (Hendrycks & Gimpel 2016)."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@dataclass(frozen=True, slots=True)
class Head:
    """A head as a reward of a run. passes: one a score, however many steps it reads."""

    card: Card
    network: Network
    policy: Policy
    how: str
    oracle: bool = False

    @property
    def name(self) -> str:
        return self.card.reward

    @property
    def scores_partial(self) -> bool:
        return self.card.kind == "prm"

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Scored:
        readings = await self.policy.read(problem, steps)
        if self.card.kind == "orm":
            (p,) = self.network.probabilities(solution_features(readings))
            return Scored(round(float(p), 4), passes=1)
        each = tuple(round(float(p), 4) for p in self.network.probabilities(step_features(readings)))
        return Scored(round(aggregate(each, self.how), 4), passes=1, steps=each)


def folders() -> list[Path]:
    """Where heads lie: bundled, then this data folder's."""
    return [BUNDLED, data_folder() / "rewards"]


def cards() -> dict[str, tuple[Card, Path]]:
    """Every head's card and folder by its reward's name. A folder whose card cannot be read is left out."""
    found: dict[str, tuple[Card, Path]] = {}
    for file in (f for folder in folders() for f in sorted(folder.glob("*/card.json"))):
        card = _card(file, file.stat().st_mtime_ns)
        if card is not None:
            found[card.reward] = (card, file.parent)
    return found


@lru_cache(maxsize=256)
def _card(file: Path, changed: int) -> Card | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError):
        return None


def offered() -> list[Reward]:
    """The heads as rewards to choose."""
    return [as_reward(card, folder) for card, folder in cards().values()]


def as_reward(card: Card, folder: Path) -> Reward:
    """A head in its own folder as a reward to choose."""
    return Reward(_description(card), _maker(card, folder), model=card.model)


def _description(card: Card) -> Description:
    learned = " and ".join(f"{n:,} {source}" for source, n in card.labels.items())
    sentence = f"A head on the hidden states of {card.model}, trained on {learned} labels of {card.problems:,} problems."
    shown = (replace(AGGREGATE, default=card.aggregate),) if card.kind == "prm" else ()
    return Description(name=card.reward, title=f"{KINDS[card.kind]} · {card.name}", sentence=sentence, parameters=shown)


def _maker(card: Card, folder: Path):
    def make(context: RewardContext, parameters: Mapping[str, Any]) -> Head:
        policy = context.policy
        if policy.fingerprint != card.fingerprint:
            raise RewardError(
                f"The head {card.reward} reads the hidden states of {card.model} ({card.fingerprint}), and this run's model is "
                f"{policy.name} ({policy.fingerprint}); choose a reward made for that model, or train one."
            )
        return Head(card, load_network(folder), policy, str(parameters.get("aggregate", "last")))

    return make


def load_network(folder: Path) -> Network:
    """The weights of a head; RewardError if they are missing or broken."""
    try:
        return Network({k: v.astype(np.float64) for k, v in load_file(folder / "head.safetensors").items()})
    except Exception as error:
        raise RewardError(f"The weights of the head in {folder} cannot be read; train it again or delete the folder.") from error


def save(folder: Path, card: Card, network: Network) -> Path:
    """Write a head below a folder of heads; returns its own folder."""
    own = folder / f"{card.kind}-{card.name}"
    own.mkdir(parents=True, exist_ok=True)
    save_file({k: v.astype(np.float32) for k, v in network.arrays.items()}, own / "head.safetensors")
    (own / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    return own
