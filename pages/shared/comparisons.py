"""Starting comparisons and going to them, from any page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared.links import go_to
from pages.shared.services import store
from rlm_core import catalogue
from rlm_core.core.config import Budget
from rlm_core.core.problem import Problem
from rlm_core.evaluation.presets import Preset
from rlm_core.evaluation.sweep import Strategy
from rlm_core.problems import make
from rlm_core.runs.comparisons import Comparisons

MIN_RUNS, MAX_RUNS = 2, 4
"""That can stand side by side."""


@st.cache_resource(show_spinner=False)
def comparisons() -> Comparisons:
    return Comparisons(store())


def start(name: str, problem: Problem, strategies: Sequence[Strategy], budget: Budget, seed: int) -> str:
    """Queue a run of each strategy on one problem; returns the id of their comparison. RlmError if one cannot run."""
    configs = [catalogue.checked(s.config(problem.spec, budget, seed)) for s in strategies]
    runs = [store().create(config, problem) for config in configs]
    return comparisons().create(name, runs, [s.title for s in strategies])


def start_preset(preset: Preset) -> str:
    return start(preset.title, make(preset.problem), preset.strategies, preset.budget, 0)


def go_to_comparison(comparison: str) -> None:
    """Leave this page and show a comparison."""
    go_to("compare", {"id": comparison})
