"""The controls of one strategy: model, search, reward and sampling. Explore's sidebar uses those of model and reward by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.connection import abilities, connection, known
from pages.shared.language import deferred, tr
from pages.shared.parameters import choose, parameters
from pages.shared.state import forget, remembered, restore, restore_following, set_value
from rlm_core import catalogue
from rlm_core.core.parameters import Description
from rlm_core.core.sampling import OPTIONS, unusual
from rlm_core.evaluation.sweep import Strategy
from rlm_core.models.address import EXAMPLE, KEY_VARIABLES, is_address
from rlm_core.models.backends import AUTO
from rlm_core.models.listed import OTHER, REMOTE, Fit, describe
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP

MAX_TOKENS = 10**9
OTHER_HELP = deferred(
    "Safetensors or GGUF only; code from a model is never run. A model of any OpenAI-compatible server is named by its address, such as "
    "{example}; the key, if it wants one, is read from {variable} in the environment of this app."
)
MAX_NAME_CHARS = 40
INSTEAD = ("rollouts", "judge")
"""Rewards that are offered first where the one that is usual for a model cannot judge it."""
SAMPLING = ("temperature", "max_step_tokens", "max_solution_tokens")
"""Fields of a strategy that are None for what fits its model."""
EXPLORE_MODEL, EXPLORE_TEMPERATURE = "model", "temperature"
"""Keys of controls in Explore's sidebar that other pages set."""
_GIVEN = "given_name"
"""In the session's state, behind the key of a form: the name that was put into it, and the search that the name was made for."""


def strategy_form(key: str) -> Strategy:
    """Draw the controls of one strategy; returns what they say, not checked yet.

    key: the keys of all controls begin with it. `fill_form` puts a strategy into them.
    """
    search_at, model_at = st.columns(2, gap="medium")
    with model_at:
        model = model_controls(f"{key}.model")
    usual = describe(model["model"]).fit
    name_at = search_at.container()
    with search_at:
        search = search_control(f"{key}.search", model)
        search_parameters = parameters(search, f"{key}.search")
    with model_at:
        reward = reward_controls(f"{key}.reward", search.name, search_parameters, model)
        sampling = _sampling(key, usual)
    with name_at:
        _drop_given_name(key, search.name)
        name = remembered(
            st.text_input,
            tr("Name"),
            key=f"{key}.name",
            default="",
            max_chars=MAX_NAME_CHARS,
            placeholder=tr(search.title),
            help=tr("As tables and figures write it; empty for the title of its search."),
        )
    return Strategy(name=name.strip(), **model, search=search.name, search_parameters=search_parameters, **reward, **sampling)


def _drop_given_name(key: str, search: str) -> None:
    """Empty the name once another search is chosen than it was given for, unless a person has typed one since."""
    restore(f"{key}.name", "")
    name, made_for = st.session_state.get(f"{key}.{_GIVEN}", ("", search))
    if search != made_for:
        if st.session_state[f"{key}.name"] == name:
            set_value(f"{key}.name", "")
        del st.session_state[f"{key}.{_GIVEN}"]


def fill_form(key: str, strategy: Strategy) -> None:
    """Put a strategy into the controls of that key, before they are drawn."""
    set_value(f"{key}.name", strategy.name)
    st.session_state[f"{key}.{_GIVEN}"] = (strategy.name, strategy.search)
    fill_model(f"{key}.model", strategy.model)
    for p in describe(strategy.model).parameters:
        set_value(f"{key}.model.{describe(strategy.model).name}.{p.name}", getattr(strategy, p.name) or p.default)
    set_value(f"{key}.search", strategy.search)
    forget(f"{key}.reward")
    if catalogue.judged(strategy.search, strategy.search_parameters) and strategy.reward != describe(strategy.model).fit.reward:
        set_value(f"{key}.reward", strategy.reward)
    _fill_parameters(f"{key}.search", catalogue.searches()[strategy.search], strategy.search_parameters)
    _fill_parameters(f"{key}.reward", catalogue.reward_models()[strategy.reward], strategy.reward_parameters)
    _fill_parameters(f"{key}.sampling", OPTIONS, strategy.sampling or {})
    for name in SAMPLING:
        set_value(f"{key}.{name}", getattr(strategy, name))


