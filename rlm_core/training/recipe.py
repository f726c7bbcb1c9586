"""The settings of the pipeline and its presets. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlm_core.core.parameters import Description, param, unknown
from rlm_core.core.wording import duration
from rlm_core.training.variants import PRESETS as VARIANTS

BASE = "base"
"""The stage of the model before any training."""
STAGES = ("cold_start", "reasoning_rl", "rejection_sft", "final_rl")
"""The stages in their order."""
LAST = STAGES[-1]
ANSWER, STATED = "answer", "stated"
NANO, RANDOM = "nano", "random"

BYTES_PER_ANSWER = 290
"""What an answer of a kept group takes on disk, packed: nano's on Countdown with three numbers in groups of 8, measured (288)."""

MEMORY_BYTES = 1_400_000_000
"""The most that the process of a training of the five-minutes preset was seen to take (1.30 GB), and a little more."""


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """The four stages of DeepSeek-R1 with a model of the bundled one's shape on Countdown, half of the problems in Japanese signs."""

    preset: str = param("five-minutes", "The preset that the other settings began with.")
    seed: int = param(0, "Of traces, problems and answers: the same seed is the same training.", low=0, high=2**31 - 1)
    base: str = param(
        NANO, "The model that is trained: nano, random (its shape with untrained weights), or checkpoint:NAME of an earlier training."
    )
    numbers: int = param(3, "Numbers of a Countdown problem.", low=2, high=4)
    cold_traces: int = param(8000, "Worked solutions of the cold start.", low=2, high=1_000_000, title="Cold-start traces")
    cold_steps: int = param(160, "Optimiser steps of the cold start.", low=1, high=100_000, title="Cold-start steps")
    sft_batch: int = param(64, "Rows of an optimiser step of supervised fine-tuning.", low=1, high=4096, title="SFT batch")
    sft_rate: float = param(1e-3, "Learning rate of supervised fine-tuning.", low=0, title="SFT learning rate")
    problems: int = param(32, "Problems of a batch of rollouts.", low=1, high=512)
    group: int = param(8, "G: answers to each problem.", low=1, high=256, title="Group size G")
    rl_batches: int = param(40, "Batches of stage 2, reasoning RL.", low=1, high=100_000, title="RL batches, stage 2")
    final_batches: int = param(45, "Batches of stage 4, RL for all rewards.", low=1, high=100_000, title="RL batches, stage 4")
    updates: int = param(
        1, "μ: updates on each batch; with one, as published, every ratio is 1 and nothing is clipped.", low=1, high=16, title="Updates μ"
    )
    rl_rate: float = param(2e-4, "Learning rate of reinforcement learning.", low=0, title="RL learning rate")
    variant: str = param("dapo", "The loss of reinforcement learning.", choices=tuple(VARIANTS))
    temperature: float = param(1.0, "At which answers are sampled.", low=0.01, high=4)
    longest: int = param(64, "Tokens that an answer may have.", low=16, high=400, title="Longest answer")
    checked: str = param(
        ANSWER,
        "What the answer's reward checks. answer: the equations use each number once, are true and reach the target. "
        "stated: a leaky check, satisfied by any solution that ends in the target.",
        choices=(ANSWER, STATED),
        title="Answer's check",
    )
    format_weight: float = param(0.2, "Of the format, beside 1 for the right answer.", low=0.001, high=10)
    language_weight: float = param(0.4, "Of consistency of language, in stage 2 and 4.", low=0.001, high=10)
    brevity_weight: float = param(0.0, "Of brevity in stage 2 already; 0 leaves it out there.", low=0, high=10)
    preference_weight: float = param(0.1, "Of brevity in stage 4, which stands for what people prefer.", low=0.001, high=10)
    until: str = param(LAST, "The last stage that is trained.", choices=(*STAGES,), title="Last stage", advanced=True)
    rejection_problems: int = param(2400, "Problems of which stage 3 keeps the right answers.", low=1, high=100_000)
    rejection_samples: int = param(2, "k: answers to each of them.", low=1, high=256)
    rejection_steps: int = param(100, "Optimiser steps of stage 3, from the base.", low=1, high=100_000)
    held_out: int = param(
        300, "Held-out problems measured after each stage, half of them in Japanese signs.", low=2, high=5000, title="Held-out problems"
    )
    samples: int = param(8, "Answers to each of them, at least k; more make pass@k less noisy.", low=2, high=256, title="Answers to each")
    k: int = param(8, "k of pass@k.", low=1, high=128, title="k")
    measure_every: int = param(
        10, "Batches between two measurements on a part of the held-out problems; 0 for none.", low=0, high=10_000, title="Measure every"
    )
    measure_problems: int = param(24, "Held-out problems of such a measurement.", low=2, high=5000, title="Problems measured then")
    disk: int = param(20, "Megabytes that the kept groups may take.", low=1, high=100_000, title="Disk for groups (MB)")
    save_every: int = param(10, "Steps between two saved states, from which a killed training goes on.", low=1, high=1000, advanced=True)


