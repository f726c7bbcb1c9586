"""DeepSeek-R1's four stages in the published order, with the bundled model on Countdown.

DeepSeek-AI 2025, section 2.3: (1) a cold start by fine-tuning on few worked traces, from the base; (2) RL with rule rewards and consistency
of language, from 1; (3) rejection sampling from 2, then fine-tuning **from the base**; (4) RL for all rewards, from 3. What differs: the
base is a model of 1M parameters that was trained on the same task; the traces of stage 1 are whole worked solutions without a thinking
space; stage 3 has no other data than what stage 2 wrote; helpfulness in stage 4 is brevity. After each stage the same held-out problems.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import msgspec
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from rlm_core.core.errors import TrainingError
from rlm_core.core.paths import data_folder
from rlm_core.core.problem import Problem
from rlm_core.core.wording import listed
from rlm_core.engine.backends.choice import runner_for
from rlm_core.engine.engine import Engine
from rlm_core.engine.loading.memory import free_bytes
from rlm_core.engine.threads import one_thread
from rlm_core.models.checkpoints import PREFIX, Card, place, refuse_name, tokenizer_id
from rlm_core.models.loading import LoadedModel
from rlm_core.models.policy import Sampling
from rlm_core.models.prompts.nano import NanoFormat
from rlm_core.problems import make
from rlm_core.runs.training_files import CurveRow, GroupRow, Measures, Note, StageRow, TrainingFolder
from rlm_core.training import bilingual
from rlm_core.training.checkpoints import OWN_LICENCE, refuse_other_tokenizer, write_checkpoint
from rlm_core.training.curve_rows import grpo_row, sft_row
from rlm_core.training.group_log import GroupKeeper, Place, group_row
from rlm_core.training.grpo import GrpoConfig, GrpoStep, grpo, judged
from rlm_core.training.measure import held_out, measures
from rlm_core.training.recipe import BASE, MEMORY_BYTES, PipelineConfig, Stage, disk_sentence, memory_sentence, plan, preset, rules
from rlm_core.training.recipe import steps as total_steps
from rlm_core.training.rejection import sample_rows
from rlm_core.training.reward_parts import RewardSum
from rlm_core.training.rollouts import Sampler, TokenFigures, stream
from rlm_core.training.sft import Row, Schedule, adamw, epochs, fine_tune
from rlm_core.training.state import Reached, load_state, reached, save_state
from rlm_core.training.variants import PRESETS

ROOM = 60_000_000
"""Bytes of the five checkpoints, the state while it is replaced, and the curve, of the bundled model."""
FOLLOWED = 4
"""At most so many held-out problems of which the answers are kept at every measurement, so that one prompt's answers can be followed."""
MAX_ROWS = 128
"""Answers decoded at once."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Who watches a training.

    stage: told of every finished stage, those of an earlier attempt included.
    progress: told after every step what is done, how many steps of how many.
    stop: asked after every step; if it says so the state is saved and the training ends, to be gone on with later.
    """

    stage: Callable[[StageRow], None] = lambda row: None
    progress: Callable[[str, int, int], None] = lambda text, done, total: None
    stop: Callable[[], bool] = lambda: False


def _checkpoint(folder: TrainingFolder, number: int, stage: Stage) -> str:
    """The name of a stage's checkpoint. number: of the stages before it."""
    return f"{folder.training}-{number}-{stage.name.replace('_', '-')}"


