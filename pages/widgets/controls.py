"""The sidebar of Explore: everything that decides a run, with defaults that work at once."""

from __future__ import annotations

import random
from typing import Any

import streamlit as st

from pages.widgets.keep import keep, put, restore
from pages.widgets.parameters import choose, parameters
from pages.widgets.safe import markdown_text
from rlm_core import catalogue
from rlm_core.errors import RlmError
from rlm_core.problems import make, text
from rlm_core.problems.base import Problem
from rlm_core.runs.config import Budget, RunConfig

FIRST = {"task.countdown.numbers": 4, "task.countdown.seed": 31}
"""What a newcomer sees first: four numbers, where the bundled model's likeliest solution is wrong and the search finds a right one."""


def controls() -> tuple[RunConfig, Problem] | RlmError:
    """Draw the controls; the checked configuration and its problem, or the error that stands in its way."""
    try:
        spec = _problem()
        problem = make(spec)
        st.info(markdown_text(problem.question), icon=":material/quiz:")
        model = _model()
        search = choose("Strategy", catalogue.searches(), "search", "mcts", "How the model's steps are explored.")
        search_parameters = parameters(search, "search")
        reward = choose("Reward", catalogue.reward_models(), "reward", "rollouts", "Who judges how promising a state is.")
        reward_parameters = parameters(reward, "reward")
        budget = _budget()
        config = RunConfig(
            **model,
            problem=spec,
            search=search.name,
            search_parameters=search_parameters,
            reward=reward.name,
            reward_parameters=reward_parameters,
            budget=budget,
            **_sampling(),
        )
        return catalogue.checked(config), problem
    except RlmError as error:
        return error


def _problem() -> str:
    task = choose("Problem", catalogue.tasks(), "task", "countdown", "What is to be solved; every kind but free text is made from a seed.")
    if task.name == "text":
        restore("text.question", "A baker fills 3 trays with 12 rolls each and sells 20. How many are left?")
        question = keep(
            "text.question", st.text_area("Your problem", key="text.question", help="Any question; a chat model reads it as it stands.")
        )
        restore("text.reference", "16")
        reference = keep(
            "text.reference",
            st.text_input("Correct answer (optional)", key="text.reference", help="Needed by the verifier; never shown to the model."),
        )
        return text.from_text(question, reference or None).spec
    seed = f"task.{task.name}.seed"
    for key, value in FIRST.items():
        restore(key, value)
    if st.button("New random problem", icon=":material/casino:", width="stretch", help="Draws another seed; everything else stays."):
        put(seed, random.randrange(100_000))
    values = parameters(task, "task")
    return f"{task.name}:" + ",".join(f"{k}={v}" for k, v in values.items() if v != "")


def _model() -> dict[str, Any]:
    model = choose("Model", catalogue.models(), "model", "nano", "The policy that writes the steps; it runs on this machine.")
    name = model.name
    if name == "other":
        restore("model.id", "")
        name = keep(
            "model.id",
            st.text_input(
                "Id, folder or GGUF file",
                key="model.id",
                placeholder="owner/name or /path/to/model",
                help="Safetensors or GGUF only; code from a model is never run.",
            ),
        )
        name = name.strip() or "(no model named yet)"
    with st.expander("Device and format"):
        return {"model": name, **parameters(model, "model", columns=1)}


def _budget() -> Budget:
    st.markdown("**Budget**", help="The run ends when the first of these is used up; leave a field empty for no limit.")
    simulations, tokens, seconds = st.columns([5, 4, 4])
    with simulations:
        s = _limit(
            "Simulations", "budget.simulations", 64, "By strategy: a walk of a tree search, a candidate, a scored state, or a whole chain."
        )
    with tokens:
        t = _limit("Tokens", "budget.tokens", None, "Generated tokens, those of discarded branches included.")
    with seconds:
        x = _limit("Seconds", "budget.seconds", None, "Wall time, pauses left out.")
    return Budget(s, t, x)


def _limit(label: str, key: str, default: int | None, help: str) -> int | None:
    restore(key, default)
    return keep(key, st.number_input(label, min_value=0, step=1, key=key, placeholder="none", help=help))


def _sampling() -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        restore("temperature", 1.0)
        t = keep(
            "temperature",
            st.number_input(
                "Temperature", 0.0, 2.0, step=0.1, key="temperature", help="0 always takes the likeliest token; higher is more varied."
            ),
        )
    with right:
        restore("seed", 0)
        s = keep("seed", st.number_input("Seed", 0, 2**31 - 1, step=1, key="seed", help="The same seed grows the same tree."))
    return {"temperature": t, "seed": s}
