"""The strategies of a comparison on many problems: accuracies with intervals, cost, and paired tests."""

from __future__ import annotations

import streamlit as st

from pages.compare.addressed import Addressed
from pages.compare.builder import matched_budget
from pages.shared.jobs import job_button, job_view
from pages.shared.language import tr, words_of
from pages.shared.problem_field import problem_field
from pages.shared.problem_form import problem_words
from pages.shared.services import store
from pages.shared.state import remembered
from pages.shared.sweep_results import budget_words, table_of_figures, table_of_pairs, view_of_job, wins_and_losses
from rlm_core.core.errors import RlmError
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.forecast import kind_of
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.sweep import JOB, SweepJob
from rlm_core.problems.sets import SET

USUAL_PROBLEMS, FIRST_ROWS = 100, 20
"""How many problems of a kind, and of a set."""


def on_set(found: Addressed) -> None:
    """A sweep with one budget; those of the same strategies that were made before are shown."""
    strategies = tuple(Strategy.of(r.config, title) for r, title in zip(found.rows, found.titles, strict=True))
    key = f"compare.set.{found.scope}"
    problems_at, budget_at, alone_at, start_at = st.columns([4, 4, 2, 2], vertical_alignment="bottom", gap="medium")
    help = tr("Held-out problems, made from the seeds 0 to n − 1, or those of a problem set or file.")
    problems = problem_field(problems_at, tr("Problems"), f"{key}.problems", _kind(found), help)
    with budget_at:
        budget = matched_budget(key, found.rows[0].config.budget)
    setting = JOB.setting("alone")
    alone = remembered(alone_at.toggle, tr(setting.label), key=f"{key}.alone", default=False, help=tr(setting.help))

    def asked() -> SweepJob:
        job = SweepJob(found.name, problems, strategies, (budget,), alone=alone)
        job.sweep(store()).check()
        return job

    job_button(start_at, JOB, "play_arrow", asked, key=f"{key}.job", possible=bool(problems))
    job_view(JOB, f"{key}.job", _title, _results, hint=False, among=lambda job: job.strategies == strategies)


def _kind(found: Addressed) -> str:
    """The kind of the comparison's problem, with all its settings but the seed; or the set that it is from."""
    if name := found.rows[0].problem.data.get("set"):
        return f"{SET}:{name}:n={FIRST_ROWS}"
    task, *settings = kind_of(found.rows[0].problem)
    return f"{task}:" + ",".join([*settings, f"n={USUAL_PROBLEMS}"])


def _title(job: SweepJob) -> str:
    return f"{problem_words(job.problems)}, {budget_words(job.budgets[0])}: {tr(' or ').join(s.title for s in job.strategies)}"


def _results(row: JobRow) -> None:
    try:
        view = view_of_job(row)
    except RlmError as error:  # the problem set was deleted, or the file is gone
        st.error(words_of(error), icon=":material/error:")
        return
    if not view.results:
        return
    table_of_figures(view, f"compare.figures.{row.id}")
    table_of_pairs(view, f"compare.pairs.{row.id}")
    wins_and_losses(view, f"compare.wins.{row.id}")
