"""A comparison as one HTML file that loads nothing from elsewhere, in the page's language."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go

from pages.compare.addressed import Addressed
from pages.compare.pane import Pane
from pages.shared.html import table_html
from pages.shared.language import language, told, tr, translated
from pages.shared.plot import PRIVATE
from pages.shared.run_figure import run_figure
from rlm_core import catalogue
from rlm_core.core.tree import ROOT
from rlm_core.figures.palette import Theme
from rlm_core.runs.settings import settings

WIDTH, HEIGHT = 760, 430


def comparison_html(found: Addressed, there: Sequence[Pane], figures: pd.DataFrame, look: Theme) -> str:
    """The trees at their ends, the figures, and every setting of each run."""
    drawn = "".join(_pane(p, look, first=i == 0) for i, p in enumerate(there))
    return _PAGE.format(
        title=html.escape(found.name),
        question=html.escape(found.rows[0].problem.question),
        language=language(),
        made=html.escape(tr("Made on {date} with RLM Explorer.", date=f"{datetime.now():%Y-%m-%d}")),
        settings_title=html.escape(tr("Settings")),
        paper=look.surface,
        ink=look.ink,
        panes=drawn,
        figures=table_html(
            [tr(str(c)) for c in figures.columns], [[_written(v) for v in row] for row in figures.itertuples(index=False)], terms=False
        ),
        settings=_settings(there),
    )


def _pane(pane: Pane, look: Theme, first: bool) -> str:
    title = f"<h2>{html.escape(pane.title)}</h2>"
    if ROOT not in pane.full_tree.nodes:
        return f"<section>{title}<p>{html.escape(translated(pane.row.message) or tr('No tree.'))}</p></section>"
    picture = catalogue.structure(pane.row.config.search).pictures[0]
    style = {"theme": look, "selected": None, "large": False, "width": WIDTH, "height": HEIGHT}
    figure = run_figure(picture, pane.full_tree, pane.full_tree, (), style)
    shown = go.Figure(figure).update_layout(width=None, autosize=True)
    drawing = shown.to_html(full_html=False, include_plotlyjs=first, config=PRIVATE, default_height=f"{figure.layout.height or HEIGHT}px")
    return f"<section>{title}{drawing}</section>"


def _written(value: object) -> str:
    """A figure of the table as text; a dash for one that there is not."""
    if value is None or value != value:  # pandas writes NaN for a number that there is not
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def _settings(there: Sequence[Pane]) -> str:
    rows = []
    for pane in there:
        cells = "".join(
            f"<tr><td>{html.escape(tr(s.group))}: {html.escape(tr(s.name))}</td><td>{html.escape(s.value)}</td></tr>"
            for s in told(settings, pane.row.config)
        )
        rows.append(f"<details><summary>{html.escape(pane.title)}</summary><table>{cells}</table></details>")
    return "".join(rows)


_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ margin: 1.2rem 2rem; font: 16px/1.45 system-ui, sans-serif; background: {paper}; color: {ink}; }}
h1 {{ font-size: 1.4rem; margin: 0; }} h2 {{ font-size: 1.05rem; margin: .6rem 0 0; }} p {{ margin: .2rem 0; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(560px, 1fr)); gap: 1rem 2rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; }} td, th {{ padding: .25rem .8rem; text-align: left; border-bottom: 1px solid #8884; }}
</style></head>
<body><h1>{title}</h1><p>{question}</p><p><small>{made}</small></p>
<main>{panes}</main>{figures}<h2>{settings_title}</h2>{settings}</body></html>
"""
