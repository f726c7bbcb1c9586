"""A cold start by LoRA (Hu et al. 2021): low-rank additions to all linear layers of a model in words learn worked solutions.

The loop is that of supervised fine-tuning (`sft.fine_tune`), the prompt masked. Two things keep it quick on a CPU: the tokens with
which all prompts of a step begin are computed once for all its rows, with their gradient, and the output layer is applied to the
positions alone whose next token is learned.
"""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from rlm_core.core.errors import TrainingError
from rlm_core.engine.loading.adapter import peft
from rlm_core.models.prompts.lines import LineFormat
from rlm_core.training.losses import IGNORE, sft_loss
from rlm_core.training.sft import Row, Schedule, grouped
from rlm_core.training.word_traces import WordTrace

SORTED_BATCHES = 8
"""Batches that are drawn together and sorted, so that the rows of each begin alike and little of them is padding."""
BEGINNING = 8
"""Tokens by which prompts of one kind of problem are told from those of another."""

WORTH_SHARING = 16
"""Tokens of a common beginning from which it is quicker to compute them apart."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of an adapter.

    rank: r, of the product B·A that is added to every linear layer.
    alpha: the product is scaled by alpha / rank.
    """

    rank: int = 16
    alpha: int = 32


def attach(model: PreTrainedModel, base: str, shape: Shape, seed: int) -> peft.PeftModel:
    """The model with a fresh adapter at every linear layer but the output; only the adapter learns. It changes nothing yet (B is 0).

    base: the model's name, by which the adapter will find it again.
    """
    torch.manual_seed(seed)
    config = peft.LoraConfig(r=shape.rank, lora_alpha=shape.alpha, target_modules=linear_layers(model), task_type="CAUSAL_LM")
    attached = peft.get_peft_model(model, config)
    assert isinstance(attached, peft.PeftModel), "one adapter, not a mixture"
    return _learning(attached, base)


def continued(model: PreTrainedModel, folder: Path, base: str) -> peft.PeftModel:
    """The model with an adapter that was saved, which goes on learning from there. base: as in `attach`."""
    return _learning(peft.PeftModel.from_pretrained(model, str(folder), is_trainable=True), base)


def _learning(attached: peft.PeftModel, base: str) -> peft.PeftModel:
    """Ready to learn. On a CPU plain attention is quicker than the fused one for rows as short as these: a step of SmolLM2 took 0.7 of the
    time with its backward pass."""
    attached.peft_config["default"].base_model_name_or_path = base
    whole = attached.get_base_model()
    assert isinstance(whole, PreTrainedModel), "a model of transformers"
    whole.set_attn_implementation("eager")
    return attached.train()


def linear_layers(model: PreTrainedModel) -> list[str]:
    """The names that a model's linear layers have in every block, the output layer left out.

    By these, and not by the layers' whole names, an adapter does not fit a model of another depth.
    """
    found = {name.rpartition(".")[2]: m for name, m in model.named_modules() if isinstance(m, torch.nn.Linear | Conv1D)}
    return sorted(name for name, m in found.items() if m is not model.get_output_embeddings())


def merged_weights(model: peft.PeftModel) -> Iterator[tuple[str, torch.Tensor]]:
    """Names and weights of the model without an adapter that computes the same: W + (alpha / rank) · B · A where a layer has one.

    The model stays as it is.
    """
    whole = model.get_base_model()
    for name, weight in whole.named_parameters():
        layer, adapted, last = name.rpartition(".base_layer.")
        if adapted and last == "weight":
            adapter: Any = whole.get_submodule(layer)
            weight = weight + adapter.get_delta_weight(model.active_adapter)
        if "lora_" not in name:
            yield f"{layer}.{last}" if adapted else name, weight


def halved(model: peft.PeftModel) -> peft.PeftModel:
    """The same with the adapter in float16, as it is saved: half the size of float32, and finer than bfloat16."""
    for weight in (w for w in model.parameters() if w.requires_grad):
        weight.data = weight.data.half()
    return model


