"""The configuration of a run, as plain data that travels in its log."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from rlm_core.core.errors import ConfigError

BUDGETS = {"simulations": "simulations", "tokens": "tokens", "seconds": "seconds", "reward_passes": "reward passes"}
"""Every kind of budget by its field, in words."""


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of a run, each above 0 or None for no limit. ConfigError if none is set.

    simulations: how many the search may work.
    tokens: generated tokens, those of discarded branches included; never passed.
    seconds: of wall time, pauses left out.
    reward_passes: evaluations by a reward model; the last request may exceed it.
    """

    simulations: int | None = 64
    tokens: int | None = None
    seconds: float | None = None
    reward_passes: int | None = None

    def __post_init__(self) -> None:
        for name, title in BUDGETS.items():
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f"A budget of {value:g} {title} allows nothing; give more than 0, or leave it out for no limit.")
        if all(getattr(self, name) is None for name in BUDGETS):
            raise ConfigError("A run needs at least one budget: simulations, tokens, seconds or reward passes.")


class Branch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the tree of another run from which a run goes on, behind a step that a person wrote. ConfigError if it has no steps.

    run: id of the other run, the parent.
    node: a node of the parent's tree: the one whose step was edited, or the one under which a child was added.
    edited: the last step stands for that of `node`; else it was added below `node`.
    steps: texts of the steps from the problem on; the last is the one that the person wrote.
    """

    run: str
    node: int
    edited: bool
    steps: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ConfigError("A branch needs at least one step to begin with.")


SHARED_BATCHES = "Its model decoded it together with other runs, so its samples may depend on them: the same seed may give another run."
"""What is said of a run whose batches are shared."""


class RunConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides a run's log (times aside).

    model: name of the policy's model.
    device, dtype, format: where and how the model is loaded, and its prompt format; "auto" is what fits it.
    batching: "shared" if the run is decoded together with others on the model and its samples may depend on them; unset or "own" if not.
    problem: a spec such as "countdown:numbers=3,seed=7".
    search, search_parameters: name of the strategy, and the settings that are given.
    reward, reward_parameters: the same of the reward.
    budget: limits of the run.
    temperature: in [0, 2]; 0 takes the likeliest token.
    seed: of all random numbers, from 0 to 2**31 - 1.
    max_step_tokens, max_solution_tokens: at least 1; longer steps and solutions are cut off.
    sampling: which tokens can be drawn and what ends a solution (`rlm_core.core.sampling`), those settings that are not off; unset
        if all are.
    branch: the place in another run's tree where this run begins; unset for a run that begins at the bare problem.
    backend: what computes the model; unset for "auto", the quickest that offers what search and reward need.

    None for the temperature or a maximum is what fits the model; `catalogue.checked` fills it in, so that a log holds the numbers.
    """

    model: str = "nano"
    device: str = "auto"
    dtype: str = "auto"
    format: str = "auto"
    batching: Literal["own", "shared"] | msgspec.UnsetType = msgspec.UNSET
    problem: str = "countdown:numbers=4,seed=31"
    search: str = "mcts"
    search_parameters: dict[str, Any] = {}
    reward: str = "rollouts"
    reward_parameters: dict[str, Any] = {}
    budget: Budget = Budget()
    temperature: float | None = None
    seed: int = 0
    max_step_tokens: int | None = None
    max_solution_tokens: int | None = None
    sampling: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    branch: Branch | msgspec.UnsetType = msgspec.UNSET
    backend: Literal["auto", "torch", "openvino"] | msgspec.UnsetType = msgspec.UNSET

    @property
    def shares_batches(self) -> bool:
        return self.batching == "shared"

    @property
    def loading(self) -> dict[str, str]:
        """The settings of its model, by name."""
        return {
            "device": self.device,
            "dtype": self.dtype,
            "format": self.format,
            "batching": self.batching or "own",
            "backend": self.backend or "auto",
        }

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise ConfigError(f"A temperature of {self.temperature:g} is not allowed; it must be from 0 to 2.")
        if not 0 <= self.seed < 2**31:
            raise ConfigError(f"A seed of {self.seed} is not allowed; it must be a whole number from 0 to {2**31 - 1}.")
        for name in ("max_step_tokens", "max_solution_tokens"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name}={value} allows no token; it must be at least 1.")
