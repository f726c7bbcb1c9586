"""Models as OpenVINO reads them: converted once, and tried against torch; the copy in the cache folder serves later starts."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import torch
from transformers import PreTrainedModel

from rlm_core.core.paths import cache_folder
from rlm_core.engine.backends.openvino import OpenVinoEngine
from rlm_core.engine.backends.suitability import Unfit
from rlm_core.engine.backends.torch import fingerprint, max_length
from rlm_core.engine.loading.stage import ONCE, Report, Stage

FORMAT = 1
"""Of the copies; raised when the graph is made in another way."""
TRIAL_PROMPT, TRIAL_SAMPLES, TRIAL_TOKENS = 8, 4, 16
TOLERANCE = 0.25
"""How far, on average, a sampled token's log-probability may lie from torch's, in nats: 8-bit weights cost SmolLM2 about 0.05."""


def converted(shown: str, model: PreTrainedModel, report: Report) -> Path:
    """The folder of a Llama-like model's copy, made if it is not there yet. Unfit if it does not say what the model says."""
    from rlm_core.engine.backends import openvino_graph  # OpenVINO is imported only where it is used

    folder = cache_folder() / "openvino" / f"{fingerprint(model)}-{FORMAT}"
    done = folder / "complete"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with Stage(report, f"Converting {shown} for OpenVINO, {ONCE}", model.config.num_hidden_layers, "layers") as stage:
            openvino_graph.save(model, folder, stage.done)
        with Stage(report, f"Trying {shown} with OpenVINO, {ONCE}"):
            found = apart(model, OpenVinoEngine(folder, max_length=max_length(model.config)))
        done.write_text(json.dumps({"apart": found}))
    found = json.loads(done.read_text())["apart"]
    if not found <= TOLERANCE:
        raise Unfit(
            f"{shown} gives other probabilities through OpenVINO than by itself ({found:.2f} nats apart); choose the back end torch."
        )
    return folder


@torch.inference_mode()
def apart(model: PreTrainedModel, engine: OpenVinoEngine) -> float:
    """Mean distance in nats of the log-probabilities of some samples from those that torch gives them."""
    prompt = [(model.config.vocab_size // 3 + 5 * i) % model.config.vocab_size for i in range(TRIAL_PROMPT)]
    seeds = [(0, i) for i in range(TRIAL_SAMPLES)]
    session = engine.session()
    samples = asyncio.run(session.generate(prompt, seeds, temperature=1.0, max_tokens=TRIAL_TOKENS, stop=lambda ids: False))
    texts = torch.tensor([[*prompt, *s.ids] for s in samples])
    logprobs = model(input_ids=texts).logits.log_softmax(-1)[:, TRIAL_PROMPT - 1 : -1]
    expected = logprobs.gather(2, texts[:, TRIAL_PROMPT:, None])[:, :, 0]
    return float((torch.tensor([s.logprobs for s in samples]) - expected).abs().mean())
