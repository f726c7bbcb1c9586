"""Rollouts come from the weights that learn, an update moves probability towards what was rewarded, and failures move nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from transformers import LlamaForCausalLM

from rlm_core.core.errors import RewardError, TrainingError
from rlm_core.engine.loading.nano import FOLDER
from rlm_core.training import bilingual, reward_parts, variants
from rlm_core.training.group_log import ScoredGroup
from rlm_core.training.grpo import GrpoConfig, grpo, judged
from rlm_core.training.losses import token_logprobs
from rlm_core.training.measure import held_out
from rlm_core.training.pipeline import new_sampler
from rlm_core.training.recipe import SMOKE
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Sampler
from rlm_core.training.sft import Schedule, adamw

PROBLEMS = held_out(3, 4)
CONFIG = GrpoConfig(4, variants.DAPO, Schedule(steps=2, learning_rate=1e-3, warmup=0))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def base():
    return bilingual.build_base()


@pytest.fixture
def sampler(base) -> Sampler:
    return new_sampler(*base, SMOKE)


def probability(model: torch.nn.Module, group: ScoredGroup, i: int) -> float:
    """Log-probability of an answer."""
    prompt, ids = group.group.prompt, group.group.answers[i].ids
    row = torch.tensor([[*prompt, *ids]])
    with torch.no_grad():
        return token_logprobs(model(input_ids=row[:, :-1]).logits, row[:, 1:])[0, len(prompt) - 1 :].sum().item()


def test_the_base_is_the_bundled_model_beside_its_new_tokens(base) -> None:
    model, tokenizer = base
    bundled = LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    ids = torch.tensor([tokenizer.encode("<bos>C25 2 4>46:25*2=50<step>50-4=46<answer>46<eos>")])
    with torch.no_grad():
        ours, theirs = model(input_ids=ids).logits, bundled(input_ids=ids).logits
    known = theirs.shape[-1]
    assert torch.allclose(ours[..., :known], theirs, atol=1e-4) and ours.shape[-1] == len(tokenizer) == known + 15
    assert ours.softmax(-1)[..., known:].sum(-1).mean() < 0.1


def test_the_sampler_writes_what_the_new_weights_would(base, sampler: Sampler) -> None:
    before = sampler.groups(PROBLEMS, 2, 0)
    assert [a.ids for g in before for a in g.answers] == [a.ids for g in sampler.groups(PROBLEMS, 2, 0) for a in g.answers]
    with torch.no_grad():
        for weight in base[0].parameters():
            weight.mul_(0.8)
    print_before = sampler.engine.runner.fingerprint
    sampler.take_weights(base[0])
    fresh = new_sampler(*base, SMOKE)
    after, anew = sampler.groups(PROBLEMS, 2, 0), fresh.groups(PROBLEMS, 2, 0)
    assert [a for g in after for a in g.answers] == [a for g in anew for a in g.answers]
    assert [a.logprobs for g in after for a in g.answers] != [a.logprobs for g in before for a in g.answers]
    assert sampler.engine.runner.fingerprint == fresh.engine.runner.fingerprint != print_before


def test_an_update_moves_towards_the_rewarded_answers(base, sampler: Sampler) -> None:
    model = base[0]
    schedule = CONFIG.schedule
    settings = replace(CONFIG, size=8)
    reward = RewardSum({"answer": 1.0})
    first = [judged(g, reward, settings.variant) for g in sampler.groups(PROBLEMS, 8, 77)]
    (made, _) = list(grpo(model, adamw(model, schedule), None, sampler, lambda step: PROBLEMS, reward, settings))
    old = bilingual.build_base()[0]
    gain = sum(a * (probability(model, g, i) - probability(old, g, i)) for g in made.groups for i, a in enumerate(g.advantages))
    assert gain > 0 and any(g.signal for g in made.groups) and first
    figures = made.updates[0]
    assert figures.gap < 1e-4 and figures.clip_fraction == 0 and figures.kl is None and math.isclose(figures.ratio[0], 1, abs_tol=1e-3)
    lengths = [len(a.ids) for g in made.groups for a in g.group.answers]
    assert made.generated == sum(lengths) and [len(t.logprobs) for t in figures.learned] == lengths


def test_a_second_update_on_a_batch_is_off_the_policy_that_sampled(base, sampler: Sampler) -> None:
    model, reference = base[0], bilingual.build_base()[0]
    config = replace(CONFIG, updates=2, variant=variants.GRPO, schedule=replace(CONFIG.schedule, learning_rate=3e-3))
    (made,) = grpo(
        model, adamw(model, config.schedule), reference, sampler, lambda step: PROBLEMS, RewardSum({"format": 1.0, "answer": 1.0}), config
    )
    first, second = made.updates
    assert first.kl == pytest.approx(0, abs=1e-6) and second.kl is not None and second.kl > first.kl
    assert second.ratio[1] > first.ratio[1] and second.gap > 10 * first.gap
    assert second.learned[0].reference and second.learned[0].logprobs != first.learned[0].logprobs


@pytest.mark.parametrize("broken", [lambda problem, steps: 1 / 0, lambda problem, steps: 5.0])
def test_a_reward_that_fails_moves_nothing(base, sampler: Sampler, monkeypatch: pytest.MonkeyPatch, broken) -> None:
    model = base[0]
    before = [p.detach().clone() for p in model.parameters()]
    monkeypatch.setitem(reward_parts.PARTS, "broken", broken)
    with pytest.raises(RewardError, match="The reward part broken"):
        list(grpo(model, adamw(model, CONFIG.schedule), None, sampler, lambda step: PROBLEMS, RewardSum({"broken": 1.0}), CONFIG))
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_a_loss_that_is_no_number_moves_nothing(base, sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    model = base[0]
    before = [p.detach().clone() for p in model.parameters()]
    monkeypatch.setattr("rlm_core.training.grpo.advantages", lambda rewards, variant: [math.nan] * len(rewards))
    with pytest.raises(TrainingError, match="At step 1 the loss is nan"):
        list(grpo(model, adamw(model, CONFIG.schedule), None, sampler, lambda step: PROBLEMS, RewardSum({"answer": 1.0}), CONFIG))
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
