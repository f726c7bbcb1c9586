"""Loading a published process reward model, and choosing the recipe by which it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer

from rlm_core.core.errors import ModelError, RewardError
from rlm_core.engine.loading.reading import one_reader
from rlm_core.engine.loading.stage import Report, Stage
from rlm_core.models.loading import in_a_sentence, pick_device, pick_dtype, source_folder
from rlm_core.models.prm import math_shepherd, qwen, reasoneval, rlhflow, skywork, thinkprm
from rlm_core.models.prm.base import ANOTHER_RECIPE, PublishedPRM, Recipe

PUBLISHED = tuple(m.RECIPE for m in (qwen, math_shepherd, rlhflow, skywork, reasoneval, thinkprm))
BY_NAME = {recipe.name: recipe for recipe in PUBLISHED}


def load_step_scorer(name: str, recipe: str, report: Report = lambda text: None) -> PublishedPRM:
    """The process reward model of an id or folder. ModelError if it cannot be loaded, RewardError if it does not fit the recipe.

    report: takes sentences on how far the loading is.
    """
    folder = source_folder(name, report)
    with Stage(report, f"Loading {name}"):
        return _loaded(name, recipe, folder)


def _loaded(name: str, recipe: str, folder: Path) -> PublishedPRM:
    place = pick_device("auto")
    with in_a_sentence(name):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    chosen = BY_NAME[recipe] if recipe != "auto" else _recognised(name, config.architectures or [])
    head = _head(folder)
    missing = [key for key in chosen.head if key not in head]
    if missing:
        raise RewardError(f"{name} has no {missing[0]} in its weights, so it is no model of the recipe {chosen.name}; {ANOTHER_RECIPE}.")
    kind = AutoModel if chosen.head else AutoModelForCausalLM
    how = {"dtype": pick_dtype("auto", place), "trust_remote_code": False, "use_safetensors": True}
    with in_a_sentence(name), one_reader():
        loaded: Any = kind.from_pretrained(folder, output_loading_info=True, **how)
    model, found = loaded
    if random := sorted(found["missing_keys"]):
        raise ModelError(f"{name} has no {random[0]} among its weights ({len(random)} are missing), so its scores would be random.")
    return PublishedPRM(name, model.to(place).eval(), tokenizer, head, chosen)


def _recognised(name: str, architectures: Sequence[str]) -> Recipe:
    """The recipe of the family that the configuration's architecture tells, else the model's name."""
    by_architecture = (r for a in architectures for r in PUBLISHED if r.architecture == a)
    by_name = (r for r in PUBLISHED if any(part in name.lower() for part in r.name_parts))
    found = next(chain(by_architecture, by_name), None)
    if found is None:
        raise RewardError(f"How {name} was trained to be asked cannot be told from its name or configuration; {ANOTHER_RECIPE}.")
    return found


def _head(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint that belong to a head, in float32."""
    found: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as opened:
            found |= {key: opened.get_tensor(key).float() for key in opened.keys() if key.startswith(("score", "v_head"))}  # noqa: SIM118
    return found
