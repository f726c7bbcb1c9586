"""The results of a sweep as several pages show them: the table of figures, the paired tests, and wins and losses problem by problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import counted, deferred, told, tr
from pages.shared.links import go_to_run
from pages.shared.services import store
from pages.shared.state import one_of, remembered
from pages.shared.table_height import table_height
from rlm_core.core.config import Budget
from rlm_core.core.errors import RunNotFound
from rlm_core.core.paths import ASSETS
from rlm_core.evaluation import comparison
from rlm_core.evaluation.cell_store import CellStore
from rlm_core.evaluation.comparison import Figures, Pair, Setting
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep, budget_title, whole_problems
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.sweep import SweepJob
from rlm_core.runs import logfile
from rlm_core.runs.import_log import import_log

PUBLISHED = {"example": ASSETS / "sweeps" / "example.parquet"}
"""The results of the sweeps that come with the app, by name; beside each is the file that it was made from."""
ORACLE = deferred(" ⚑ oracle")
VERDICT = {True: deferred("✓ right"), False: deferred("✕ wrong"), None: "unknown"}
VISIBLE_ROWS = 14
_OPENED = "sweep.opened"
"""In the session's state: the run that was made of a search, by sweep and cell, so that opening it again makes no second one."""


def budget_words(budget: Budget) -> str:
    """A budget in the page's language, such as "64 simulations, 2.5 seconds"."""
    return told(budget_title, budget)


@dataclass(frozen=True, slots=True)
class SweepView:
    """A sweep that is shown, with the results so far.

    logs: the id under which `CellStore` keeps the log of each search; "" where no logs are kept, as for a file of results.
    version: changes whenever the results do.
    """

    sweep: Sweep
    results: Mapping[Cell, CellResult]
    logs: str
    version: str

    def strategy(self, place: int) -> str:
        """The title of a strategy, in the page's language where it is one of the app's own."""
        return tr(self.sweep.strategies[place].title)

    def title(self, setting: Setting, budget: bool = True) -> str:
        """A strategy, and its budget where there are several."""
        s, b = setting
        name = self.strategy(s)
        many = budget and len(self.sweep.budgets) > 1
        return tr("{name} at {budget}", name=name, budget=budget_words(self.sweep.budgets[b])) if many else name


def view_of_job(row: JobRow) -> SweepView:
    """A sweep that is kept in this data folder, with the results of its whole problems so far; an RlmError says why it cannot be shown."""
    sweep = _sweep(row.id, row.job)
    results = whole_problems(sweep, _kept(row.id, CellStore(store()).count(row.id)))
    return SweepView(sweep, results, row.id, f"{row.id}:{len(results)}")


@st.cache_resource(show_spinner=False, max_entries=16)
def _sweep(id: str, _job: SweepJob) -> Sweep:
    return _job.sweep(store())


@st.cache_resource(show_spinner=False, max_entries=4)
def _kept(sweep: str, done: int) -> dict[Cell, CellResult]:
    return CellStore(store()).results(sweep)


@st.cache_data(show_spinner=False, max_entries=32)
def figures_of(version: str, _view: SweepView) -> dict[Setting, Figures]:
    """The figures of every setting that has results."""
    found = {setting: comparison.figures(_view.results, setting) for setting in _view.sweep.settings()}
    return {setting: figures for setting, figures in found.items() if figures is not None}


@st.cache_data(show_spinner=False, max_entries=32)
def pairs_of(version: str, _view: SweepView) -> list[Pair]:
    """Every two strategies at each budget, corrected for how many pairs there are."""
    return comparison.pairs_at_each_budget(_view.sweep, _view.results)


