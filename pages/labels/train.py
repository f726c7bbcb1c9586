"""Training a reward head from labels; when it is done it can be chosen as a reward at once."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.jobs import job_view, price, start
from pages.shared.reward_picker import pick_model
from pages.shared.services import book
from pages.shared.state import keep, restore
from rlm_core.core.errors import RlmError
from rlm_core.core.paths import data_folder
from rlm_core.core.wording import LABELLED_BY, counted
from rlm_core.jobs.queue import JobRow, TrainJob
from rlm_core.problems.sets import check_set
from rlm_core.rewards.heads.head import BUNDLED, KINDS, cards, refuse_taken
from rlm_core.rewards.heads.recipe import HeadRecipe

SHOWN = "labels.train.job"
BOOK, FRESH = "The label book", "Fresh solutions, labelled for it"
MAKERS = ("oracle", "noisy", "hard", "soft", "judge")


def train_head() -> None:
    kind_at, name_at, model_at, from_at = st.columns([2, 3, 3, 4], vertical_alignment="bottom")
    with kind_at:
        restore("train.kind", "prm")
        kind = keep(
            "train.kind",
            st.selectbox("Kind", list(KINDS), format_func=str.upper, key="train.kind", help="Judges steps or wholes."),
        )
    with name_at:
        restore("train.name", "mine")
        name = keep("train.name", st.text_input("Name", key="train.name", help="Its reward is then called prm:NAME or orm:NAME."))
    with model_at:
        model = pick_model("train.model")
    with from_at:
        restore("train.from", BOOK)
        origin = keep("train.from", st.selectbox("Learns from", [BOOK, FRESH], key="train.from"))
    weights = _weights(list(book().counts().by_source) if origin == BOOK else list(MAKERS), origin)
    problems = _fresh() if origin == FRESH else ()
    measure_at, go_at = st.columns([9, 2], vertical_alignment="bottom")
    with measure_at:
        restore("train.measure", "chain:n=40")
        measure = keep(
            "train.measure",
            st.text_input("Measured on", key="train.measure", help="Such as chain:n=40; empty for not at all."),
        ).strip()
    lacks = _lacks(origin, weights)
    with go_at:
        go = st.button("Train", type="primary", icon=":material/model_training:", width="stretch", disabled=bool(lacks))
    if lacks:
        st.info(lacks, icon=":material/inbox:")

    def job() -> TrainJob:
        measured = (measure,) if measure else ()
        for spec in (*problems, *measured):
            check_set(spec)
        refuse_taken(kind, name.strip(), data_folder() / "rewards")
        recipe = HeadRecipe(kind=kind, name=name.strip(), model=model, labels=weights, problems=problems, measure=measured)
        return TrainJob(recipe, book=origin == BOOK)

    if not lacks:
        price(job)
    _replaced(f"{kind}:{name.strip()}")
    if go:
        try:
            asked = job()
        except RlmError as error:
            st.error(markdown_text(str(error)), icon=":material/error:")
        else:
            start(asked, SHOWN)
    ready = "Press Train: the head is trained on this machine in seconds to minutes, then measured on problems it has not seen."
    job_view(TrainJob, SHOWN, lambda j: f"{j.recipe.kind}:{j.recipe.name} for {j.recipe.model}", _draw, "" if lacks else ready)


def _lacks(origin: str, weights: dict[str, float]) -> str:
    """What a training still needs, in a sentence; empty where it can begin."""
    if origin == BOOK and not book().counts().by_source:
        return "The label book holds no labels yet; annotate some steps, or let labels be made."
    if not weights:
        return "No labels would count: give at least one source a weight above 0."
    if origin == BOOK and book().problems(tuple(weights)) < 2:
        return "All these labels are of one problem, and a head needs those of at least two: label a solution of another problem too."
    return ""


def _replaced(reward: str) -> None:
    """Say so before a head of that name is trained over."""
    found = cards().get(reward)
    if found is not None and found[1].parent != BUNDLED:
        learned = ", ".join(f"{n:,} {source}" for source, n in found[0].labels.items())
        st.caption(f"{markdown_text(reward)} is there already, made {found[0].made} from {learned} labels; training again replaces it.")


def _weights(sources: list[str], origin: str) -> dict[str, float]:
    """A weight for each source of labels; those of weight 0 are left out."""
    counts = book().counts().by_source
    weights: dict[str, float] = {}
    for place, source in zip(st.columns(max(4, len(sources))), sources, strict=False):
        with place:
            key = f"train.weight.{origin}.{source}"
            restore(key, 1.0 if origin == BOOK or source == "oracle" else 0.0)
            words = f"Weight of {LABELLED_BY[source]}" + (f" ({counts[source]:,})" if origin == BOOK else "")
            given = keep(
                key,
                st.number_input(words, 0.0, 100.0, step=0.5, key=key, help="A step of several labels learns their weighted mean."),
            )
            if given > 0:
                weights[source] = float(given)
    return weights


def _fresh() -> tuple[str, ...]:
    restore("train.problems", "chain:n=200")
    text = keep(
        "train.problems",
        st.text_input(
            "Problems",
            key="train.problems",
            help="Training problems: chain:n=200 countdown:numbers=3,n=100",
        ),
    )
    return tuple(text.split())


def _draw(row: JobRow) -> None:
    card = row.result["card"]
    reward = f"{card['kind']}:{card['name']}"
    if reward not in cards():
        st.warning(f"{markdown_text(reward)} is no longer in the data folder.", icon=":material/warning:")
        return
    learned = ", ".join(f"{n:,} {source}" for source, n in card["labels"].items())
    st.success(
        f"**{markdown_text(reward)}** can now be chosen as a reward for {markdown_text(card['model'])}."
        f" It learned from {learned} labels of {card['solutions']:,} solutions, {card['tokens']:,} tokens spent on them.",
        icon=":material/check:",
    )
    if refused := row.result.get("refused"):
        left_out = sum(refused.values())
        why = markdown_text(next(iter(refused)))
        st.warning(
            f"{left_out:,} labelled {'solution was' if left_out == 1 else 'solutions were'} left out. {why}", icon=":material/warning:"
        )
    rows = [
        {
            "Measured on": f"{spec}, {counted(q['problems'], 'problem')}",
            "Step AUC": q.get("step_auc"),
            "Answer AUC": q.get("answer_auc"),
            "First-error F1": q.get("first_error_f1"),
            "Weighted − majority": "{:+.3f} [{:+.3f}, {:+.3f}]".format(*q["best_of_n"][-1]["gain"]),
        }
        for spec, q in card["quality"].items()
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    elif isinstance(row.job, TrainJob) and row.job.recipe.measure:
        st.info("It was not measured: it learned from all the problems that it was to be measured on.", icon=":material/info:")
    curve = pd.DataFrame(row.result["curve"]).set_index("epoch").rename(columns={"loss": "learned from", "held_out_loss": "held out"})
    st.caption("Loss in nats, on what it learned from and on held-out problems")
    st.line_chart(curve, height=220, x_label="epoch", y_label="loss")
