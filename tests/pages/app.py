"""The app in AppTest, and how a test reads a page."""

from __future__ import annotations

import re

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from rlm_core.core.paths import ROOT
from tests.patience import PATIENCE


def opened(page: str = "explore", **query: str) -> AppTest:
    """A new session that opens a page by its path, with query parameters."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    at.query_params.update(query)
    return go_to(at, page)


def go_to(at: AppTest, page: str) -> AppTest:
    """Go to another page, as a click in the navigation does. AppTest's own `switch_page` knows pages that are files only."""
    at._page_hash = calc_hash(page)
    at.run()
    at._page_hash = ""
    assert not at.exception, at.exception
    return at


def click(at: AppTest, key: str) -> AppTest:
    """Press the button of that key."""
    at.button(key=key).click().run()
    assert not at.exception, at.exception
    return at


def press(at: AppTest, label: str) -> AppTest:
    """Press the button of that label."""
    next(b for b in at.button if b.label == label).click().run()
    assert not at.exception, at.exception
    return at


def open_tab(at: AppTest, key: str, title: str) -> AppTest:
    """Open a tab. key: of the session's state that holds the open tab."""
    at.session_state[key] = title
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    """All pieces of HTML of the page."""
    return "\n".join(h.proto.body for h in at.get("html"))


def text(at: AppTest) -> str:
    """All texts of the page: Markdown, captions, HTML and messages."""
    elements = (at.markdown, at.caption, at.info, at.success, at.warning, at.error)
    return "\n".join([*(e.value for found in elements for e in found), html(at)])


def row(at: AppTest, first: str) -> list[str]:
    """The cells of the table row that begins with this text."""
    rows = (re.findall(r"<td[^>]*>(.*?)</td>", r) for r in re.findall(r"<tr[^>]*>(.*?)</tr>", html(at)))
    return next(cells for cells in rows if cells and cells[0] == first)
