"""Choosing the model, the rewards and the problems that a comparison is about."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.widgets.keep import keep, restore
from rlm_core import catalogue, rewards

NEEDS_A_MODEL = ("hub_prm", "judge")
"""Rewards that load another model; never chosen for anyone."""


def pick_model(key: str) -> str:
    """A listed model by name."""
    restore(key, "nano")
    offered = [name for name in catalogue.models() if name != "other"]
    label = {d.name: d.title for d in catalogue.models().values()}
    return keep(key, st.selectbox("Model", offered, format_func=lambda n: label[n], key=key, help="Whose solutions are judged."))


def fitting(model: str) -> list[str]:
    """Rewards that can judge this model's solutions, trained heads first."""
    names = [name for name, r in rewards.rewards().items() if r.model in ("", model)]
    return sorted(names, key=lambda n: (":" not in n, n))


def pick_rewards(key: str, model: str, default: Sequence[str]) -> tuple[str, ...]:
    """Several rewards, by name."""
    offered = fitting(model)
    restore(key, [d for d in default if d in offered])
    st.session_state[key] = [n for n in st.session_state[key] if n in offered]
    chosen = st.multiselect(
        "Rewards",
        offered,
        key=key,
        format_func=reward_title,
        help="All judge the same solutions with their default settings. Oracle and verifier see the truth and are labelled.",
    )
    return tuple(keep(key, chosen))


def reward_title(name: str) -> str:
    """ "prm:nano", or a title; what sees the truth bears a flag."""
    flag = " ⚑" if name in ("oracle", "verifier") else ""
    return (name if ":" in name else catalogue.title("reward", name)) + flag


def pick_set(key: str, default: str) -> str:
    """A set of problems in one word."""
    restore(key, default)
    return keep(
        key,
        st.text_input(
            "Problems", key=key, help="How many of which kind, such as chain:n=100, chain:steps=5,n=100 or countdown:numbers=3,n=100."
        ),
    ).strip()
