"""Step scores of several solutions by several rewards, as heat maps side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.rewards.failures import without_failures
from pages.shared.escape import html_text, markdown_text
from pages.shared.glossary import term
from pages.shared.html import table_html, theme
from pages.shared.jobs import job_button, job_setting, job_view
from pages.shared.language import counted, deferred, told, tr, words_of
from pages.shared.links import LABELS_PATH, SOLUTION_QUERY, go_to, go_to_controls
from pages.shared.model_picker import pick_model
from pages.shared.plot import plot
from pages.shared.problem_field import problem_field
from pages.shared.problem_form import fill_problem, problem_words
from pages.shared.reward_picker import pick_rewards, reward_title
from pages.shared.services import book, store
from pages.shared.state import one_of, set_value
from pages.shared.strategy_form import EXPLORE_MODEL, EXPLORE_TEMPERATURE, fill_model
from rlm_core import catalogue
from rlm_core.core.errors import RlmError
from rlm_core.core.wording import readable
from rlm_core.figures.charts.heatmap import Row, cell, heat_figure
from rlm_core.figures.palette import MARKS
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.score import JOB, ScoreJob
from rlm_core.labels.base import solution
from rlm_core.models.listed import refuse_unreadable
from rlm_core.runs.set_specs import problem_of

DEFAULT = ("prm:nano", "prm:nano-head", "logprob", "oracle")
JOB_KEY = "rewards.score.job"
OWN, SO_FAR = deferred("Each step's own"), deferred("The state so far")


def step_scores() -> None:
    model_at, problem_at, samples_at, seed_at = st.columns([3, 5, 2, 2])
    with model_at:
        model = pick_model("rewards.score.model")
    problem = problem_field(problem_at, tr("Problem"), "rewards.score.problem", "chain:steps=7,seed=3", one=True)
    samples = job_setting(samples_at, JOB, "samples", "rewards.score.samples")
    seed = job_setting(seed_at, JOB, "seed", "rewards.score.seed")
    rewards_at, go_at = st.columns([10, 2], vertical_alignment="bottom")
    with rewards_at:
        chosen = pick_rewards("rewards.score.rewards", model, DEFAULT)

    def job() -> ScoreJob:
        refuse_unreadable(model, problem_of(problem, store()))
        return ScoreJob(problem, chosen, model, samples, seed=seed)

    job_button(go_at, JOB, "grid_on", job, key=JOB_KEY, possible=bool(chosen and problem))
    job_view(JOB, JOB_KEY, _asked, _draw)


def _asked(job: ScoreJob) -> str:
    return tr(
        "{problem_words}, {solutions} by {title}",
        problem_words=problem_words(job.problem),
        solutions=counted(job.samples, "solution"),
        title=tr(catalogue.title("model", job.model)),
    )


def _draw(row: JobRow) -> None:
    result = row.result
    st.html(f'<div class="rlm-question">{html_text(result["question"])}</div>')
    solutions, key = result["solutions"], f"rewards.cell.{row.id}"
    shown = without_failures(result["scores"])
    if not shown:
        return
    selected = st.session_state.get(key)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        by_step = one_of(tr("Scores"), [OWN, SO_FAR], "rewards.own") == OWN
        st.html(_legend())
    st.html(_said(solutions, shown, selected, by_step))
    for first in range(0, len(shown), 2):
        for place, (name, scores) in zip(st.columns(2, gap="medium"), list(shown.items())[first : first + 2], strict=False):
            with place:
                st.html(f'<div class="rlm-list-head"><b>{term(reward_title(name, scores["oracle"]))}</b>{html_text(_cost(scores))}</div>')
                figure = told(heat_figure, _rows(solutions, scores, by_step), theme=theme(), selected=selected)
                clicked = plot(figure, key=f"heat.{row.id}.{name}", height=int(figure.layout.height), scope=row.id)
                if clicked is not None and clicked != selected:
                    st.session_state[key] = clicked
                    st.rerun(scope="fragment")
    if selected is not None and cell(selected)[0] < len(solutions):
        _inspect(result, shown, *cell(selected))
        _ways_on(row.job, solutions, cell(selected)[0])


def _legend() -> str:
    """What the marks of the matrices mean."""
    bar = f'<i style="background:{theme().accent}"></i>{term(tr("Point of no return"))}'
    said = (
        tr("{mark}: from here on the {solver} finds no right answer", mark=bar, solver=term(tr("exact solver"))),
        tr("✓ ✕ {verifier}: the answer is right or wrong", verifier=term(tr("Verifier"))),
        tr("A row is a solution, a column a {step}", step=term(tr("step"))),
    )
    return f'<div class="rlm-legend">{"".join(f"<span>{s}</span>" for s in said)}</div>'


def _said(solutions: list[dict[str, Any]], shown: dict[str, Any], selected: int | None, by_step: bool) -> str:
    """The step of the cell that was clicked, with every reward's score; before, what a click does."""
    row, column = (-1, 0) if selected is None else cell(selected)
    if not 0 <= row < len(solutions) or column >= len(solutions[row]["steps"]):
        hint = tr("Click a cell: its step and every score stand here, the whole solution below.")
        return f'<div class="rlm-cell">{html_text(hint)}</div>'
    s = solutions[row]
    scores = [f"{reward_title(n)} {_score(_scores(s, row, x, by_step), column)}" for n, x in shown.items()]
    solver = {True: tr(" · exact solver: winnable"), False: tr(" · exact solver: lost"), None: ""}[s["labels"][column]]
    place = tr("Solution {row}, step {column}: {step}", row=row + 1, column=column + 1, step=readable(s["steps"][column]))
    return f'<div class="rlm-cell"><b>{html_text(place)}</b> {html_text(" · ".join(scores) + solver)}</div>'


