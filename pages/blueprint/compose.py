"""Compose: a choice for each of the five parts, what it comes to, what it costs, which published systems are near, and the run."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages.blueprint import address
from pages.blueprint.marks import AMOUNT_WORDS, mark_title
from pages.blueprint.running import run_button
from pages.blueprint.systems import side_by_side
from pages.shared.escape import html_text, markdown_text
from pages.shared.language import told, tr, words_of
from pages.shared.services import store
from pages.shared.state import remembered
from pages.shared.sweep_results import budget_words
from rlm_core import catalogue, problems
from rlm_core.blueprint.compose import NO_SEARCH, NONE, Parts, config_of, marks, offered, scheme_of
from rlm_core.blueprint.systems import MARKS, Difference, Mark, System, nearest
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import RlmError
from rlm_core.jobs.forecast import run_forecast
from rlm_core.models import checkpoints
from rlm_core.models.listed import describe
from rlm_core.problems.families import text

KEY = "blueprint.compose"
NEWEST = 200
"""Runs that a forecast may go by."""
SHOWN = 4
"""Systems that are named as the nearest."""
MAX_TOKENS = 10**6
FIRST = Parts()


def compose() -> None:
    formula_at = st.container()
    controls_at, result_at = st.columns([2, 3], gap="large")
    with controls_at:
        parts = _parts()
        config = _config(parts)
    with formula_at:
        _formula(parts)
    with result_at:
        _result(parts, config)


def _parts() -> Parts:
    labels = {
        "model": tr("Foundation model"),
        "search": tr("Search at test time"),
        "reward": tr("Reward"),
        "training": tr("Training"),
        "thought": tr("Chain of thought"),
    }
    helps = {
        "model": tr("Models that are listed here. A model of the hub or on a server is chosen on the page Explore."),
        "search": tr("Chain of thought is no search: one chain."),
        "reward": tr("It counts only where the search asks one."),
        "training": tr("A checkpoint goes on from one foundation model and takes its place."),
        "thought": tr("A thinking technique is one long chain: it and a search of several chains exclude each other here."),
    }
    chosen = {}
    for part, names in offered().items():
        key, first = f"{KEY}.{part}", getattr(FIRST, part)
        address.take(part, key, names, first)
        chosen[part] = remembered(
            st.selectbox,
            labels[part],
            names,
            key=key,
            default=first,
            offered=names,
            format_func=lambda n, part=part: _title(part, n),
            help=helps[part],
        )
        address.write(part, chosen[part])
    return Parts(**chosen)


def _title(part: str, name: str) -> str:
    if name == NONE:
        return tr("None")
    if part == "training":
        return next((tr(card.title) for card in checkpoints.listed() if card.name == name), name)
    return tr(catalogue.title("search" if part == "thought" else part, name))


def _config(parts: Parts) -> RunConfig | RlmError:
    """The run of these parts on a problem and with a budget that are chosen below them."""
    kinds = [name for name in catalogue.tasks() if name != text.DESCRIPTION.name]
    problem_at, tokens_at = st.columns(2)
    address.take("problem", f"{KEY}.problem", kinds, "countdown")
    problem = remembered(
        problem_at.selectbox,
        tr("Problem"),
        kinds,
        key=f"{KEY}.problem",
        default="countdown",
        offered=kinds,
        format_func=lambda n: tr(catalogue.tasks()[n].title),
        help=tr("One of this kind with its usual settings; the page Explore has all of them."),
    )
    address.write("problem", problem)
    address.take_number("tokens", f"{KEY}.tokens", 1, MAX_TOKENS)
    tokens = remembered(
        tokens_at.number_input,
        tr("Budget in tokens"),
        1,
        MAX_TOKENS,
        None,
        key=f"{KEY}.tokens",
        default=None,
        step=100,
        placeholder=tr("the usual"),
        help=tr("Generated tokens at most; empty for what is usual for the model."),
    )
    address.write("tokens", str(tokens) if tokens else None)
    try:
        return config_of(parts, problem, Budget(64, tokens=tokens or describe(parts.policy).fit.budget_tokens))
    except RlmError as error:
        return error


def _formula(parts: Parts) -> None:
    named = (
        (tr("Foundation model"), _title("model", parts.model)),
        (tr("Search at test time"), _title("search", parts.search)),
        (tr("Reward"), _title("reward", parts.reward) if _judged(parts) else tr("asks none")),
        (tr("Training"), _title("training", parts.training)),
        (tr("Chain of thought"), _title("thought", parts.thought)),
    )
    spans = "".join(f"<span><small>{html_text(part)}</small>{html_text(name)}</span>" for part, name in named)
    st.html(f'<div class="rlm-formula"><b>RLM = f</b>{spans}</div>')


def _judged(parts: Parts) -> bool:
    return catalogue.judged(parts.strategy, {})


def _result(parts: Parts, config: RunConfig | RlmError) -> None:
    st.markdown("\n".join(f"- {markdown_text(sentence)}" for sentence in _sentences(parts)))
    if isinstance(config, RlmError):
        st.error(words_of(config), icon=":material/block:")
    else:
        st.success(tr("These parts go together: the run can be started."), icon=":material/check:")
        st.markdown(f"**{tr('Compute')}**: {markdown_text(_compute(config))}")
    run_button(config if isinstance(config, RunConfig) else None, f"{KEY}.run")
    _nearest(parts)


def _sentences(parts: Parts) -> Iterable[str]:
    """The composition in plain sentences."""
    yield tr("{model} writes the steps.", model=_title("model", parts.model))
    if parts.training != NONE:
        card = next((c for c in checkpoints.listed() if c.name == parts.training), None)
        if card is not None:
            yield tr("It was trained: {title}. It learned from: {data}", title=card.title, data=card.data)
    else:
        yield tr("It is taken as it is, without a training of yours.")
    if parts.thought != NONE or parts.search == NO_SEARCH:
        yield tr(catalogue.searches()[parts.strategy].sentence)
    else:
        yield f"{_title('search', parts.search)}: {tr(catalogue.searches()[parts.search].sentence)}"
    if _judged(parts):
        yield f"{_title('reward', parts.reward)}: {tr(catalogue.reward_models()[parts.reward].sentence)}"
    else:
        yield tr("No reward is asked.")


def _compute(config: RunConfig) -> str:
    """The forecast that the page Explore shows before a run; where nothing of the kind was measured, what the budgets allow."""
    found = told(run_forecast, config, problems.make(config.problem), store().list(NEWEST))
    if found.sentence:
        return found.sentence
    bound = budget_words(config.budget)
    return tr(
        "Nothing like it was measured here yet. It ends after {budget} at the latest; limit the tokens for a bound on them.", budget=bound
    )


def _nearest(parts: Parts) -> None:
    st.markdown(f"##### {tr('Published systems nearest to it')}")
    scheme, own = scheme_of(parts), marks(parts)
    if scheme is None:
        st.caption(tr("The operators of this search are not described, so that nothing can be compared."))
        return
    st.caption(
        tr("By fifteen marks of operators, models and pipelines. Full is 1, partial ½, none 0; the distance is the mean difference.")
    )
    for system, found in nearest(own, scheme)[:SHOWN]:
        _near(system, found, own)
    names = [system.name for system, _ in nearest(own, scheme)[:3]]
    st.button(
        tr("The first three side by side"),
        icon=":material/view_column:",
        key=f"{KEY}.side",
        on_click=address.go,
        args=(side_by_side(names),),
    )


def _near(system: System, found: Difference, own: dict[str, Mark]) -> None:
    assert found.distance is not None
    title = tr("{title}: distance {distance}", title=markdown_text(system.title), distance=f"{found.distance:.2f}")
    with st.expander(f"{title} · {tr('{n} of {all} marks agree', n=len(found.agree), all=len(MARKS))}"):
        if system.origin == "ours":
            st.caption(tr("Its marks are our decomposition, not the paper’s."))
        for name in found.differ:
            here, there = AMOUNT_WORDS[own[name]], AMOUNT_WORDS[system.marks[name]]
            st.markdown(tr("- **{mark}**: here {here}, there {there}", mark=mark_title(name), here=tr(here), there=tr(there)))
        if not found.differ:
            st.markdown(tr("No known mark differs."))
        st.caption(tr("Agree: {marks}.", marks=", ".join(map(mark_title, found.agree)) or "–"))
        if found.unknown:
            st.caption(tr("Unknown: {marks}.", marks=", ".join(map(mark_title, found.unknown))))
