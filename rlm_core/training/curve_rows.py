"""Steps of training as rows of the curve."""

from __future__ import annotations

from statistics import fmean

from rlm_core.runs.training_files import CurveRow, Measures
from rlm_core.training.grpo import GrpoStep
from rlm_core.training.sft import Schedule, SftStep

DECIMALS = 6


def sft_row(made: SftStep, stage: str, steps: int, at: int, schedule: Schedule, seconds: float) -> CurveRow:
    """A step of supervised fine-tuning."""
    return CurveRow(
        at=at,
        stage=stage,
        step=made.step,
        steps=steps,
        loss=round(made.loss, DECIMALS),
        norm=round(made.norm, DECIMALS),
        learning_rate=schedule.rate(made.step - 1),
        seconds=round(seconds, 3),
        tokens=made.tokens,
        update_tokens_per_second=round(made.tokens / made.seconds, 1),
    )


def grpo_row(
    made: GrpoStep, stage: str, steps: int, at: int, schedule: Schedule, seconds: float, measured: Measures | None, kept: bool
) -> CurveRow:
    """A batch of rollouts and the updates on it; loss, norm, clip fraction and ratio are those of the last update."""
    last, scored = made.updates[-1], [s for g in made.groups for s in g.scored]
    names = [p.name for p in scored[0].parts]
    count = len(made.updates)
    return CurveRow(
        at=at,
        stage=stage,
        step=made.step,
        steps=steps,
        loss=round(last.loss, DECIMALS),
        norm=round(last.norm, DECIMALS),
        learning_rate=schedule.rate((made.step - 1) * count),
        seconds=round(seconds, 3),
        tokens=made.generated,
        update_tokens_per_second=round(sum(u.tokens for u in made.updates) / made.update_seconds, 1),
        rollout_tokens_per_second=round(made.generated / made.rollout_seconds, 1),
        reward=round(fmean(s.total for s in scored), DECIMALS),
        parts={name: round(fmean(s.parts[i].score for s in scored), DECIMALS) for i, name in enumerate(names)},
        kl=None if last.kl is None else round(last.kl, DECIMALS),
        clip_fraction=round(last.clip_fraction, DECIMALS),
        ratio=(round(last.ratio[0], DECIMALS), round(last.ratio[1], DECIMALS)),
        sampler_gap=made.updates[0].gap,
        entropy=round(made.updates[0].entropy, DECIMALS),
        length=round(made.generated / len(scored), 3),
        signal=round(fmean(g.signal for g in made.groups), DECIMALS),
        pass_at_1=measured and measured.pass_at_1,
        pass_at_k=measured and measured.pass_at_k,
        k=measured and measured.k,
        groups_kept=kept,
    )
