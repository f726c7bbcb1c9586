"""Train the bundled model from scratch on worked traces of Countdown and chained arithmetic.

Plain next-token prediction on (prompt, trace) pairs with the prompt masked from the loss
(supervised fine-tuning's loss, from random weights). Every batch is drawn afresh from the training
split, so no trace is seen twice except by chance. Training stops early on purpose: a policy that
still slips is what makes search worth watching.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from rlm_core.models.nano import FOLDER, build_model, build_tokenizer
from rlm_core.problems import chain, countdown
from rlm_core.problems.steps import with_answer

IGNORE = -100
"""Target of a position that carries no loss."""


@dataclass(frozen=True, slots=True)
class NanoConfig:
    """How nano is trained.

    steps: optimiser steps. learning_rate: peak of a cosine with warm-up.
    countdown_traces, chain_traces: traces of each task in one step.
    number_weights: relative frequency of Countdown with 2, 3 and 4 numbers.
    chain_steps: fewest and most operations of a chain.
    """

    steps: int = 2000
    countdown_traces: int = 192
    chain_traces: int = 48
    learning_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.05
    number_weights: tuple[int, int, int] = (1, 6, 3)
    chain_steps: tuple[int, int] = (2, 7)
    seed: int = 0


Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs [B,T] and targets [B,T]: the inputs shifted by one, prompts masked."""

MICROBATCH = 64
"""Traces run through the model at once: larger ones fall out of the processor's cache."""


def countdown_trace(rng: random.Random, config: NanoConfig, split: str) -> tuple[str, str]:
    """(prompt, trace) of one random Countdown problem of the split."""
    count = rng.choices((2, 3, 4), config.number_weights)[0]
    numbers, steps, target = countdown.draw(rng, count, 30, split)
    return countdown.make(numbers, target, "").compact, "<step>".join(with_answer(steps, str(target)))


def chain_trace(rng: random.Random, config: NanoConfig, split: str) -> tuple[str, str]:
    """(prompt, trace) of one random chain of the split."""
    problem = chain.make(*chain.draw(rng, rng.randint(*config.chain_steps), 99, split), "")
    return problem.compact, "<step>".join(chain.solution(problem))


def batches(config: NanoConfig, tokenizer: PreTrainedTokenizerFast, split: str) -> Iterator[list[Batch]]:
    """Endless steps' worth of micro-batches; a micro-batch holds one task, so that little is padding."""
    rng = random.Random(f"{split}|{config.seed}")
    while True:
        out = []
        for draw, count in ((countdown_trace, config.countdown_traces), (chain_trace, config.chain_traces)):
            for first in range(0, count, MICROBATCH):
                rows = [draw(rng, config, split) for _ in range(min(MICROBATCH, count - first))]
                out.append(pack(rows, tokenizer))
        yield out


def pack(rows: Sequence[tuple[str, str]], tokenizer: PreTrainedTokenizerFast) -> Batch:
    """(prompt, trace) pairs as one padded batch."""
    prompts = [tokenizer.encode(f"<bos>{p}", add_special_tokens=False) for p, _ in rows]
    wholes = [q + tokenizer.encode(f"{t}<eos>", add_special_tokens=False) for q, (_, t) in zip(prompts, rows, strict=True)]
    ids = torch.zeros(len(rows), max(map(len, wholes)), dtype=torch.long)
    targets = torch.full(ids.shape, IGNORE)
    for i, (prompt, whole) in enumerate(zip(prompts, wholes, strict=True)):
        ids[i, : len(whole)] = torch.tensor(whole)
        targets[i, len(prompt) : len(whole)] = ids[i, len(prompt) : len(whole)]
    return ids[:, :-1], targets[:, 1:]


def learning_rate(step: int, config: NanoConfig) -> float:
    """Linear warm-up, then a cosine to a tenth of the peak."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def train(config: NanoConfig, folder: Path = FOLDER, report: Callable[[str], None] = print, keep_every: int = 0) -> None:
    """Train and write model, tokenizer and curve into `folder` (also every `keep_every` steps beside it)."""
    torch.manual_seed(config.seed)
    tokenizer, model = build_tokenizer(), build_model()
    size = sum(p.numel() for p in model.parameters())
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0, betas=(0.9, 0.98), weight_decay=config.weight_decay)
    held_out = next(batches(config, tokenizer, "test"))
    curve: list[dict[str, float]] = []
    began = time.perf_counter()
    for step, micro in zip(range(config.steps), batches(config, tokenizer, "train"), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        optimizer.zero_grad()
        loss = _accumulate(model, micro)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == config.steps:
            with torch.no_grad():
                held = _accumulate(model, held_out)
            seconds = round(time.perf_counter() - began, 1)
            curve.append({"step": step + 1, "loss": loss, "held_out_loss": held, "seconds": seconds})
            report(f"step {step + 1}/{config.steps}  loss {loss:.4f}  held-out {held:.4f}  {seconds:.0f} s")
        if keep_every and (step + 1) % keep_every == 0:
            _save(folder.parent / f"{folder.name}-{step + 1}", model, tokenizer, config, curve, size)
    _save(folder, model, tokenizer, config, curve, size)


def _accumulate(model: torch.nn.Module, micro: Sequence[Batch]) -> float:
    """Mean cross-entropy over all trace positions of a step; adds its gradient unless under no_grad."""
    total = sum(int((targets != IGNORE).sum()) for _, targets in micro)
    mean = 0.0
    for inputs, targets in micro:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(input_ids=inputs).logits
        summed = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORE, reduction="sum")
        loss = summed / total
        if torch.is_grad_enabled():
            loss.backward()
        mean += loss.item()
    return mean


def _save(folder: Path, model, tokenizer, config: NanoConfig, curve: list, parameters: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    facts = {"parameters": parameters, "config": asdict(config), "curve": curve}
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
