"""The Blueprint page: every view draws, the address leads and follows, and what is wrong in it is said."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.blueprint.evidence import evidence
from rlm_core.blueprint.guide import guides
from rlm_core.blueprint.systems import systems
from rlm_core.core.config import Budget
from tests.pages.app import click, html, opened, text

SELF_BACKTRACKING = {"search": "chain_of_thought", "thought": "self_backtracking"}


def shown(view: str, **query: str) -> AppTest:
    at = opened("blueprint", view=view, **query)
    assert not at.error, [e.value for e in at.error]
    return at


@pytest.mark.parametrize(
    ("view", "query", "said"),
    [
        ("map", {}, "The language model that writes the steps"),
        ("map", {"box": "mcts"}, "Four phases in turn"),
        ("map", {"box": "dpo"}, "DPO is not built here."),
        ("compose", {}, "These parts go together"),
        ("systems", {}, "our decomposition"),
        ("systems", {"as": "graph"}, "Without a line: "),
        ("systems", {"as": "graph", "link": "operators"}, "Without a line: DeepSeek-R1."),
        ("systems", {"as": "side", "pick": "qwq"}, "65.2 %"),
        ("cost", {}, "Nothing is guessed."),
        ("choose", {}, "3 to go"),
        ("said", {}, "13 of 13"),
        ("said", {"said": "o1"}, "September 2024: 74.4, 94.8 and 77.3."),
    ],
)
def test_every_view_draws_what_its_address_names(store, view, query, said):
    at = shown(view, **query)
    assert said in text(at)
    assert not at.warning
    named = {name: at.query_params[name] for name in query}
    assert named == query


@pytest.mark.parametrize(
    ("view", "name"),
    [
        ("map", "box"),
        ("map", "parts"),
        ("compose", "search"),
        ("compose", "tokens"),
        ("systems", "has"),
        ("systems", "as"),
        ("systems", "pick"),
        ("cost", "benchmark"),
        ("choose", "guide"),
        ("choose", "judge"),
        ("said", "said"),
    ],
)
def test_what_is_not_there_is_said_and_something_else_shown(store, view, name):
    query = {name: "nonsense"} | ({"as": "side"} if name == "pick" else {})
    at = opened("blueprint", view=view, **query)
    assert not at.exception
    assert f"{name}=nonsense" in " ".join(w.value for w in at.warning)
    assert at.query_params.get(name) != "nonsense"


def test_an_unknown_view_is_the_map(store):
    at = opened("blueprint", view="nonsense")
    assert "view=nonsense" in at.warning[0].value and at.query_params["view"] == "map"


def test_a_click_on_a_box_is_in_the_address_and_the_other_view_has_it_too(store):
    at = click(shown("map"), "blueprint.box.orm")
    assert at.query_params["box"] == "orm" and "rlm_core/rewards/heads/head.py" in "".join(c.value for c in at.code)
    at.segmented_control(key="blueprint.parts").set_value("paper").run()
    assert at.query_params["box"] == "orm" and at.query_params["parts"] == "paper"
    at = click(at, "blueprint.unbuilt.ppo")
    at.segmented_control(key="blueprint.parts").set_value("five").run()
    assert at.query_params["box"] == "foundation-model"


def test_parameters_of_another_view_leave_the_address(store):
    at = shown("map", box="mcts")
    at.segmented_control(key="blueprint.view").set_value("said").run()
    assert "box" not in at.query_params and at.query_params["view"] == "said"


def test_a_box_without_an_example_starts_a_run_of_its_settings(store):
    click(shown("map", box="dvts"), "blueprint.run")
    row = store.list(1)[0]
    assert (row.config.search, row.config.reward) == ("dvts", "prm:nano")


def test_a_composition_is_in_the_address_and_runs(store):
    at = shown("compose", **SELF_BACKTRACKING, tokens="700", problem="chain")
    assert {name: at.query_params[name] for name in SELF_BACKTRACKING} == SELF_BACKTRACKING
    click(at, "blueprint.compose.run")
    row = store.list(1)[0]
    assert row.config.search == "self_backtracking" and row.config.problem.startswith("chain")
    assert row.config.budget == Budget(64, tokens=700)


def test_parts_that_do_not_go_together_are_refused_and_cannot_be_run(store):
    at = opened("blueprint", view="compose", search="mcts", thought="thinking")
    assert "or no thinking technique" in at.error[0].value
    assert at.button(key="blueprint.compose.run").disabled
    at.selectbox(key="blueprint.compose.thought").set_value("none").run()
    assert not at.error and not at.button(key="blueprint.compose.run").disabled


def test_the_nearest_systems_stand_side_by_side(store):
    at = click(shown("compose"), "blueprint.compose.side")
    assert at.query_params["as"] == "side" and at.query_params["pick"].startswith("rstar-math,")
    assert '<th scope="col">rStar-Math</th>' in html(at)


def test_the_table_says_every_mark_in_words_and_what_is_unknown(store):
    page = html(shown("systems"))
    assert page.count('<tr><th scope="row"') == len(systems())
    row = next(part for part in page.split("<tr>") if ">DeepSeek-R1" in part)
    assert row.count('<span class="rlm-hidden">unknown</span>') == 15 and ">none<" not in row
    assert page.count("one mark was inferred") == 1


def test_systems_are_filtered(store):
    page = html(shown("systems", has="mcts,implicit"))
    assert '<th scope="row"' not in page
    page = html(shown("systems", has="implicit,backtrack"))
    assert {name for name in ("QwQ", "s1-32B", "rStar-Math") if f">{name}" in page} == {"QwQ", "s1-32B"}


def test_rows_that_differ_are_shaded_and_the_unknown_differs_from_nothing(store):
    page = html(shown("systems", **{"as": "side", "pick": "qwq,deepseek-r1"}))
    assert page.count('class="differs"') == 1  # a linearised tree and a chain
    page = html(shown("systems", **{"as": "side", "pick": "qwq,self-consistency"}))
    assert '<tr class="differs"><th scope="row">Select</th>' in page


def test_an_answer_to_every_question_brings_a_recommendation_with_sources(store):
    at = shown("choose", judge="no", tokens="few", forks="yes")
    assert "Best-of-N, or the majority vote" in text(at) and "arxiv.org" in text(at)
    at.radio(key="blueprint.guide.best-of-n-or-mcts.judge").set_value("yes").run()
    assert at.query_params["judge"] == "yes" and "#### Best-of-N" in text(at)


def test_evidence_is_what_was_measured_here_or_that_there_is_none(store):
    page = html(shown("choose"))
    assert "0.62 [0.55, 0.68]" in page and "n = 200" in page  # the majority vote of the bundled sweep, at 128 tokens
    page = html(shown("choose", guide="prm-or-orm"))
    assert "At 16 solutions, where the majority vote has 0.77" in page
    assert "0.79 [0.73, 0.84]" in page and "0.78 [0.71, 0.83]" in page  # the cards of prm:nano-head and orm:nano


def test_a_training_whose_reward_can_be_tricked_is_no_evidence(store):
    found = evidence(guides()["cold-start"])
    assert [e.title for e in found] == ["five-minutes-0"]
    assert all(r.low <= r.value <= r.high and r.problems == 300 for r in found[0].rows)


def test_corrections_are_searched_and_shown_alone(store):
    at = shown("said", q="gpqa qwq")
    assert "65.2 stands in an earlier table" in text(at) and "AlphaCode" not in text(at)
    at = click(at, "blueprint.said.qwq")
    assert at.query_params["said"] == "qwq" and "q" not in at.query_params
    at = click(at, "blueprint.said.all")
    assert "said" not in at.query_params
