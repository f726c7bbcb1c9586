"""What a training costs: pass@1 against pass@k by stage, entropy over the steps, and in sentences what is seen in this training."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import theme
from pages.shared.language import told, tr
from pages.shared.plot import plot
from pages.training.curves import STEP, bands, entropy_panels
from pages.training.findings import entropies, hacking, passes, signals, spent
from pages.training.pass_curves import pass_curves
from pages.training.sources import Source, rows
from rlm_core.figures.charts.small_multiples import panels_figure
from rlm_core.figures.charts.training_stages import exchange_figure


def cost(source: Source) -> None:
    found = rows(source.folder)
    if len(found.stages) < 2:
        st.info(tr("This is seen once the first stage is measured."), icon=":material/hourglass_top:")
        return
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.markdown(tr("##### pass@1 and pass@{k}", k=found.stages[-1].measures.k))
        figure = told(exchange_figure, found.stages, theme=theme())
        plot(figure, key="training.exchange", height=int(figure.layout.height), scope=source.id, file="pass-at-1-pass-at-k", save=True)
    with right:
        _points([*passes(found.stages), spent(found)])
        for sentence in hacking(found):
            st.warning(markdown_text(sentence), icon=":material/report:")
    pass_curves(source, found)
    panels = entropy_panels(found)
    if panels:
        st.markdown(tr("##### Entropy, and groups from which something is learned"))
        figure = told(panels_figure, panels, bands(found), theme=theme(), x_title=tr(STEP))
        plot(figure, key="training.entropy", height=int(figure.layout.height), scope=source.id, file="entropy", save=True)
        _points([*entropies(found), *signals(found)])


def _points(sentences: list[str]) -> None:
    st.markdown("\n".join(f"- {markdown_text(s)}" for s in sentences))
