"""Adapters: the training of one, and what each learned and changed, the bundled one included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html, theme
from pages.shared.jobs import job_button, job_progress, job_setting
from pages.shared.language import counted, deferred, duration, told, tr, translated
from pages.shared.links import go_to_controls
from pages.shared.model_picker import pick_model
from pages.shared.plot import plot
from pages.shared.services import jobs
from pages.shared.set_picker import TASK_KEY
from pages.shared.state import kept, remembered, restore_following, set_value
from pages.shared.strategy_form import EXPLORE_MODEL, fill_model
from rlm_core.core.wording import interval
from rlm_core.core.words import RunStatus
from rlm_core.figures.charts.small_multiples import Curve, Panel, panels_figure
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.train_adapter import DESCRIPTION, JOB, AdapterJob
from rlm_core.models import checkpoints
from rlm_core.models.checkpoints import Card
from rlm_core.models.listed import SMOLLM2
from rlm_core.training.word_traces import BATCH, MEASURED, MIXTURE, written

KEY = "training.adapter"
JOB_KEY = f"{KEY}.job"
SHOWN = f"{KEY}.shown"
MEMORY = deferred("SmolLM2-135M took up to 7 GB of memory, and 600 steps took 49 minutes on two busy cores.")
"""Measured where the bundled adapter was made."""
POINTS = 150
"""Of a curve of training losses; each is the mean of as many steps as come to this number."""


def adapters() -> None:
    d = DESCRIPTION
    st.caption(
        tr(
            "{sentence} [{paper}]({url}). It learns the worked solutions of word problems whose stories are not those it is measured on.",
            sentence=tr(d.sentence),
            paper=d.paper,
            url=d.url,
        )
    )
    _form()
    for row in jobs().list(d.name):
        if row.status != RunStatus.FINISHED:
            st.markdown(f"**{markdown_text(row.job.name)}**")
            job_progress(row, _discard)
    _shown()


def _discard(row: JobRow) -> None:
    checkpoints.unfinished(row.job.name).unlink(missing_ok=True)


def _form() -> None:
    model_at, steps_at, seed_at, name_at = st.columns([5, 2, 2, 4], vertical_alignment="bottom")
    with model_at:
        model = pick_model(f"{KEY}.model", default=SMOLLM2.name, help=tr("Which model in words learns; its own weights stay as they are."))
    steps = job_setting(steps_at, JOB, "steps", f"{KEY}.steps", step=50)
    seed = job_setting(seed_at, JOB, "seed", f"{KEY}.seed")
    restore_following(f"{KEY}.name", _free(model))
    help = tr("Of the checkpoint, which is then checkpoint:NAME everywhere.")
    name = kept(name_at.text_input, tr("Name"), key=f"{KEY}.name", max_chars=60, help=help).strip()
    with st.expander(tr("What it learns and is measured on"), icon=":material/tune:"):
        learned_at, measured_at = st.columns(2, gap="large")
        help = tr("A kind of problem with worked solutions per line, each with its share: words:steps=2*0.5.")
        usual = "\n".join(written(MIXTURE))
        learned = str(remembered(learned_at.text_area, tr("Worked solutions"), key=f"{KEY}.problems", default=usual, help=help, height=200))
        help = tr("A set of problems per line; the model is measured on each before and after.")
        usual = "\n".join(MEASURED)
        measured = str(remembered(measured_at.text_area, tr("Measured on"), key=f"{KEY}.measure", default=usual, help=help, height=200))

    def job() -> AdapterJob:
        checkpoints.refuse_name(name)
        return AdapterJob(name, model, steps, tuple(learned.split()), tuple(measured.split()), seed)

    go_at, said_at = st.columns([2, 5], vertical_alignment="center")
    job_button(go_at, JOB, "model_training", job, key=JOB_KEY, possible=bool(name))
    if not name:
        said_at.caption(tr("Give it a name first."))
        return
    more = "" if model == SMOLLM2.name else tr(" Both grow with the size of the model.")
    said_at.caption(tr("{steps:,} worked solutions. {memory}{more}", steps=steps * BATCH, memory=tr(MEMORY), more=more))


def _free(model: str) -> str:
    """A name for an adapter of a model that no checkpoint has yet."""
    stem = re.sub(r"[^\w.-]+", "-", Path(model.removeprefix(checkpoints.PREFIX)).name).strip("-.") or "model"
    return next(name for i in count(1) if not checkpoints.find(name := f"{stem}-adapter{f'-{i}' if i > 1 else ''}"))


def _shown() -> None:
    """The adapter that is chosen: its curve and its measures."""
    found = {card.name: card for card in checkpoints.listed() if checkpoints.adapter_folder(checkpoints.PREFIX + card.name)}
    if not found:
        st.info(tr("There is no adapter yet."), icon=":material/model_training:")
        return
    st.divider()
    name = remembered(
        st.selectbox, tr("Adapter"), list(found), key=SHOWN, offered=list(found), default=next(iter(found)), format_func=_title
    )
    card = found[name]
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.markdown(tr("##### pass@1 on held-out problems, before and after"))
        _measures(card)
        st.caption(
            tr(
                "Learned from {data} Seed {seed}. Licence: {licence}",
                data=markdown_text(translated(card.data)),
                seed=card.seed,
                licence=markdown_text(translated(card.licence)),
            )
        )
        st.code(card.command, language="bash", wrap_lines=True)
        help = tr(
            "Opens Explore with the model {prefix}{name} and a kind of problem chosen that it learned.",
            prefix=checkpoints.PREFIX,
            name=card.name,
        )
        if st.button(tr("Search with it"), icon=":material/account_tree:", key=f"{KEY}.search", help=help):
            fill_model(EXPLORE_MODEL, checkpoints.PREFIX + card.name)
            if card.kinds:
                set_value(TASK_KEY, card.kinds[0])
            go_to_controls()
    with right:
        _curve(card)


def _title(name: str) -> str:
    return tr("{name} (bundled)", name=name) if checkpoints.is_bundled(name) else name


def _measures(card: Card) -> None:
    if not card.measures:
        st.info(tr("It was not measured."), icon=":material/straighten:")
        return
    if not card.base_measures:
        st.caption(tr("{base} was not measured in the same way.", base=card.base))
    rows = [[spec, _share(card.base_measures.get(spec)), _share(card.measures[spec])] for spec in card.measures]
    st.html(table_html([tr("Problems"), card.base, tr("With the adapter")], rows, words=(0,)))
    some = next(iter(card.measures.values()))
    st.caption(
        tr(
            "{problems} each, {solutions} to each at temperature {some:g}, with 95 % intervals over problems.",
            problems=counted(some["problems"], "problem"),
            solutions=counted(some["samples"], "solution"),
            some=some["temperature"],
        )
    )


def _share(found: Mapping[str, Any] | None) -> str:
    """pass@1 with its interval; a dash where it was not measured."""
    if not found:
        return "–"
    return interval(found["pass@1"])


def _curve(card: Card) -> None:
    """Loss over the steps, and that on held-out solutions."""
    if not card.curve:
        st.info(tr("Its card has no curve."), icon=":material/show_chart:")
        return
    losses = [(float(p["step"]), float(p["loss"])) for p in card.curve]
    held_out = [(float(p["step"]), float(p["held_out_loss"])) for p in card.curve if "held_out_loss" in p]
    panel = Panel(
        tr("Loss of worked solutions (nats per token)"),
        [Curve(tr("learned from"), [_thinned(losses)]), Curve(tr("held-out stories"), [held_out], marked=True)],
    )
    figure = told(panels_figure, [panel], [], theme=theme(), x_title=tr("optimiser step"), columns=1)
    plot(figure, key=f"{KEY}.curve", height=int(figure.layout.height), scope=card.name, file="adapter-curve", save=True)
    last = card.curve[-1]
    st.caption(tr("{last:,} steps in {duration}.", last=last["step"], duration=duration(last["seconds"])))


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Means of neighbouring points, at most POINTS of them."""
    some = -(-len(points) // POINTS)
    parts = [points[i : i + some] for i in range(0, len(points), some)]
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]
