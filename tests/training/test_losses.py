"""The losses against values worked out by hand, finite differences, special cases, and TRL's own code on the same tensors."""

from __future__ import annotations

import math
from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch

from rlm_core.training import losses, variants
from rlm_core.training.losses import IGNORE, policy_loss, sft_loss
from rlm_core.training.variants import DAPO, DR_GRPO, GRPO, PRESETS, REINFORCE, Variant

OLD = torch.tensor([[0.4, 0.5, 0.5], [0.5, 0.5, 0.5]], dtype=torch.float64).log()
NEW = torch.tensor([[0.6, 0.5, 0.3], [0.3, 0.7, 0.5]], dtype=torch.float64).log()
MASK = torch.tensor([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]], dtype=torch.float64)
ADVANTAGES = torch.tensor([1.0, -1.0], dtype=torch.float64)
# objectives by hand: answer 1: min(1.5, 1.2) = 1.2; answer 2 (A = -1): r 0.6 -> min(-0.6, -0.8) = -0.8, r 1.4 -> -1.4, r 1 -> -1


def drawn(seed: int = 0, n: int = 4, t: int = 5) -> tuple[torch.Tensor, ...]:
    """Log-probabilities under policy, sampler and reference, advantages, mask."""
    rng = torch.Generator().manual_seed(seed)
    rows = [torch.log(torch.rand(n, t, generator=rng, dtype=torch.float64) * 0.8 + 0.1) for _ in range(3)]
    lengths = torch.randint(1, t + 1, (n,), generator=rng)
    return (*rows, torch.randn(n, generator=rng, dtype=torch.float64), (torch.arange(t)[None] < lengths[:, None]).double())


@pytest.mark.parametrize(
    ("variant", "wanted"),
    [
        (Variant(beta=0.0), -(1.2 / 1 + (-0.8 - 1.4 - 1.0) / 3) / 2),
        (Variant(beta=0.0, normalisation="token"), -(1.2 - 0.8 - 1.4 - 1.0) / 4),
        (Variant(beta=0.0, normalisation="constant"), -(1.2 - 0.8 - 1.4 - 1.0) / (2 * 10)),
        (Variant(clip_high=0.28, beta=0.0), -(1.28 / 1 + (-0.8 - 1.4 - 1.0) / 3) / 2),
        (REINFORCE, -(math.log(0.6) - (math.log(0.3) + math.log(0.7) + math.log(0.5)) / 3) / 2),
    ],
)
def test_the_loss_is_the_one_worked_out_by_hand(variant: Variant, wanted: float) -> None:
    assert policy_loss(NEW, OLD, ADVANTAGES, MASK, variant, longest=10).loss.item() == pytest.approx(wanted, abs=1e-12)


def test_the_divergence_is_taken_from_the_objective() -> None:
    reference = torch.full((2, 3), 0.5, dtype=torch.float64).log()
    kl = [0.5 / 0.6 - math.log(0.5 / 0.6) - 1, *(0.5 / p - math.log(0.5 / p) - 1 for p in (0.3, 0.7, 0.5))]
    wanted = -((1.2 - 0.1 * kl[0]) + (-3.2 - 0.1 * sum(kl[1:])) / 3) / 2
    found = policy_loss(NEW, OLD, ADVANTAGES, MASK, Variant(beta=0.1), reference=reference)
    assert found.loss.item() == pytest.approx(wanted, abs=1e-12)
    assert found.kl[1].tolist() == pytest.approx(kl[1:], abs=1e-12) and found.kl[0, 1:].tolist() == [0, 0]
    assert found.clipped.tolist() == [[True, False, False], [True, False, False]]


