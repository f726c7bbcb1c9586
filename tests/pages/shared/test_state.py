"""Controls that keep their value: the browser is told it where the control was not there, and not while a person may be typing in it."""

from __future__ import annotations

from pages.scaling.builder import NAME
from pages.scaling.page import NEW, RESULTS, TAB
from tests.pages.app import open_tab, opened


def test_the_browser_is_told_a_value_where_the_control_was_not_there(store):
    at = opened("scaling")
    for _ in range(2):
        open_tab(at, TAB, NEW)
        assert at.text_input(key=NAME).proto.set_value
        at.text_input(key=NAME).set_value("Mine").run()
        assert not at.text_input(key=NAME).proto.set_value
        at.run()
        assert not at.text_input(key=NAME).proto.set_value
        open_tab(at, TAB, RESULTS)
    assert at.session_state[NAME] == "Mine"
