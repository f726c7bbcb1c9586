"""The sidebar of the Explore page: the whole configuration of a run, with defaults that work at once."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.language import tr
from pages.shared.parameters import parameters
from pages.shared.problem_picker import pick_problem
from pages.shared.services import store
from pages.shared.state import kept, restore_following
from pages.shared.strategy_form import model_controls, reward_controls, sampling_options, search_control
from rlm_core import catalogue
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.core.problem import Problem
from rlm_core.core.wording import set_place
from rlm_core.models.listed import Fit, describe, refuse_unnamed
from rlm_core.models.packaged import refuse_not_installed
from rlm_core.problems.families import text
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP

MAX_BUDGET = 10**9


def controls() -> tuple[RunConfig, Problem] | RlmError:
    """Draw the controls; returns the checked configuration and its problem, or the error that prevents it.

    All controls are drawn before any is checked, so that a wrong field hides no other.
    """
    problem = pick_problem()
    if isinstance(problem, Problem) and (problem.task != text.DESCRIPTION.name or set_place(problem)):
        st.info(markdown_text(problem.question), icon=":material/quiz:")
    model = model_controls("model")
    search = search_control("search", model)
    search_parameters = parameters(search, "search")
    usual = describe(model["model"]).fit
    reward = reward_controls("reward", search.name, search_parameters, model)
    limits, sampling = _budget(usual), _sampling(usual)
    try:
        if isinstance(problem, RlmError):
            return problem
        refuse_unnamed(model["model"])
        if not store().url:  # workers on other machines have other packages
            refuse_not_installed(model["model"])
        found = {"problem": problem.spec, "search": search.name, "search_parameters": search_parameters}
        return catalogue.checked(RunConfig(**model, **found, **reward, budget=Budget(**limits), **sampling)), problem
    except RlmError as error:
        return error


def _budget(usual: Fit) -> dict[str, Any]:
    """The limits in the fields; None for an empty field."""
    st.markdown(
        tr("**Budget**"), help=tr("The run ends when the first limit is reached; an empty field is no limit. At least one is needed.")
    )
    simulations, tokens, seconds = st.columns([5, 4, 4])
    with simulations:
        s = limit(
            tr("Simulations"),
            "simulations",
            64,
            tr("By strategy: walks of a tree search, candidates, scored states or whole chains."),
        )
    with tokens:
        t = limit(tr("Tokens"), "tokens", usual.budget_tokens, tr("Generated tokens, including those of discarded branches."))
    with seconds:
        x = limit(tr("Seconds"), "seconds", None, tr("Wall time, without pauses."))
    with st.expander(tr("Reward passes")):
        r = limit(tr("Reward passes"), "reward_passes", None, tr("Evaluations by the reward model; the last request may exceed it."))
    return {"simulations": s, "tokens": t, "seconds": x, "reward_passes": r}


def limit(label: str, name: str, default: int | None, help: str) -> int | None:
    key = f"budget.{name}"
    restore_following(key, default)
    return kept(st.number_input, label, 0, MAX_BUDGET, None, step=1, key=key, placeholder=tr("none"), help=help)


def _sampling(usual: Fit) -> dict[str, Any]:
    """Temperature, seed and length limits; an empty field is what fits the model."""
    left, right = st.columns(2)
    with left:
        t = _number(
            tr("Temperature"), "temperature", (0.0, 2.0), usual.temperature, tr("0 takes the likeliest token; higher is more varied.")
        )
    with right:
        s = _number(tr("Seed"), "seed", (0, 2**31 - 1), RunConfig().seed, tr("The same seed grows the same tree."))
    with st.expander(tr("Length limits")):
        step, solution = (
            _number(tr(label), f"max_{name}_tokens", (1, MAX_BUDGET), fitting, help)
            for label, name, fitting, help in (
                (LONGEST_STEP, "step", usual.max_step_tokens, tr("In tokens. A longer step is cut off there.")),
                (LONGEST_SOLUTION, "solution", usual.max_solution_tokens, tr("In tokens. A longer solution is cut off there.")),
            )
        )
    return {
        "temperature": t,
        "seed": s or 0,
        "max_step_tokens": step,
        "max_solution_tokens": solution,
        "sampling": sampling_options("sampling"),
    }


def _number(label: str, key: str, bounds: tuple[float, float], usual: float, help: str) -> float | None:
    """A number that follows the usual one until a person sets it; None from an empty field, which shows the usual one in grey."""
    restore_following(key, usual)
    step = 1 if isinstance(usual, int) else 0.1
    return kept(st.number_input, label, *bounds, None, step=step, key=key, placeholder=f"{usual:g}", help=help)
