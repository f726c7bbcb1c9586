"""The timeline follows a live run; a browser's late word on where the handle stood does not stop it, a person's drag does."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.widgets import timeline


def app() -> None:
    import streamlit as st

    from pages.widgets import timeline

    if "begun" not in st.session_state:
        timeline.begin(None)
        st.session_state["begun"] = True
    st.write(str(timeline.timeline(st.session_state.get("last", 2))))


def shown(at: AppTest) -> int:
    return int(at.markdown[0].value)


def grown() -> AppTest:
    """A run of 2 events, seen at its end, that has now 140 of them."""
    at = AppTest.from_function(app).run()
    assert shown(at) == 2
    at.session_state["last"] = 140
    at.run()
    assert shown(at) == 140
    return at


def test_a_moment_the_browser_was_just_told_is_not_a_persons_choice():
    at = grown()
    at.slider[0].set_value(2).run()  # what a browser sends that has not yet heard of event 140
    assert shown(at) == 140


def test_a_step_is_not_taken_back_by_a_late_word_either():
    at = grown()
    at.session_state["last"] = 140
    at.button(key="step_back").click().run()
    at.button(key="step_back").click().run()
    assert shown(at) == 138
    at.slider[0].set_value(139).run()
    assert shown(at) == 138


def test_a_person_goes_back_in_time():
    at = grown()
    at.slider[0].set_value(57).run()
    assert shown(at) == 57
    at.session_state["last"] = 150
    assert shown(at.run()) == 57  # and stays there while the run goes on


def test_later_the_same_moment_is_a_persons_choice(monkeypatch):
    at = grown()
    monkeypatch.setattr(timeline, "LATE_SECONDS", 0.0)
    at.slider[0].set_value(2).run()
    assert shown(at) == 2
