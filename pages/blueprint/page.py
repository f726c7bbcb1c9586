"""The Blueprint page: what reasoning language models are made of, which there are, what they cost, and how to choose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.blueprint import address
from pages.blueprint.choose import choose
from pages.blueprint.compose import compose
from pages.blueprint.cost import cost
from pages.blueprint.map import show_map
from pages.blueprint.said import said
from pages.blueprint.systems import systems
from pages.shared.html import style
from pages.shared.keys import shortcuts
from pages.shared.language import tr, words_of
from pages.shared.services import supervisor
from rlm_core.core.errors import RlmError

SHEET = Path(__file__).with_name("blueprint.css")
VIEWS: dict[str, Callable[[], None]] = {
    "map": show_map,
    "compose": compose,
    "systems": systems,
    "cost": cost,
    "choose": choose,
    "said": said,
}


def blueprint() -> None:
    supervisor()
    style(SHEET)
    address.begin()
    titles = {
        "map": tr("Map"),
        "compose": tr("Compose"),
        "systems": tr("Published systems"),
        "cost": tr("Cost"),
        "choose": tr("How to choose"),
        "said": tr("Often said, actually"),
    }
    title_at, views_at = st.columns([1, 4], vertical_alignment="center")
    title_at.markdown(f"### {tr('Blueprint')}")
    view = address.one_of(views_at, "view", tr("View"), titles, address.VIEW)
    try:
        VIEWS[view]()
    except RlmError as error:  # a file of assets/blueprint/ that was changed and is wrong
        st.error(words_of(error), icon=":material/error:")
    address.end()
    shortcuts({})
