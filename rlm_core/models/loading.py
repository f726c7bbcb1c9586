"""Loading a local model: the bundled one, the packaged SmolLM2, any Hugging Face id, folder or GGUF file.

Only safetensors and GGUF are read (no pickle), and no code from a model is ever run. CUDA and MPS
take the same path as the CPU; they are untested where this was written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from rlm_core.core.errors import ModelError, first_line
from rlm_core.engine.backends.choice import runner_for
from rlm_core.engine.backends.llama import LlamaRunner, is_llama_like
from rlm_core.engine.backends.openvino import OpenVinoEngine
from rlm_core.engine.backends.suitability import Unfit, refuse_by_configuration
from rlm_core.engine.backends.torch import ModelRunner, fingerprint, max_length
from rlm_core.engine.backends.weight_formats import INT8
from rlm_core.engine.backends.windows import has_windows
from rlm_core.engine.calibration import quickest_engine, quickest_format
from rlm_core.engine.engine import Engine
from rlm_core.engine.loading import gguf, memory, nano, openvino
from rlm_core.engine.loading.reading import one_reader
from rlm_core.engine.loading.stage import Report, Stage
from rlm_core.engine.threads import one_thread
from rlm_core.models import packaged
from rlm_core.models.backends import AUTO, OPENVINO, TORCH
from rlm_core.models.chat import ChatPolicy
from rlm_core.models.checkpoints import CARD, adapter_folder, base_of, card
from rlm_core.models.checkpoints import place as place_of
from rlm_core.models.generating import COMPUTATION, GeneratingPolicy
from rlm_core.models.listed import HUB_ID, in_nano_notation, unknown_model
from rlm_core.models.local import LocalPolicy
from rlm_core.models.prompts.base import ChatFormat, Format
from rlm_core.models.prompts.chat_template import ChatTemplate
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.models.prompts.nano import NanoFormat
from rlm_core.models.rereading import RereadingPolicy
from rlm_core.problems import make

transformers_logging.disable_progress_bar()  # progress goes to `report`

CACHE_BYTES = 1 << 30
"""The most that the keys and values of a chat model may take for reuse."""

LARGE = 50_000_000
"""Parameters from which the number format decides on speed, so that formats are measured."""

COMPARED_PROBLEM = "words:seed=0"
"""The problem by which the answers of two number formats are compared."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to decode. `policy()` opens one search's view of it.

    name: as it was asked for.
    format: how problems are put to it, and where its steps end.
    computation: by what it is computed, and in which number format, as the end of a sentence; empty for the bundled model.
    """

    name: str
    engine: Engine | OpenVinoEngine
    tokenizer: PreTrainedTokenizerBase
    format: Format
    computation: str = ""

    @property
    def together(self) -> bool:
        """May any searches use it at a time? Where they share no batch, each would make the others wait, and their clocks run on."""
        return self.engine.exact

    def policy(self, shared: bool = False) -> LocalPolicy:
        """shared: the search shares its batches, even if its samples then depend on the others."""
        if isinstance(self.engine, OpenVinoEngine):
            assert isinstance(self.format, ChatFormat), "OpenVINO computes models in words alone"
            return GeneratingPolicy(self.name, self.engine.session(shared), self.format, self.tokenizer, self.computation)
        session = self.engine.session(shared)
        if isinstance(self.format, ChatFormat):
            return ChatPolicy(self.name, session, self.format, self.tokenizer, self.computation)
        return RereadingPolicy(self.name, session, self.format, self.tokenizer)


@one_thread()
def load(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    fmt: str = "auto",
    backend: str = TORCH,
    report: Report = lambda text: None,
) -> LoadedModel:
    """The model of that name, id, folder or file; ModelError says what is missing or not allowed."""
    place = pick_device(device)
    if in_nano_notation(name):
        return _load_nano(name, place, report)
    shown, model, prompt = read_weights(name, place, pick_dtype(dtype, place), fmt != "plain", report)
    torch_engine = partial(_torch, shown, model, dtype, prompt.prompt(make(COMPARED_PROBLEM)), report)
    if engine := _openvino(shown, model, backend, place, torch_engine, report):
        return LoadedModel(name, engine, prompt.tokenizer, prompt, COMPUTATION)
    engine, number_format = torch_engine()
    return LoadedModel(name, engine, prompt.tokenizer, prompt, f"computed by torch in {number_format}.")


class Weights(NamedTuple):
    """A model in words before anything computes it; `shown` is what to call it in a sentence."""

    shown: str
    model: PreTrainedModel
    format: LineFormat


def read_weights(name: str, place: str, dtype: torch.dtype, chat: bool, report: Report) -> Weights:
    """The weights of a model in words, those of an adapter merged into its base's. ModelError if they cannot be read.

    chat: it is to be asked through its chat template.
    """
    adapter = adapter_folder(name)
    base = base_of(adapter) if adapter else name
    if adapter and in_nano_notation(base):
        raise ModelError(f"{name} is an adapter of {base}; adapters are read for models in words alone.")
    _refuse_unfetchable(base, dtype, place)
    folder, shown = _safetensors(base, report)
    memory.refuse_too_large(shown, memory.elements(folder), dtype, place, CACHE_BYTES)
    with Stage(report, f"Loading {shown} ({_megabytes(folder)} MB)"):
        with in_a_sentence(shown):
            config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        refuse_by_configuration(shown, config)
        with in_a_sentence(shown):
            tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        if chat:
            _refuse_untemplated(shown, tokenizer)
        model = _weights(shown, folder, config, dtype, place)
        trained_on = frozenset[str]()
        if adapter:
            model, trained_on = _adapted(name, model, adapter, base)
    lines = LineFormat(tokenizer, chat, _ends(model, tokenizer), trained_on=trained_on if chat else frozenset())
    return Weights(name if adapter else shown, model, lines)


def _adapted(shown: str, model: PreTrainedModel, folder: Path, base: str) -> tuple[PreTrainedModel, frozenset[str]]:
    """The model with an adapter merged into it, and the kinds of problems that its card says it learned."""
    from rlm_core.engine.loading.adapter import merged  # imports peft only when it is needed

    known = card(folder) if (folder / CARD).is_file() else None
    if known and known.base_weights not in ("", found := fingerprint(model)):
        raise ModelError(f"{shown} was made for other weights of {base} ({known.base_weights}) than those that are here ({found}).")
    return merged(shown, model, folder, base), frozenset(known.kinds if known else ())


def _torch(shown: str, model: PreTrainedModel, dtype: str, prompt: Sequence[int], report: Report) -> tuple[Engine, str]:
    """The model computed by torch, and the number format in which it is."""
    runner = runner_for(shown, model)
    if not runner.reuses_prefixes:
        report(f"{shown} computes every prompt whole, one text at a time: the states of its layers cannot be cut after any token.")
    engine = Engine(runner, max_rows=32, cache_bytes=CACHE_BYTES, cores=os.cpu_count() or 1)
    return engine, _number_format(shown, engine, runner, dtype, prompt, report)


def _number_format(shown: str, engine: Engine, runner: ModelRunner, dtype: str, prompt: Sequence[int], report: Report) -> str:
    """The number format in which the runner computes from now on. ModelError if it cannot in the one that is wanted."""
    native = str(runner.dtype).removeprefix("torch.")
    if not isinstance(runner, LlamaRunner):
        if dtype == INT8:
            kind = runner.model.config.model_type
            raise ModelError(f"{shown} ({kind}) is not built as Llama is, so it has no int8; choose float32 or bfloat16.")
        return native
    if dtype == INT8:
        runner.use(INT8)
        return INT8
    weights, free = runner.model.num_parameters(), memory.free_bytes()
    roomy = free is None or free > weights * torch.float32.itemsize  # for the weights once more in another format
    if dtype == "auto" and runner.device.type == "cpu" and runner.dtype == torch.float32 and weights >= LARGE and roomy:
        return quickest_format(engine, runner, prompt, report)
    return native


def _not_for_openvino(model: PreTrainedModel) -> str:
    """Why OpenVINO cannot compute the model; empty if it can."""
    if not is_llama_like(model):
        return "is not built as Llama is"
    return "has layers that look back through a window" if has_windows(model.config) else ""


def _openvino(
    shown: str, model: PreTrainedModel, backend: str, place: str, peer: Callable[[], tuple[Engine, str]], report: Report
) -> OpenVinoEngine | None:
    """The model computed by OpenVINO; None if torch is to compute it. ModelError if OpenVINO is wanted and cannot.

    peer: the engine of torch, which "auto" compares it with.
    """
    why = _not_for_openvino(model)
    if backend == TORCH or (backend == AUTO and (why or place != "cpu")):
        return None
    if why:
        raise ModelError(f"{shown} ({model.config.model_type}) {why}, so OpenVINO cannot compute it; choose the back end torch.")
    try:
        folder = openvino.converted(shown, model, report)
    except Unfit:
        if backend == AUTO:
            return None
        raise
    with Stage(report, f"Loading {shown} with OpenVINO"):
        engine = OpenVinoEngine(folder, max_length=max_length(model.config))
    if backend == OPENVINO:
        return engine
    both = {OPENVINO: lambda: engine, TORCH: lambda: peer()[0]}
    return engine if quickest_engine(both, fingerprint(model), report) == OPENVINO else None


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
    """float32 on a CPU, bfloat16 on an accelerator that has it, unless another is wanted."""
    if wanted != "auto":
        if wanted == INT8 and device != "cpu":
            raise ModelError(f"Weights in int8 are computed on the CPU alone, and not on {device}; choose bfloat16 or float16.")
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, INT8: torch.float32}[wanted]
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device == "mps" else torch.float32


def _load_nano(name: str, device: str, report: Report) -> LoadedModel:
    folder = nano.FOLDER if name == "nano" else Path(place_of(name)).expanduser()
    if not (folder / "model.safetensors").is_file():
        raise ModelError("The bundled model is missing from assets/nano; make it again with `python -m rlm_core train nano`.")
    report("Loading the bundled model …" if name == "nano" else f"Loading {folder.name} …")
    exact = device != "mps"  # MPS has no float64
    dtype = torch.float64 if exact else torch.float32
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with one_reader():
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True)
    if model.config.vocab_size != len(tokenizer):
        raise ModelError(
            f"{name} has weights for {model.config.vocab_size} tokens and a tokenizer of {len(tokenizer)}; they belong to two models."
        )
    model.to(device)  # type: ignore[arg-type]
    return LoadedModel(name, Engine(runner_for(name, model), exact=exact), tokenizer, NanoFormat(tokenizer))


def _safetensors(name: str, report: Report) -> tuple[Path, str]:
    """The local folder with a model's configuration and weights, and what to call the model in a sentence."""
    if name == "smollm2":
        return gguf.converted(packaged.weights(), report), name
    if name.lower().endswith(".gguf"):
        file = Path(name).expanduser()
        return gguf.converted(file, report), file.name
    return source_folder(name, report), name


