"""Training and search: two models of a training under the same strategies, as trees side by side and as a sweep at equal tokens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.shared.comparisons import go_to_comparison, start
from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.jobs import job_button, job_progress
from pages.shared.language import counted, deferred, listed, told, tr, words_of
from pages.shared.links import go_to
from pages.shared.plot import plot
from pages.shared.problem_field import problem_field
from pages.shared.reward_picker import fitting, reward_title
from pages.shared.services import jobs, store
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView, budget_words, view_of_job
from pages.training.sources import Source, is_here, rows
from rlm_core.core.config import Budget
from rlm_core.core.errors import RlmError
from rlm_core.core.wording import shorten
from rlm_core.evaluation.scaling import curve
from rlm_core.evaluation.sweep import Strategy
from rlm_core.figures.charts.axes import Line, Point
from rlm_core.figures.charts.scaling import accuracy_figure
from rlm_core.jobs.queue import JobRow
from rlm_core.jobs.sweep import DESCRIPTION, JOB, SweepJob
from rlm_core.jobs.sweep_results import read_parquet
from rlm_core.runs.set_specs import problem_of
from rlm_core.runs.training_files import StageRow

STRATEGIES = {
    "MCTS": Strategy("MCTS", search="mcts", search_parameters={"width": 2, "widening": 0.5}),
    "Best-of-N": Strategy("Best-of-N", search="best_of_n", search_parameters={"n": 256, "batch": 1}),
    "Beam search": Strategy("Beam search", search="beam_search", search_parameters={"beams": 4, "width": 2}),
}
"""As in the published example of Scaling; the pool of Best-of-N is as large as the budget allows."""
OWN_PRM = deferred("a PRM of its own each")
PREFERRED = ("rollouts", "logprob")
"""Rewards that are offered first; rollouts of a Countdown problem see no answer, since the target is given."""
BUDGETS = (128, 256, 512, 1024)
BUNDLED = "search.parquet"
"""Results that came with a bundled training, in its folder."""
SWEEP = "training.sweep"
TITLE_CHARS = 17


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models of a training, and the reward of each."""

    models: tuple[StageRow, StageRow]
    rewards: tuple[str, str]

    def strategies(self, chosen: Strategy) -> list[Strategy]:
        """A strategy with either model, named by both."""
        made = list[Strategy]()
        for row, reward in zip(self.models, self.rewards, strict=True):
            fields = {f: getattr(chosen, f) for f in ("search", "search_parameters")}
            made.append(Strategy(f"{chosen.name}, {shorten(row.title, TITLE_CHARS)}", model=row.checkpoint, reward=reward, **fields))
        return made


def search(source: Source) -> None:
    _published(source)
    pair = _pair(source)
    if pair is None:
        return
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        _trees(source, pair)
    with right, st.container(border=True):
        _sweep(source, pair)


def _pair(source: Source) -> Pair | None:
    """Choose the two models and what judges them; None where there are not two."""
    found = {row.checkpoint: row for row in rows(source.folder).stages if is_here(row.checkpoint)}
    if len(found) < 2:
        st.info(
            tr(
                "Two models of a training are needed, and fewer of its checkpoints are on this machine. To have them, "
                "train it again under “New training”."
            ),
            icon=":material/compare:",
        )
        return None
    before_at, after_at, reward_at = st.columns(3)
    names = list(found)
    before, after = (
        remembered(
            place.selectbox,
            tr(label),
            names,
            key=f"training.search.{label}",
            default=default,
            offered=names,
            format_func=lambda name: f"{found[name].title} ({name})",
        )
        for place, label, default in ((before_at, deferred("Before"), names[0]), (after_at, deferred("After"), names[-1]))
    )
    if before == after:
        st.info(tr("Choose two different models."), icon=":material/compare:")
        return None
    common = [r for r in fitting(before) if r in fitting(after)]
    own = [next((r for r in fitting(model) if r.startswith("prm:")), "") for model in (before, after)]
    offered = [*(r for r in PREFERRED if r in common), *(r for r in common if r not in PREFERRED)]
    offered += [OWN_PRM] if all(own) and own[0] != own[1] else []
    reward = remembered(
        reward_at.selectbox,
        tr("Judged by"),
        offered,
        key="training.search.reward",
        default=offered[0],
        offered=offered,
        format_func=lambda r: f"{tr(OWN_PRM)}: {listed(own)}" if r == OWN_PRM else reward_title(r),
        help=tr("A trained PRM belongs to one set of weights; the others judge both."),
    )
    if not all(own) or own[0] == own[1]:
        lacking = listed([found[m].title for m, r in zip((before, after), own, strict=True) if not r])
        if lacking:
            st.caption(
                tr(
                    "There is no PRM yet for {lacking}: Labels → Train makes one, which can then be chosen here.",
                    lacking=markdown_text(lacking),
                )
            )
    return Pair((found[before], found[after]), (own[0], own[1]) if reward == OWN_PRM else (reward, reward))


