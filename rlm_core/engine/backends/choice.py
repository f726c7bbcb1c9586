"""Which runner computes a model that was loaded."""

from __future__ import annotations

from transformers import PreTrainedModel

from rlm_core.engine.backends.llama import LlamaRunner, is_llama_like
from rlm_core.engine.backends.torch import TorchRunner


def runner_for(model: PreTrainedModel) -> TorchRunner:
    """The lean forward pass where the model is one of its families, else the library's own."""
    return LlamaRunner(model) if is_llama_like(model) else TorchRunner(model)
