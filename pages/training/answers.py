"""The answers of a training over its steps: one prompt as a film, and every kept group."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import streamlit as st

from pages.shared.language import deferred, tr
from pages.shared.links import go_to_run
from pages.shared.player import chosen_moment, player, shown
from pages.shared.services import store
from pages.shared.state import one_of, remembered
from pages.training.group_html import group_html
from pages.training.sources import Rows, Source, followed, groups, rows
from rlm_core.core.errors import RunNotFound
from rlm_core.core.problem import Problem
from rlm_core.core.wording import problem_label
from rlm_core.runs import logfile
from rlm_core.runs.import_log import import_log
from rlm_core.runs.training_files import GroupRow

FILM, ALL = deferred("One prompt over the training"), deferred("Every group of a step")
LANGUAGES = {"en": "", "ja": deferred(" · steps in Japanese signs")}
PLAY_MS = 900
AT = "at"
"""Parameter of the address: the step of the training that is shown."""
_PLAYER = "training.player"
_OPENED = "training.opened"
"""In the session's state: the run that was made of a group, by training, kind, step and place, so that opening it again makes none anew."""


def answers(source: Source) -> None:
    found = rows(source.folder)
    steps = {FILM: source.folder.followed_steps(), ALL: source.folder.kept_steps()}
    there = [how for how, kept in steps.items() if kept]
    if not there:
        st.info(tr("No answers are kept yet; the first are those of the model before training."), icon=":material/movie:")
        return
    how_at, which_at = st.columns([2, 3], vertical_alignment="bottom")
    with how_at:
        how = one_of(tr("Shown"), there, "training.answers.how")
    chooser = which_at.container()
    at = _step(source, found, how, steps[how])
    candidates = followed(source.folder, at) if how == FILM else groups(source.folder, at)
    with chooser:
        place = _choose(candidates, how)
    _group(source, found, candidates[place], place, how)


def _step(source: Source, found: Rows, how: str, steps: Sequence[int]) -> int:
    """Draw the player over the steps; returns the one to show, which the address names."""
    scope = f"{source.id}.{how}"
    stages = {row.at: found.title(row.stage) for row in found.curve}
    texts = [tr("step {at:,} · {stage}", at=at, stage=stages.get(at, tr("before training"))) for at in steps]
    asked = st.query_params.get(AT, "")
    begin = min(len(steps), bisect_left(steps, int(asked)) + 1) if asked.isascii() and asked.isdigit() else 1
    chosen, answered = begin, 0
    if len(steps) > 1:
        message = (st.session_state.get(_PLAYER) or {}).get("at")
        chosen, answered = chosen_moment(message, scope, begin)
        player(key=_PLAYER, scope=scope, start=begin, last=len(steps), answered=answered, amounts=texts, interval=PLAY_MS)
    at = steps[shown(chosen, len(steps)) - 1]
    st.query_params[AT] = str(at)
    return at


def _choose(there: Sequence[GroupRow], how: str) -> int:
    """Choose a prompt: one of the followed, which stay the same, or one of the step."""
    return remembered(
        st.selectbox,
        tr("Prompt"),
        range(len(there)),
        key=f"training.answers.prompt.{how == FILM}",
        default=0,
        offered=range(len(there)),
        format_func=lambda i: tr("{i} of {n}: {title}", i=i + 1, n=len(there), title=_title(there[i].problem)),
        label_visibility="collapsed",
    )


def _title(problem: Problem) -> str:
    return problem_label(problem) + tr(LANGUAGES.get(str(problem.data.get("language", "en")), ""))


def _group(source: Source, found: Rows, group: GroupRow, place: int, how: str) -> None:
    """The prompt, its answers, and the button that opens them as a run."""
    st.html(group_html(group, found.title(group.stage), learned=how == ALL))
    left, right = st.columns([1, 5], vertical_alignment="center")
    if left.button(
        tr("Open as a run"), icon=":material/account_tree:", key="training.answers.open", help=tr("Keeps it among the saved runs.")
    ):
        go_to_run(_run_of(source, group, place, how))
    if how == FILM:
        right.caption(tr("The prompt is a held-out one: the policy never learned from these answers. Answers that are alike are one line."))
    else:
        right.caption(tr("The policy learned from these answers at this step, by their advantages. Answers that are alike are one line."))


def _run_of(source: Source, group: GroupRow, place: int, how: str) -> str:
    """The run of a group, which is taken into the store once. LogError if it cannot be."""
    opened = st.session_state.setdefault(_OPENED, {})
    key = (source.id, how, group.at, place)
    if key in opened:
        try:
            return store().get(opened[key]).id
        except RunNotFound:
            pass  # it was deleted meanwhile
    name = f"group {place + 1} of step {group.at} of the training {source.id}"
    opened[key] = import_log(store(), logfile.write(group.records), name)[0].run
    return opened[key]
