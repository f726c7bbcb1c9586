"""Controls made from descriptions: one widget for each parameter, with its help and bounds."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from pages.shared.html import miniature_html
from pages.shared.language import tr
from pages.shared.state import kept, remembered, restore
from rlm_core.core.parameters import Description, Parameter, Value
from rlm_core.core.structure import Kind

SMALL = 0.01
"""A number whose default is smaller, such as a learning rate, is shown with all its digits and goes in smaller steps."""


def parameter(p: Parameter, key: str, beside: Mapping[str, Any] | None = None) -> Any:
    """The widget for the type of a parameter; returns the value. An empty field means the default, which it shows in grey.

    beside: values of the parameters before it. Where they decide the default, the field is empty until a person fills it.
    """
    default = p.default_beside(beside or {})
    restore(key, None if p.default_with else default)
    value = _widget(p, key, default)
    return default if value is None or value == "" else value


def _widget(p: Parameter, key: str, default: Value) -> Any:
    label, help = tr(p.label), tr(p.help)
    if p.choices:
        return kept(st.selectbox, label, p.choices, key=key, help=help)
    if isinstance(p.default, bool):
        return kept(st.toggle, label, key=key, help=help)
    if isinstance(p.default, str):
        return kept(st.text_input, label, key=key, help=help, placeholder=str(default))
    if isinstance(p.default, int):
        low, high = (None if b is None else int(b) for b in (p.low, p.high))
        return kept(st.number_input, label, low, high, None, step=1, key=key, help=help, placeholder=str(default))
    low, high = (None if b is None else float(b) for b in (p.low, p.high))
    small = 0 < abs(float(default)) < SMALL
    step, form = (10.0 ** math.floor(math.log10(abs(float(default)))), "%g") if small else (0.1, "%.2f")
    shown = f"{default:g}" if small else f"{default:.2f}"
    return kept(st.number_input, label, low, high, None, step=step, format=form, key=key, help=help, placeholder=shown)


def parameters(d: Description[Any], prefix: str, *, leave_out: Collection[str] = (), columns: int = 2) -> dict[str, Any]:
    """All of a description's parameters in a small grid, the advanced ones folded away; returns their values by name."""
    shown = [p for p in d.parameters if p.name not in leave_out]
    values = _grid([p for p in shown if not p.advanced], f"{prefix}.{d.name}", columns)
    if any(p.advanced for p in shown):
        with st.expander(tr("More settings")):
            values |= _grid([p for p in shown if p.advanced], f"{prefix}.{d.name}", columns)
    return values


def _grid(shown: list[Parameter], prefix: str, columns: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for first in range(0, len(shown), columns):
        for place, p in zip(st.columns(columns, vertical_alignment="bottom"), shown[first : first + columns], strict=False):
            with place:
                values[p.name] = parameter(p, f"{prefix}.{p.name}", values)
    return values


def choose(label: str, offered: dict[str, Description[Any]], key: str, default: str, help: str) -> Description[Any]:
    """Choose one description by its title, grouped by kind; its icon, sentence and paper are below."""
    names = sorted(offered, key=lambda n: _kind(offered[n]))
    chosen = offered[
        remembered(
            st.selectbox, label, names, key=key, default=default, offered=names, format_func=lambda n: _titled(offered[n]), help=help
        )
    ]
    sentence = f"{tr(chosen.sentence)} [{chosen.paper}]({chosen.url})" if chosen.url else tr(chosen.sentence)
    if chosen.structure is None:
        st.caption(sentence)
        return chosen
    drawing, words = st.columns([1, 3], gap="small")
    drawing.html(miniature_html(chosen.structure.icon))
    words.caption(sentence)
    return chosen


def _kind(d: Description[Any]) -> Kind:
    """The group in which it is listed; one without a title for what has no structure."""
    return d.structure.kind if d.structure else Kind(0, "")


def _titled(d: Description[Any]) -> str:
    """ "Best-of-N · sampling": the title and, where there are kinds, its kind."""
    kind = _kind(d).title
    return tr(d.title) if kind.lower() in d.title.lower() else f"{tr(d.title)} · {tr(kind).lower()}"
