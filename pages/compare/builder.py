"""A comparison of one's own: a problem, two to four strategies, and the compute that each may spend."""

from __future__ import annotations

import math

import streamlit as st

from pages.shared.comparisons import MAX_RUNS, MIN_RUNS, go_to_comparison, start
from pages.shared.escape import markdown_text
from pages.shared.language import deferred, tr, words_of
from pages.shared.problem_picker import pick_problem
from pages.shared.state import one_of, remembered
from pages.shared.strategy_form import fill_form, strategy_form
from rlm_core import catalogue
from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError, RlmError
from rlm_core.core.problem import Problem
from rlm_core.evaluation.presets import PRESETS
from rlm_core.evaluation.sweep import Strategy

MATCHED_BY = {deferred("Generated tokens"): "tokens", deferred("Reward passes"): "reward_passes", deferred("Seconds"): "seconds"}
"""What every strategy gets the same of, by its field of a budget."""
USUAL = Budget(None, tokens=2000, reward_passes=100, seconds=10)
"""The amounts at first, of which one is chosen."""

_FILLED = "compare.filled"


def builder() -> None:
    """The form, and the button that starts the comparison."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        problem = pick_problem()
        if isinstance(problem, Problem):
            st.info(markdown_text(problem.question), icon=":material/quiz:")
        budget, seed = matched_budget("compare"), int(_seed())
    with right:
        strategies = _strategies()
    try:
        if isinstance(problem, RlmError):
            raise problem
        checked(strategies, problem, budget, seed)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    if st.button(tr("Compare"), type="primary", icon=":material/compare:", key="compare.start"):
        go_to_comparison(start(tr(" or ").join(s.title for s in strategies), problem, strategies, budget, seed))


def checked(strategies: list[Strategy], problem: Problem, budget: Budget, seed: int) -> None:
    """RlmError if a strategy cannot run, or if two are called alike."""
    for strategy in strategies:
        catalogue.checked(strategy.config(problem.spec, budget, seed))
    titles = [s.title for s in strategies]
    twice = next((t for t in titles if titles.count(t) > 1), None)
    if twice is not None:
        raise ConfigError(tr("Two strategies are called {twice}; give each a name of its own.", twice=twice))


def matched_budget(key: str, usual: Budget = USUAL) -> Budget:
    """The controls of the compute that every strategy gets. usual: the budget at first, as far as it can be set here."""
    unit_at, amount_at = st.columns(2, vertical_alignment="bottom")
    unit = remembered(
        unit_at.selectbox,
        tr("Matched by"),
        list(MATCHED_BY),
        key=f"{key}.unit",
        default=next((title for title, field in MATCHED_BY.items() if getattr(usual, field)), next(iter(MATCHED_BY))),
        format_func=tr,
        help=tr("Each strategy may spend as much."),
    )
    field = MATCHED_BY[unit]
    default = math.ceil(getattr(usual, field) or getattr(USUAL, field))
    amount = remembered(amount_at.number_input, tr("Each gets"), 1, 10**9, step=1, key=f"{key}.amount.{field}", default=default)
    return Budget(None, **{field: amount})


def _seed() -> int:
    return remembered(
        st.number_input, tr("Seed"), 0, 2**31 - 1, step=1, key="compare.seed", default=0, help=tr("The same seed shows the same trees.")
    )


def _strategies() -> list[Strategy]:
    """The forms, one per tab; at first those of the first preset."""
    number = int(one_of(tr("Strategies"), [str(n) for n in range(MIN_RUNS, MAX_RUNS + 1)], "compare.number"))
    if _FILLED not in st.session_state:
        st.session_state[_FILLED] = True
        usual = [*PRESETS[0].strategies, *PRESETS[2].strategies]
        for i in range(MAX_RUNS):
            fill_form(f"compare.{i}", usual[i])
    found = []
    for i, tab in enumerate(st.tabs([tr("Strategy {i}", i=i + 1) for i in range(number)])):
        with tab:
            found.append(strategy_form(f"compare.{i}"))
    return found
