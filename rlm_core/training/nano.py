"""Train the bundled model from scratch on worked traces of Countdown and chained arithmetic.

Next-token prediction on traces with the prompt, and everything else that carries no loss, masked
(supervised fine-tuning's loss, from random weights). Every batch is drawn afresh from the training
split, so no trace is seen twice except by chance. Training stops early on purpose: a policy that
still slips is what makes search worth watching.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from rlm_core.engine.loading.nano import FOLDER, build_model, build_tokenizer
from rlm_core.training.losses import IGNORE
from rlm_core.training.sft import Row, Schedule, accumulate, adamw, fine_tune, grouped, pack
from rlm_core.training.traces import KINDS, Trace, draw_chain, draw_countdown


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


def batches(config: NanoConfig, tokenizer: PreTrainedTokenizerFast, split: str) -> Iterator[list[Row]]:
    """Endless steps' worth of rows."""
    for batch in traces(config, split):
        yield [row for row in (encoded(t, tokenizer) for t in batch) if len(row.ids) <= MAX_TRACE_TOKENS]


def encoded(trace: Trace, tokenizer: PreTrainedTokenizerFast) -> Row:
    """Prompt and trace as a row."""
    ids = list(tokenizer.encode(f"<bos>{trace.prompt}", add_special_tokens=False))
    targets = [IGNORE] * len(ids)
    for text, learn in trace.pieces:
        new = tokenizer.encode(text, add_special_tokens=False)
        ids += new
        targets += new if learn else [IGNORE] * len(new)
    return Row(ids, targets)


def train(config: NanoConfig, folder: Path = FOLDER, report: Callable[[str], None] = print, keep_every: int = 0) -> None:
    """Train and write model, tokenizer and curve into `folder` (also every `keep_every` steps beside it)."""
    torch.manual_seed(config.seed)
    tokenizer, model = build_tokenizer(), build_model()
    size = sum(p.numel() for p in model.parameters())
    schedule = Schedule(config.steps, config.learning_rate, config.warmup, weight_decay=config.weight_decay, autocast=True)
    optimizer = adamw(model, schedule)
    held_out = [pack(group) for group in grouped(next(batches(config, tokenizer, "test")))]
    curve: list[dict[str, float]] = []
    began, drawn = time.perf_counter(), batches(config, tokenizer, "train")
    for made in islice(fine_tune(model, optimizer, lambda _: next(drawn), schedule), min(config.stop, config.steps)):
        if made.step % 50 == 0 or made.step == config.stop:
            with torch.no_grad():
                held = accumulate(model, held_out, autocast=True)
            seconds = round(time.perf_counter() - began, 1)
            curve.append({"step": made.step, "loss": made.loss, "held_out_loss": held, "seconds": seconds})
            report(f"step {made.step}/{config.stop}  loss {made.loss:.4f}  held-out {held:.4f}  {seconds:.0f} s")
        if keep_every and made.step % keep_every == 0:
            _save(folder.parent / f"{folder.name}-{made.step}", model, tokenizer, config, curve, size)
    _save(folder, model, tokenizer, config, curve, size)


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
