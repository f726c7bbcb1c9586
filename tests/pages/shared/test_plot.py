"""No chart leads to, or sends anything to, somebody else's server: every one is drawn with plotly's own settings turned off."""

from __future__ import annotations

import ast

import plotly.graph_objects as go
from streamlit.testing.v1 import AppTest

from pages.shared.plot import PRIVATE
from rlm_core.core.paths import ROOT

PAGES = ROOT / "pages"
DRAWS = ("plotly_chart", "to_html", "write_html")


def calls() -> list[tuple[str, ast.Call]]:
    """Every place in the pages that has plotly draw something."""
    found = []
    for file in sorted(PAGES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in DRAWS:
                found.append((f"{file.relative_to(PAGES)}:{node.lineno}", node))
    return found


def test_every_chart_and_every_exported_picture_is_drawn_with_the_private_settings():
    assert len(calls()) >= 2
    for where, call in calls():
        config = next((k.value for k in call.keywords if k.arg == "config"), None)
        names = {n.id for n in ast.walk(config) if isinstance(n, ast.Name)} if config else set()
        assert "PRIVATE" in names, f"{where} draws without PRIVATE"
    assert "...data.private" in (PAGES / "shared/plot/plot.js").read_text()


def test_the_private_settings_have_no_button_that_uploads():
    page = go.Figure().to_html(include_plotlyjs=False, config=PRIVATE)
    assert '"showSendToCloud": false' in page.replace('":false', '": false') and "cloud.plotly.com" not in page


def app() -> None:
    import plotly.graph_objects as go

    from pages.shared.plot import chart

    chart(go.Figure(), key="c")


def test_a_still_chart_carries_them():
    import json

    config = json.loads(AppTest.from_function(app).run().get("plotly_chart")[0].proto.config)
    assert config["showSendToCloud"] is False and config["displaylogo"] is False