@pytest.mark.parametrize("name", PRESETS)
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    new, old, reference, advantages, mask = drawn(7)
    variant = PRESETS[name]

    def loss(x: torch.Tensor) -> torch.Tensor:
        return policy_loss(x, old, advantages, mask, variant, reference=reference, longest=8).loss

    x = new.clone().requires_grad_(True)
    loss(x).backward()
    assert x.grad is not None and x.grad.abs().sum() > 0
    step, bumped = 1e-6, torch.zeros_like(new)
    for place in torch.cartesian_prod(torch.arange(new.shape[0]), torch.arange(new.shape[1])).tolist():
        unit = torch.zeros_like(new)
        unit[tuple(place)] = step
        bumped[tuple(place)] = (loss(new + unit) - loss(new - unit)) / (2 * step)
    assert torch.allclose(x.grad, bumped, atol=1e-6)
    assert (x.grad[mask == 0] == 0).all()


def test_one_token_at_a_time_gives_the_same_terms() -> None:
    new, old, reference, advantages, mask = drawn(3)
    for variant in PRESETS.values():
        whole = policy_loss(new, old, advantages, mask, variant, reference=reference, longest=6)
        weights, total = variants.token_weights(mask.sum(1).long().tolist(), variant, 6), 0.0
        for i, t in mask.nonzero().tolist():
            terms = variants.token_terms(new[i, t].item(), old[i, t].item(), advantages[i].item(), variant, reference[i, t].item())
            assert terms.clipped == whole.clipped[i, t].item()
            assert (terms.ratio, terms.kl) == pytest.approx((whole.ratio[i, t].item(), whole.kl[i, t].item()))
            total -= weights[i] * terms.objective
        assert total == pytest.approx(whole.loss.item())


def test_without_bounds_nothing_is_clipped() -> None:
    new, old, _, advantages, mask = drawn(1)
    found = policy_loss(new, old, advantages, mask, Variant(clip_low=math.inf, clip_high=math.inf, beta=0.0, normalisation="token"))
    plain = -(torch.exp(new - old) * advantages[:, None] * mask).sum() / mask.sum()
    assert not found.clipped.any() and found.loss.item() == pytest.approx(plain.item())


def test_without_beta_the_reference_counts_nothing() -> None:
    new, old, reference, advantages, mask = drawn(2)
    losses_found = [policy_loss(new, old, advantages, mask, Variant(beta=0.0), reference=r).loss.item() for r in (None, reference)]
    assert losses_found[0] == losses_found[1]
    assert policy_loss(new, old, advantages, mask, Variant(beta=0.5), reference=reference).loss.item() > losses_found[0]


def test_the_first_update_of_clipping_and_reinforce_is_the_same() -> None:
    new, _, _, advantages, mask = drawn(4)
    grads = []
    for variant in (Variant(beta=0.0), Variant(beta=0.0, clipped=False)):
        x = new.clone().requires_grad_(True)
        policy_loss(x, new, advantages, mask, variant).loss.backward()
        grads.append(x.grad)
    assert torch.allclose(grads[0], grads[1])


@pytest.mark.parametrize("variant", PRESETS.values())
@pytest.mark.parametrize("rewards", [[0.7], [1.0, 1.0, 1.0], [0.1 + 0.2, 0.3]])
def test_a_group_without_differences_has_no_signal(variant: Variant, rewards: list[float]) -> None:
    assert variants.advantages(rewards, variant) == [0.0] * len(rewards) and not variants.has_signal(rewards)


def test_padding_never_reaches_the_gradient() -> None:
    new, old, reference, advantages, mask = drawn(5)
    hidden = mask == 0
    assert hidden.any()
    x = new.clone().requires_grad_(True)
    spoiled = [torch.where(hidden, -torch.inf, part) for part in (old, reference)]
    found = policy_loss(x, spoiled[0], advantages, mask, GRPO, reference=spoiled[1])
    found.loss.backward()
    assert x.grad is not None and torch.isfinite(x.grad).all() and (x.grad[hidden] == 0).all()


