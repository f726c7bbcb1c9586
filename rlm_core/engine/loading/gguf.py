"""GGUF files: dequantised once; a safetensors copy in the cache folder makes every later start fast."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import torch
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase, modeling_gguf_pytorch_utils

from rlm_core.core.errors import ModelError, first_line
from rlm_core.core.paths import cache_folder
from rlm_core.engine.loading.memory import refuse_unconvertible
from rlm_core.engine.loading.reading import one_reader
from rlm_core.engine.loading.stage import ONCE, Report, Stage

HEADER = 1 << 20
"""Bytes at a file's beginning that are read whole to tell it from others."""

BLOCK, MAX_BLOCKS = 1 << 12, 1 << 11
"""Bytes read at each of several places spread over the rest of a file, and the number of such places at most."""

_CONVERTING = threading.Lock()
"""Held while a file is converted: who needs the same file meanwhile waits, and finds the copy."""


def converted(path: Path, report: Report) -> Path:
    """The folder of a GGUF file's safetensors copy, made if it is not there yet. ModelError if the file cannot be read."""
    if not path.is_file():
        raise ModelError(f"There is no GGUF file {path}.")
    copy = cache_folder() / "gguf" / f"{path.stem}-{identity(path)}"
    with _CONVERTING:
        if not (copy / "complete").is_file():
            refuse_unconvertible(path)
            _convert(path, copy, report)
    return copy


def _convert(path: Path, copy: Path, report: Report) -> None:
    """Read the file and write its copy, stage by stage."""
    try:
        with _parsed_once():
            with Stage(report, f"Reading the tokenizer of {path.name} ({path.stat().st_size >> 20} MB), {ONCE}"):
                tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
            with one_reader(), _counting_tensors(path.name, report):
                model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    except Exception as error:
        raise ModelError(f"{path.name} could not be read as a GGUF model: {first_line(error)}") from error
    with Stage(report, f"Writing the converted copy of {path.name}, {ONCE}"):
        _repair_pre_tokenizer(tokenizer, path)
        _save_dequantised(model, tokenizer, copy)
        (copy / "complete").write_text(json.dumps({"converted": str(path.resolve())}))


@contextmanager
def _parsed_once() -> Generator[None]:
    """The header of a file, with its vocabulary, is parsed once, not anew for tokenizer, configuration and weights as the library does it;
    and the names of its tensors are put together once, not anew for each module of the model.

    While `_CONVERTING` is held, so that no other thread reads a GGUF file meanwhile.
    """
    library: Any = modeling_gguf_pytorch_utils
    load = library.load_gguf_checkpoint
    header = cache(load)

    def loaded(path: str, return_tensors: bool = False, **how: Any) -> dict[str, Any]:
        return load(path, return_tensors=True, **how) if return_tensors else deepcopy(header(path))

    with ExitStack() as changed:
        for module, name, instead in (
            (library, "load_gguf_checkpoint", loaded),
            (gguf, "GGUFReader", cache(gguf.GGUFReader)),
            (gguf, "get_tensor_name_map", cache(gguf.get_tensor_name_map)),
        ):
            changed.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, instead)
        yield


@contextmanager
def _counting_tensors(name: str, report: Report) -> Generator[None]:
    """The tensors that the library dequantises are counted: a stage stands in the place of the bar that it would draw over them, and one
    before it.

    Within `one_reader`, so that no other thread reads a file meanwhile.
    """
    library: Any = modeling_gguf_pytorch_utils
    with ExitStack() as opened, ExitStack() as before:
        before.enter_context(Stage(report, f"Reading {name}, {ONCE}"))

        def counted(tensors: Any, **bar: Any) -> Iterable[Any]:
            before.close()
            stage = opened.enter_context(Stage(report, f"Converting {name}, {ONCE}", len(tensors), "tensors"))
            for tensor in tensors:
                yield tensor
                stage.done()

        opened.callback(setattr, library, "tqdm", library.tqdm)
        library.tqdm = counted
        yield


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
