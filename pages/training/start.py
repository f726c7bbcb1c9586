"""A new training: its settings, what it takes, and its start."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from itertools import count
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.jobs import job_button
from pages.shared.language import deferred, tr, translated
from pages.shared.parameters import parameter
from pages.shared.services import store
from pages.shared.state import kept, remembered, restore_following, set_value
from rlm_core.core.errors import RlmError, TrainingError
from rlm_core.core.paths import ASSETS
from rlm_core.jobs.train_policy import JOB, PolicyJob
from rlm_core.models.checkpoints import is_checkpoint
from rlm_core.models.listed import in_nano_notation, models
from rlm_core.runs.training_files import trainings
from rlm_core.training import recipe

KEY = "training.new"
JOB_KEY = "training.new.job"
"""In the session's state: the id of the job that was asked for last."""
NAMED = ("seed", "variant")
"""Settings beside the preset; the others are folded away."""
UNTRAINED = {recipe.NANO: deferred("nano (bundled)"), recipe.RANDOM: deferred("nano's shape, random weights")}
COLUMNS = 4


def start(started: Callable[[str], None]) -> None:
    """The form. started: called with the name of the training that was asked for."""
    d = recipe.DESCRIPTION
    st.caption(
        tr(
            "{sentence} [{paper}]({url}). Half of the problems ask for steps in Japanese signs.",
            sentence=tr(d.sentence),
            paper=d.paper,
            url=d.url,
        )
    )
    preset_at, base_at, seed_at, variant_at, name_at = st.columns([3, 4, 2, 3, 4], vertical_alignment="bottom")
    preset = remembered(
        preset_at.selectbox,
        tr("Preset"),
        list(recipe.PRESETS),
        key=f"{KEY}.preset",
        default=recipe.FIVE_MINUTES.preset,
        on_change=_fill,
        help=tr(
            "five-minutes: all four stages. leaky-reward: two stages, the second with a reward that is had without "
            "solving anything. smoke ends in seconds and teaches next to nothing; it shows that everything works."
        ),
    )
    values: dict[str, Any] = {"preset": preset, "base": _base(base_at)}
    usual = asdict(recipe.PRESETS[preset])
    declared = {p.name: replace(p, default=usual[p.name]) for p in d.parameters if p.name not in values}
    for place, name in zip((seed_at, variant_at), NAMED, strict=True):
        with place:
            values[name] = parameter(declared[name], f"{KEY}.{name}")
    with st.expander(tr("Every setting"), icon=":material/tune:"):
        others = [p for p in declared.values() if p.name not in NAMED]
        for first in range(0, len(others), COLUMNS):
            for place, p in zip(st.columns(COLUMNS, vertical_alignment="bottom"), others[first : first + COLUMNS], strict=False):
                with place:
                    values[p.name] = parameter(p, f"{KEY}.{p.name}")
    restore_following(f"{KEY}.name", _free(f"{preset}-{values['seed']}"))
    name = kept(name_at.text_input, tr("Name"), key=f"{KEY}.name", max_chars=60, help=tr("Its checkpoints begin with it.")).strip()

    def job() -> PolicyJob:
        if name in trainings(store().folder):
            raise TrainingError(tr("There is a training {name} already; choose another name.", name=name))
        return PolicyJob(name, d.configure(values))

    go_at, said_at = st.columns([2, 5], vertical_alignment="center")
    job_button(go_at, JOB, "model_training", job, key=JOB_KEY, possible=bool(name), started=lambda: started(name))
    if not name:
        said_at.caption(tr("Give it a name first."))
        return
    with suppress(RlmError):  # the button says what is wrong with the settings
        said = (recipe.disk_sentence(d.configure(values)), recipe.memory_sentence(), recipe.time_sentence(preset))
        said_at.caption(" ".join(map(translated, said)))


def _base(place: DeltaGenerator) -> str:
    """Choose the model that is trained."""
    titles = UNTRAINED | {name: model.title for name, model in models().items() if is_checkpoint(name) and in_nano_notation(name)}
    return remembered(
        place.selectbox,
        tr("Base"),
        list(titles),
        key=f"{KEY}.base",
        default=recipe.NANO,
        offered=list(titles),
        format_func=lambda name: tr(titles[name]),
        help=tr(
            "The model before training: the bundled one, one of its shape that knows nothing, or what an earlier "
            "training made. Models in words learn on the tab Adapters."
        ),
    )


def _fill() -> None:
    """Put the settings of the chosen preset into the controls."""
    for name, value in asdict(recipe.PRESETS[st.session_state[f"{KEY}.preset"]]).items():
        if name not in ("preset", "base", *NAMED):
            set_value(f"{KEY}.{name}", value)


def _free(name: str) -> str:
    """The name, with a number behind it where there is such a training already, be it a bundled one."""
    taken = {*trainings(store().folder), *trainings(ASSETS)}
    return name if name not in taken else next(f"{name}-{i}" for i in count(2) if f"{name}-{i}" not in taken)
