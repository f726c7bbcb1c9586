"""The app in Japanese: no English sentence is left on any page, and no label of a figure or table that has a translation."""

from __future__ import annotations

import re

import pytest

from pages.blueprint.page import VIEWS
from pages.explore.run_view import TABS_KEY
from pages.labels.page import TABS as LABEL_TABS
from pages.rewards.page import TABS as REWARD_TABS
from pages.scaling.page import CONTENTS as RESULTS
from pages.scaling.page import NEW, RESULT_TAB, TAB
from pages.shared import language
from pages.training.page import ADAPTERS
from pages.training.page import CONTENTS as TRAINING_TABS
from pages.training.page import NEW as NEW_TRAINING
from pages.training.page import TAB as TRAINING_TAB
from rlm_core.blueprint.benchmarks import figures
from rlm_core.jobs.measure import MeasureJob
from rlm_core.jobs.score import ScoreJob
from rlm_core.lessons import library
from rlm_core.runs.examples import examples
from tests.pages.app import open_tab, opened
from tests.pages.shared.drawn_texts import labels, texts
from tests.runs.at_once import done

pytestmark = pytest.mark.slow

ENGLISH = re.compile(r"[A-Za-z][A-Za-z’'-]*(?:[ ,;:]+[A-Za-z][a-z’'-]+){2,}")
"""Three words in a row."""
NAMES = re.compile(
    r"Start with \d.*|(?:Add|Subtract|Multiply|Divide) .*the result\?|Use the numbers .*|"  # problems
    r"[\w-]+(?: (?:and|&) [\w-]+| et al\.),? (?:19|20)\d\d|.*\(\d{4}(?:-\d\d){0,2}\)|.*arXiv \d{4}\.\d{5}.*|"  # papers
    r"(?:Tree|Graph|Forest|Chain) of Thoughts?|s1-32B, with(?:out)? budget forcing|"
    r"[\w-]+(?:, [\w-]+)+:|\w+:\w[\w=,.-]*|" + "|".join({re.escape(figure.source.text) for figure in figures()})  # keys of JSON, and specs
)
"""Problems, papers, and what is called the same in every language."""
RUNS = [example.run for example in examples().values()]
"""Ids of the example runs."""
EXPLORE_TABS = ("Answers and votes", "Events", "Data", "Export", "Debug")
COMPARE_TABS = ("Figures", "Differences", "Settings", "On a problem set", "Export")
VISITS = [
    *((page, {}, "", ()) for page in ("explore", "compare", "runs", "problems", "lessons", "code_review")),
    *(("explore", {"run": run}, TABS_KEY, EXPLORE_TABS) for run in RUNS),
    ("compare", {"runs": ",".join(RUNS[:3])}, "compare.tab", COMPARE_TABS),
    *(("scaling", {}, RESULT_TAB, (title,)) for title in (*RESULTS, "Export")),
    ("scaling", {}, TAB, (NEW,)),
    ("training", {"training": "five-minutes-0"}, TRAINING_TAB, (*TRAINING_TABS, NEW_TRAINING, ADAPTERS)),
    ("training", {"training": "leaky-reward-0"}, TRAINING_TAB, (*TRAINING_TABS,)),
    ("rewards", {}, "rewards.tab", (*REWARD_TABS,)),
    ("labels", {}, "labels.tab", (*LABEL_TABS,)),
    *(("blueprint", {"view": view}, "", ()) for view in VIEWS),
    ("blueprint", {"view": "systems", "link": "operators"}, "", ()),
    *(("lessons", {"lesson": lesson.name, "step": "2"}, "", ()) for lesson in library.lessons("ja")),
]
"""Page, address, and tabs that are opened one after another."""


@pytest.fixture
def japanese(store, monkeypatch):
    """Streamlit asks outside of a session how a choice is drawn."""
    monkeypatch.setattr(language, "language", lambda: "ja")
    return store


def left(at) -> set[str]:
    """What is still English."""
    there = language.texts("ja")
    known = {english for english, other in there.items() if other != english} - set(there.values())
    return {text for text in texts(at) if ENGLISH.search(NAMES.sub("¦", text))} | (labels(at) & known)


@pytest.mark.parametrize("page", dict.fromkeys(page for page, *_ in VISITS))
def test_a_page_says_nothing_in_english(japanese, page):
    found = set[str]()
    for _, address, key, titles in (visit for visit in VISITS if visit[0] == page):
        at = opened(page, lang="ja", **address)
        found |= left(at)
        for title in titles:
            found |= left(open_tab(at, key, title))
    assert sorted(found) == []


def test_results_of_rewards_say_nothing_in_english(japanese, pool):
    done(ScoreJob("chain:seed=3", ("logprob", "oracle"), samples=3), japanese, pool)
    done(MeasureJob("chain:n=3", ("logprob", "prm:nano"), "nano", 3), japanese, pool)
    at = opened("rewards", lang="ja")
    found = left(at) | left(open_tab(at, "rewards.tab", "Quality"))
    assert sorted(found) == []