def table_of_figures(view: SweepView, key: str) -> None:
    """One row per strategy and budget."""
    frame = figures_frame(view, figures_of(view.version, view))
    number = st.column_config.NumberColumn
    st.dataframe(
        frame.rename(columns=tr),
        hide_index=True,
        width="stretch",
        height=table_height(len(frame), VISIBLE_ROWS),
        key=key,
        placeholder="–",
        column_config={
            tr("Strategy"): st.column_config.TextColumn(width="medium"),
            tr("Accuracy"): st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="%.3f", help=tr("Share of the known problems.")
            ),
            tr("95 % interval"): st.column_config.TextColumn(help=tr("Bootstrap interval over problems.")),
            tr("Tokens"): number(format="localized", help=tr("Generated per problem, discarded branches and rollouts included.")),
            tr("Reward passes"): number(format="%.1f", help=tr("Evaluations by a reward model per problem.")),
            tr("Seconds"): number(format="%.2f", help=tr("Per problem; other searches may have run beside it.")),
            tr("Tokens per solved"): number(format="localized", help=tr("All tokens over the problems solved.")),
            tr("Not checked"): number(help=tr("Problems of which nothing is known: they have no reference. They are in no accuracy.")),
            tr("Errors"): number(help=tr("Runs that ended with an error. They are in no accuracy.")),
        },
    )


def figures_frame(view: SweepView, found: Mapping[Setting, Figures]) -> pd.DataFrame:
    """The table, as it is exported; it is shown with its heads in the page's language."""
    rows = []
    for (s, b), f in found.items():
        estimate = f.accuracy
        rows.append(
            {
                deferred("Strategy"): view.strategy(s) + (tr(ORACLE) if f.oracle else ""),
                deferred("Budget"): budget_words(view.sweep.budgets[b]),
                deferred("Problems"): f.problems,
                deferred("Accuracy"): estimate.value if estimate else None,
                deferred("95 % interval"): tr("{low:.3f} to {high:.3f}", low=estimate.low, high=estimate.high) if estimate else "",
                deferred("Tokens"): round(f.tokens),
                deferred("Reward passes"): f.passes,
                deferred("Seconds"): f.seconds,
                deferred("Tokens per solved"): None if f.tokens_per_solved is None else round(f.tokens_per_solved),
                deferred("Errors"): f.failed,
                deferred("Not checked"): f.problems - f.known - f.failed,
            }
        )
    return pd.DataFrame(rows)


def table_of_pairs(view: SweepView, key: str) -> None:
    """One row per budget and pair of strategies."""
    found = pairs_of(view.version, view)
    if not found:
        return
    frame = pairs_frame(view, found)
    columns = {
        "p": st.column_config.NumberColumn(
            format="%.2g",
            help=tr("McNemar's exact test, corrected for all {pairs} of this table (Holm).", pairs=counted(len(found), "pair")),
        ),
        tr("Difference"): st.column_config.NumberColumn(format="%+.3f", help=tr("Accuracy of the first minus the second.")),
        tr("95 % interval"): st.column_config.TextColumn(help=tr("Paired bootstrap interval over problems.")),
    }
    height = table_height(len(frame), VISIBLE_ROWS)
    st.dataframe(frame.rename(columns=tr), hide_index=True, width="stretch", height=height, key=key, column_config=columns)


def pairs_frame(view: SweepView, found: list[Pair]) -> pd.DataFrame:
    """The table, as it is exported; it is shown with its heads in the page's language."""
    return pd.DataFrame(
        {
            deferred("Budget"): budget_words(view.sweep.budgets[pair.first[1]]),
            deferred("First"): view.title(pair.first, budget=False),
            deferred("Second"): view.title(pair.second, budget=False),
            deferred("Problems"): pair.problems,
            deferred("Difference"): pair.difference.value if pair.difference else None,
            deferred("95 % interval"): "{1:+.3f} to {2:+.3f}".format(*pair.difference.as_list()) if pair.difference else "",
            deferred("Only the first"): len(pair.wins),
            deferred("Only the second"): len(pair.losses),
            "p": pair.corrected,
        }
        for pair in found
    )


