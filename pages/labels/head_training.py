"""Training of a reward head from labels; a trained head can be chosen as a reward at once."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.jobs import job_button, job_view
from pages.shared.language import counted, deferred, tr, words_of
from pages.shared.model_picker import pick_model
from pages.shared.problem_field import problem_field
from pages.shared.problem_form import problem_words
from pages.shared.services import book
from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.core.paths import data_folder
from rlm_core.core.wording import LABELLED_BY
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.train import JOB, TrainJob
from rlm_core.rewards.heads.head import BUNDLED, KINDS, cards, refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe

JOB_KEY = "labels.train.job"
BOOK, FRESH = deferred("The label book"), deferred("Fresh solutions, labelled for it")
MAKERS = ("oracle", "noisy", "hard", "soft", "judge")


def head_training() -> None:
    kind_at, name_at, model_at, from_at = st.columns([2, 3, 3, 4], vertical_alignment="bottom")
    kind = remembered(
        kind_at.selectbox,
        tr("Kind"),
        list(KINDS),
        key="train.kind",
        default="prm",
        format_func=str.upper,
        help=tr("A PRM judges steps, an ORM whole solutions."),
    )
    name = remembered(
        name_at.text_input,
        tr("Name"),
        key="train.name",
        default="mine",
        help=tr("A PRM of this name is PRM · NAME on the pages and prm:NAME in commands."),
    ).strip()
    with model_at:
        model = pick_model("train.model")
    origin = remembered(from_at.selectbox, tr("Learns from"), [BOOK, FRESH], key="train.from", default=BOOK, format_func=tr)
    weights = _weights(list(book().counts().by_source) if origin == BOOK else list(MAKERS), origin)
    problems = _fresh() if origin == FRESH else ()
    measured_at, measure_at, go_at = st.columns([3, 6, 2], vertical_alignment="bottom")
    measured = remembered(
        measured_at.toggle, tr("Measure it afterwards"), key="train.measured", default=True, help=tr("On problems of their own.")
    )
    measure = problem_field(measure_at, tr("Measured on"), "train.measure", "chain:n=40", tr("Held-out problems.")) if measured else ""
    asked = bool(problems or origin == BOOK) and bool(measure or not measured)

    def job() -> TrainJob:
        refuse_taken(kind, name, data_folder() / "rewards")
        recipe = HeadRecipe(kind=kind, name=name, model=model, labels=weights, problems=problems, measure=(measure,) if measure else ())
        return TrainJob(recipe, book=origin == BOOK)

    if missing := _missing(origin, weights):
        st.info(missing, icon=":material/inbox:")
    job_button(go_at, JOB, "model_training", job, key=JOB_KEY, possible=asked and not missing)
    _replaced(f"{kind}:{name}")
    job_view(JOB, JOB_KEY, _asked, _draw, hint=not missing)


def _asked(job: TrainJob) -> str:
    reward, model = f"{job.recipe.kind}:{job.recipe.name}", job.recipe.model
    titles = {"reward": tr(catalogue.title("reward", reward)), "model": tr(catalogue.title("model", model))}
    return tr("{reward} for {model}", **titles)


def _missing(origin: str, weights: dict[str, float]) -> str:
    """A sentence on what the training still needs; empty if it can begin."""
    if origin == BOOK and not book().counts().by_source:
        return tr("The label book holds no labels yet; annotate some steps, or make labels.")
    if not weights:
        return tr("No labels would count: give at least one source a weight above 0.")
    if origin == BOOK and book().problems(tuple(weights)) < 2:
        return tr("All these labels are of one problem, and a head needs labels of at least two: label a solution of another problem too.")
    return ""


def _replaced(reward: str) -> None:
    """Warn that training replaces the head of that name."""
    found = cards().get(reward)
    if found is not None and found[1].parent != BUNDLED:
        learned = ", ".join(f"{n:,} {source}" for source, n in found[0].labels.items())
        title = markdown_text(tr(catalogue.title("reward", reward)))
        st.caption(
            tr(
                "{title} exists already, made {made} from {learned} labels; training again replaces it.",
                title=title,
                made=found[0].made,
                learned=learned,
            )
        )


def _weights(sources: list[str], origin: str) -> dict[str, float]:
    """One weight per source of labels; sources of weight 0 are left out."""
    counts = book().counts().by_source
    weights: dict[str, float] = {}
    places = st.columns(max(4, len(sources))) if sources else []
    for place, source in zip(places, sources, strict=False):
        given = remembered(
            place.number_input,
            tr("Weight of {labelled_by}", labelled_by=tr(LABELLED_BY[source])) + (f" ({counts[source]:,})" if origin == BOOK else ""),
            0.0,
            100.0,
            step=0.5,
            key=f"train.weight.{origin}.{source}",
            default=1.0 if origin == BOOK or source == "oracle" else 0.0,
            help=tr("The target of a step with several labels is their weighted mean."),
        )
        if given > 0:
            weights[source] = float(given)
    return weights


def _fresh() -> tuple[str, ...]:
    """Sets of problems whose solutions are sampled and labelled for the training."""
    return tuple(
        problem_field(st.container(), tr("Problems"), "train.problems", "chain:n=200", tr("One kind or several."), mixed=True).split()
    )


def _draw(row: JobRow) -> None:
    card = row.result["card"]
    reward = f"{card['kind']}:{card['name']}"
    if reward not in cards():
        st.warning(tr("{reward} is no longer in the data folder.", reward=markdown_text(reward)), icon=":material/warning:")
        return
    learned = ", ".join(f"{n:,} {source}" for source, n in card["labels"].items())
    title, model = tr(catalogue.title("reward", reward)), tr(catalogue.title("model", card["model"]))
    st.success(
        tr(
            "**{title}** can now be chosen as a reward for {model}. It learned from {learned} labels of {solutions:,} "
            "solutions, {tokens:,} tokens spent on them.",
            title=markdown_text(title),
            model=markdown_text(model),
            learned=learned,
            solutions=card["solutions"],
            tokens=card["tokens"],
        ),
        icon=":material/check:",
    )
    if refused := row.result.get("refused"):
        left_out = sum(refused.values())
        first = words_of(next(iter(refused)))
        st.warning(
            tr("{n:,} labelled solution was left out. {why}", n=left_out, why=first)
            if left_out == 1
            else tr("{n:,} labelled solutions were left out. {why}", n=left_out, why=first),
            icon=":material/warning:",
        )
    if card["quality"]:
        st.dataframe(_quality(card["quality"]), hide_index=True, width="stretch")
    elif row.job.recipe.measure:
        st.info(tr("It was not measured: it was trained on all problems of the measurement."), icon=":material/info:")
    curve = (
        pd.DataFrame(row.result["curve"]).set_index("epoch").rename(columns={"loss": tr("learned from"), "held_out_loss": tr("held out")})
    )
    st.caption(tr("Loss in nats, on what it learned from and on held-out problems"))
    st.line_chart(curve, height=220, x_label=tr("epoch"), y_label=tr("loss"))


def _quality(measured: dict[str, dict[str, Any]]) -> pd.DataFrame:
    """One row per set of problems."""
    rows = [
        {
            tr("Measured on"): f"{problem_words(spec)}, {counted(q['problems'], 'problem')}",
            tr("Step AUC"): q.get("step_auc"),
            tr("Answer AUC"): q.get("answer_auc"),
            tr("First-error F1"): q.get("first_error_f1"),
            tr("Weighted − majority"): "{:+.3f} [{:+.3f}, {:+.3f}]".format(*q["best_of_n"][-1]["gain"]),
        }
        for spec, q in measured.items()
    ]
    return pd.DataFrame(rows)
