"""Step scores of several solutions by several rewards, as heat maps side by side."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.rewards.failures import without_failures
from pages.shared.escape import html_text, markdown_text
from pages.shared.html import table_html, theme
from pages.shared.jobs import job_button, job_setting, job_view
from pages.shared.model_picker import pick_model
from pages.shared.plot import plot
from pages.shared.problem_field import problem_field
from pages.shared.reward_picker import pick_rewards, reward_title
from pages.shared.services import store
from pages.shared.state import one_of
from rlm_core.core.wording import counted, readable
from rlm_core.figures.charts.heatmap import Row, cell, heat_figure
from rlm_core.figures.palette import MARKS
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.score import JOB, ScoreJob
from rlm_core.models.listed import refuse_unreadable
from rlm_core.runs.set_specs import problem_of

DEFAULT = ("prm:nano", "prm:nano-head", "logprob", "oracle")
JOB_KEY = "rewards.score.job"


def step_scores() -> None:
    model_at, problem_at, samples_at, seed_at = st.columns([3, 5, 2, 2], vertical_alignment="bottom")
    with model_at:
        model = pick_model("rewards.score.model")
    help = "Such as chain:steps=7,seed=3 or countdown:numbers=4,seed=31; or a row of a problem set or file."
    problem = problem_field(problem_at, "Problem", "rewards.score.problem", "chain:steps=7,seed=3", help, one=True)
    samples = job_setting(samples_at, JOB, "samples", "rewards.score.samples")
    seed = job_setting(seed_at, JOB, "seed", "rewards.score.seed")
    rewards_at, go_at = st.columns([10, 2], vertical_alignment="bottom")
    with rewards_at:
        chosen = pick_rewards("rewards.score.rewards", model, DEFAULT)

    def job() -> ScoreJob:
        refuse_unreadable(model, problem_of(problem, store()))
        return ScoreJob(problem, chosen, model, samples, seed=seed)

    job_button(go_at, JOB, "grid_on", job, key=JOB_KEY, possible=bool(chosen))
    job_view(JOB, JOB_KEY, lambda j: f"{j.problem}, {counted(j.samples, 'solution')} by {j.model}", _draw)


def _draw(row: JobRow) -> None:
    result = row.result
    st.html(f'<div class="rlm-question">{html_text(result["question"])}</div>')
    solutions, key = result["solutions"], f"rewards.cell.{row.id}"
    shown = without_failures(result["scores"])
    if not shown:
        return
    which = one_of("Scores", ["Each step's own", "The state so far"], "rewards.own")
    by_step = which == "Each step's own"
    selected = st.session_state.get(key)
    for first in range(0, len(shown), 2):
        for place, (name, scores) in zip(st.columns(2, gap="medium"), list(shown.items())[first : first + 2], strict=False):
            with place:
                st.markdown(f"**{markdown_text(reward_title(name, scores['oracle']))}**{_cost(scores)}")
                figure = heat_figure(_rows(solutions, scores, by_step), theme=theme(), selected=selected)
                clicked = plot(figure, key=f"heat.{row.id}.{name}", height=int(figure.layout.height), scope=row.id)
                if clicked is not None and clicked != selected:
                    st.session_state[key] = clicked
                    st.rerun(scope="fragment")
    st.caption(
        "✓ and ✕: the verdict of the verifier on the answer. The bar is before the first step after which the exact solver "
        "finds no right answer."
    )
    if selected is not None:
        _inspect(result, shown, *cell(selected))


def _cost(scores: dict[str, Any]) -> str:
    parts = [f"{scores['passes']:,} reward passes"] if scores["passes"] else []
    parts += [f"{scores['generated']:,} tokens"] if scores["generated"] else []
    parts += ["sees the truth"] if scores["oracle"] else []
    return f" · {' · '.join(parts)}" if parts else ""


def _rows(solutions: list[dict[str, Any]], scores: dict[str, Any], by_step: bool) -> list[Row]:
    rows = []
    for i, s in enumerate(solutions):
        own = scores["steps" if by_step else "states"][i]
        if not own:  # a reward of finished solutions only: its one score stands at the last step
            own = [None] * (len(s["steps"]) - 1) + [scores["whole"][i]]
        wrong = next((k for k, label in enumerate(s["labels"]) if label is False), None)
        rows.append(Row(_name(i, s), tuple(s["steps"]), tuple(own), wrong))
    return rows


def _name(i: int, s: dict[str, Any]) -> str:
    if s["cut"]:
        return f"{i + 1} · cut off"
    return f"{i + 1} · {MARKS[s['correct']]}{readable(s['answer']) if s['answer'] is not None else 'no answer'}"


def _inspect(result: dict[str, Any], shown: dict[str, Any], row: int, column: int) -> None:
    """The steps of the clicked solution with every reward's score, the clicked one emphasised."""
    if row >= len(result["solutions"]):
        return
    s = result["solutions"][row]
    st.markdown(f"##### Solution {markdown_text(_name(row, s))}")
    head = ("", "step", "exact solver", *(reward_title(n) for n in shown))
    word = {True: "winnable", False: "lost", None: "–"}
    lines = []
    for i, text in enumerate(s["steps"]):
        scores = [x["steps"][row] for x in shown.values()]
        values = [f"{own[i]:.2f}" if i < len(own) else "–" for own in scores]
        lines.append((str(i + 1), readable(text), word[s["labels"][i]], *values))
    st.html(table_html(head, lines, column, text_columns=(1,)))
    whole = ", ".join(f"{reward_title(n)} {x['whole'][row]:.2f}" for n, x in shown.items() if x["whole"][row] is not None)
    st.caption(f"Scores of the whole solution: {whole}." if whole else "The solution was cut off, so no reward scores the whole of it.")