class Pipeline:
    """One training of the whole pipeline, which goes on from what its folder holds.

    TrainingError if the folder holds a training with other settings, or if the disk has too little room.
    """

    def __init__(self, config: PipelineConfig, folder: TrainingFolder, watching: Watching) -> None:
        begin(config, folder)
        self.config, self.folder, self.watching = config, folder, watching
        self.variant = PRESETS[config.variant]
        self.base, self.tokenizer = bilingual.build_base(config.seed, config.base)
        self.sampler = new_sampler(self.base, self.tokenizer, config)
        self.keeper = GroupKeeper(folder, config.disk * 1_000_000)
        self.problems = held_out(config.numbers, config.held_out)
        self.done = {row.stage: row for row in folder.stages()}
        self.at = 0
        self.clock = Clock()

    @one_thread()
    def run(self) -> list[StageRow] | None:
        """Train what is not trained yet; the rows of all stages, or None where it was stopped before. RlmError says why it failed."""
        for stage in plan(self.config):
            if stage.name in self.done:
                self.at += stage.steps
                self.watching.stage(self.done[stage.name])
            elif not self._train(stage):
                return None
        self.folder.state.unlink(missing_ok=True)
        return self.folder.stages()

    def _train(self, stage: Stage) -> bool:
        """Make the steps of a stage that are not made yet, measure it and keep its checkpoint; False where it was stopped."""
        before = sum(row.seconds for row in self.done.values())
        self.clock = Clock(before)
        model = self.base if stage.kind == BASE else self._model(stage.start)
        schedule = _schedule(stage, self.config)
        optimizer = adamw(model, schedule)
        torch.manual_seed(stream(self.config.seed, stage.name))
        first = self._restored(stage, model, optimizer)
        rows, data = self._data(stage)
        made = (
            self._reinforce(stage, model, optimizer, schedule, first)
            if stage.kind == "grpo"
            else self._learn(stage, model, optimizer, schedule, rows, first)
        )
        for row in made:
            self.folder.add(row)
            self.at = row.at
            self.watching.progress(f"{stage.title}: step {row.step:,} of {row.steps:,}", row.at, total_steps(self.config))
            stopping = self.watching.stop()
            if stopping or row.step % self.config.save_every == 0:
                save_state(self.folder.state, Reached(stage.name, row.step, row.at, self.clock.seconds), model, optimizer)
            if stopping:
                return False
        self.sampler.take_weights(model)
        measured = self._measure(stage, self.problems, self.at, "held out")
        self._finish(stage, model, measured, data, before)
        return True

    # -- the two kinds of learning ------------------------------------------------------------

    def _learn(
        self,
        stage: Stage,
        model: LlamaForCausalLM,
        optimizer: torch.optim.Optimizer,
        schedule: Schedule,
        rows: Sequence[Row],
        first: int,
    ) -> Iterator[CurveRow]:
        """Steps of fine-tuning; none for the base."""
        batch = epochs(rows, self.config.sft_batch, stream(self.config.seed, stage.name)) if rows else lambda step: []
        for made in fine_tune(model, optimizer, batch, schedule, first):
            yield sft_row(made, stage.name, stage.steps, self.at + 1, schedule, self.clock.seconds)

    def _reinforce(
        self, stage: Stage, model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, schedule: Schedule, first: int
    ) -> Iterator[CurveRow]:
        """Batches of RL, their groups kept, now and then measured."""
        config, reward = self.config, RewardSum(stage.rewards)
        reference = self._model(stage.start) if self.variant.beta else None
        settings = GrpoConfig(config.group, self.variant, schedule, config.updates, stream(config.seed, stage.name))
        for made in grpo(model, optimizer, reference, self.sampler, partial(self._prompts, stage), reward, settings, first):
            at = self.at + 1
            due = config.measure_every and made.step % config.measure_every == 0
            measured = self._measure(stage, self.problems[: config.measure_problems], at, "curve") if due else None
            kept = self.keeper.wants(at) and self.keeper.keep(at, self._group_rows(stage, made, reward, at))
            yield grpo_row(made, stage.name, stage.steps, at, schedule, self.clock.seconds, measured, kept)

    def _prompts(self, stage: Stage, step: int) -> list[Problem]:
        """The training problems of a batch, every second one in Japanese signs."""
        rng = random.Random(f"prompts|{self.config.seed}|{stage.name}|{step}")
        return _drawn(rng, self.config.numbers, self.config.problems)

    def _measure(self, stage: Stage, problems: Sequence[Problem], at: int, seed: str) -> Measures:
        """Measure the policy that the sampler holds, and keep its answers to the followed problems."""
        groups = self.sampler.groups(problems, self.config.samples, stream(self.config.seed, seed))
        reward, rows = RewardSum(rules(self.config)), list[GroupRow]()
        model = PREFIX + _checkpoint(self.folder, len(self.done), stage)
        for index, group in enumerate(groups[: min(FOLLOWED, self.config.measure_problems)]):
            where = Place(self.folder.training, model, at, stage.name, 0, index)
            found, nothing = judged(group, reward, self.variant), [TokenFigures((), ())] * len(group.answers)
            rows.append(group_row(found, reward, self.sampler.model.policy(), self.sampler.sampling, where, self.variant, nothing))
        self.folder.put_followed(at, rows)
        return measures(groups, self.config.k)

    def _group_rows(self, stage: Stage, made: GrpoStep, reward: RewardSum, at: int) -> list[GroupRow]:
        rows, learned, first = list[GroupRow](), made.updates[-1].learned, 0
        for index, found in enumerate(made.groups):
            where = Place(self.folder.training, self.done[stage.start].checkpoint, at, stage.name, made.step, index)
            mine = learned[first : first + len(found.group.answers)]
            rows.append(group_row(found, reward, self.sampler.model.policy(), self.sampler.sampling, where, self.variant, mine))
            first += len(found.group.answers)
        return rows

    # -- what a stage begins with and ends in --------------------------------------------------

    def _data(self, stage: Stage) -> tuple[list[Row], str]:
        """Rows to learn from, and what a stage learns from in a sentence. Made again alike where a training goes on."""
        config = self.config
        if stage.kind == "sft":
            found = bilingual.traces(config.cold_traces, config.seed)
            return bilingual.rows(found, self.tokenizer), f"{len(found):,} worked solutions of Countdown, half of them in Japanese signs."
        if stage.kind == "rejection":
            self.sampler.take_weights(self._model("reasoning_rl"))
            rng = random.Random(f"rejection|{config.seed}")
            problems = _drawn(rng, config.numbers, config.rejection_problems)
            kept = sample_rows(self.sampler, problems, config.rejection_samples, stream(config.seed, stage.name))
            return kept.rows, kept.sentence
        if stage.kind == BASE:
            return [], bilingual.origin(config.base)
        count = stage.steps * config.problems
        return [], f"{count:,} groups of {config.group} answers, rewarded by {RewardSum(stage.rewards).named}."

    def _restored(self, stage: Stage, model: LlamaForCausalLM, optimizer: torch.optim.Optimizer) -> int:
        """Go back to the saved state of this stage, if there is one; the steps that are made."""
        state = reached(self.folder.state)
        if state is None or state.stage != stage.name:
            self.folder.cut_back(self.at)
            return 0
        load_state(self.folder.state, model, optimizer)
        self.folder.cut_back(state.at)
        self.at, self.clock = state.at, Clock(state.seconds)
        return state.step

    def _model(self, stage: str) -> LlamaForCausalLM:
        """The model that a finished stage made, in float32."""
        folder = Path(place(self.done[stage].checkpoint))
        refuse_other_tokenizer(folder, tokenizer_id(place(self.done[BASE].checkpoint)))
        return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def _finish(self, stage: Stage, model: LlamaForCausalLM, measured: Measures, data: str, before: float) -> None:
        """Keep the stage's checkpoint, then its row: a stage is finished when its row is there."""
        name = _checkpoint(self.folder, len(self.done), stage)
        start = self.done[stage.start].checkpoint if stage.start else self.config.base
        card = Card(
            name=name,
            title=f"{stage.title} ({self.folder.training})",
            base=self.config.base,
            parent=start if stage.start else "",
            stage=stage.name,
            data=data,
            command=command(self.config),
            seed=self.config.seed,
            licence=OWN_LICENCE,
            tokenizer="",
            created=0,
            settings=asdict(self.config),
            curve=[msgspec.to_builtins(row) for row in self.folder.curve() if row.stage == stage.name],
            measures=msgspec.to_builtins(measured),
        )
        write_checkpoint(model, self.tokenizer, card, overwrite=True)
        row = StageRow(
            stage=stage.name,
            kind=stage.kind,
            title=stage.title,
            start=start,
            checkpoint=PREFIX + name,
            steps=stage.steps,
            seconds=round(self.clock.seconds - before, 1),
            measures=measured,
            data=data,
        )
        self.folder.add(row)
        self.done[stage.name] = row
        self.watching.stage(row)


