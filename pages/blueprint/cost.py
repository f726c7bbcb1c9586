"""Cost efficiency: price × tokens ÷ accuracy, from dated prices that a person can edit. What is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pages.blueprint import address
from pages.shared.language import tr
from rlm_core.blueprint.benchmarks import Figure, figures
from rlm_core.blueprint.prices import prices
from rlm_core.evaluation.cost import cost_per_problem, cost_per_solved
from rlm_core.figures.charts.sweep_bars import dollars

BENCHMARK = "blueprint.cost.benchmark"
_TIMES = "blueprint.cost.times"
"""In the session's state: counts how often the tables were reset, so that they forget what was typed."""
_BASE, _NOW = "base", "now"
"""Behind the key of a table: what it began with, and what it holds now."""
MOST_TOKENS = 10**9


def cost() -> None:
    st.markdown(tr("**Cost of a right answer** = $ per million output tokens × tokens per answer ÷ 1,000,000 ÷ accuracy, without prompts."))
    benchmarks = list(dict.fromkeys(f.benchmark for f in figures()))
    pick_at, reset_at = st.columns([5, 1], vertical_alignment="bottom")
    benchmark = address.one_of(pick_at, "benchmark", tr("Benchmark"), {b: b for b in benchmarks}, BENCHMARK, labelled=True)
    reset_at.button(
        tr("Reset"),
        icon=":material/undo:",
        width="stretch",
        key="blueprint.cost.reset",
        on_click=_reset,
        help=tr("Back to what came with the app."),
    )
    shown = [f for f in figures() if f.benchmark == benchmark]
    left, right = st.columns([1, 1], gap="medium")
    with left:
        st.markdown(f"##### {tr('Tokens per answer')}")
        st.caption(tr("They are seldom published with an accuracy. Type what you measured or read; an empty field is unknown."))
        tokens = _tokens(benchmark, shown)
    with right:
        st.markdown(f"##### {tr('Prices, US dollars per million tokens')}")
        st.caption(tr("As of their dates: check them before use. What you change counts in this session only and is marked as yours."))
        asked = _prices()
    st.markdown(f"##### {tr('Cost of a right answer')}")
    _results(shown, tokens, asked)


def _reset() -> None:
    times = st.session_state.get(_TIMES, 0)
    for key in [k for k in st.session_state if str(k).startswith("blueprint.cost.table.")]:
        del st.session_state[key]
    st.session_state[_TIMES] = times + 1


def _edited(name: str, shipped: pd.DataFrame, columns: Mapping[str, Any], locked: list[str]) -> pd.DataFrame:
    """A table with what was typed into it in this session, which also stays while other views are looked at."""
    key = f"blueprint.cost.table.{name}.{st.session_state.setdefault(_TIMES, 0)}"
    if key not in st.session_state:  # it was not drawn: it begins with what it held last
        st.session_state[f"{key}.{_BASE}"] = st.session_state.get(f"{key}.{_NOW}", shipped)
    shown = st.data_editor(
        st.session_state[f"{key}.{_BASE}"],
        hide_index=True,
        width="stretch",
        key=key,
        column_config=dict(columns),
        disabled=locked,
        placeholder="–",
    )
    st.session_state[f"{key}.{_NOW}"] = shown
    return shown


def _prices() -> dict[str, tuple[float | None, bool]]:
    """By model: the price of output tokens, and whether a person changed it."""
    shipped = pd.DataFrame(
        {
            "model": p.model,
            "input": p.input,
            "output": p.output,
            "date": p.source.date if p.source else "",
            "source": p.source.text if p.source else "",
        }
        for p in prices().values()
    ).astype({"input": "float64", "output": "float64"})
    number = st.column_config.NumberColumn
    found = _edited(
        "prices",
        shipped,
        {
            "model": st.column_config.TextColumn(tr("Model")),
            "input": number(tr("In"), min_value=0.0, format="%.2f", help=tr("For reading only: prompts are not counted.")),
            "output": number(tr("Out"), min_value=0.0, format="%.2f"),
            "date": st.column_config.TextColumn(tr("As of")),
            "source": st.column_config.TextColumn(tr("Source")),
        },
        ["model"],
    )
    return {
        row["model"]: (_number(row["output"]), _number(row["output"]) != prices()[row["model"]].output) for row in found.to_dict("records")
    }


def _tokens(benchmark: str, shown: list[Figure]) -> list[float | None]:
    """Tokens per answer of each figure."""
    frame = pd.DataFrame({"model": f.model, "date": f.source.date, "percent": f.percent, "tokens": None} for f in shown)
    found = _edited(
        f"tokens.{benchmark}",
        frame.astype({"tokens": "float64"}),
        {
            "model": st.column_config.TextColumn(tr("Model")),
            "date": st.column_config.TextColumn(tr("Figure of")),
            "percent": st.column_config.NumberColumn(tr("Accuracy"), format="%.1f %%"),
            "tokens": st.column_config.NumberColumn(tr("Tokens per answer"), min_value=0, max_value=MOST_TOKENS, step=1, format="%d"),
        },
        ["model", "date", "percent"],
    )
    return [_number(value) for value in found["tokens"]]


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def price_of(model: str, asked: Mapping[str, tuple[float | None, bool]]) -> tuple[float | None, bool]:
    """The price of a model, and whether a person changed it; nothing is taken from another model or snapshot."""
    return asked.get(model, (None, False))


def _results(shown: list[Figure], tokens: list[float | None], asked: Mapping[str, tuple[float | None, bool]]) -> None:
    rows = []
    for figure, count in zip(shown, tokens, strict=True):
        price, own = price_of(figure.model, asked)
        solved = cost_per_solved(price, count, figure.percent / 100)
        rows.append(
            {
                tr("Model"): figure.model,
                tr("Accuracy"): f"{figure.percent:g} %",
                tr("Price out"): _money(price) + (f" · {tr('yours')}" if own else ""),
                tr("Tokens per answer"): f"{count:,.0f} · {tr('yours')}" if count is not None else tr("unknown"),
                tr("Cost of an answer"): _money(cost_per_problem(price, count)),
                tr("Cost of a right answer"): _money(solved),
                tr("Accuracy from"): f"{figure.source.text} ({figure.source.date})",
                "order": float("inf") if solved is None else solved,
            }
        )
    frame = pd.DataFrame(sorted(rows, key=lambda row: row["order"])).drop(columns="order")
    st.dataframe(frame, hide_index=True, width="stretch")
    if all(row["order"] == float("inf") for row in rows):
        st.caption(tr("Every cost is unknown until price and tokens per answer of a model are given. Nothing is guessed."))


def _money(amount: float | None) -> str:
    return tr("unknown") if amount is None else dollars(amount)
