"""Links between pages, and the run that the Explore page shows: the part of the session that several pages set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import streamlit as st

from pages.shared.language import deferred, tr
from pages.shared.state import begin_drawing
from rlm_core.core.config import RunConfig
from rlm_core.evaluation.sweep import Strategy

SHOWN_RUN_KEY = "shown"
"""In the session's state: the id of the run that is shown."""
MOMENT = "moment"
OPENED_RUN_KEY = "opened"
_EXPLORE = "explore.page"
_COMPARISON = deferred("Back to the comparison")
_PAGES = "pages"
"""In the session's state: every page of the navigation by its path."""
SETS_PATH = "problems"
LABELS_PATH, SOLUTION_QUERY = "labels", "solution"
"""The page of labels, and the id of the solution that its address names."""
_HERE = "page.here"
"""In the session's state: the path of the page that is drawn; empty on the Explore page."""
ORIGIN = "from"
"""Parameter of Explore's address: what the run was opened out of, such as "sweep:1a2b3c4d"."""
_ORIGINS = {"sweep": ("scaling", deferred("Back to the sweep")), "id": ("compare", _COMPARISON), "runs": ("compare", _COMPARISON)}
"""By the parameter that names a sweep or comparison in an address: the path of its page, and the words that lead there."""
_OPENED_OUT_OF = "origins"
"""In the session's state: by run, what it was opened out of."""
SCALING_PATH, PROBLEMS_QUERY, STRATEGIES_QUERY = "scaling", "problems", "strategies"
"""The page of sweeps, and what its address says to begin a new one: the problems, as a set is written, and the strategies as JSON."""
_CONFIG = "explore.config"
"""In the session's state: the configuration that Explore's controls held last."""

TRAINING_PATH, NEW_TRAINING = "training", {"new": "1"}
"""The page of trainings, and what its address says to begin a new one."""
LESSONS_PATH, FIRST_LESSON = "lessons", {"lesson": "reasoning-models"}
"""The page of lessons, and what its address says to open the first."""
BLUEPRINT_PATH = "blueprint"


def register(pages: Sequence[st.Page]) -> list[st.Page]:
    """The pages of the navigation, the Explore page first; links lead to them from now on."""
    st.session_state[_EXPLORE] = pages[0]
    st.session_state[_PAGES] = {p.url_path: p for p in pages}
    return list(pages)


def pages() -> Mapping[str, st.Page]:
    """Every page of the navigation by its path, in its order."""
    return st.session_state[_PAGES]


def paths() -> list[str]:
    """The address of each page on this server, such as "/compare"."""
    return [f"/{path}" for path in st.session_state[_PAGES]]


def enter(page: st.Page) -> st.Page:
    """The page that is drawn now; returns it."""
    begin_drawing(another=st.session_state.get(_HERE) != page.url_path)
    st.session_state[_HERE] = page.url_path
    return page


def go_to(path: str, query: dict[str, str] | None = None) -> None:
    """Leave this page for the one of that path, such as "compare"."""
    st.switch_page(st.session_state[_PAGES][path], query_params=query or {})


def open_run(run: str, moment: int | None = None, **address: str) -> None:
    """On the Explore page: show a run, at a moment or (None) at its end; the page must be run again. address: the other parameters."""
    st.query_params.from_dict({"run": run, **address})
    _show(run, moment)


def _show(run: str, moment: int | None) -> None:
    st.session_state[SHOWN_RUN_KEY] = run
    begin(moment)


def close_run() -> None:
    """Show no run on the Explore page; the page must be run again."""
    st.query_params.clear()
    st.session_state.pop(SHOWN_RUN_KEY, None)


def begin(moment: int | None) -> None:
    """A run was opened, at a moment or (None) at its end."""
    st.session_state[MOMENT] = moment
    st.session_state[OPENED_RUN_KEY] = st.session_state.get(OPENED_RUN_KEY, 0) + 1


def go_to_run(run: str, moment: int | None = None) -> None:
    """Leave this page and show a run, at a moment or (None) at its end."""
    _show(run, moment)
    st.switch_page(st.session_state[_EXPLORE], query_params={"run": run, **_origin()})


def run_link(run: str, label: str, moment: int | None = None, node: int | None = None) -> None:
    """A link to a run on the Explore page, at an event or (None) at its end, with a node selected or (None) none."""
    address = {name: str(value) for name, value in (("t", moment), ("node", node)) if value is not None}
    if st.session_state[_HERE]:
        page, query = st.session_state[_EXPLORE], {"run": run, **address, **_origin()}
        st.page_link(page, label=label, query_params=query, icon=":material/open_in_new:", width="content")
    elif st.button(label, icon=":material/open_in_new:", type="tertiary", key=".".join(("show", run, *address.values()))):
        open_run(run, moment, **address)  # a page link to the page one is on does not change its address
        st.rerun()


def _origin() -> dict[str, str]:
    """The parameter that says what a run is opened out of here; empty where the address names no sweep or comparison."""
    return next(({ORIGIN: f"{name}:{st.query_params[name]}"} for name in _ORIGINS if st.query_params.get(name)), {})


def way_back(run: str) -> None:
    """On the Explore page: a link to the sweep or comparison out of which the run was opened, if it was."""
    known = st.session_state.setdefault(_OPENED_OUT_OF, {})
    origin = st.query_params.get(ORIGIN) or known.get(run, "")
    name, _, value = origin.partition(":")
    path, label = _ORIGINS.get(name, ("", ""))
    page = st.session_state[_PAGES].get(path)
    if page is None or not value:
        return
    known[run] = st.query_params[ORIGIN] = origin
    st.page_link(page, label=tr(label), query_params={name: value}, icon=":material/arrow_back:", width="content")


def compare_link(runs: Sequence[str], label: str) -> None:
    """A link to these runs side by side, where there is a page that shows them so."""
    page = st.session_state[_PAGES].get("compare")
    if page is not None:
        st.page_link(page, label=label, query_params={"runs": ",".join(runs)}, icon=":material/compare:", width="content")


def explore_link(label: str) -> None:
    """A link to the Explore page as it was left."""
    st.page_link(st.session_state[_EXPLORE], label=label, icon=":material/account_tree:")


def go_to_controls() -> None:
    """Leave this page for the Explore page without a run, where the controls are as they were last set."""
    st.session_state.pop(SHOWN_RUN_KEY, None)
    st.switch_page(st.session_state[_EXPLORE])


def note_config(config: RunConfig) -> None:
    """Explore's controls hold this configuration now."""
    st.session_state[_CONFIG] = config


def noted_config() -> RunConfig | None:
    """The configuration that Explore's controls held last; None where they held none in this session."""
    return st.session_state.get(_CONFIG)


def measure_link(problems: str, label: str, strategies: Sequence[Strategy] = ()) -> None:
    """A link to a new sweep on these problems, as a set is written, with these strategies; without any with those of the page."""
    page, query = st.session_state[_PAGES][SCALING_PATH], {PROBLEMS_QUERY: problems}
    if strategies:
        query[STRATEGIES_QUERY] = msgspec.json.encode(strategies).decode()
    st.page_link(page, label=label, query_params=query, icon=":material/monitoring:", width="content")


def sets_link(label: str) -> None:
    """A link to the page of problem sets."""
    st.page_link(st.session_state[_PAGES][SETS_PATH], label=label, icon=":material/dataset:", width="content")
