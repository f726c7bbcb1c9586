"""GGUF files: dequantised once; a safetensors copy in the cache folder makes every later start fast."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from rlm_core.core.errors import ModelError, first_line
from rlm_core.core.paths import cache_folder
from rlm_core.engine.loading.memory import refuse_unconvertible
from rlm_core.engine.loading.reading import one_reader

HEADER = 1 << 20
"""Bytes at a file's beginning that are read whole to tell it from others."""

BLOCK, MAX_BLOCKS = 1 << 12, 1 << 11
"""Bytes read at each of several places spread over the rest of a file, and the number of such places at most."""


def converted(path: Path, report: Callable[[str], None]) -> Path:
    """The folder of a GGUF file's safetensors copy, made if it is not there yet. ModelError if the file cannot be read."""
    if not path.is_file():
        raise ModelError(f"There is no GGUF file {path}.")
    copy = cache_folder() / "gguf" / f"{path.stem}-{identity(path)}"
    if not (copy / "complete").is_file():
        refuse_unconvertible(path)
        report(f"Converting {path.name} ({path.stat().st_size >> 20} MB); once only …")
        try:
            tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
            with one_reader():
                model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
        except Exception as error:
            raise ModelError(f"{path.name} could not be read as a GGUF model: {first_line(error)}") from error
        _repair_pre_tokenizer(tokenizer, path)
        _save_dequantised(model, tokenizer, copy)
        (copy / "complete").write_text(json.dumps({"converted": str(path.resolve())}))
    return copy


def identity(path: Path) -> str:
    """16 hex digits that tell a file from any other: where it lies, its size, when it was changed, and bytes from all over it."""
    stat = path.stat()
    digest = hashlib.sha256(f"{path.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}\n".encode())
    with path.open("rb") as file:
        digest.update(file.read(HEADER))
        rest = max(0, stat.st_size - HEADER)
        stride = max(BLOCK, rest // MAX_BLOCKS)
        for at in range(HEADER, stat.st_size, stride):
            file.seek(at)
            digest.update(file.read(BLOCK))
    return digest.hexdigest()[:16]


def _repair_pre_tokenizer(tokenizer: PreTrainedTokenizerBase, path: Path) -> None:
    """SmolLM2's pre-tokenizer (single digits, then bytes by word) is lost in its GGUF."""
    if "smollm2" in path.name.lower() or "smollm2" in path.parent.name.lower():
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(  # type: ignore[attr-defined]
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
        )


def _save_dequantised(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    config = model.config.to_dict()
    config.pop("quantization_config", None)
    with one_reader():
        plain = AutoModelForCausalLM.from_config(type(model.config).from_dict(config), dtype=torch.float32)
    plain.load_state_dict(model.state_dict())
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
