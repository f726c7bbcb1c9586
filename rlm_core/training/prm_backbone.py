"""A small reward model of its own: the bundled model's backbone trained further to tell right steps from wrong ones.

The hidden states of a frozen policy tell of a mistake only by how unsure it was; they do not tell where it errs
with confidence. This backbone starts from the policy's weights and learns to verify: solutions
with slips put into them, each step labelled by the exact solver. A reward head then reads
its hidden states like any other's, at the price of one pass of its own over every step.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from rlm_core.core.special_tokens import ANSWER, STEP
from rlm_core.engine.loading.nano import FOLDER
from rlm_core.models.prompts.nano import END
from rlm_core.problems.families import chain, countdown
from rlm_core.training.sft import grouped
from rlm_core.training.traces import slipped

NO_LABEL = -1.0
"""Label of a position that carries no loss."""


@dataclass(frozen=True, slots=True)
class VerifierConfig:
    """How the backbone is trained.

    steps: optimiser steps.
    chains, countdowns: solutions of each task per step.
    slips: chance that a step of a chain is spoiled, in [0,1].
    chain_steps: fewest and most operations of a chain.
    learning_rate: peak of the schedule.
    warmup: steps until that peak.
    weight_decay: of AdamW.
    seed: of the solutions.
    """

    steps: int = 1000
    chains: int = 56
    countdowns: int = 24
    slips: float = 0.2
    chain_steps: tuple[int, int] = (3, 10)
    learning_rate: float = 1e-3
    warmup: int = 50
    weight_decay: float = 0.05
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CheckedSolution:
    """A solution in the bundled model's notation.

    prompt: the problem.
    steps: one text per step.
    right: is each step right?
    """

    prompt: str
    steps: tuple[str, ...]
    right: tuple[bool, ...]


def draw_chain(rng: random.Random, config: VerifierConfig) -> CheckedSolution:
    """A chain worked with slips; every step is right if it applies the next operation truly to the value it was given."""
    start, operations = chain.draw(rng, rng.randint(*config.chain_steps), 99, "train")
    value, steps, right = start, [], []
    for i, (op, b) in enumerate(operations):
        true = _true(value, op, b)
        if true is not None and true < 0:
            break
        spoiled = true is None or rng.random() < config.slips
        text = f"{value}{op}{b}={_floor(value, op, b) if true is None else true}"
        if spoiled and true is not None:
            text = _spoil(text, rng, operations[(i + 1) % len(operations)])
        steps.append(text)
        right.append(not spoiled)
        value = int(text.split("=")[1])
    if len(steps) == len(operations):
        answer = str(value)
        if rng.random() < config.slips / 4:
            answer, right[-1] = slipped(f"0+0={answer}", rng).split("=")[1], False
        steps[-1] += f"<answer>{answer}"
    return CheckedSolution(chain.make(start, operations, "").compact, tuple(steps), tuple(right))


def _true(value: int, op: str, b: int) -> int | None:
    """The exact result; None if the division leaves a rest."""
    if op == "/":
        return value // b if value % b == 0 else None
    return {"+": value + b, "-": value - b, "*": value * b}[op]


def _floor(value: int, op: str, b: int) -> int:
    return value // b if op == "/" else 0


def _spoil(text: str, rng: random.Random, other: tuple[str, int]) -> str:
    """A step with a slip as the policy makes them: a wrong digit or carry, or now and then another operand."""
    left, result = text.split("=")
    if rng.random() < 0.15:
        a = left.rstrip("0123456789").rstrip("+-*/")
        op, b = other
        wrong = _true(int(a), op, b) if a else None
        if wrong is not None and f"{a}{op}{b}" != left and wrong >= 0:
            return f"{a}{op}{b}={wrong}"
    if rng.random() < 0.5:
        by = rng.choice((1, 10, 10, 100, 100)) * rng.choice((-1, 1)) * rng.choice((1, 1, 1, 2))
        if int(result) + by >= 0:
            return f"{left}={int(result) + by}"
    return slipped(text, rng)


def draw_countdown(rng: random.Random) -> CheckedSolution:
    """A walk of random legal steps, now and then with a slip; a step is right if the target can still be reached after it."""
    numbers, _, target = countdown.draw(rng, rng.choice((3, 3, 4)), 30, "train")
    problem = countdown.make(numbers, target, "")
    left, steps, right = tuple(sorted(numbers)), [], []
    while len(left) > 1:
        options = countdown.moves(left)
        good = [o for o in options if countdown.reachable(o[2], target)]
        text, _, rest = rng.choice(good if good and rng.random() < 0.6 else options)
        if rng.random() < 0.08:
            text = slipped(text, rng)
        steps.append(text)
        left = rest
        last = len(left) == 1
        if last:
            steps[-1] += f"<answer>{target}"
        right.append(bool(countdown.solvable(problem, steps)))
        if not right[-1] and rng.random() < 0.5 and not last:
            break
    return CheckedSolution(problem.compact, tuple(steps), tuple(right))


def encoded(marked: CheckedSolution, tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[float]]:
    """Token ids, and at the last token before each step's ending 1 or 0 for right or wrong; NO_LABEL elsewhere."""
    ids = list(tokenizer.encode(f"<bos>{marked.prompt}", add_special_tokens=False))
    labels = [NO_LABEL] * len(ids)
    for step, right in zip(marked.steps, marked.right, strict=True):
        new = list(tokenizer.encode(step, add_special_tokens=False))
        ends = tokenizer.encode(END if ANSWER in step else STEP, add_special_tokens=False)
        ids += [*new, *ends]
        labels += [NO_LABEL] * (len(new) - 1) + [float(right)] + [NO_LABEL] * len(ends)
    return ids, labels


