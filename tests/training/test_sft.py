"""Supervised fine-tuning: one batch is learnt by heart, a stopped training goes on alike, and a loss that is no number moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from rlm_core.core.errors import TrainingError
from rlm_core.training.losses import IGNORE
from rlm_core.training.sft import Row, Schedule, adamw, epochs, fine_tune, grouped, pack

ROWS = [Row([1, 5, 6, 7, 8, 2], [IGNORE, IGNORE, 6, 7, 8, 2]), Row([1, 9, 3, 2], [IGNORE, IGNORE, 3, 2])]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Several threads only wait for each other at operations as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tiny(seed: int = 0) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    shape = dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2)
    return LlamaForCausalLM(LlamaConfig(vocab_size=12, max_position_embeddings=32, tie_word_embeddings=True, **shape))


def weights(model: torch.nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()]).clone()


def test_one_batch_is_learnt_by_heart() -> None:
    model, schedule = tiny(), Schedule(steps=80, learning_rate=1e-2)
    losses = [made.loss for made in fine_tune(model, adamw(model, schedule), lambda _: ROWS, schedule)]
    assert losses[0] > 1 and losses[-1] < 0.02
    inputs, targets = pack(ROWS)
    guessed = model(input_ids=inputs).logits.argmax(-1)
    assert (guessed == targets)[targets != IGNORE].all()


def test_a_training_that_goes_on_is_the_one_that_was_not_stopped() -> None:
    schedule, rows = Schedule(steps=8), epochs(ROWS * 3, 4, seed=1)
    whole, halves = tiny(), tiny()
    for _ in fine_tune(whole, adamw(whole, schedule), rows, schedule):
        pass
    optimizer = adamw(halves, schedule)
    assert [m.step for m in islice(fine_tune(halves, optimizer, rows, schedule), 3)] == [1, 2, 3]
    assert [m.step for m in fine_tune(halves, optimizer, rows, schedule, first=3)] == [4, 5, 6, 7, 8]
    assert torch.equal(weights(whole), weights(halves))


def test_a_loss_that_is_no_number_moves_nothing() -> None:
    model, schedule = tiny(), Schedule(steps=3)
    with torch.no_grad():
        model.model.norm.weight[0] = torch.nan
    before = weights(model)
    with pytest.raises(TrainingError, match="At step 1 the loss is nan, so training stopped"):
        list(fine_tune(model, adamw(model, schedule), lambda _: ROWS, schedule))
    assert torch.equal(torch.nan_to_num(before), torch.nan_to_num(weights(model)))


def test_every_row_comes_once_per_pass_and_is_packed_whole() -> None:
    rows = [Row([1] * n, [IGNORE] * n) for n in range(2, 9)]
    steps = [epochs(rows, 3, seed=0)(step) for step in range(7)]
    drawn = [len(row.ids) for step in steps for row in step]
    assert sorted(drawn[:7]) == sorted(drawn[7:14]) == list(range(2, 9)) and drawn[:7] != drawn[7:14]
    groups = list(grouped(rows, tokens=16))
    assert sorted(len(row.ids) for group in groups for row in group) == list(range(2, 9))
    assert all(len(group) == 1 or len(group) * len(group[-1].ids) <= 16 for group in groups)
    with pytest.raises(TrainingError, match="nothing to learn from"):
        epochs([], 4, seed=0)
