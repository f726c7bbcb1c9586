"""The state of a training in one file, written whole or not at all: from it a training that was killed goes on along the same curve."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec
import torch
from safetensors import safe_open
from safetensors.torch import save_file


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a training is.

    stage: the one at work.
    step: its steps that were made.
    at: steps of all stages that were made.
    seconds: of work so far.
    curve: its points so far, where they are kept nowhere else.
    """

    stage: str
    step: int
    at: int
    seconds: float
    curve: list[dict[str, float]] = field(default_factory=list)


def save_state(file: Path, reached: Reached, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Weights that learn, the optimiser's numbers, torch's random numbers and the place, in place of an earlier state."""
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters() if p.requires_grad}
    for i, entry in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{key}": torch.as_tensor(value) for key, value in entry.items()}
    tensors["random"] = torch.get_rng_state()
    made = file.with_name(f".{file.name}.{os.getpid()}")
    save_file({name: t.contiguous() for name, t in tensors.items()}, made, {"reached": msgspec.json.encode(asdict(reached)).decode()})
    os.replace(made, file)


def reached(file: Path) -> Reached | None:
    """How far the saved state is; None if there is none."""
    if not file.is_file():
        return None
    with safe_open(file, "pt") as state:
        return msgspec.json.decode(state.metadata()["reached"], type=Reached)


def load_state(file: Path, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put weights, the optimiser's numbers and torch's random numbers back."""
    entries: dict[int, dict[str, torch.Tensor]] = {}
    weights = dict(model.named_parameters())
    with safe_open(file, "pt") as state:
        for name in state.keys():  # noqa: SIM118 - it is no mapping
            kind, _, rest = name.partition(".")
            if kind == "model":
                weights[rest].data.copy_(state.get_tensor(name))
            elif kind == "optimizer":
                index, _, key = rest.partition(".")
                entries.setdefault(int(index), {})[key] = state.get_tensor(name)
            else:
                torch.set_rng_state(state.get_tensor(name))
    optimizer.load_state_dict({"state": entries, "param_groups": optimizer.state_dict()["param_groups"]})
