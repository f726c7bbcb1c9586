"""Choosing the rewards that judge the same solutions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared.connection import known
from pages.shared.language import tr, words_of
from pages.shared.parameters import parameters
from pages.shared.state import remember, remembered, restore
from rlm_core import catalogue, rewards
from rlm_core.core.errors import ConfigError


def fitting(model: str) -> list[str]:
    """Rewards that can judge this model's solutions, trained heads first."""
    return list(catalogue.servable_rewards(model, known(model)))


def pick_rewards(key: str, model: str, default: Sequence[str]) -> tuple[str, ...]:
    """Several rewards, as they are written: by name, with settings in parentheses where they differ from the defaults."""
    offered = fitting(model)
    restore(key, [d for d in default if d in offered])
    st.session_state[key] = [n for n in st.session_state[key] if n.partition("(")[0] in offered]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picked = st.multiselect(
            tr("Rewards"),
            list(dict.fromkeys([*offered, *st.session_state[key]])),
            key=key,
            format_func=reward_title,
            help=tr("All judge the same solutions. Oracle and verifier see the truth and are labelled."),
        )
        with (
            st.popover("", icon=":material/tune:", help=tr("Add a reward with settings of its own"), key=f"{key}.settings"),
            st.container(width=420),
        ):
            _with_settings(key, model, offered)
    return tuple(remember(key, picked))


def _with_settings(key: str, model: str, offered: list[str]) -> None:
    """Choose a reward, set it, add it; the same reward can be added with several settings."""
    described = {n: rewards.reward(n).description for n in offered if rewards.reward(n).description.parameters}
    which = remembered(
        st.selectbox,
        tr("Reward"),
        list(described),
        key=f"{key}.which",
        default=next(iter(described)),
        offered=described,
        format_func=reward_title,
    )
    values = parameters(described[which], f"{key}.set")
    text = ""
    try:
        text = rewards.chosen(rewards.notation(which, values), model).text
    except ConfigError as error:
        st.error(words_of(error), icon=":material/error:")
    st.button(tr("Add"), key=f"{key}.add", icon=":material/add:", disabled=not text, on_click=_add, args=(key, text))


def _add(key: str, text: str) -> None:
    st.session_state[key] = list(dict.fromkeys([*st.session_state[key], text]))


def reward_words(text: str) -> str:
    """A reward as it is written, in words, with its settings if it has any."""
    name, _, settings = text.partition("(")
    return tr(catalogue.title("reward", name)) + (f" ({settings}" if settings else "")


def reward_title(text: str, oracle: bool = False) -> str:
    """The title of a reward, with its settings if it has any; a reward that sees the truth has a flag."""
    return reward_words(text) + (" ⚑" if oracle or text.partition("(")[0] in ("oracle", "verifier") else "")
