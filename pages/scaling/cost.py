"""What answers cost: of the runs made here, and of published models, by prices that a person can edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import pandas as pd
import streamlit as st

from pages.scaling.charts import draw, large_type
from pages.shared.html import theme
from pages.shared.language import deferred, told, tr, translated, words_of
from pages.shared.services import store
from pages.shared.state import remembered
from pages.shared.sweep_results import SweepView, budget_words, figures_of
from rlm_core.core.errors import RlmError
from rlm_core.evaluation.cost import Accuracy, Price, Prices, checked, cost_per_problem, cost_per_solved, keep, prices, published, reset
from rlm_core.figures.charts.sweep_bars import Priced, cost_figure, dollars

LOCAL = deferred("this machine")
HEADS = {
    "model": deferred("model"),
    "benchmark": deferred("benchmark"),
    "date": deferred("date"),
    "source": deferred("source"),
    "note": deferred("note"),
}
"""Heads of the columns of texts in the tables that can be edited."""
_TABLES = "scaling.cost.tables"
"""In the session's state: counts how often the tables were reset, so that they forget what was typed."""
T = TypeVar("T", Price, Accuracy)


def cost(view: SweepView) -> None:
    st.markdown(tr("**Cost of a solved problem** = price per million output tokens × tokens per problem ÷ 1,000,000 ÷ accuracy"))
    known = _known_prices()
    _runs(view, known)
    st.markdown(tr("#### Published models"))
    _published(known)
    st.markdown(tr("#### Prices"))
    _editors(known)


def _known_prices() -> Prices:
    try:
        return prices(store().folder)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return published()


def _runs(view: SweepView, known: Prices) -> None:
    """The settings of the sweep, priced as a person chooses."""
    st.markdown(tr("#### Runs made here"))
    offered = [LOCAL, *(p.model for p in known.prices if p.price is not None)]
    as_at, local_at, large_at = st.columns([3, 2, 1], vertical_alignment="bottom")
    chosen = remembered(
        as_at.selectbox,
        tr("At the price of"),
        offered,
        key="scaling.cost.as",
        default=LOCAL,
        offered=offered,
        format_func=lambda m: tr(m) if m == LOCAL else tr("{m}: what these tokens would cost at its price", m=m),
    )
    local = local_at.number_input(
        tr("This machine, $ per million tokens"),
        0.0,
        None,
        known.local,
        format="%.4f",
        help=tr("Electricity and hardware per million generated tokens; 0 until you set it."),
    )
    if local != known.local:
        _keep(msgspec.structs.replace(known, local=local))
    with large_at:
        large = large_type()
    price = local if chosen == LOCAL else known.price(chosen)
    rows, points = [], []
    for (s, b), f in figures_of(view.version, view).items():
        accuracy = f.accuracy.value if f.accuracy else None
        solved = cost_per_solved(price, f.tokens, accuracy)
        name, budget = view.strategy(s), budget_words(view.sweep.budgets[b])
        rows.append(
            {
                tr("Strategy"): name,
                tr("Budget"): budget,
                tr("Accuracy"): accuracy,
                tr("Tokens per problem"): round(f.tokens),
                tr("$ per problem"): _money(cost_per_problem(price, f.tokens)),
                tr("$ per solved problem"): tr("none solved") if accuracy == 0 else _money(solved),
            }
        )
        if solved and accuracy is not None:
            points.append(Priced(name, solved, accuracy, s, tr("at {budget}", budget=budget)))
    if points:
        draw(told(cost_figure, points, theme=theme(), large=large), view, "cost")
    else:
        st.caption(tr("At a price of 0 every answer costs nothing; set the price of this machine, or choose another price."))
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", column_config=_formats(), placeholder="–")


def _formats() -> dict[str, Any]:
    return {
        tr("Accuracy"): st.column_config.NumberColumn(format="%.3f"),
        tr("Tokens per problem"): st.column_config.NumberColumn(format="localized"),
    }


def _money(amount: float | None) -> str:
    return tr("unknown") if amount is None else dollars(amount)


def _published(known: Prices) -> None:
    rows = [
        {
            tr("Model"): a.model,
            tr("Benchmark"): a.benchmark,
            tr("Accuracy"): a.accuracy,
            tr("$ per million tokens"): _money(known.price(a.model)),
            tr("Tokens per problem"): a.tokens,
            tr("$ per solved problem"): _money(cost_per_solved(known.price(a.model), a.tokens, a.accuracy)),
            tr("Date"): a.date,
            tr("Source"): _source(a.source),
        }
        for a in known.accuracies
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", column_config=_formats(), placeholder="–")
    st.caption(
        tr("Tokens per problem are not published with these accuracies. Where they are empty the cost is unknown; it is not guessed.")
    )


def _source(text: str) -> str:
    """The name of a source as it is, and the note behind it in the page's language."""
    name, dot, note = text.partition(". ")
    return name + dot + translated(f"{note}.").rstrip(".。") if note else text


def _editors(known: Prices) -> None:
    """The tables of prices and accuracies; what is typed is kept in the data folder."""
    with st.expander(tr("Edit prices, accuracies and tokens per problem"), icon=":material/edit:"):
        times = st.session_state.setdefault(_TABLES, 0)
        numbers = {"price": st.column_config.NumberColumn(tr("$ per million output tokens"), min_value=0.0)}
        listed = _edited(known.prices, Price, f"scaling.cost.prices.{times}", numbers)
        numbers = {
            "accuracy": st.column_config.NumberColumn(tr("accuracy"), min_value=0.0, max_value=1.0, format="%.3f"),
            "tokens": st.column_config.NumberColumn(tr("tokens per problem"), min_value=0.0),
        }
        accuracies = _edited(known.accuracies, Accuracy, f"scaling.cost.accuracies.{times}", numbers)
        save_at, reset_at, _ = st.columns([1, 1, 3])
        edited = Prices(listed, accuracies, known.local)
        if save_at.button(
            tr("Keep"), icon=":material/save:", type="primary", width="stretch", disabled=edited == known, key="scaling.cost.keep"
        ):
            _keep(edited)
        if reset_at.button(
            tr("Reset"), icon=":material/undo:", width="stretch", key="scaling.cost.reset", help=tr("Back to the published figures.")
        ):
            reset(store().folder)
            st.session_state[_TABLES] = times + 1
            st.rerun()


def _edited(rows: Sequence[T], kind: type[T], key: str, numbers: Mapping[str, Any]) -> tuple[T, ...]:
    """A table that can be edited; rows without a model are left out."""
    frame = pd.DataFrame([msgspec.structs.asdict(r) for r in rows], columns=kind.__struct_fields__)
    for name in numbers:
        frame[name] = frame[name].astype("float64")
    heads = {name: st.column_config.TextColumn(tr(head)) for name, head in HEADS.items() if name in kind.__struct_fields__}
    shown = st.data_editor(frame, hide_index=True, width="stretch", num_rows="dynamic", key=key, column_config=heads | dict(numbers))
    found = []
    for line in shown.to_dict("records"):
        given = {k: v for k, v in line.items() if not pd.isna(v)}
        if str(given.get("model", "")).strip() and (kind is Price or str(given.get("benchmark", "")).strip()):
            found.append(msgspec.convert(given, kind))
    return tuple(found)


def _keep(edited: Prices) -> None:
    try:
        keep(store().folder, checked(edited))
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    st.rerun()
