"""Train the bundled model from scratch on worked traces of Countdown and chained arithmetic.

Next-token prediction on traces with the prompt, and everything else that carries no loss, masked
(supervised fine-tuning's loss, from random weights). Every batch is drawn afresh from the training
split, so no trace is seen twice except by chance. Training stops early on purpose: a policy that
still slips is what makes search worth watching.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from rlm_core.engine.loading.nano import FOLDER, build_model, build_tokenizer
from rlm_core.training.traces import KINDS, Trace, draw_chain, draw_countdown

IGNORE = -100
"""Target of a position that carries no loss."""


@dataclass(frozen=True, slots=True)
class NanoConfig:
    """How nano is trained.

    steps: optimiser steps of the learning-rate schedule.
    stop: the step at which training ends, early on purpose.
    countdown_traces, chain_traces: traces per step of each task, by kind (see `traces.KINDS`).
    learning_rate: peak of a cosine with warm-up.
    warmup: steps until that peak.
    weight_decay: of AdamW.
    number_weights: relative frequency of Countdown with 2, 3 and 4 numbers.
    chain_steps: fewest and most operations of a chain.
    seed: of the traces and the weights.
    """

    steps: int = 1700
    stop: int = 1400
    countdown_traces: Mapping[str, int] = field(
        default_factory=lambda: {
            "plain": 96, "backtracking": 24, "correcting": 16, "calling": 16, "thinking": 48, "thinking_with_tool": 12
        }
    )  # fmt: skip
    chain_traces: Mapping[str, int] = field(
        default_factory=lambda: {"plain": 24, "backtracking": 8, "correcting": 8, "calling": 4, "thinking": 16, "thinking_with_tool": 4}
    )
    learning_rate: float = 2e-3
    warmup: int = 100
    weight_decay: float = 0.05
    number_weights: tuple[int, int, int] = (1, 6, 3)
    chain_steps: tuple[int, int] = (2, 7)
    seed: int = 0


Batch = tuple[torch.Tensor, torch.Tensor]
"""Inputs [B,T] and targets [B,T]: the inputs shifted by one, what carries no loss masked."""

MICROBATCH = 1536
"""Most tokens run through the model at once: larger batches fall out of the processor's cache."""

MAX_TRACE_TOKENS = 320
"""Tokens of prompt and trace; a longer one is left out."""


def traces(config: NanoConfig, split: str) -> Iterator[list[Trace]]:
    """Endless steps' worth of traces, each drawn afresh."""
    rng = random.Random(f"{split}|{config.seed}")
    draws = (
        (config.countdown_traces, lambda: draw_countdown(rng, config.number_weights, split)),
        (config.chain_traces, lambda: draw_chain(rng, config.chain_steps, split)),
    )
    while True:
        yield [KINDS[kind](draw(), rng) for counts, draw in draws for kind, count in counts.items() for _ in range(count)]


def batches(config: NanoConfig, tokenizer: PreTrainedTokenizerFast, split: str) -> Iterator[list[Batch]]:
    """Endless steps' worth of micro-batches, rows of like length together, so that little is padding."""
    for batch in traces(config, split):
        rows = sorted(filter(lambda r: len(r[0]) <= MAX_TRACE_TOKENS, (encoded(t, tokenizer) for t in batch)), key=lambda r: len(r[0]))
        yield [pack(group) for group in grouped(rows)]


def grouped(rows: Sequence[tuple[list[int], list[int]]]) -> Iterator[list[tuple[list[int], list[int]]]]:
    """Rows, shortest first, in groups that hold at most MICROBATCH tokens once padded."""
    group: list[tuple[list[int], list[int]]] = []
    for row in rows:
        if group and (len(group) + 1) * len(row[0]) > MICROBATCH:
            yield group
            group = []
        group.append(row)
    yield group


def encoded(trace: Trace, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], list[int]]:
    """Token ids of prompt and trace, and the same with IGNORE where no loss is carried."""
    ids = list(tokenizer.encode(f"<bos>{trace.prompt}", add_special_tokens=False))
    targets = [IGNORE] * len(ids)
    for text, learn in trace.pieces:
        new = tokenizer.encode(text, add_special_tokens=False)
        ids += new
        targets += new if learn else [IGNORE] * len(new)
    return ids, targets


def pack(rows: Sequence[tuple[list[int], list[int]]]) -> Batch:
    """Encoded traces as one padded batch."""
    longest = max(len(ids) for ids, _ in rows)
    inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in rows])
    targets = torch.tensor([t + [IGNORE] * (longest - len(t)) for _, t in rows])
    return inputs[:, :-1], targets[:, 1:]


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
    for step, micro in zip(range(min(config.stop, config.steps)), batches(config, tokenizer, "train"), strict=False):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config)
        optimizer.zero_grad()
        loss = _accumulate(model, micro)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == config.stop:
            with torch.no_grad():
                held = _accumulate(model, held_out)
            seconds = round(time.perf_counter() - began, 1)
            curve.append({"step": step + 1, "loss": loss, "held_out_loss": held, "seconds": seconds})
            report(f"step {step + 1}/{config.stop}  loss {loss:.4f}  held-out {held:.4f}  {seconds:.0f} s")
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


def _save(
    folder: Path,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    config: NanoConfig,
    curve: list[dict[str, float]],
    parameters: int,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    facts = {"parameters": parameters, "config": asdict(config), "curve": curve}
    (folder / "training.json").write_text(json.dumps(facts, indent=1) + "\n")