def batches(config: VerifierConfig, tokenizer: PreTrainedTokenizerBase) -> Iterator[list[tuple[torch.Tensor, torch.Tensor]]]:
    """Endless steps' worth of micro-batches (ids, labels), rows of like length together."""
    rng = random.Random(f"verifier|{config.seed}")
    while True:
        checked = [draw_chain(rng, config) for _ in range(config.chains)] + [draw_countdown(rng) for _ in range(config.countdowns)]
        yield [_pack(group) for group in grouped([encoded(m, tokenizer) for m in checked])]


def _pack(rows: Sequence[tuple[list[int], list[float]]]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([ids + [0] * (width - len(ids)) for ids, _ in rows])
    return ids, torch.tensor([labels + [NO_LABEL] * (width - len(labels)) for _, labels in rows])


def train(config: VerifierConfig, folder: Path, report: Callable[[str], None] = print) -> None:
    """Train the backbone from the bundled model's weights and write it, with its tokenizer and its curve, into `folder`."""
    torch.manual_seed(config.seed)
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    model = AutoModelForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    probe = torch.nn.Linear(model.config.hidden_size, 1)
    weights = [*model.parameters(), *probe.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=0.0, betas=(0.9, 0.98), weight_decay=config.weight_decay)
    curve: list[dict[str, float]] = []
    began, recent = time.perf_counter(), []
    for step, micro in zip(range(config.steps), batches(config, tokenizer), strict=False):
        done = max(0.0, (step - config.warmup) / max(1, config.steps - config.warmup))
        rate = min(1.0, (step + 1) / config.warmup) * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * rate
        optimizer.zero_grad()
        recent.append(_accumulate(model, probe, micro))
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if (step + 1) % 50 == 0 or step + 1 == config.steps:
            loss, accuracy = (sum(x) / len(recent) for x in zip(*recent, strict=True))
            recent.clear()
            seconds = round(time.perf_counter() - began, 1)
            curve.append({"step": step + 1, "loss": round(loss, 4), "accuracy": round(accuracy, 4), "seconds": seconds})
            report(f"step {step + 1}/{config.steps}  loss {loss:.4f}  accuracy {accuracy:.4f}  {seconds:.0f} s")
    model.config.notation = "nano"
    model.save_pretrained(folder, safe_serialization=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(FOLDER / name, folder / name)
    (folder / "training.json").write_text(json.dumps({"config": asdict(config), "curve": curve}, indent=1) + "\n")


def _accumulate(model: torch.nn.Module, probe: torch.nn.Linear, micro: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> tuple[float, float]:
    """Mean cross-entropy (nats) and accuracy over all labelled steps; adds the gradient."""
    total = sum(int((labels != NO_LABEL).sum()) for _, labels in micro)
    mean = right = 0.0
    for ids, labels in micro:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model.base_model(input_ids=ids).last_hidden_state  # type: ignore[operator]
        at = labels != NO_LABEL
        logits = probe(hidden[at].float())[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[at], reduction="sum") / total
        loss.backward()
        mean += loss.item()
        right += float(((logits > 0) == (labels[at] > 0.5)).sum()) / total
    return mean, right
