"""What was measured here on a choice: figures of sweeps, rewards and trainings, the person's own and the bundled ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import streamlit as st

from pages.shared.language import tr
from pages.shared.reward_picker import reward_title
from pages.shared.services import jobs, store
from pages.shared.sweep_results import PUBLISHED, SweepView, budget_words, figures_of, view_of_job
from rlm_core import catalogue
from rlm_core.blueprint.guide import Guide
from rlm_core.core.errors import RlmError
from rlm_core.core.paths import ASSETS
from rlm_core.evaluation.sweep import Strategy
from rlm_core.jobs.sweep import DESCRIPTION, SweepJob
from rlm_core.jobs.sweep_results import read_parquet
from rlm_core.rewards.heads.head import BUNDLED as BUNDLED_HEADS
from rlm_core.rewards.heads.head import Card, cards
from rlm_core.runs.training_files import TrainingFolder, trainings

RIGHT = "answer"
"""What the reward of a training checks, where it is the answer itself."""
MAX_SWEEPS = 50
"""The newest sweeps of this data folder that are looked through."""
BUNDLED = {path: ("scaling", {"sweep": name}) for name, path in PUBLISHED.items()} | {
    folder / "search.parquet": ("training", {"training": folder.name}) for folder in (ASSETS / "training").iterdir()
}
"""The files of results that come with the app, each with the path of its page and the query of its address."""


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure.

    side: of the choice, or the stage of a training.
    budget: in words; "" for a training.
    value, low, high: share solved in [0,1], with its 95 % interval.
    problems: it was measured on.
    """

    side: str
    what: str
    budget: str
    value: float
    low: float
    high: float
    problems: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figures of one sweep, one set of problems for rewards, or one training.

    title: what it was.
    bundled: it came with the app.
    link: path of its page and query of its address.
    """

    title: str
    bundled: bool
    link: tuple[str, dict[str, str]]
    rows: tuple[Row, ...]


def evidence(guide: Guide) -> list[Evidence]:
    """What measured two sides of the choice on the same problems, and the stages of trainings where they tell of it."""
    found = [e for e in (_of_sweep(guide, *given) for given in _sweeps()) if e is not None] if guide.sides else []
    return [*found, *_of_rewards(guide), *(_of_trainings() if guide.stages else ())]


def _sweeps() -> Iterable[tuple[str, SweepView, bool, tuple[str, dict[str, str]]]]:
    """Title, results, whether it is bundled, and link of each sweep."""
    for row in jobs().list(DESCRIPTION.name, MAX_SWEEPS):
        try:
            yield row.job.name, view_of_job(row), False, ("scaling", {"sweep": row.id})
        except RlmError:
            continue  # its problem set is gone, or its results cannot be read
    for path, link in BUNDLED.items():
        if path.is_file():
            job, view = _bundled(path)
            yield f"{tr(job.name)} ({job.problems})", view, True, link


@st.cache_resource(show_spinner=False)
def _bundled(path: Path) -> tuple[SweepJob, SweepView]:
    job, sweep, results = read_parquet(path, path.name)
    return job, SweepView(sweep, results, "", str(path))


def _side(guide: Guide, strategy: Strategy) -> str:
    """The title of the first side that holds the strategy; "" if none does."""
    reward = strategy.reward if catalogue.judged(strategy.search, strategy.search_parameters) else ""
    return next((side.title for side in guide.sides if side.holds(strategy.search, reward, strategy.model)), "")


def _of_sweep(guide: Guide, title: str, view: SweepView, bundled: bool, link: tuple[str, dict[str, str]]) -> Evidence | None:
    sides = {number: side for number, s in enumerate(view.sweep.strategies) if (side := _side(guide, s))}
    if len(set(sides.values())) < 2:
        return None
    rows = tuple(
        Row(sides[s], view.strategy(s), budget_words(view.sweep.budgets[b]), a.value, a.low, a.high, f.known)
        for (s, b), f in figures_of(view.version, view).items()
        if s in sides and (a := f.accuracy) is not None
    )
    return Evidence(title, bundled, link, rows) if rows else None


def _of_rewards(guide: Guide) -> Iterable[Evidence]:
    """The rewards that were measured on the same problems and with the same model, as what chooses among the same solutions by votes."""
    measured: dict[tuple[str, str], list[tuple[str, Card, bool]]] = {}
    for card, folder in cards().values():
        side = next((s.title for s in guide.sides if s.holds("best_of_n", card.reward, card.model)), "")
        for problems in card.quality if side else ():
            measured.setdefault((problems, card.model), []).append((side, card, folder.is_relative_to(BUNDLED_HEADS)))
    for (problems, model), of in measured.items():
        if len({side for side, _, _ in of}) > 1:
            rows = [_of_reward(side, card, problems) for side, card, _ in of]
            yield Evidence(f"{problems} · {model}", all(ours for _, _, ours in of), ("rewards", {}), tuple(rows))


def _of_reward(side: str, card: Card, problems: str) -> Row:
    """The weighted vote over as many solutions as were measured, beside the plain vote."""
    best = card.quality[problems]["best_of_n"][-1]
    budget = tr("{n} solutions, where the majority vote has {majority:.2f}", n=best["n"], majority=best["majority"][0])
    value, low, high = best["weighted"]
    return Row(side, reward_title(card.reward), budget, value, low, high, card.quality[problems]["problems"])


def _of_trainings() -> Iterable[Evidence]:
    """The trainings whose reward asks whether the answer is right; one that can be tricked tells nothing of a cold start."""
    for data, bundled in ((store().folder, False), (ASSETS, True)):
        for name in trainings(data):
            folder = TrainingFolder(name, data)
            try:
                checked, stages = folder.settings().get("checked", RIGHT), folder.stages()
            except (RlmError, OSError, msgspec.MsgspecError):
                continue
            if checked != RIGHT:
                continue
            rows = tuple(Row(s.title, "pass@1", "", *s.measures.pass_at_1, s.measures.problems) for s in stages)
            if rows:
                yield Evidence(name, bundled, ("training", {"training": name}), rows)
