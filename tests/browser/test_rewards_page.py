"""Step scores in a real browser: a click on a heat map shows the step."""

from __future__ import annotations

from rlm_core.figures.charts.heatmap import STRIDE
from rlm_core.jobs.queue import Jobs
from tests.browser.acts import click_plot
from tests.patience import until

ROW, COLUMN = 1, 1
WHERE_CELL = """(id) => {
    const plot = document.querySelector('.rlm-plot');
    if (!plot?._fullData) return null;
    const l = plot._fullLayout, box = plot.getBoundingClientRect();
    const heat = plot._fullData.find((t) => t.type === 'heatmap');
    const row = heat.customdata.findIndex((cells) => cells.some(([cell]) => cell === id));
    const column = heat.customdata[row].findIndex(([cell]) => cell === id);
    return [box.left + l._size.l + l.xaxis.d2p(column), box.top + l._size.t + l.yaxis.d2p(row)];
}"""


def test_a_click_on_a_heat_map_shows_the_step_and_every_score(page, site):
    until(lambda: Jobs(site.store).list("score")[0].status == "finished")
    page.goto(f"{site.url}/rewards")
    page.locator(".rlm-plot[data-version]").first.wait_for()
    click_plot(page, WHERE_CELL, ROW * STRIDE + COLUMN, f"Solution {ROW + 1} ")
    assert page.locator("tr.win td").first.inner_text() == str(COLUMN + 1)
