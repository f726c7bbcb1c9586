"""The form of a strategy says what was put into it."""

from __future__ import annotations

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from rlm_core.core.config import Budget
from rlm_core.evaluation.sweep import Strategy
from tests.patience import PATIENCE
from tests.sweeps import MAJORITY

STRATEGIES = (
    Strategy(),
    MAJORITY,
    Strategy("Naive best of 64", search="best_of_n", search_parameters={"n": 64, "answer_by": "naive"}, reward="prm:nano", temperature=0.5),
    Strategy("PUCT", search="mcts", search_parameters={"rule": "puct", "c": 2}, reward="rollouts", reward_parameters={"rollouts": 2}),
    Strategy("Worded", model="smollm2", search="beam_search", reward="logprob", max_step_tokens=32),
    Strategy("Warped", reward="logprob", sampling={"top_k": 40, "top_p": 0.9, "stop": "Question:"}),
    Strategy("Elsewhere", model="owner/name", search="chain_of_thought", reward="logprob"),
)


def _page() -> None:
    import streamlit as st

    from pages.shared.strategy_form import fill_form, strategy_form

    if "filled" not in st.session_state:
        fill_form("form", st.session_state["given"])
        st.session_state["filled"] = True
    st.session_state["said"] = strategy_form("form")


@pytest.mark.parametrize("given", STRATEGIES, ids=lambda s: s.name or "defaults")
def test_a_strategy_that_is_put_into_the_form_comes_out_of_it(store, given):
    at = AppTest.from_function(_page, default_timeout=PATIENCE)
    at.session_state["given"] = given
    at.run()
    assert not at.exception, at.exception
    said = at.session_state["said"]
    assert said.title == given.title
    assert _filled(said) == _filled(given)


def _filled(strategy: Strategy):
    """Its configuration without the reward it does not ask, with every default written out."""
    from rlm_core import catalogue

    config = strategy.config("countdown:seed=1", Budget(), 0)
    if strategy.search == "self_consistency":
        config = msgspec.structs.replace(config, reward="logprob", reward_parameters={})
    return catalogue.checked(config)
