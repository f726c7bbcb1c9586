"""Choosing a problem: a kind and its settings, a row of a problem set, or a question of one's own."""

from __future__ import annotations

import random

import streamlit as st

from pages.shared.language import tr
from pages.shared.parameters import choose, parameters
from pages.shared.set_picker import FROM_A_SET, TASK_KEY, pick_row
from pages.shared.state import kept, remembered, restore, restore_following, set_value
from rlm_core import catalogue
from rlm_core.core.errors import RlmError
from rlm_core.core.problem import Problem
from rlm_core.problems import make
from rlm_core.problems.base import spec_text
from rlm_core.problems.families import text

FIRST_PROBLEM = {"task.countdown.numbers": 4, "task.countdown.seed": 31}
"""The first problem a newcomer sees: the bundled model's likeliest solution is wrong, and the search finds a right one."""
QUESTION, ANSWER = "A baker fills 3 trays with 12 rolls each and sells 20. How many are left?", "16"
"""The question in the field at first, and its answer, which goes with it."""


def pick_problem(prefix: str = "") -> Problem | RlmError:
    """Draw the controls of a problem; returns it, or the error that prevents it.

    prefix: of the keys in the session's state; without one the choice is that of Explore, on every page.
    """
    offered = {**catalogue.tasks(), FROM_A_SET.name: FROM_A_SET}
    help = tr("The problem to solve; made from a seed, a row of a file, or a question of your own.")
    task = choose(tr("Problem"), offered, prefix + TASK_KEY, "countdown", help)
    if task is FROM_A_SET:
        return pick_row(prefix)
    if task.name == text.DESCRIPTION.name:
        values = _question(prefix)
    else:
        for key, value in FIRST_PROBLEM.items():
            restore(prefix + key, value)
        help = tr("Draws another seed; everything else stays.")
        if st.button(tr("New random problem"), icon=":material/casino:", width="stretch", help=help, key=f"{prefix}another"):
            set_value(f"{prefix}task.{task.name}.seed", random.randrange(100_000))
        values = parameters(task, f"{prefix}task")
    try:
        return make(spec_text(task, task.configure(values))) if task.name != text.DESCRIPTION.name else text.from_text(**values)
    except RlmError as error:
        return error


def _question(prefix: str) -> dict[str, str]:
    question = remembered(
        st.text_area,
        tr("Your problem"),
        key=f"{prefix}text.question",
        default=QUESTION,
        help=tr("Any question; a chat model reads it as it is."),
    )
    answer = f"{prefix}text.reference"
    restore_following(answer, ANSWER if question == QUESTION else "")
    reference = kept(
        st.text_input, tr("Correct answer (optional)"), key=answer, help=tr("Needed by the verifier; never shown to the model.")
    )
    return {"question": question, "reference": reference}