def command(config: PipelineConfig) -> str:
    """The command that trains it again."""
    usual = asdict(preset(config.preset, config.seed))
    changed = [f"--set {name}={value}" for name, value in asdict(config).items() if usual[name] != value]
    return " ".join(["rlm-explorer train pipeline", f"--preset {config.preset} --seed {config.seed}", *changed])


def begin(config: PipelineConfig, folder: TrainingFolder) -> None:
    """Write the settings of a training that is new. TrainingError if there is another one by its name, or too little room for it."""
    settings = folder.settings()
    if settings:
        other = [name for name, value in asdict(config).items() if settings.get(name) != value]
        if other:
            was = listed([f"{name}={settings.get(name)}" for name in other], most=3)
            raise TrainingError(
                f"There is a training {folder.training} already, with {was}; choose another name, or the same settings to go on."
            )
        return
    free, needed = shutil.disk_usage(data_folder()).free, config.disk * 1_000_000 + ROOM
    if free < needed:
        raise TrainingError(
            f"The training takes up to {needed / 1e6:.0f} MB on disk and {free / 1e6:.0f} MB are free; make room, or lower disk."
        )
    memory = free_bytes()
    if memory is not None and memory < MEMORY_BYTES:
        raise TrainingError(
            f"It takes about {MEMORY_BYTES / 1e9:.1f} GB of memory, and {memory / 1e9:.1f} GB are free; close other programs first."
        )
    refuse_name(folder.training)
    folder.write_settings({"training": folder.training, "began": time.time(), **asdict(config)})
    folder.add(Note(0, f"{disk_sentence(config)} {memory_sentence()}"))


