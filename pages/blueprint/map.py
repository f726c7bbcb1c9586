"""The map: the parts of a reasoning language model as boxes, in two arrangements; a click says what a part is and opens what shows it."""

from __future__ import annotations

import streamlit as st

from pages.blueprint import address
from pages.blueprint.running import run_button
from pages.shared.escape import html_text
from pages.shared.language import tr
from pages.shared.links import go_to, run_link
from pages.shared.state import remembered, set_value
from rlm_core.blueprint.taxonomy import Box, Group, Taxonomy, View, taxonomy
from rlm_core.runs.examples import examples
from rlm_core.runs.store import EXAMPLE

BOX, PARTS = "blueprint.box", "blueprint.parts"
MAX_IN_COLUMN = 8
"""Boxes below one another that a low screen shows."""


def show_map() -> None:
    found = taxonomy()
    views = {v.name: v for v in found.views}
    address.take("box", BOX, [b.name for b in found.boxes], found.views[0].columns[0][0].box)
    address.take("parts", PARTS, views, found.views[0].name)
    chosen: str = st.session_state[BOX]
    set_value(PARTS, found.view_of(chosen, st.session_state[PARTS]).name)
    map_at, box_at = st.columns([7, 3], gap="medium")
    with map_at:
        name = remembered(
            st.segmented_control,
            tr("Whose view"),
            list(views),
            key=PARTS,
            default=found.views[0].name,
            format_func=lambda n: tr(views[n].title),
            label_visibility="collapsed",
            required=True,
            on_change=_into_view,
        )
        view = views[name]
        st.caption(tr(view.text))
        _boxes(found, view, chosen)
    address.write("box", chosen)
    address.write("parts", view.name)
    with box_at:
        _box(found.box(chosen))


def _into_view() -> None:
    """Another view was chosen: the box stays where both have it."""
    view = next(v for v in taxonomy().views if v.name == st.session_state[PARTS])
    if st.session_state[BOX] not in tuple(view.names()):
        set_value(BOX, view.columns[0][0].box)


def _boxes(found: Taxonomy, view: View, chosen: str) -> None:
    widths = [2 if any(map(_wide, groups)) else 1 for groups in view.columns]
    for number, (place, groups) in enumerate(zip(st.columns(widths, gap="small"), view.columns, strict=True)):
        with place, st.container(key=f"blueprint_column_{number}", gap="small"):
            for group in groups:
                _group(found, group, chosen)
    st.caption(tr("A dashed box is not built here."))


def _group(found: Taxonomy, group: Group, chosen: str) -> None:
    with st.container(key=f"blueprint_head_{group.box}"):
        _button(found.box(group.box), chosen)
    places = st.columns(2, gap="small") if _wide(group) else [st.container(gap="small")]
    for number, family in enumerate(group.families):
        with places[number % len(places)]:
            if family.title:
                st.html(f'<div class="rlm-family">{html_text(tr(family.title))}</div>')
            for name in family.boxes:
                _button(found.box(name), chosen)


def _wide(group: Group) -> bool:
    """Does the group need two columns, so that all of it is seen at once?"""
    return sum(len(family.boxes) for family in group.families) > MAX_IN_COLUMN


def _button(box: Box, chosen: str) -> None:
    st.button(
        tr(box.title),
        key=f"blueprint.{'box' if box.built else 'unbuilt'}.{box.name}",
        type="primary" if box.name == chosen else "secondary",
        width="stretch",
        help=None if box.built else tr("Not built here"),
        on_click=set_value,
        args=(BOX, box.name),
    )


def _box(box: Box) -> None:
    with st.container(border=True, key="blueprint_chosen"):
        st.markdown(f"#### {tr(box.title)}")
        st.markdown(tr(box.text))
        if box.section:
            st.caption(tr("In the paper: {section}", section=box.section))
        if not box.built:
            st.badge(tr("Not built here"), icon=":material/block:", color="gray")
        if box.missing:
            st.markdown(tr(box.missing))
        if box.files:
            st.markdown(f"**{tr('Implemented in')}**")
            st.code("\n".join(box.files), language=None, wrap_lines=True)
        _opens(box)


def _opens(box: Box) -> None:
    if box.example is not None:
        example = examples()[EXAMPLE + box.example.name]
        st.caption(tr("An example run at the moment that shows it:"))
        run_link(example.run, tr(example.title), moment=box.example.event)
    elif box.settings is not None:
        st.caption(tr("No example run shows it; these settings do: {problem}.", problem=f"`{box.settings.problem}`"))
        run_button(box.settings, "blueprint.run")
    elif box.page is not None and st.button(tr(box.page.label), icon=":material/open_in_new:", type="primary", key="blueprint.page"):
        go_to(box.page.path, dict(box.page.query))