def _family(source: Source) -> str:
    """The problems that a training is about."""
    numbers = source.settings.get("numbers", 3)
    return f"countdown:numbers={numbers if isinstance(numbers, int) else 3}"


def _trees(source: Source, pair: Pair) -> None:
    """Both search trees on one problem."""
    st.markdown(tr("##### Two trees on the same problem"))
    spec = problem_field(st.container(), tr("Problem"), "training.search.problem", f"{_family(source)},seed=4", one=True)
    strategy_at, budget_at = st.columns(2)
    name = remembered(strategy_at.selectbox, tr("Strategy"), list(STRATEGIES), key="training.search.strategy", default="MCTS")
    tokens = remembered(budget_at.number_input, tr("Tokens each"), 16, 10**6, step=100, key="training.search.tokens", default=500)
    if not spec:
        return
    try:
        problem = problem_of(spec, store())
        strategies = pair.strategies(STRATEGIES[name])
        if st.button(tr("Grow both trees"), type="primary", icon=":material/compare:", key="training.search.compare"):
            title = tr("{name} before and after training", name=name)
            go_to_comparison(start(title, problem, strategies, Budget(None, tokens=int(tokens)), 0))
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
    st.caption(tr("Compare shows both on one timeline at the same number of tokens, where they part, and why."))


def _sweep(source: Source, pair: Pair) -> None:
    """Every strategy with either model on many problems."""
    st.markdown(tr("##### Accuracy at equal tokens"))
    problems = problem_field(st.container(), tr("Problems"), "training.search.problems", f"{_family(source)},n=50")
    tried = remembered(st.multiselect, tr("Strategies"), list(STRATEGIES), key="training.search.strategies", default=list(STRATEGIES))
    budgets = ", ".join(map(str, BUDGETS))
    go_at, _ = st.columns([3, 2])

    def job() -> SweepJob:
        strategies = tuple(s for name in tried for s in pair.strategies(STRATEGIES[name]))
        return SweepJob(_name(source, pair), problems, strategies, tuple(Budget(None, tokens=n) for n in BUDGETS))

    job_button(go_at, JOB, "monitoring", job, key=SWEEP, possible=bool(tried and problems))
    st.caption(tr("Each strategy with either model at {budgets} tokens a problem.", budgets=budgets))
    row = _newest(source, pair)
    if row is None:
        return
    if row.active:
        job_progress(row)
    if st.button(tr("Open in Scaling"), icon=":material/monitoring:", key="training.search.scaling"):
        go_to("scaling", {"sweep": row.id})
    if not row.active:
        _results(view_of_job(row))


def _name(source: Source, pair: Pair) -> str:
    first, second = pair.models
    return shorten(f"Training {source.id}: {first.stage} and {second.stage}", 80)


def _newest(source: Source, pair: Pair) -> JobRow | None:
    """The newest sweep of this pair."""
    return next((row for row in jobs().list(DESCRIPTION.name) if row.job.name == _name(source, pair)), None)


def _published(source: Source) -> None:
    """The results that came with a bundled training."""
    file: Path = source.folder.path / BUNDLED
    if not file.is_file():
        return
    _, sweep, results = read_parquet(file, file.name)
    st.markdown(tr("##### Measured when this training was made"))
    _results(SweepView(sweep, results, "", f"{source.id}.published"))
    st.caption(
        tr(
            "{held_out_problems}, the same for every line, with 95 % intervals. Before training, and after its last "
            "stage; a PRM reads the hidden states of its own model. A search that has no whole solution within its "
            "tokens has no answer.",
            held_out_problems=counted(len(sweep.problems), "held-out problem"),
        )
    )


def _results(view: SweepView) -> None:
    """Accuracy against tokens, a line per strategy and model."""
    labels = [budget_words(b) for b in view.sweep.budgets]
    lines = list[Line]()
    for place in range(len(view.sweep.strategies)):
        if found := curve(view.sweep, view.results, place, labels):
            lines.append(Line(view.strategy(place), [Point(p.tokens, p.accuracy, p.low, p.high, p.label) for p in found], place))
    if lines:
        figure = told(accuracy_figure, lines, theme=theme())
        plot(figure, key=f"training.sweep.{view.version}", height=int(figure.layout.height), scope=view.version, file="before-and-after")