class Clock:
    """Seconds of work, those of earlier attempts included."""

    def __init__(self, before: float = 0.0) -> None:
        self._before, self._began = before, time.perf_counter()

    @property
    def seconds(self) -> float:
        return self._before + time.perf_counter() - self._began


def _schedule(stage: Stage, config: PipelineConfig) -> Schedule:
    if stage.kind == "grpo":
        return Schedule(stage.steps * config.updates, config.rl_rate, warmup=5, floor=0.05)
    return Schedule(stage.steps, config.sft_rate, warmup=min(10, stage.steps // 2))


def _drawn(rng: random.Random, numbers: int, count: int) -> list[Problem]:
    """Training problems, every second one in Japanese signs."""
    asked = (",language=ja" if i % 2 else "" for i in range(count))
    return [make(f"countdown:numbers={numbers},split=train,seed={rng.randrange(2**31)}{language}") for language in asked]


def new_sampler(base: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, config: PipelineConfig) -> Sampler:
    """The engine that samples, as it computes the bundled model: in float64, exactly."""
    copy = LlamaForCausalLM(base.config).double()
    copy.load_state_dict(base.state_dict())
    engine = Engine(runner_for("nano", copy), exact=True, max_rows=MAX_ROWS)
    sampling = Sampling(config.temperature, max_step_tokens=config.longest, max_solution_tokens=config.longest)
    return Sampler(LoadedModel("nano", engine, tokenizer, NanoFormat(tokenizer)), sampling)
