"""Reward heads: a small network on the policy's hidden states, as a process (PRM) or an outcome reward model (ORM).

A PRM head gives every step P(it is right | problem, steps before it) (Lightman et al. 2023); an ORM
head gives a finished solution P(its answer is right) (Cobbe et al. 2021). The features are read from what the policy
computed when it wrote the steps, so a score costs no second pass and next to no time. A head belongs
to one set of weights; made for another model it is refused. Where a frozen policy's hidden states tell
too little, a head may bring a backbone of its own (a folder beside its card), which reads every step
once more. Heads are made by `rlm_core.training` and lie in folders: those bundled and those of this data folder.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from safetensors.numpy import load_file, save_file

from rlm_core.core.errors import RewardError, TrainingError
from rlm_core.core.parameters import Description, NoSettings
from rlm_core.core.paths import ASSETS, data_folder
from rlm_core.core.problem import Problem, question_id
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Inspectable, Step, require
from rlm_core.rewards.aggregate import AGGREGATE, running
from rlm_core.rewards.base import Reward, RewardContext, Score
from rlm_core.rewards.heads.features import features

BUNDLED = ASSETS / "rewards"
BACKBONE = "backbone"
"""A head's own model, in its folder."""
KINDS = ("prm", "orm")


class Card(msgspec.Struct, frozen=True):
    """The description of a head, in a file beside its weights.

    kind: "prm" or "orm".
    name: the part of its reward's name after the colon.
    model: the model whose hidden states it reads.
    fingerprint: of that model's weights.
    features: length of a step's feature vector.
    labels: number of labels of the solutions it learned from, by source; a PRM learns nothing from steps after a wrong one.
    solutions: how many it learned from.
    problems: how many problems these belong to.
    tokens: generated to make the labels.
    aggregate: how its step scores become one by default.
    config: the training configuration.
    quality: figures measured on problems it did not learn from.
    made: date.
    note: free text.
    backbone: it brings a model of its own that reads the steps too.
    learned: the `question_id` of every problem it learned from, with spaces between; "" for the heads that come with the app,
        which learned from problems of the training split.
    """

    kind: str
    name: str
    model: str
    fingerprint: str
    features: int
    labels: dict[str, int]
    solutions: int
    problems: int
    tokens: int
    aggregate: str
    config: dict[str, Any]
    quality: dict[str, Any]
    made: str
    note: str = ""
    backbone: bool = False
    learned: str = ""

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


@dataclass(slots=True)
class Head:
    """A head as a reward of a run. It takes one reward pass per score, however many steps it reads.

    card: its description.
    network: its weights.
    context: the run's policy and other models.
    how: aggregation of its step scores, see `rewards.aggregate`.
    backbone: folder of a model of its own that reads the steps besides the policy; None without one.
    oracle: always false; a head reads no reference answer.
    """

    card: Card
    network: Network
    context: RewardContext
    how: str
    backbone: Path | None = None
    oracle: bool = False
    _second: Inspectable | None = None

    @property
    def name(self) -> str:
        return self.card.reward

    @property
    def scores_partial(self) -> bool:
        return self.card.kind == "prm"

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        if self.backbone is not None and self._second is None:
            self._second = require(await self.context.source.policy(str(self.backbone)), Inspectable)
        own = require(self.context.policy, Inspectable)
        readers = [own, self._second] if self._second else [own]
        seen = await features(self.card.kind, readers, problem, steps)
        each = tuple(map(float, self.network.probabilities(seen)))
        if self.card.kind == "orm":
            return Score(each[0], passes=1)
        states = running(each, self.how)
        return Score(states[-1], passes=1, steps=each, states=states)


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


def offered() -> list[Reward[Any]]:
    """The heads as rewards to choose."""
    return [as_reward(card, folder) for card, folder in cards().values()]


def as_reward(card: Card, folder: Path) -> Reward[Any]:
    """A head in its own folder as a reward to choose."""
    known, bundled = frozenset(card.learned.split()), folder.parent == BUNDLED

    def learned(problem: Problem) -> bool:
        return question_id(problem) in known or (bundled and "split=train" in problem.spec)

    return Reward(_description(card), _maker(card, folder), model=card.model, learned=learned, needs=(Inspectable,))


def config_of(card: Card) -> type:
    """The configuration of a head: how step scores become one, by default as its card says; an ORM has nothing to set."""
    return _prm_config(card.aggregate) if card.kind == "prm" else NoSettings


@lru_cache(maxsize=64)
def _prm_config(aggregate: str) -> type:
    """Made once, as making a class takes milliseconds and every page asks for the rewards there are."""
    return make_dataclass("PRMConfig", [("aggregate", str, AGGREGATE.field(default=aggregate))], frozen=True, slots=True)


def _description(card: Card) -> Description[Any]:
    learned = " and ".join(f"{n:,} {source}" for source, n in card.labels.items())
    where = f"A small model of its own beside {card.model}" if card.backbone else f"A head on the hidden states of {card.model}"
    price = "one pass over each step" if card.backbone else "next to nothing"
    sentence = f"{where}, trained on {learned} labels of {card.problems:,} problems; costs {price}."
    return Description(card.reward, f"{card.kind.upper()} · {card.name}", sentence, config_of(card))


def _maker(card: Card, folder: Path) -> Callable[[RewardContext, Any], Head]:
    def make(context: RewardContext, config: Any) -> Head:
        backbone = folder / BACKBONE if card.backbone else None
        fingerprint = require(context.policy, Inspectable).fingerprint
        if fingerprint != card.fingerprint:
            raise RewardError(
                f"The head {card.reward} reads the hidden states of {card.model} ({card.fingerprint}), and this run's model is "
                f"{context.policy.name} ({fingerprint}); choose a reward made for that model, or train one."
            )
        return Head(card, load_network(folder), context, getattr(config, "aggregate", "last"), backbone)

    return make


def load_network(folder: Path) -> Network:
    """The weights of a head; RewardError if they are missing or broken."""
    try:
        return Network({k: v.astype(np.float64) for k, v in load_file(folder / "head.safetensors").items()})
    except Exception as error:
        raise RewardError(f"The weights of the head in {folder} cannot be read; train it again or delete the folder.") from error


def refuse_taken(kind: str, name: str, folder: Path) -> None:
    """TrainingError if a head below that folder would hide one that comes with the app."""
    if folder.resolve() != BUNDLED and (BUNDLED / f"{kind}-{name}").exists():
        raise TrainingError(f"{kind}:{name} comes with the app and is not replaced; choose another name, such as my-{name}.")


def save(folder: Path, card: Card, network: Network, backbone: Path | None = None) -> Path:
    """Write a head below a folder of heads, with a copy of its backbone if it has one; returns its own folder."""
    own = folder / f"{card.kind}-{card.name}"
    own.mkdir(parents=True, exist_ok=True)
    save_file({k: v.astype(np.float32) for k, v in network.arrays.items()}, own / "head.safetensors")
    if backbone is not None and backbone != own / BACKBONE:
        shutil.copytree(backbone, own / BACKBONE, dirs_exist_ok=True)
    (own / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    return own
