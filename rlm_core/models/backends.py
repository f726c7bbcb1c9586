"""What computes a local model, as plain data: which back ends there are, what each offers, and what is refused before a run is queued."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Parameter
from rlm_core.core.sampling import OPTIONS
from rlm_core.models.policy import ABILITIES, Critic, Stepper, TokenLogprobs

AUTO, TORCH, OPENVINO = "auto", "torch", "openvino"
BACKEND = Parameter(
    "backend",
    AUTO,
    "What computes the model. torch computes any model anywhere and offers everything. openvino (installed by make openvino) computes "
    "models built as Llama is, on a CPU, with weights in 8 bits: it writes and judges its own text, but shows no hidden states, tells no "
    "probabilities of a given text, and takes no forced text, tools or penalties. auto takes the quicker one that offers what strategy "
    "and reward need.",
    choices=(AUTO, TORCH, OPENVINO),
    title="Back end",
)
GENERATING = frozenset({TokenLogprobs, Critic, Stepper})
"""Abilities of a model in words that OpenVINO computes."""


def is_installed() -> bool:
    """Is OpenVINO GenAI there? It is not loaded."""
    return importlib.util.find_spec("openvino_genai") is not None


def chosen(config: RunConfig, needs: Iterable[type]) -> str:
    """The back end of a run: the one it names; where it names none, torch if OpenVINO cannot serve it, else "auto".

    needs: abilities that the run needs of its model. ConfigError of one sentence if it names OpenVINO and that cannot serve it.
    """
    wanted, obstacle = config.backend or AUTO, _obstacle(config, needs)
    if wanted == OPENVINO and obstacle:
        raise ConfigError(obstacle)
    return TORCH if obstacle else wanted


def _obstacle(config: RunConfig, needs: Iterable[type]) -> str:
    """Why OpenVINO cannot compute the model of a run, as a sentence that says what works instead; empty if it may."""
    if not is_installed():
        return "OpenVINO is not installed; run `make openvino`, or choose the back end torch."
    if config.device not in (AUTO, "cpu"):
        return f"OpenVINO computes on the CPU here, and not on {config.device}; choose the device cpu, or the back end torch."
    if config.dtype != AUTO:
        return f"OpenVINO has a number format of its own, and not {config.dtype}; choose the number format auto, or the back end torch."
    if OPTIONS.configure(config.sampling or {}).warping.penalises:
        return "OpenVINO counts other tokens in penalties than this app does; leave them off, or choose the back end torch."
    for need in needs:
        if need not in GENERATING:
            what = ABILITIES[need]
            return f"This run needs a model that {what}, and none does that OpenVINO computes; choose the back end torch."
    return ""