def _ways_on(job: ScoreJob, solutions: list[dict[str, Any]], row: int) -> None:
    """From a solution to the pages on which it is labelled, or its problem is searched."""
    with st.container(horizontal=True):
        label = st.button(tr("Label this solution"), icon=":material/rate_review:", key="rewards.label")
        explore = st.button(tr("Search this problem on Explore"), icon=":material/account_tree:", key="rewards.explore")
    if not label and not explore:
        return
    try:
        problem = problem_of(job.problem, store())
    except RlmError as error:  # the problem set was deleted, or the file is gone
        st.error(words_of(error), icon=":material/error:")
        return
    if explore:
        _ = fill_problem("", job.problem) or fill_problem("", problem.spec)
        fill_model(EXPLORE_MODEL, job.model)
        if job.temperature is not None:
            set_value(EXPLORE_TEMPERATURE, job.temperature)
        go_to_controls()
    s = solutions[row]
    origin = tr("step scores, seed {seed}, solution {row}", seed=job.seed, row=row + 1)
    one = solution(
        problem, tuple(s["steps"]), finished=not s["cut"], answer=s["answer"], correct=s["correct"], model=job.model, origin=origin
    )
    book().add([one])
    go_to(LABELS_PATH, {SOLUTION_QUERY: one.id})


def _cost(scores: dict[str, Any]) -> str:
    parts = [counted(scores["passes"], "reward pass", "reward passes")] if scores["passes"] else []
    parts += [counted(scores["generated"], "token")] if scores["generated"] else []
    parts += [tr("sees the truth")] if scores["oracle"] else []
    return f" · {' · '.join(parts)}" if parts else ""


def _rows(solutions: list[dict[str, Any]], scores: dict[str, Any], by_step: bool) -> list[Row]:
    rows = []
    for i, s in enumerate(solutions):
        wrong = next((k for k, label in enumerate(s["labels"]) if label is False), None)
        rows.append(Row(_name(i, s), tuple(s["steps"]), _scores(s, i, scores, by_step), wrong))
    return rows


def _scores(s: dict[str, Any], row: int, scores: dict[str, Any], by_step: bool) -> tuple[float | None, ...]:
    """The score of each step; of a reward of finished solutions only, its one score at the last step."""
    own = scores["steps" if by_step else "states"][row]
    return tuple(own) or (*[None] * (len(s["steps"]) - 1), scores["whole"][row])


def _score(own: Sequence[float | None], step: int) -> str:
    score = own[step] if step < len(own) else None
    return "–" if score is None else f"{score:.2f}"


def _name(i: int, s: dict[str, Any]) -> str:
    if s["cut"]:
        return tr("{i} · cut off", i=i + 1)
    return f"{i + 1} · {MARKS[s['correct']]}{readable(s['answer']) if s['answer'] is not None else tr('no answer')}"


def _inspect(result: dict[str, Any], shown: dict[str, Any], row: int, column: int) -> None:
    """The steps of the clicked solution with every reward's score, the clicked one emphasised."""
    s = result["solutions"][row]
    st.markdown(tr("##### Solution {name}", name=markdown_text(_name(row, s))))
    head = ("", tr("step"), tr("exact solver"), *(reward_title(n) for n in shown))
    word = {True: tr("winnable"), False: tr("lost"), None: "–"}
    lines = []
    for i, text in enumerate(s["steps"]):
        values = [_score(x["steps"][row], i) for x in shown.values()]
        lines.append((str(i + 1), readable(text), word[s["labels"][i]], *values))
    st.html(table_html(head, lines, column, text_columns=(1,)))
    whole = ", ".join(f"{reward_title(n)} {x['whole'][row]:.2f}" for n, x in shown.items() if x["whole"][row] is not None)
    st.caption(
        tr("Scores of the whole solution: {whole}.", whole=whole)
        if whole
        else tr("The solution was cut off, so no reward scores the whole of it.")
    )
