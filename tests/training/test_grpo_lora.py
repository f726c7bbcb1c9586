"""GRPO of a model in words by LoRA: the engine samples from the weights with the adapter in them, which alone learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from rlm_core.core.paths import VARIABLE
from rlm_core.engine.backends.weight_formats import PACKED, Linear
from rlm_core.models.loading import load, read_weights
from rlm_core.models.policy import Sampling
from rlm_core.problems import make
from rlm_core.training import lora, reward_parts, variants
from rlm_core.training.grpo import GrpoConfig, grpo
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Sampler
from rlm_core.training.sft import Schedule, adamw
from tests.training.test_lora import base

PROBLEMS = [make(f"words:steps=1,stories=framed,split=train,seed={i}") for i in range(2)]
CONFIG = GrpoConfig(4, variants.DAPO, Schedule(steps=1, learning_rate=1e-2, warmup=0))


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    return base(tmp_path / "base")


@pytest.fixture
def model(name: str):
    attached = lora.attach(read_weights(name, "cpu", torch.float32, True, lambda text: None).model, name, lora.Shape(4, 8), 0)
    with torch.no_grad():
        for weight in (p for n, p in attached.named_parameters() if "lora_B" in n):
            weight.normal_(std=0.1)
    return attached


@pytest.fixture
def sampler(name: str) -> Sampler:
    return Sampler(load(name, dtype="float32"), Sampling(1.0, max_step_tokens=12, max_solution_tokens=12))


def as_the_model(sampler: Sampler, model) -> bool:
    """Does the engine compute the logits of the model?"""
    ids, runner = sampler.model.format.prompt(PROBLEMS[0]), sampler.engine.runner
    with torch.inference_mode():
        (states,) = runner.prefill([[]], [ids])
        return torch.allclose(runner.logits(states.hidden), model(torch.tensor([ids])).logits[0], atol=1e-4)


def test_the_engine_takes_the_weights_with_the_adapter_in_them(model, sampler: Sampler) -> None:
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    assert not as_the_model(sampler, model)
    sampler.take_weights(model)
    assert as_the_model(sampler, model)
    assert all(torch.equal(before[n], p) for n, p in model.named_parameters())
    sampler.take_weights(model)
    assert as_the_model(sampler, model)


def test_a_step_moves_the_adapter_alone_and_the_engine_follows(model, sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reward_parts.PARTS, "drawn", lambda problem, steps: steps[0].tokens[0].id % 5 / 4)
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    (made,) = grpo(model, adamw(model, CONFIG.schedule), None, sampler, lambda step: PROBLEMS, RewardSum({"drawn": 1.0}), CONFIG)
    assert any(g.signal for g in made.groups) and made.updates[0].gap < 1e-4
    moved = {n for n, p in model.named_parameters() if not torch.equal(before[n], p)}
    assert moved and all("lora_" in n for n in moved)
    assert as_the_model(sampler, model)


def test_the_answers_of_word_problems_are_rewarded(model, sampler: Sampler) -> None:
    config = replace(CONFIG, schedule=replace(CONFIG.schedule, autocast=True))
    (made,) = grpo(model, adamw(model, config.schedule), None, sampler, lambda step: PROBLEMS, RewardSum({"answer": 1.0}), config)
    assert {s.total for g in made.groups for s in g.scored} <= {0.0, 1.0}
    assert [len(t.logprobs) for t in made.updates[0].learned] == [len(a.ids) for g in made.groups for a in g.group.answers]


def test_the_engine_keeps_its_number_format_with_new_weights(model, sampler: Sampler) -> None:
    runner = sampler.engine.runner
    runner.use(PACKED)
    sampler.take_weights(model)
    assert as_the_model(sampler, model)
    assert not isinstance(runner._products[0].qkv, Linear)


def test_all_groups_of_a_step_are_decoded_together(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, rows = sampler.engine.runner, list[int]()
    decode = runner.decode
    monkeypatch.setattr(runner, "decode", lambda tokens: rows.append(len(tokens)) or decode(tokens))
    first = sampler.groups(PROBLEMS, 3, 0)
    assert max(rows) == 2 * 3
    sampler.engine.reload()
    assert sampler.groups(PROBLEMS, 3, 0) == first
