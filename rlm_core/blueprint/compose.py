"""A reasoning language model put together: RLM = f(foundation model, search, reward, training, chain of thought).

A choice of the five parts becomes the configuration of a run, or is refused in a sentence, and has marks like a published system's.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core import catalogue
from rlm_core.blueprint.systems import Mark, Models, Operators, Pipelines, Scheme, Technique, marks_of, techniques
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.models import checkpoints
from rlm_core.models.listed import OTHER, describe

NO_SEARCH = "chain_of_thought"
"""The search that compares nothing: one chain."""
NONE = "none"
"""No training, or no thinking technique."""
TRAINED_REWARDS = ("prm:", "orm:", "hub_prm")
WRITTEN_REWARDS = ("judge", "mixture")
"""Rewards that value states without a model that was trained for it, as far as is known."""


@dataclass(frozen=True, slots=True)
class Parts:
    """One choice per part.

    model: a listed foundation model.
    search: a search of the catalogue that is no thinking technique.
    reward: of the catalogue.
    training: NONE, or the name of a checkpoint.
    thought: NONE, or a thinking technique of the catalogue.
    """

    model: str = "nano"
    search: str = "mcts"
    reward: str = "prm:nano"
    training: str = NONE
    thought: str = NONE

    @property
    def strategy(self) -> str:
        """What runs: the thinking technique, else the search."""
        return self.search if self.thought == NONE else self.thought

    @property
    def policy(self) -> str:
        """The model that runs, as it is named everywhere."""
        return self.model if self.training == NONE else checkpoints.PREFIX + self.training


def offered() -> dict[str, tuple[str, ...]]:
    """What can be chosen for each part, by the fields of `Parts`."""
    known, every = techniques(), tuple(catalogue.searches())
    thoughts = tuple(name for name in every if name in known and known[name].part == "thought")
    return {
        "model": tuple(n for n in catalogue.models() if n != OTHER.name and not checkpoints.is_checkpoint(n)),
        "search": tuple(name for name in every if name not in thoughts),
        "reward": tuple(catalogue.reward_models()),
        "training": (NONE, *(card.name for card in checkpoints.listed())),
        "thought": (NONE, *thoughts),
    }


def config_of(parts: Parts, problem: str, budget: Budget | None = None) -> RunConfig:
    """The checked configuration of a run of these parts. RlmError says in one sentence why they do not go together."""
    if parts.thought != NONE and parts.search != NO_SEARCH:
        technique, search = (catalogue.title("search", name) for name in (parts.thought, parts.search))
        raise ConfigError(
            f"{technique} is one long chain and {search} compares several, and a run here is one of the two: choose "
            f"“{catalogue.title('search', NO_SEARCH)}” as the search, or no thinking technique."
        )
    if parts.training != NONE:
        card = next((c for c in checkpoints.listed() if c.name == parts.training), None)
        if card is None:
            raise ConfigError(f"There is no checkpoint “{parts.training}” here; choose another training.")
        if card.base != parts.model:
            base, model = (catalogue.title("model", name) for name in (card.base, parts.model))
            raise ConfigError(f"The training “{card.title}” went on from {base}, not from {model}: choose {base} as the foundation model.")
    reward = parts.reward if catalogue.judged(parts.strategy, {}) else describe(parts.policy).fit.reward
    return catalogue.checked(
        RunConfig(model=parts.policy, problem=problem, search=parts.strategy, reward=reward, budget=budget or Budget())
    )


def technique_of(parts: Parts) -> Technique | None:
    """The decomposition of what runs; None for one of another package, which is not described here."""
    return techniques().get(parts.strategy)


def scheme_of(parts: Parts) -> Scheme | None:
    technique = technique_of(parts)
    return technique.scheme if technique else None


def marks(parts: Parts) -> dict[str, Mark]:
    """The marks of a composition, as those of a published system.

    Operators are those of the search. The policy is trained for reasoning if it is the bundled model or a checkpoint. A trained reward of
    steps or answers is a value model, a judge or a mixture one in part. A training here makes its own data, so that training and
    data generation go together.
    """
    technique = technique_of(parts)
    unknown = Operators(**dict.fromkeys(Operators.__struct_fields__, Mark.UNKNOWN))
    trained = parts.training != NONE
    reward = parts.reward if catalogue.judged(parts.strategy, {}) else ""
    valued = Mark.FULL if reward.startswith(TRAINED_REWARDS) else Mark.PARTIAL if reward in WRITTEN_REWARDS else Mark.NONE
    learned = Mark.FULL if trained or reward.startswith(("prm:", "orm:")) else Mark.NONE
    policy = Mark.FULL if trained or parts.model == "nano" else Mark.NONE
    return marks_of(technique.operators if technique else unknown, Models(policy, valued), Pipelines(Mark.FULL, learned, learned))
