"""What the chosen model offers, and trying the connection to a server, whose abilities show only then."""

from __future__ import annotations

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html
from pages.shared.language import listed, tr, translated, words_of
from rlm_core import catalogue
from rlm_core.models.address import is_address
from rlm_core.models.backends import AUTO, GENERATING, OPENVINO
from rlm_core.models.listed import describe
from rlm_core.models.policy import ABILITY_NAMES, Known
from rlm_core.models.remote.trial import Trial

LIVE_SECONDS = 0.4
"""Between two looks at a try that goes on."""
NAMED = 4
"""How many of the searches and rewards that are left out are named."""


@st.cache_resource(show_spinner=False)
def _trials() -> dict[str, Trial]:
    """The newest try of each address, for all sessions."""
    return {}


def connected() -> list[str]:
    """The addresses of servers to which a connection was tried with success, the last first."""
    return [address for address, trial in reversed(_trials().items()) if trial.found is not None]


def known(model: str, backend: str = AUTO) -> Known:
    """What is known of a model with a back end; of a server what it may do at best, until a connection to it was tried."""
    trial = _trials().get(model)
    if trial and trial.found:
        return trial.found.server.abilities.known
    offers = describe(model).offers
    return Known(offers & GENERATING if backend == OPENVINO else offers)


def abilities(model: str, backend: str = AUTO) -> None:
    """A line that says what the model offers and what it lacks, and a line of the searches and rewards that are therefore left out."""
    can = known(model, backend)
    tried = not is_address(model) or bool((trial := _trials().get(model)) and trial.found)
    has = [tr(name) for ability, name in ABILITY_NAMES.items() if ability in can.offers]
    lacks = [tr(name) for ability, name in ABILITY_NAMES.items() if ability not in can.offers]
    line = tr("Offers {abilities}", abilities=listed(has)) if tried else tr("May offer {abilities}", abilities=listed(has))
    line += tr("; lacks {abilities}.", abilities=listed(lacks)) if lacks else tr(".")
    st.caption(f"{line}{_left_out(model, can)}")


def _left_out(model: str, can: Known) -> str:
    """The sentence on what the model cannot serve; empty if it can serve all."""
    served, judged = catalogue.servable_searches(can), catalogue.servable_rewards(model, can)
    fitting = catalogue.servable_rewards(model, Known(frozenset(ABILITY_NAMES)))
    out = [tr(d.title) for name, d in catalogue.searches().items() if name not in served]
    out += [tr(d.title) for name, d in fitting.items() if name not in judged]
    why = tr(" (it writes whole solutions only)") if can.whole_only else ""
    return tr(" Left out{why}: {listed}.", why=why, listed=markdown_text(listed(out, most=NAMED))) if out else ""


def connection(address: str) -> None:
    """The button that tries a server's connection, and what came of the last try."""
    trial = _trials().get(address)
    if trial is not None and trial.going:
        st.fragment(_going, run_every=LIVE_SECONDS)(address)
        return
    if st.button(
        tr("Try the connection"), key=f"try.{address}", icon=":material/lan:", help=tr("Asks the server about twenty small things.")
    ):
        _trials()[address] = Trial(address)
        st.rerun()
    if trial is None:
        return
    if trial.found is None:
        st.error(words_of(trial.error), icon=":material/error:")
        return
    model = trial.found.server.address.model.rpartition("/")[2]  # some ids are paths
    st.caption(tr(":green[:material/check_circle:] Connected to **{model}**.", model=markdown_text(model)))
    rows = [(translated(ability), translated(seen)) for ability, seen in trial.found.rows]
    with st.expander(tr("What the server does")):
        st.html(table_html((tr("Ability"), tr("Seen")), rows, words=(1,)))


def _going(address: str) -> None:
    trial = _trials()[address]
    if not trial.going:
        st.rerun()
    st.caption(f":material/hourglass_empty: {words_of(trial.report) or tr('Connecting …')}")
    if st.button(tr("Cancel"), key=f"cancel.{address}", icon=":material/stop:"):
        trial.cancel()
