"""Adapters of peft: read with their base, and merged into its weights, so that every back end computes them."""

from __future__ import annotations

import warnings
from pathlib import Path

import peft
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.constants import EMBEDDING_LAYER_NAMES
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedModel

from rlm_core.core.errors import ModelError, first_line
from rlm_core.engine.loading.reading import one_reader

warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)  # peft asks for it by its old name

WEIGHTS = "adapter_model.safetensors"


def merged(shown: str, model: PreTrainedModel, folder: Path, base: str) -> PreTrainedModel:
    """The model with the adapter's additions in its weights: W + (alpha / rank) · B · A (Hu et al. 2021, LoRA, section 4).

    Computed in float64, layer by layer, so that the sum comes out alike on every processor, and with it the fingerprint by which a reward
    head knows its model.

    shown, base: names of the adapter and of the model, for a sentence.
    ModelError if the adapter has no safetensors or does not fit the model.
    """
    wrong = f"{shown} is an adapter of another model than {base}"
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            there = set(file.keys())
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{shown} is an adapter without a readable {WEIGHTS}, the only file of weights that is read.") from error
    try:
        with one_reader():
            attached = peft.PeftModel.from_pretrained(model, str(folder))
        whole = tuple(f"{name}.weight" for name in EMBEDDING_LAYER_NAMES)
        embeddings = any(key.endswith(whole) for key in there)  # peft would ask the network to find that out
        missing = set(peft.get_peft_model_state_dict(attached, save_embedding_layers=embeddings)) ^ there
        if missing:
            raise ModelError(f"{wrong}: {len(missing)} of their weights do not meet, such as {min(missing)}.")
        for layer in (m for m in attached.modules() if isinstance(m, BaseTunerLayer)):
            number_format = next(layer.parameters()).dtype
            layer.double()
            layer.merge()
            layer.to(number_format)
        result = attached.unload()
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{wrong}, or cannot be read: {first_line(error)}") from error
    assert isinstance(result, PreTrainedModel), "peft gives back the model that it was given"
    return result