@contextmanager
def in_a_sentence(shown: str) -> Generator[None]:
    """An error of the library while it reads a model's files becomes a ModelError of one sentence."""
    try:
        yield
    except Exception as error:
        raise ModelError(f"{shown} could not be loaded: {first_line(error)}") from error


def _weights(shown: str, folder: Path, config: PreTrainedConfig, dtype: torch.dtype, place: str) -> PreTrainedModel:
    """The model with its weights, at its place. ModelError if some are missing: they would be random."""
    attention = "sdpa" if getattr(MODEL_FOR_CAUSAL_LM_MAPPING[type(config)], "_supports_sdpa", False) else "eager"
    how = {"dtype": dtype, "trust_remote_code": False, "use_safetensors": True, "attn_implementation": attention}
    with in_a_sentence(shown), one_reader():
        loaded: Any = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, **how)
        model, found = loaded[0].to(place), loaded[1]
    if missing := sorted(found["missing_keys"]):
        raise ModelError(f"{shown} has no {missing[0]} among its weights ({len(missing)} are missing), so what it writes would be random.")
    return model


def _refuse_unfetchable(name: str, form: torch.dtype, place: str) -> None:
    """TooLarge if a hub id that would have to be downloaded does not fit into the memory."""
    if not HUB_ID.fullmatch(name) or Path(name).expanduser().is_dir():
        return
    from rlm_core.engine.loading import hub  # imports the hub's client only when it is needed

    if numbers := hub.elements(name):
        memory.refuse_too_large(name, numbers, form, place, CACHE_BYTES)


