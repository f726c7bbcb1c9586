"""Quality of rewards: against the exact solver or labels, and their gain in Best-of-N."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.rewards.failures import without_failures
from pages.shared.escape import markdown_text
from pages.shared.html import terms_html, theme
from pages.shared.jobs import job_button, job_setting, job_view
from pages.shared.language import counted, deferred, told, tr, words_of
from pages.shared.model_picker import pick_model
from pages.shared.plot import chart
from pages.shared.problem_field import problem_field
from pages.shared.problem_form import problem_words
from pages.shared.reward_picker import pick_rewards, reward_title
from pages.shared.services import book
from pages.shared.state import remembered
from rlm_core import catalogue
from rlm_core.core.wording import LABELLED_BY
from rlm_core.figures.charts.reward_quality import best_of_n_figure, calibration_figure
from rlm_core.jobs.measure import JOB, MeasureJob
from rlm_core.jobs.queue import JobRow

DEFAULT = ("prm:nano", "prm:nano-head", "orm:nano", "logprob")
JOB_KEY = "rewards.measure.job"
SOLVER = "solver"
FIGURES = (
    deferred("Step AUC"),
    deferred("State AUC"),
    deferred("Answer AUC"),
    deferred("Calibration error"),
    deferred("First-error F1"),
)


def quality() -> None:
    model_at, truth_at, set_at, samples_at = st.columns([3, 4, 4, 2])
    with model_at:
        model = pick_model("rewards.measure.model")
    offered = [SOLVER, *book().counts().by_source]
    truth = remembered(
        truth_at.selectbox,
        tr("Against"),
        offered,
        key="rewards.measure.truth",
        default=SOLVER,
        offered=offered,
        format_func=_truth,
        help=tr("Where the true labels of steps come from."),
    )
    samples, problems = JOB.setting("samples").default, "chain:n=60"
    if truth == SOLVER:
        problems = problem_field(set_at, tr("Problems"), "rewards.measure.set", "chain:n=60")
        samples = job_setting(samples_at, JOB, "samples", "rewards.measure.samples")
    rewards_at, go_at = st.columns([9, 2], vertical_alignment="bottom")
    with rewards_at:
        chosen = pick_rewards("rewards.measure.rewards", model, DEFAULT)

    def job() -> MeasureJob:
        return MeasureJob(problems, chosen, model, int(samples), labels="" if truth == SOLVER else truth)

    job_button(go_at, JOB, "query_stats", job, key=JOB_KEY, possible=bool(chosen and problems))
    job_view(JOB, JOB_KEY, _asked, _draw)


def _truth(source: str) -> str:
    return (
        tr("the exact solver, on fresh solutions")
        if source == SOLVER
        else tr("labels by {labelled_by} in the label book", labelled_by=tr(LABELLED_BY[source]))
    )


def _asked(job: MeasureJob) -> str:
    if job.labels:
        return _truth(job.labels)
    return tr(
        "{problem_words}, {solutions} each by {title}",
        problem_words=problem_words(job.problems),
        solutions=counted(job.samples, "solution"),
        title=tr(catalogue.title("model", job.model)),
    )


def _draw(row: JobRow) -> None:
    good = without_failures(row.result["rewards"])
    if not good:
        return
    first = next(iter(good.values()))
    st.caption(
        tr(
            "{solutions:,} solutions of {problems:,} problems, {finished:,} of them finished. Intervals are 95 % bootstrap "
            "intervals over problems.",
            solutions=first["solutions"],
            problems=first["problems"],
            finished=first["finished"],
        )
    )
    st.dataframe(_table(good), hide_index=True, width="stretch", placeholder="–", column_config=_columns(first["samples"]))
    st.html(
        terms_html(
            tr("What the figures mean:"), (*map(tr, FIGURES), tr("Weighted vote"), tr("Majority vote"), tr("Gain"), tr("Reward pass"))
        )
    )
    for name, r in good.items():
        _left_out(markdown_text(reward_title(name)), r)
    for name, r in good.items():
        if r["best_of_n"]:
            _verdict(name, r)
    left, right = st.columns(2, gap="large")
    with left:
        _gain(row.id, good)
    with right:
        _calibration(row.id, good)


def _left_out(reward: str, r: dict[str, Any]) -> None:
    """Warnings about problems that the reward learned from, and about steps and solutions that its figures leave out.

    reward: its title as Markdown.
    """
    if r.get("learned"):
        st.warning(
            tr(
                "{reward} learned from {learned:,} of these {problems:,} problems, so its figures are too good; use other problems.",
                reward=reward,
                learned=r["learned"],
                problems=r["problems"],
            ),
            icon=":material/warning:",
        )
    if unknown := r.get("unknown"):
        st.caption(
            tr(
                "{unknown:,} steps that {reward} scored are in no figure of steps: whether they are right is unknown, "
                "because the exact solver cannot read them, or they have no label.",
                unknown=unknown,
                reward=reward,
            )
        )
    if refused := r.get("refused"):
        why = words_of(next(iter(refused)))
        st.warning(
            tr(
                "{reward} could not judge {sum:,} solutions; they are in no figure. {why}",
                reward=reward,
                sum=sum(refused.values()),
                why=why,
            ),
            icon=":material/warning:",
        )


def _gain(job: str, good: dict[str, dict[str, Any]]) -> None:
    """Accuracy of weighted Best-of-N against the number of candidates."""
    st.markdown(tr("**Gain**: accuracy of weighted Best-of-N"))
    tables = {reward_title(n, r["oracle"]): r["best_of_n"] for n, r in good.items() if r["best_of_n"]}
    if tables:
        chart(told(best_of_n_figure, tables, theme=theme()), key=f"bon.{job}")
    else:
        st.caption(tr("The problems have different numbers of solutions, so there is no Best-of-N to compare."))


def _calibration(job: str, good: dict[str, dict[str, Any]]) -> None:
    """Share of right steps against the score."""
    st.markdown(tr("**Calibration**: is a score of 0.8 right in 8 of 10 cases?"))
    curves = {reward_title(n, r["oracle"]): r.get("calibration", []) for n, r in good.items()}
    if any(curves.values()):
        chart(told(calibration_figure, curves, theme=theme()), key=f"cal.{job}")
    else:
        st.caption(tr("None of these rewards scores single steps."))


def _table(good: dict[str, dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for name, r in good.items():
        row = {
            tr("Reward"): reward_title(name, r["oracle"]),
            tr("Step AUC"): r.get("step_auc"),
            tr("State AUC"): r.get("state_auc"),
            tr("Answer AUC"): r.get("answer_auc"),
            tr("Calibration error"): r.get("calibration_error"),
            tr("First-error F1"): r.get("first_error_f1"),
        }
        if r["best_of_n"]:
            last = r["best_of_n"][-1]
            row |= {
                tr("Weighted of {last}", last=last["n"]): last["weighted"][0],
                tr("Majority of {last}", last=last["n"]): last["majority"][0],
            }
            row |= {tr("Gain"): "{:+.3f} [{:+.3f}, {:+.3f}]".format(*last["gain"])}
        rows.append(row | {tr("Tokens"): r["generated"], tr("Passes"): r["reward_passes"]})
    return pd.DataFrame(rows)


def _columns(n: int) -> dict[str, Any]:
    shares = (*map(tr, FIGURES), tr("Weighted of {n}", n=n), tr("Majority of {n}", n=n))
    helps = {
        tr("Step AUC"): tr(
            "Over steps up to the first wrong one of each solution: the probability that a right step scores above a wrong one."
        ),
        tr("State AUC"): tr("Over all states: the probability that a winnable state scores above a lost one."),
        tr("Answer AUC"): tr("Over finished solutions: the probability that a correct one scores above a wrong one."),
        tr("Calibration error"): tr("Mean distance between scores and the shares that are right (0 is perfect)."),
        tr("First-error F1"): tr(
            "Harmonic mean of two shares: first errors found exactly, and correct solutions found correct (ProcessBench)."
        ),
        tr("Weighted of {n}", n=n): tr("Accuracy of the answer with the largest sum of scores."),
        tr("Majority of {n}", n=n): tr("Accuracy of the most common answer among the same candidates."),
    }
    made: dict[str, Any] = {name: st.column_config.NumberColumn(format="%.3f", help=helps[name]) for name in shares}
    made |= {tr("Gain"): st.column_config.TextColumn(help=tr("Weighted − majority at equal N, with its paired interval."))}
    return made


def _verdict(name: str, r: dict[str, Any]) -> None:
    """One line on whether the reward beats the majority vote."""
    last = r["best_of_n"][-1]
    gain, low, high = last["gain"]
    who, numbers = (
        f"**{markdown_text(reward_title(name))}**",
        tr("{gain:+.3f} [{low:+.3f}, {high:+.3f}] at N = {last}", gain=gain, low=low, high=high, last=last["n"]),
    )
    flag = tr(" It sees the truth.") if r["oracle"] else ""
    if low > 0:
        st.markdown(tr(":green-badge[beats majority] {who} gains {numbers}.{flag}", who=who, numbers=numbers, flag=flag))
    elif high < 0:
        st.markdown(tr(":red-badge[worse than majority] {who} loses {numbers}.{flag}", who=who, numbers=numbers, flag=flag))
    else:
        st.markdown(
            tr(
                ":orange-badge[not shown to beat majority] {who}: {numbers}; the interval contains 0.{flag}",
                who=who,
                numbers=numbers,
                flag=flag,
            )
        )
