"""Which models the engine can drive, and how: what a configuration tells before any weight is read, and a trial of a few tokens.

Rows of keys and values serve a model whose every layer attends to earlier tokens, all or those of a window or chunk, and remembers
nothing else. Any other model is driven through the library's own cache. Few configurations say in words what they are; the trial computes a
handful of tokens in a runner's own way, and by the library's full pass.
"""

from __future__ import annotations

import torch
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, PreTrainedConfig, PreTrainedModel

from rlm_core.core.errors import ModelError
from rlm_core.engine.backends.torch import ModelRunner, text_config
from rlm_core.engine.backends.windows import FULL, SIZES, layer_kinds, narrowed, told
from rlm_core.engine.threads import one_thread

ALTERNATIVES = "choose a model of a family such as Llama, Qwen2, Qwen3, Phi-3, OLMo or GPT-2"

TOKENS = 6
"""Length of the trial's texts."""

NARROW = 3
"""Length of windows and chunks in the second part of the trial: fewer than the tokens of a text, at prompts and behind them."""

TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 0.02, torch.bfloat16: 0.1}
"""How far a runner's logits at one position may lie from the library's: the norm of the difference by that of the logits."""


class Unfit(ModelError):
    """A runner does not compute what the library computes; another runner may."""


def refuse_by_configuration(name: str, config: PreTrainedConfig) -> None:
    """ModelError for what is no causal language model."""
    if getattr(config, "is_encoder_decoder", False):
        raise ModelError(f"{name} is an encoder-decoder; only causal language models can be used.")
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise ModelError(f"{name} ({config.model_type}) is no causal language model; {ALTERNATIVES}.")


def fits_rows(model: PreTrainedModel) -> bool:
    """Does the configuration say that every layer attends to earlier tokens, and to which of them?"""
    config = text_config(model)
    sizes = {FULL: 1} | {kind: told(config, key) for kind, key in SIZES.items()}
    said = all(told(config, key) for key in ("num_attention_heads", "num_hidden_layers", "hidden_size", "vocab_size"))
    return said and all(isinstance(size := sizes.get(kind), int) and size > 0 for kind in layer_kinds(config))


@one_thread()
@torch.inference_mode()
def refuse_by_trial(name: str, runner: ModelRunner) -> None:
    """Unfit if a runner's logits of a few tokens are not the library's own, or cannot be computed; ModelError if no runner's can be.

    The texts are shorter than the windows of a real model. So a runner that makes masks for windows is tried a second time, with the same
    weights and narrow windows, which the library has then as well. What the trial cannot see: a window whose length the model keeps where
    `narrowed` does not find it (if that is true of all of them, so that narrowing changes nothing, it is Unfit), and anything else that
    begins only at a certain length.
    """
    config = runner.model.config
    try:
        texts = _texts(runner)
        library = _agreed(name, runner, texts)
        if runner.windows:
            with narrowed(runner.model, runner.windows, NARROW) as changed:
                seen = _agreed(name, runner, texts)
            if changed and torch.equal(seen, library):
                raise _refusal(name, config, "has windows by its configuration, and computes the same without them")
    except ModelError:
        raise
    except torch.OutOfMemoryError as error:
        raise ModelError(f"{name} does not fit into the memory of {runner.device}; choose a smaller model or number format.") from error
    except Exception as error:
        raise _refusal(name, config, "cannot be computed by the engine") from error


def _agreed(name: str, runner: ModelRunner, texts: list[list[int]]) -> torch.Tensor:
    """The library's logits [3, n, V] of the texts; ModelError if they are of no use, Unfit if the runner gives others."""
    config, tolerance = runner.model.config, TOLERANCE[runner.dtype]
    library = runner.model(input_ids=torch.tensor(texts, device=runner.device), use_cache=False).logits
    if not bool(library.isfinite().all()):
        raise ModelError(f"{name} gives no finite numbers in {_dtype(runner)}; its weights are damaged or need another number format.")
    if _apart(library[2, :-1], library[0, :-1]) > tolerance:
        what = "lets later tokens change what it makes of earlier ones, as encoders do"
        raise ModelError(f"{name} ({config.model_type}) {what}, so it cannot write a text token by token; {ALTERNATIVES}.")
    apart = _apart(_driven(runner, texts), torch.cat([library[0], library[1, : TOKENS - 2]]))
    if not apart <= tolerance:
        raise _refusal(name, config, f"gives other logits through the engine than by itself ({apart:.1%} apart)")
    return library


def _texts(runner: ModelRunner) -> list[list[int]]:
    """Two texts, and the first with another last token."""
    vocabulary = runner.vocabulary
    first = [(vocabulary // 3 + 5 * i) % vocabulary for i in range(TOKENS)]
    return [first, first[::-1], [*first[:-1], first[0]]]


def _driven(runner: ModelRunner, texts: list[list[int]]) -> torch.Tensor:
    """Logits [n, V] as an engine has them: two prompts of different length computed together, then one token more from the cache."""
    whole, short = texts[0], texts[1][: TOKENS - 2]
    prompts = runner.prefill([[], []], [whole[:-1], short[:-1]])
    for states in prompts:
        pieces = [states.part(0, 2), states.part(2)] if runner.reuses_prefixes else [states]
        runner.add(pieces, len(states) + 1)
    last = runner.decode([whole[-1], short[-1]])
    runner.clear()
    return runner.logits(torch.cat([prompts[0].hidden, last[:1], prompts[1].hidden, last[1:]]))


def _apart(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest relative distance of logits [n, vocabulary] at any of the n positions; what all tokens have in common counts nothing."""
    found, expected = (x.double() - x.double().mean(-1, keepdim=True) for x in (found, expected))
    return float(((found - expected).norm(dim=-1) / expected.norm(dim=-1).clamp_min(1e-9)).max())


def _dtype(runner: ModelRunner) -> str:
    return str(runner.dtype).removeprefix("torch.")


def _refusal(name: str, config: PreTrainedConfig, what: str) -> Unfit:
    return Unfit(f"{name} ({config.model_type}) {what}, so a search on it would be wrong; {ALTERNATIVES}.")
