"""From a plan to a checkpoint one can choose: a model in words learns worked solutions by LoRA, is saved and measured."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import torch

from rlm_core.core.errors import TrainingError
from rlm_core.engine.backends.torch import fingerprint
from rlm_core.evaluation.searches import evaluate_policy
from rlm_core.models.checkpoints import CARD, PREFIX, Card, adapter_folder, base_of, checkpoints_folder, refuse_name, unfinished
from rlm_core.models.checkpoints import card as read_card
from rlm_core.models.listed import sampling_for
from rlm_core.models.loading import load, read_weights
from rlm_core.runs.set_specs import counted_set
from rlm_core.training import lora
from rlm_core.training.checkpoints import write_card, write_checkpoint
from rlm_core.training.sft import Row, Schedule, adamw, fine_tune
from rlm_core.training.state import Reached, load_state, reached, save_state
from rlm_core.training.word_traces import BATCH, MIXTURE, STEPS, refuse_learner, refuse_unlearnable, word_traces

Report = Callable[[str], None]
MEASURED_TOKENS = 128
"""Tokens that a solution may have where a model is measured: half as many again as the longest worked one has. A base may go on."""
HELD_OUT_ROWS = 32
"""Held-out solutions whose loss the curve shows."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The plan of a cold start.

    name: of the checkpoint.
    base: the model that learns, one in words; an adapter goes on learning.
    mixture: kinds of problems that have worked solutions, without seed and split, and their shares.
    stop: the step at which training ends; None for all of the schedule.
    batch: solutions per step.
    every: steps between two measurements of the held-out loss, and between two saved states.
    measure: sets of problems measured afterwards, held out unless they say otherwise; measure_samples: solutions of each.
    command: written on the card.
    """

    name: str
    base: str = "smollm2"
    mixture: Mapping[str, float] = field(default_factory=lambda: MIXTURE)
    schedule: Schedule = field(default_factory=lambda: Schedule(steps=STEPS, learning_rate=1e-3, warmup=30, autocast=has_bfloat16()))
    stop: int | None = None
    batch: int = BATCH
    shape: lora.Shape = field(default_factory=lora.Shape)
    every: int = 50
    seed: int = 0
    measure: tuple[str, ...] = ()
    measure_samples: int = 2
    command: str = ""

    @property
    def last(self) -> int:
        """Optimiser steps that are made."""
        return min(self.schedule.steps, self.stop or self.schedule.steps)

    @property
    def state(self) -> Path:
        """The file of the state from which the same plan goes on where it was killed."""
        return unfinished(self.name)

    @property
    def digest(self) -> str:
        """12 hex digits that are the same for every plan that trains alike."""
        alike = asdict(replace(self, name="", stop=None, measure=(), command=""))
        return hashlib.sha256(msgspec.json.encode(alike, order="deterministic")).hexdigest()[:12]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the families that it learns."""
        return tuple(dict.fromkeys(spec.partition(":")[0] for spec in self.mixture))


def check(plan: ColdStart) -> None:
    """TrainingError or ModelError in one sentence for a plan that cannot be trained, as far as is seen without the model."""
    refuse_learner(plan.base)
    refuse_unlearnable(plan.mixture)
    for spec in plan.measure:
        counted_set(spec)


def cold_start(plan: ColdStart, report: Report, overwrite: bool = False, stop: Callable[[], bool] = lambda: False) -> Path | None:
    """Train, save and measure; returns the checkpoint's folder, or None where it was stopped, to be gone on with later.

    TrainingError or ModelError in one sentence before anything is trained.
    stop: asked after every step; if it says so the state is saved.
    """
    folder = _made_before(plan) or _made(plan, report, overwrite, stop)
    if folder and plan.measure:
        models = (PREFIX + plan.name, read_card(folder).parent or read_card(folder).base)
        after, before = (asyncio.run(measured(model, plan.measure, plan.measure_samples, plan.seed, report)) for model in models)
        write_card(folder, msgspec.structs.replace(read_card(folder), measures=after, base_measures=before))
    return folder


def _made_before(plan: ColdStart) -> Path | None:
    """The checkpoint that this very plan has made, if it is not measured yet: a training that was cut off then."""
    folder = checkpoints_folder() / plan.name
    facts = read_card(folder) if (folder / CARD).is_file() else None
    return folder if facts and not facts.measures and facts.settings.get("plan") == plan.digest else None