def test_parts_of_a_batch_add_up_to_the_whole() -> None:
    new, old, reference, advantages, mask = drawn(6)
    for variant in (GRPO, DAPO, DR_GRPO):
        weights = losses.batch_weights(mask, variant, 9)
        parts = [
            policy_loss(new[at], old[at], advantages[at], mask[at], variant, reference=reference[at], weights=weights[at]).loss.item()
            for at in (slice(0, 1), slice(1, 4))
        ]
        whole = policy_loss(new, old, advantages, mask, variant, reference=reference, longest=9).loss.item()
        assert sum(parts) == pytest.approx(whole)


def test_the_prompt_carries_no_loss() -> None:
    logits = torch.randn(1, 3, 5, generator=torch.Generator().manual_seed(0), requires_grad=True)
    sft_loss(logits, torch.tensor([[IGNORE, 2, 4]])).backward()
    assert logits.grad is not None and (logits.grad[0, 0] == 0).all() and (logits.grad[0, 1:] != 0).all()
    assert sft_loss(logits, torch.full((1, 3), IGNORE)).item() == 0


@pytest.mark.slow
class TestAgainstTrl:
    """TRL's `GRPOTrainer._compute_loss` on the same tensors; the model's part of it is replaced by the log-probabilities themselves."""

    @staticmethod
    def theirs(
        new: torch.Tensor, old: torch.Tensor, reference: torch.Tensor, advantages: torch.Tensor, mask: torch.Tensor, kind: str, v: Variant
    ) -> torch.Tensor:
        from trl.trainer.grpo_trainer import GRPOTrainer  # takes seconds

        trainer = object.__new__(GRPOTrainer)
        trainer.__dict__ |= dict(
            top_entropy_quantile=1.0,
            off_policy_mask_threshold=None,
            importance_sampling_level="token",
            beta=v.beta,
            epsilon_low=v.clip_low,
            epsilon_high=v.clip_high,
            loss_type=kind,
            use_vllm=False,
            aux_loss_enabled=False,
            current_gradient_accumulation_steps=1,
            max_completion_length=9,
            _entropy_bonus_enabled=False,
            use_adaptive_entropy=False,
            model=SimpleNamespace(training=True),
            args=SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
            accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x),
            _metrics={"train": defaultdict(list)},
        )
        trainer._get_per_token_logps_and_entropies = lambda *args, **kwargs: (new, torch.zeros_like(new), None)
        n, t = new.shape
        ids = torch.zeros(n, t, dtype=torch.long)
        inputs = dict(
            prompt_ids=ids[:, :1],
            prompt_mask=torch.ones(n, 1),
            completion_ids=ids,
            completion_mask=mask,
            advantages=advantages,
            old_per_token_logps=old,
            ref_per_token_logps=reference,
            num_items_in_batch=mask.sum(),
        )
        return trainer._compute_loss(None, inputs)

    @pytest.mark.parametrize(("kind", "name"), [("grpo", "grpo"), ("dapo", "dapo"), ("dr_grpo", "dr_grpo")])
    @pytest.mark.parametrize("beta", [0.0, 0.04])
    def test_loss_and_gradient_are_trls(self, kind: str, name: str, beta: float) -> None:
        new, old, reference, advantages, mask = drawn(11, n=6, t=7)
        preset = PRESETS[name]
        variant = Variant(preset.clip_low, preset.clip_high, beta, preset.normalisation)
        ours, theirs = (new.clone().requires_grad_(True) for _ in range(2))
        loss = policy_loss(ours, old, advantages, mask, variant, reference=reference, longest=9).loss
        trls = self.theirs(theirs, old, reference, advantages, mask, kind, variant)
        loss.backward()
        trls.backward()
        assert loss.item() == pytest.approx(trls.item(), abs=1e-12)
        assert torch.allclose(ours.grad, theirs.grad, atol=1e-12)

    def test_the_standard_deviation_is_the_one_trl_takes(self) -> None:
        from trl.trainer.utils import nanstd

        rewards = torch.tensor([0.0, 1.0, 0.5, 0.5], dtype=torch.float64)
        wanted = (rewards - rewards.mean()) / nanstd(rewards)
        assert variants.group_advantages(rewards.tolist()) == pytest.approx(wanted.tolist())