def row(trace: WordTrace, form: LineFormat) -> Row:
    """A trace in the prompt that the app uses; learned are the solution and the token that ends the turn. TrainingError without one."""
    prompt, end = form.prompt(trace.problem), form.tokenizer.eos_token_id
    if not isinstance(end, int):
        raise TrainingError("The model's tokenizer has no end token, so it cannot learn where a solution ends; choose another model.")
    answer = [*form.tokenizer.encode(trace.solution, add_special_tokens=False), end]
    return Row(prompt + answer, [IGNORE] * len(prompt) + answer)


def batches(rows: Callable[[], Iterator[Row]], batch: int, seed: int) -> Callable[[int], list[Row]]:
    """A function of the step's number: a batch of an endless stream of rows, those of one kind and of like length together.

    rows: begins the stream anew.
    """

    def stream() -> Iterator[list[Row]]:
        endless, rng = rows(), random.Random(seed)
        while True:
            drawn = sorted(itertools.islice(endless, SORTED_BATCHES * batch), key=lambda row: (row.ids[:BEGINNING], len(row.ids)))
            groups = [drawn[i : i + batch] for i in range(0, len(drawn), batch)]
            rng.shuffle(groups)
            yield from groups

    kept, coming = list[list[Row]](), stream()

    def of(step: int) -> list[Row]:
        while len(kept) <= step:
            kept.append(next(coming))
        return kept[step]

    return of


def shared_prefix(rows: Sequence[Row]) -> int:
    """Number of tokens with which all rows begin and behind which every row still has one that carries no loss."""
    most = min(next((i for i, t in enumerate(row.targets) if t != IGNORE), len(row.ids)) for row in rows) - 1
    first, last = min(row.ids for row in rows), max(row.ids for row in rows)
    return next((i for i in range(most) if first[i] != last[i]), max(0, most))


def learned_positions(model: torch.nn.Module, rows: Sequence[Row], schedule: Schedule) -> float:
    """The gradient of rows whose common prefix is computed once, and whose logits only where something is learned (see `sft.Gradient`)."""
    total = sum(t != IGNORE for row in rows for t in row.targets[1:])
    mean = 0.0
    for group in grouped(rows, schedule.microbatch):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=schedule.autocast):
            logits, targets = learned_logits(model, group)
        loss = sft_loss(logits, targets, total)
        if torch.is_grad_enabled():
            loss.backward()
        mean += loss.item()
    return mean


def learned_logits(model: torch.nn.Module, rows: Sequence[Row]) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [1, N, V] of all positions whose next token is learned, and these tokens [1, N].

    The model itself computes them, for some scale or bound their logits behind the output layer; it is asked for the columns alone in which
    any row learns, if it can be asked so.

    model: a causal language model of transformers, or one of peft around it.
    """
    whole = model.get_base_model() if isinstance(model, peft.PeftModel) else model
    assert isinstance(whole, PreTrainedModel), "a model of transformers"
    shared = shared_prefix(rows)
    if shared < WORTH_SHARING:
        shared = 0
    longest = max(len(row.ids) for row in rows)
    inputs = torch.tensor([row.ids[shared:] + [0] * (longest - len(row.ids)) for row in rows])
    targets = torch.tensor([row.targets[shared:] + [IGNORE] * (longest - len(row.ids)) for row in rows])[:, 1:]
    past = None
    if shared:
        past = whole.base_model(input_ids=torch.tensor([rows[0].ids[:shared]]), use_cache=True).past_key_values
        past.batch_repeat_interleave(len(rows))
    where = targets != IGNORE
    columns = where.any(0).nonzero().flatten()
    asked = {"logits_to_keep": columns} if "logits_to_keep" in inspect.signature(whole.forward).parameters else {}
    logits = whole(input_ids=inputs[:, :-1], past_key_values=past, use_cache=bool(shared), **asked).logits
    learned = where[:, columns] if asked else where
    return logits[learned][None], targets[where][None]