def _made(plan: ColdStart, report: Report, overwrite: bool, stop: Callable[[], bool]) -> Path | None:
    """Train and save; the checkpoint's folder, or None where it was stopped."""
    refuse_name(plan.name, overwrite)
    check(plan)
    begun = adapter_folder(plan.base)
    name = base_of(begun) if begun else plan.base
    shown, base, form = read_weights(name, "cpu", torch.float32, True, report)
    weights = fingerprint(base)
    parent = read_card(begun) if begun else None
    if parent and parent.base_weights != weights:
        raise TrainingError(
            f"{plan.base} was made for other weights of {name} ({parent.base_weights}) than those that are here ({weights})."
        )
    kinds = tuple(dict.fromkeys((*(parent.kinds if parent else ()), *plan.kinds)))
    form = replace(form, trained_on=frozenset(kinds))
    model = lora.continued(base, begun, name) if begun else lora.attach(base, name, plan.shape, plan.seed)
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    report(f"{learned:,} weights learn, in {plan.last} steps of {plan.batch} solutions; {shown} stays as it is.")
    curve = _trained(model, plan, lambda split: (lora.row(t, form) for t in word_traces(plan.seed, split, plan.mixture)), report, stop)
    if curve is None:
        return None
    shape = {key: parent.settings.get(key) for key in ("rank", "alpha")} if parent else asdict(plan.shape)
    card = Card(
        name=plan.name,
        title=f"{plan.name} ({name}, LoRA)",
        base=name,
        parent=plan.base if begun else "",
        data=f"worked solutions of {', '.join(plan.mixture)}, drawn afresh from the training split.",
        command=plan.command,
        seed=plan.seed,
        licence=f"that of {name}",
        tokenizer="",
        created=0.0,
        settings={
            **shape,
            **asdict(plan.schedule),
            "batch": plan.batch,
            "stop": plan.last,
            "mixture": dict(plan.mixture),
            "plan": plan.digest,
        },
        curve=curve,
        kinds=kinds,
        base_weights=weights,
    )
    folder = write_checkpoint(lora.halved(model), form.tokenizer, card, overwrite)
    plan.state.unlink(missing_ok=True)
    return folder


def _trained(
    model: torch.nn.Module, plan: ColdStart, rows: Callable[[str], Iterator[Row]], report: Report, stop: Callable[[], bool]
) -> list[dict[str, float]] | None:
    """Make the steps that are not made yet; the points of the curve, or None where it was stopped before the last."""
    held_out = list(itertools.islice(rows("test"), HELD_OUT_ROWS))
    optimizer, batch = adamw(model, plan.schedule), lora.batches(lambda: rows("train"), plan.batch, plan.seed)
    first, curve = _restored(model, optimizer, plan, report)
    plan.state.parent.mkdir(parents=True, exist_ok=True)
    seconds = curve[-1]["seconds"] if curve else 0.0
    steps = fine_tune(model, optimizer, batch, plan.schedule, first, lora.learned_positions)
    for step in itertools.islice(steps, plan.last - first):
        seconds += step.seconds
        curve.append({"step": step.step, "loss": round(step.loss, 4), "seconds": round(seconds, 1)})
        due = step.step % plan.every == 0 or step.step == plan.last
        if due:
            with torch.no_grad():
                curve[-1]["held_out_loss"] = round(lora.learned_positions(model, held_out, plan.schedule), 4)
        held = f", held-out loss {curve[-1]['held_out_loss']:.3f}" if due else ""
        report(f"step {step.step}/{plan.last}: loss {step.loss:.3f}, {step.tokens / step.seconds:.0f} tokens/s{held}")
        stopping = stop()
        if due or stopping:
            save_state(plan.state, Reached(plan.digest, step.step, step.step, seconds, curve), model, optimizer)
        if stopping and step.step < plan.last:
            return None
    return curve


def _restored(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, plan: ColdStart, report: Report
) -> tuple[int, list[dict[str, float]]]:
    """Go back to the saved state of this plan, if there is one; the steps that are made, and the curve so far."""
    state = reached(plan.state)
    if state is None:
        return 0, []
    if state.stage != plan.digest:
        raise TrainingError(
            f"An unfinished training {plan.name} has other settings; go on with the same, choose another name, or delete {plan.state}."
        )
    load_state(plan.state, model, optimizer)
    report(f"Going on after step {state.step}.")
    return state.step, state.curve


def has_bfloat16() -> bool:
    """Has this processor instructions for bfloat16? Training by LoRA in it was 1.5 times as quick there, and is slower elsewhere."""
    return any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16"))


async def measured(model: str, sets: tuple[str, ...], samples: int, seed: int, report: Report) -> dict[str, Any]:
    """pass@1 of plain samples on each set, as `evaluate_policy` has it, at the model's usual temperature and MEASURED_TOKENS at most."""
    loaded, found = load(model, dtype="float32", report=report), dict[str, Any]()
    sampling = sampling_for(model, max_solution_tokens=MEASURED_TOKENS)
    for spec in sets:
        chosen = counted_set(spec)
        report(f"Measuring {model} on {spec}, {len(chosen)} problems …")
        found[spec] = await evaluate_policy(
            loaded.policy(), chosen, samples=samples, ks=[1], temperature=sampling.temperature, seed=seed, limits=sampling
        )
        report(f"pass@1 {found[spec]['pass@1']}")
    return found
