"""Links between pages, and the run that the Explore page shows: the part of the session that several pages set."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

SHOWN_RUN_KEY = "shown"
"""In the session's state: the id of the run that is shown."""
MOMENT = "moment"
OPENED_RUN_KEY = "opened"
_EXPLORE = "explore.page"
_PAGES = "pages"
"""In the session's state: every page of the navigation by its path."""
SETS_PATH = "problems"


def register(pages: Sequence[st.Page]) -> list[st.Page]:
    """The pages of the navigation, the Explore page first; links lead to them from now on."""
    st.session_state[_EXPLORE] = pages[0]
    st.session_state[_PAGES] = {p.url_path: p for p in pages}
    return list(pages)


def go_to(path: str, query: dict[str, str] | None = None) -> None:
    """Leave this page for the one of that path, such as "compare"."""
    st.switch_page(st.session_state[_PAGES][path], query_params=query or {})


def open_run(run: str, moment: int | None = None) -> None:
    """Show a run on the Explore page, at a moment or (None) at its end; the page must be run again."""
    st.query_params.clear()
    st.query_params["run"] = run
    st.session_state[SHOWN_RUN_KEY] = run
    begin(moment)


def begin(moment: int | None) -> None:
    """A run was opened, at a moment or (None) at its end."""
    st.session_state[MOMENT] = moment
    st.session_state[OPENED_RUN_KEY] = st.session_state.get(OPENED_RUN_KEY, 0) + 1


def go_to_run(run: str) -> None:
    """Leave this page and show a run at its end."""
    open_run(run)
    st.switch_page(st.session_state[_EXPLORE], query_params={"run": run})


def run_link(run: str, label: str, moment: int | None = None) -> None:
    """A link to a run on the Explore page, at an event or (None) at its end."""
    page, at = st.session_state[_EXPLORE], {} if moment is None else {"t": str(moment)}
    st.page_link(page, label=label, query_params={"run": run, **at}, icon=":material/open_in_new:", width="content")


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


def sets_link(label: str) -> None:
    """A link to the page of problem sets."""
    st.page_link(st.session_state[_PAGES][SETS_PATH], label=label, icon=":material/dataset:", width="content")