def source_folder(name: str, report: Report = lambda text: None) -> Path:
    """The local folder of a model, downloaded from the hub if the name is an id."""
    folder = Path(place_of(name)).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ModelError(f"The folder {name} holds no config.json, so it is not a model.")
        return folder
    if not HUB_ID.fullmatch(name):
        raise unknown_model(name)
    from rlm_core.engine.loading.hub import download  # imports the hub's client only when it is needed

    return download(name, report)


def _refuse_untemplated(shown: str, tokenizer: PreTrainedTokenizerBase) -> None:
    """ModelError for a chat model whose template takes neither a problem nor a question."""
    if not tokenizer.chat_template:
        raise ModelError(f"{shown} has no chat template; set the prompt format to plain to use it as a base model.")
    template = ChatTemplate(tokenizer)
    for roles in (("system", "user", "assistant", "user"), ("user",)):
        template.arrangement(roles)


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Every token with which the model may end its turn."""
    ends: set[int] = set()
    for configured in (tokenizer.eos_token_id, model.config.eos_token_id, getattr(model.generation_config, "eos_token_id", None)):
        ends |= {e for e in (configured if isinstance(configured, list) else [configured]) if isinstance(e, int)}
    return frozenset(ends)


def _megabytes(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.glob("*.safetensors")) >> 20