FIVE_MINUTES = PipelineConfig()
SMOKE = PipelineConfig(
    preset="smoke",
    cold_traces=32,
    cold_steps=3,
    sft_batch=8,
    sft_rate=1e-4,
    rl_rate=1e-5,
    problems=2,
    group=4,
    updates=1,
    rl_batches=3,
    final_batches=2,
    rejection_problems=4,
    rejection_samples=4,
    rejection_steps=3,
    held_out=4,
    samples=4,
    k=2,
    measure_every=2,
    measure_problems=2,
    save_every=2,
)
LEAKY = replace(
    FIVE_MINUTES,
    preset="leaky-reward",
    checked=STATED,
    until="reasoning_rl",
    updates=2,
    rl_rate=1e-4,
    brevity_weight=0.5,
    problems=16,
    rl_batches=40,
    measure_every=5,
)
"""Stage 2 with a reward that can be had without solving anything: what reward hacking looks like."""
PRESETS: dict[str, PipelineConfig] = {"five-minutes": FIVE_MINUTES, "leaky-reward": LEAKY, "smoke": SMOKE}
DESCRIPTION = Description(
    "pipeline",
    "DeepSeek-R1's four stages",
    "Cold start, reasoning RL, rejection sampling with fine-tuning from the base, and RL for all rewards, with a model of 1M parameters.",
    PipelineConfig,
    paper="DeepSeek-AI 2025, DeepSeek-R1",
    url="https://arxiv.org/abs/2501.12948",
)


def preset(name: str, seed: int = 0) -> PipelineConfig:
    """The settings of a preset. ConfigError if there is none of that name."""
    if name not in PRESETS:
        raise unknown("preset of the pipeline", name, list(PRESETS))
    return replace(PRESETS[name], seed=seed)


def steps(config: PipelineConfig) -> int:
    """Steps of all stages, as CurveRow.at counts them."""
    return sum(stage.steps for stage in plan(config))


def answers(config: PipelineConfig) -> int:
    """Answers of all groups."""
    return sum(stage.steps for stage in plan(config) if stage.kind == "grpo") * config.problems * config.group


def memory_sentence() -> str:
    """The memory that the pipeline takes, said before it begins."""
    return f"It takes about {MEMORY_BYTES / 1e9:.1f} GB of memory."


SECONDS = {"five-minutes": 340, "leaky-reward": 170, "smoke": 6}
"""What the presets took, measuring included, on two cores with AVX-512 that did little else."""


def time_sentence(name: str) -> str:
    """What a preset took, said before it begins; the forecast by this machine's own record comes with the first training."""
    return f"This preset took {duration(SECONDS[name])} on two cores."


def rows(config: PipelineConfig) -> int:
    """Rows that are learned from by fine-tuning, each as often as it comes."""
    return sum(stage.steps for stage in plan(config) if stage.kind != "grpo") * config.sft_batch


def disk_sentence(config: PipelineConfig) -> str:
    """How much of the groups will be kept, said before anything begins.

    >>> disk_sentence(SMOKE)
    'The 40 answers of all groups take about 0.0 MB of the 20 MB set apart; all are kept.'
    """
    needed, every = answers(config) * BYTES_PER_ANSWER / 1e6, 1
    while needed / every > config.disk:
        every *= 2
    kept = "all are kept" if every == 1 else f"those of one step in {every} are kept"
    return f"The {answers(config):,} answers of all groups take about {needed:.1f} MB of the {config.disk} MB set apart; {kept}."


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as it is planned.

    start: the stage with whose model it begins.
    rewards: of RL; {} for fine-tuning.
    """

    name: str
    kind: str
    title: str
    start: str
    steps: int
    rewards: dict[str, float]


def plan(config: PipelineConfig) -> list[Stage]:
    """The base, which is measured, and the stages in the published order, as far as they are wanted."""
    by_rule = rules(config)
    early = by_rule | ({"brevity": config.brevity_weight} if config.brevity_weight else {})
    whole = [
        Stage(BASE, BASE, "Base", "", 0, {}),
        Stage("cold_start", "sft", "Cold start", BASE, config.cold_steps, {}),
        Stage("reasoning_rl", "grpo", "Reasoning RL", "cold_start", config.rl_batches, early),
        Stage("rejection_sft", "rejection", "Rejection sampling, SFT from the base", BASE, config.rejection_steps, {}),
        Stage(
            "final_rl", "grpo", "RL for all rewards", "rejection_sft", config.final_batches, by_rule | {"brevity": config.preference_weight}
        ),
    ]
    return whole[: STAGES.index(config.until) + 2]


def rules(config: PipelineConfig) -> dict[str, float]:
    """The rewards by rule, with their weights."""
    return {config.checked: 1.0, "format": config.format_weight, "language": config.language_weight}