def _fill_parameters(prefix: str, d: Description[Any], given: Mapping[str, Any]) -> None:
    values = d.parse(given)
    for p in d.parameters:
        explicit = p.name in given or not p.default_with
        set_value(f"{prefix}.{d.name}.{p.name}", values[p.name] if explicit else None)


def fill_model(key: str, model: str) -> None:
    """Put a model into the controls of that key, before they are drawn."""
    listed = model in catalogue.models()
    set_value(key, model if listed else OTHER.name)
    set_value(f"{key}.id", "" if listed else model)


def model_controls(key: str) -> dict[str, Any]:
    """Choose a model, and how it is loaded; returns the fields of a `RunConfig`."""
    model = choose(
        tr("Model"), catalogue.models(), key, "nano", tr("The policy that writes the steps; it runs on this machine or on a server.")
    )
    name = model.name
    if name == OTHER.name:
        name = remembered(
            st.text_input,
            tr("Id, folder, GGUF file or address"),
            key=f"{key}.id",
            default="",
            placeholder=tr("owner/name, /path or http://…"),
            help=tr(OTHER_HELP, example=EXAMPLE, variable=KEY_VARIABLES[0]),
        ).strip()
        if is_address(name):
            connection(name)
    said = st.container()
    loaded = describe(name) if name else model
    with st.expander(tr("Device and format") if loaded is not REMOTE else tr("Prompt format")):
        chosen = {"model": name, **parameters(loaded, key, columns=1)}
    if name:
        with said:
            abilities(name, chosen.get("backend", AUTO))
    return chosen


def search_control(key: str, model: Mapping[str, Any]) -> Description[Any]:
    """Choose a search, among those that the model can serve, which is given as `model_controls` returns it."""
    offered = catalogue.servable_searches(known(model["model"], model.get("backend", AUTO)))
    return choose(
        tr("Strategy"), offered, key, "mcts" if "mcts" in offered else next(iter(offered)), tr("How the model's steps are explored.")
    )


def reward_controls(key: str, search: str, search_parameters: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """The reward and its parameters; empty where the strategy asks none. The choice comes back with a strategy that asks one.

    model: of the strategy, as `model_controls` returns it. A reward that cannot judge its solutions gives way to what is usual for it.
    """
    if not catalogue.judged(search, search_parameters):
        st.caption(tr(":material/balance: **No reward**: with these settings the strategy uses none."))
        return {}
    offered = catalogue.servable_rewards(model["model"], known(model["model"], model.get("backend", AUTO)))
    usual = next(name for name in (describe(model["model"]).fit.reward, *INSTEAD) if name in offered)
    restore_following(key, usual)
    if st.session_state[key] not in offered:
        forget(key)
        restore_following(key, usual)
    reward = choose(tr("Reward"), offered, key, usual, tr("Judges how promising a state is."))
    return {"reward": reward.name, "reward_parameters": parameters(reward, key)}


def _sampling(key: str, usual: Fit) -> dict[str, Any]:
    """Temperature, length limits and options; None from an empty field, for what fits the model."""
    temperature, step, solution = st.columns(3)
    return {
        "sampling": sampling_options(f"{key}.sampling"),
        "temperature": _number(temperature, tr("Temperature"), f"{key}.temperature", (0.0, 2.0), usual.temperature),
        "max_step_tokens": _number(step, LONGEST_STEP, f"{key}.max_step_tokens", (1, MAX_TOKENS), usual.max_step_tokens),
        "max_solution_tokens": _number(
            solution, LONGEST_SOLUTION, f"{key}.max_solution_tokens", (1, MAX_TOKENS), usual.max_solution_tokens
        ),
    }


def sampling_options(key: str) -> dict[str, Any] | msgspec.UnsetType:
    """The sampling's further settings, folded away; those that are not off, UNSET if all are."""
    with st.expander(tr("Advanced sampling")):
        return unusual(parameters(OPTIONS, key)) or msgspec.UNSET


def _number(place: DeltaGenerator, label: str, key: str, bounds: tuple[float, float], usual: float) -> float | None:
    step = 1 if isinstance(usual, int) else 0.1
    return remembered(place.number_input, tr(label), *bounds, None, key=key, default=None, step=step, placeholder=f"{usual:g}")