def wins_and_losses(view: SweepView, key: str) -> None:
    """Two settings problem by problem; each search opens as a tree."""
    settings = view.sweep.settings()
    if len(settings) < 2:
        _problems(view, settings[0], settings[0], lambda p: True, key)
        return
    first_at, second_at, which_at = st.columns([3, 3, 4], vertical_alignment="bottom")
    last = len(view.sweep.budgets) - 1
    usual = [(0, last), (1, last)] if len(view.sweep.strategies) > 1 else settings[:2]
    first, second = (
        remembered(
            place.selectbox,
            tr(label),
            settings,
            key=f"{key}.{label}",
            default=default,
            offered=settings,
            format_func=lambda s: view.title(s),
        )
        for place, label, default in ((first_at, deferred("First"), usual[0]), (second_at, deferred("Second"), usual[1]))
    )
    pair = comparison.pairs(view.results, [(first, second)])[0]
    shown = {
        tr("Only the first ({n:,})", n=len(pair.wins)): lambda p: p in pair.wins,  # with figures, so not looked up by `one_of`
        tr("Only the second ({n:,})", n=len(pair.losses)): lambda p: p in pair.losses,
        tr("All"): lambda p: True,
    }
    with which_at:
        which = one_of(tr("Solved by"), list(shown), f"{key}.which")
    _problems(view, first, second, shown[which], key)


def _problems(view: SweepView, first: Setting, second: Setting, shown: Callable[[int], bool], key: str) -> None:
    """The problems that both settings searched, of which one can be picked."""
    both = list(dict.fromkeys((first, second)))
    found = [p for p in range(len(view.sweep.problems)) if shown(p) and all(Cell(s, b, p) in view.results for s, b in both)]
    if not found:
        st.caption(tr("No such problem."))
        return
    frame = pd.DataFrame([_line(view, both, p) for p in found])
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    above = st.container()
    height = table_height(len(frame), VISIBLE_ROWS, headings=2)
    picked = st.dataframe(
        frame, hide_index=True, width="stretch", height=height, on_select="rerun", selection_mode="single-row", key=f"{key}.table"
    )
    rows = [row for row in picked.selection.rows if row < len(found)]
    if not rows:
        above.caption(tr("Tick a problem to open its searches as trees."))
        return
    problem = found[rows[0]]
    with above:
        st.markdown(markdown_text(view.sweep.problems[problem].question))
        with st.container(horizontal=True):
            for setting in both:
                open_button(view, Cell(*setting, problem), key)


def _line(view: SweepView, settings: list[Setting], problem: int) -> dict[tuple[str, str], object]:
    """A row of the table; each column has two headings, of which the upper one is the setting where the column is of one."""
    asked = view.sweep.problems[problem]
    line: dict[tuple[str, str], object] = {
        ("", tr("Problem")): problem + 1,
        ("", tr("Question")): asked.question,
        ("", tr("Right answer")): asked.reference or "",
    }
    for s, b in settings:
        result, title = view.results[Cell(s, b, problem)], view.title((s, b))
        line |= {
            (title, tr("Answer")): result.answer or "",
            (title, tr("Verdict")): tr(VERDICT[result.solved]),
            (title, tr("Cause")): tr(result.cause),
            (title, tr("Tokens")): result.tokens,
        }
    return line


def open_button(view: SweepView, cell: Cell, key: str) -> None:
    """The button that opens one search as a tree; where its log was not kept, the same search is run again."""
    kept, label = (
        bool(view.logs),
        markdown_text(tr("problem {problem} by {title}", problem=cell.problem + 1, title=view.title((cell.strategy, cell.budget)))),
    )
    help = None if kept else tr("The log of this search is not kept here; the same search is run again, with the same seed.")
    if st.button(
        tr("Open {label}", label=label) if kept else tr("Run {label} again", label=label),
        key=f"{key}.open.{cell.strategy}.{cell.budget}.{cell.problem}",
        icon=":material/account_tree:",
        help=help,
    ):
        go_to_run(run_of(view, cell))


def run_of(view: SweepView, cell: Cell) -> str:
    """The saved run of a search: made of its log, or queued with its configuration where no log is kept."""
    opened: dict[tuple[str, Cell], str] = st.session_state.setdefault(_OPENED, {})
    place = (view.version if not view.logs else view.logs, cell)
    if place in opened:
        try:
            return store().get(opened[place]).id
        except RunNotFound:
            del opened[place]  # it was deleted since
    if view.logs:
        log = CellStore(store()).log(view.logs, cell)
        run = import_log(store(), logfile.write(log.records), tr("the log of this search"))[0].run
    else:
        run = store().create(view.sweep.config(cell), view.sweep.problems[cell.problem])
    opened[place] = run
    return run
