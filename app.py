"""RLM Explorer: page configuration, navigation, and the sentence where the store is lost; nothing else. Start it with `make run`."""

import streamlit as st

from pages import navigation
from pages.shared import language, links, state
from pages.shared.page_tools import page_tools
from rlm_core.core.errors import StoreError

st.set_page_config(page_title="RLM Explorer", page_icon="🌳", layout="wide", initial_sidebar_state=340)

language.enter()
chosen = links.enter(st.navigation(links.register(navigation.pages()), position="top"))
navigation.say_what_was_refused()
try:
    chosen.run()
except StoreError as error:
    st.error(str(error))
page_tools(links.paths())
state.end_drawing()
