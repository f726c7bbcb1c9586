"""How far back each layer of a model looks: at all earlier tokens, at the last few, or at those of its own chunk of the text.

The library has a name for every kind of layer, and a setting of the configuration says how many tokens the window or the chunk has.
The place of a token in its row is its position in the text, so one mask per kind of layer is all that rows need for them. Keys beyond a
window are kept: another layer may look at them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel

from rlm_core.engine.kv_cache import Places

FULL, SLIDING, CHUNKED = "full_attention", "sliding_attention", "chunked_attention"
SIZES = {SLIDING: "sliding_window", CHUNKED: "attention_chunk_size"}
"""Kinds of layers that look back less far, and the setting that says how many tokens."""

OTHER_SIZES = ("keep_window_size", "attention_window_size", "window_size", "local_attention")
"""Settings of windows that no mask is made for here."""


def told(config: PreTrainedConfig, key: str) -> Any:
    """A setting that holds for all layers of a configuration; None if there is none."""
    try:
        return getattr(config, key, None)
    except Exception:  # noqa: BLE001 - a configuration whose layers differ refuses in its own way to be asked of all
        return None


def layer_kinds(config: PreTrainedConfig) -> tuple[str, ...]:
    """The kind of every layer, in the library's words. A window as long as the longest text is none."""
    if kinds := told(config, "layer_types"):
        return tuple(kinds)
    limit = told(config, "max_position_embeddings") or 0
    settings = {**SIZES, **{key: key for key in OTHER_SIZES}}
    narrow = [kind for kind, key in settings.items() if isinstance(size := told(config, key), int) and 0 < size < limit]
    return tuple([narrow[0] if narrow else FULL] * int(told(config, "num_hidden_layers") or 0))


def has_windows(config: PreTrainedConfig) -> bool:
    """Is there a layer that does not look at all earlier tokens?"""
    return set(layer_kinds(config)) != {FULL}


def mask(places: Places, kind: str, config: PreTrainedConfig) -> torch.Tensor | None:
    """Where the new tokens may look in layers of a kind: [rows, 1, q, width]; None where every one may look at all of the width.

    Source: transformers.masking_utils, `sliding_window_overlay` and `chunked_overlay`.
    """
    if kind == FULL:
        return places.mask
    size: int = getattr(config, SIZES[kind])
    if places.width <= size:
        return places.mask
    keys = torch.arange(places.width, device=places.rows.device)
    queries = places.positions.clamp_max(places.width - 1)[:, None, :, None]  # padding behind the width looks at what its last token does
    near = keys > queries - size if kind == SLIDING else keys // size == queries // size
    return near if places.mask is None else near & places.mask


@contextmanager
def narrowed(model: PreTrainedModel, settings: Sequence[str], size: int) -> Generator[bool]:
    """Windows and chunks have at most `size` tokens meanwhile, wherever the model's parts keep their length.

    settings: the names of the lengths, of `SIZES`.
    Yields whether any was longer.
    """
    holders = {id(x): x for module in model.modules() for x in (module, getattr(module, "config", None))}.values()
    found = [(vars(x), key) for x in holders if x is not None for key in settings]
    before = [(kept, key, kept[key]) for kept, key in found if isinstance(kept.get(key), int) and kept[key] > size]
    try:
        for kept, key, _ in before:
            kept[key] = size
        yield bool(before)
    finally:
        for kept, key, value in before:
            kept[key] = value
