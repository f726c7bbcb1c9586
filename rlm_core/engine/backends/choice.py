"""Which runner computes a model that was loaded: the quickest of those whose logits are the library's own."""

from __future__ import annotations

from transformers import PreTrainedModel

from rlm_core.engine.backends.llama import LlamaRunner, is_llama_like
from rlm_core.engine.backends.numpy_llama import NumpyLlamaRunner, is_small_llama
from rlm_core.engine.backends.stateful import StatefulRunner
from rlm_core.engine.backends.suitability import Unfit, fits_rows, refuse_by_trial
from rlm_core.engine.backends.torch import ModelRunner, TorchRunner


def candidates(model: PreTrainedModel) -> list[type[ModelRunner]]:
    """The runners that the model's configuration allows, the quickest first."""
    if not fits_rows(model):
        return [StatefulRunner]
    lean = [NumpyLlamaRunner, LlamaRunner] if is_small_llama(model) else [LlamaRunner] if is_llama_like(model) else []
    return [*lean, TorchRunner, StatefulRunner]


def runner_for(name: str, model: PreTrainedModel) -> ModelRunner:
    """The first candidate that passes the trial. ModelError of one sentence if there is none.

    name: of the model, for the sentence.
    """
    *others, last = candidates(model)
    for kind in others:
        try:
            return tried(name, kind, model)
        except Unfit:
            continue
    return tried(name, last, model)


def tried(name: str, kind: type[ModelRunner], model: PreTrainedModel) -> ModelRunner:
    """A runner that has passed the trial; Unfit if it does not."""
    try:
        runner = kind(model)
    except Exception as error:
        raise Unfit(f"{name} ({model.config.model_type}) cannot be computed by the engine.") from error
    refuse_by_trial(name, runner)
    return runner
