"""The pages of the navigation: the app's own, and those that other packages offer by entry points of the group rlm_explorer.pages."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from pages.blueprint.page import blueprint
from pages.code_review.page import code_review
from pages.compare.page import compare
from pages.explore.page import explore
from pages.labels.page import labels
from pages.lessons.page import lessons
from pages.problems.page import problem_sets
from pages.rewards.page import rewards
from pages.runs.page import runs
from pages.scaling.page import scaling
from pages.shared.language import tr, words_of
from pages.shared.links import BLUEPRINT_PATH, LESSONS_PATH, SETS_PATH, TRAINING_PATH
from pages.training.page import training
from rlm_core import catalogue
from rlm_core.core.registry import Offer, Page, offer

OWN_PAGES = (
    Page("Explore", ":material/account_tree:", "explore", explore),
    Page("Lessons", ":material/school:", LESSONS_PATH, lessons),
    Page("Compare", ":material/compare:", "compare", compare),
    Page("Scaling", ":material/monitoring:", "scaling", scaling),
    Page("Saved runs", ":material/history:", "runs", runs),
    Page("Training", ":material/model_training:", TRAINING_PATH, training),
    Page("Blueprint", ":material/architecture:", BLUEPRINT_PATH, blueprint),
    Page("Rewards", ":material/balance:", "rewards", rewards),
    Page("Labels", ":material/rate_review:", "labels", labels),
    Page("Problem sets", ":material/dataset:", SETS_PATH, problem_sets),
    Page("Code review", ":material/fact_check:", "code_review", code_review),
)


@lru_cache(maxsize=1)
def _offer() -> Offer[Page]:
    return offer("pages", Page, OWN_PAGES, lambda page: page.path)


def pages() -> list[st.Page]:
    """Every page, the one that the app begins with first."""
    return [st.Page(p.draw, title=tr(p.title), icon=p.icon, url_path=p.path, default=p is OWN_PAGES[0]) for p in _offer().items.values()]


def say_what_was_refused() -> None:
    """A warning on top of every page for each search, reward, problem or page of another package that cannot be used."""
    for sentence in (*catalogue.refused(), *_offer().refused):
        st.warning(words_of(sentence), icon=":material/extension_off:")
