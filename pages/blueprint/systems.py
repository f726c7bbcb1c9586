"""The published systems: as a table, as a graph, and side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.blueprint import address
from pages.blueprint.graph import MAX_DISTANCE, graph_figure
from pages.blueprint.marks import granularity, legend, mark_html, mark_title, origin, strategies, structure
from pages.blueprint.sources import source_html
from pages.shared.escape import html_text
from pages.shared.html import theme
from pages.shared.language import language, tr
from pages.shared.plot import chart
from pages.shared.state import remembered
from rlm_core.blueprint.benchmarks import of_system
from rlm_core.blueprint.systems import FEATURES, MARKS, Mark, MarkName, System
from rlm_core.blueprint.systems import systems as every_system

AS, HAS, PICK, LINK, NEAR = (f"blueprint.systems.{name}" for name in ("as", "has", "pick", "link", "near"))
MAX_SIDE = 3
FIRST_PICK = ("rstar-math", "deepseek-r1")


def side_by_side(names: Sequence[str]) -> dict[str, object]:
    """The controls that show these systems side by side, with their values."""
    return {address.VIEW: "systems", AS: "side", PICK: list(names)}


def systems() -> None:
    shapes = {"table": tr("Table"), "graph": tr("Graph"), "side": tr("Side by side")}
    as_at, has_at = st.columns([2, 5], vertical_alignment="bottom")
    shape = address.one_of(as_at, "as", tr("Shown as"), shapes, AS)
    if shape == "side":
        _side()
        return
    with has_at:
        shown = _filtered()
    if not shown:
        st.info(tr("No system has all of these."), icon=":material/filter_alt_off:")
    elif shape == "table":
        _table(shown)
    else:
        _graph(shown)


def _filtered() -> list[System]:
    """The systems that have everything that is asked for."""
    features = {f.name: f for f in FEATURES}
    address.take_several("has", HAS, features)
    chosen = remembered(
        st.multiselect,
        tr("Only systems that have"),
        list(features),
        key=HAS,
        default=[],
        format_func=lambda n: tr(features[n].title),
        placeholder=tr("Only systems that have …"),
        label_visibility="collapsed",
    )
    address.write("has", ",".join(chosen))
    return [s for s in every_system().values() if all(features[name].of(s) for name in chosen)]


def _table(shown: Sequence[System]) -> None:
    st.caption(
        f"{legend()} · {tr('{n} of {all} systems', n=len(shown), all=len(every_system()))} · "
        + tr("Marks as in Table 1 of arXiv 2501.11223, version 1, unless a row says “our decomposition”.")
    )
    heads = "".join(f'<th scope="col" class="up {_first(m)}"><span>{html_text(mark_title(m.name))}</span></th>' for m in MARKS)
    words = "".join(f'<th scope="col" class="words">{html_text(head)}</th>' for head in (tr("Scheme"), tr("Step"), tr("Strategy")))
    head = f'<thead><tr><th scope="col" class="words">{html_text(tr("System"))}</th>{words}{heads}</tr></thead>'
    upright = " upright" if language() == "ja" else ""  # its signs are written downwards
    table = f'<table class="rlm-systems{upright}">{head}<tbody>{"".join(map(_row, shown))}</tbody></table>'
    named = f'tabindex="0" role="region" aria-label="{html_text(tr("Published systems"))}"'
    st.html(f'<div class="rlm-systems-frame" {named}>{table}</div>')
    for s in shown:
        if s.note:
            st.caption(f"**{s.title}**: {tr(s.note)}")


def _first(mark: MarkName) -> str:
    """The class of the first column of a group of marks."""
    return "first" if next(m for m in MARKS if m.group == mark.group) is mark else ""


def _row(system: System) -> str:
    own = f"<small>{html_text(tr('our decomposition'))}</small>" if system.origin == "ours" else ""
    noted = f"<small>{html_text(tr('one mark was inferred'))}</small>" if system.inferred else ""
    cells = "".join(f'<td class="{_first(m)}">{mark_html(system.marks[m.name])}</td>' for m in MARKS)
    scheme = f"{html_text(tr(system.scheme.kind))} <em>{html_text(structure(system))}</em>"
    words = "".join(f'<td class="words">{cell}</td>' for cell in (scheme, html_text(granularity(system)), html_text(strategies(system))))
    return f'<tr><th scope="row" title="{html_text(tr(system.summary))}">{html_text(system.title)}{own}{noted}</th>{words}{cells}</tr>'


def _graph(shown: Sequence[System]) -> None:
    link_at, near_at = st.columns([3, 2], vertical_alignment="bottom")
    titles = {"similar": tr("Systems that are alike"), "operators": tr("Systems and their operators")}
    link = address.one_of(link_at, "link", tr("Lines"), titles, LINK)
    near = 0.2
    if link == "similar":
        steps = [str(n) for n in range(5, MAX_DISTANCE + 1, 5)]
        address.take("near", NEAR, steps, "20")
        told = remembered(
            near_at.select_slider,
            tr("A line up to this distance, in hundredths"),
            steps,
            key=NEAR,
            default="20",
            offered=steps,
        )
        address.write("near", told)
        near = int(told) / 100
    else:
        near_at.caption(tr("A line is a full mark, a dotted one a partial mark. Marks that are unknown have no line."))
    figure, alone = graph_figure(shown, link, near, theme())
    chart(figure, key="blueprint.graph")
    if alone:
        st.caption(tr("Without a line: {systems}.", systems=", ".join(alone)))


def _side() -> None:
    found = every_system()
    address.take_several("pick", PICK, found, FIRST_PICK)
    st.session_state[PICK] = st.session_state[PICK][:MAX_SIDE]
    picked = remembered(
        st.multiselect,
        tr("Up to three systems"),
        list(found),
        key=PICK,
        default=list(FIRST_PICK),
        format_func=lambda n: found[n].title,
        max_selections=MAX_SIDE,
        placeholder=tr("Up to three systems"),
        label_visibility="collapsed",
    )
    address.write("pick", ",".join(picked))
    if not picked:
        st.info(tr("Choose one to three systems."), icon=":material/view_column:")
        return
    chosen = [found[name] for name in picked]
    st.caption(f"{legend()} · " + tr("Rows that differ are shaded; what is unknown differs from nothing."))
    rows: list[tuple[str, list[str], bool]] = [
        (tr("What it is"), [html_text(tr(s.summary)) for s in chosen], False),
        (tr("Marks by"), [html_text(origin(s)) for s in chosen], False),
        (tr("Scheme"), [html_text(tr(s.scheme.kind)) for s in chosen], len({s.scheme.kind for s in chosen}) > 1),
        (tr("Structure"), [html_text(structure(s)) for s in chosen], len(set(map(structure, chosen))) > 1),
        (tr("Step"), [html_text(granularity(s)) for s in chosen], len(set(map(granularity, chosen))) > 1),
        (tr("Strategy"), [html_text(strategies(s)) for s in chosen], len(set(map(strategies, chosen))) > 1),
        *((mark_title(m.name), [_worded(s, m.name) for s in chosen], _differs(chosen, m.name)) for m in MARKS),
        (tr("Figures"), [_figures(s) for s in chosen], False),
        (tr("Source"), [source_html(s.source) for s in chosen], False),
        (tr("Note"), [html_text(tr(s.note)) if s.note else "–" for s in chosen], False),
    ]
    heads = "".join(f'<th scope="col">{html_text(s.title)}</th>' for s in chosen)
    body = "".join(
        f'<tr class="{"differs" if differs else ""}"><th scope="row">{html_text(name)}</th>'
        + "".join(f"<td>{cell}</td>" for cell in cells)
        + "</tr>"
        for name, cells, differs in rows
    )
    st.html(f'<table class="rlm-systems rlm-side"><thead><tr><th scope="col"></th>{heads}</tr></thead><tbody>{body}</tbody></table>')


def _differs(chosen: Sequence[System], name: str) -> bool:
    """Do the known marks of that name differ?"""
    return len({s.marks[name] for s in chosen} - {Mark.UNKNOWN}) > 1


def _worded(system: System, name: str) -> str:
    mark = system.marks[name]
    return f"{mark_html(mark)} <span aria-hidden='true'>{html_text(tr(mark.value))}</span>"


def _figures(system: System) -> str:
    """The published figures of a system, each with source and date."""
    lines = [
        f"{html_text(f.benchmark)}: <b>{f.percent:g} %</b> <small>{html_text(f.model)} · {source_html(f.source)}"
        f"{f' · {html_text(tr(f.note))}' if f.note else ''}</small>"
        for f in of_system(system.name)
    ]
    return "".join(f"<div>{line}</div>" for line in lines) or html_text(tr("none in this collection"))
