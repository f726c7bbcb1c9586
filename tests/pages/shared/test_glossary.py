"""The glossary: every term that the code marks has a definition, which opens on the page, and the dialog is searched."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pages.shared.glossary import FILE, definitions_html, entries, explained, known, matching, term
from pages.shared.html import figures_html, table_html
from rlm_core.core.paths import ROOT
from tests.pages.app import click, html, opened, text

TERM_CALLS = {"term": 0, "terms_html": 1}
"""Functions that mark terms, and the place of the argument that holds them."""


def marked(file: Path) -> set[str]:
    """The terms that a file names as texts in calls of these functions."""
    found = set[str]()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TERM_CALLS:
            argument = node.args[TERM_CALLS[node.func.id]]
            parts = argument.elts if isinstance(argument, ast.Tuple) else [argument]
            named = [p.args[0] if isinstance(p, ast.Call) and p.args else p for p in parts]  # term(tr("step")), of the page's language
            found |= {p.value for p in named if isinstance(p, ast.Constant)}
    return found


def test_every_term_in_the_code_is_in_the_glossary():
    used = set().union(*map(marked, (ROOT / "pages").rglob("*.py")))
    assert len(used) >= 8
    assert sorted(name for name in used if known(name) is None) == []


FIELD = """Value Q, Visits N, Prior P, simulation, rollout, reward, PRM, ORM, pilot, temperature, UCT, PUCT, majority vote, weighted vote,
advantage, KL divergence, clip fraction, step AUC, calibration, oracle, N, Q, P"""


@pytest.mark.parametrize("name", [name.strip() for name in FIELD.split(",")])
def test_terms_of_the_field_are_known(name):
    assert known(name) is not None


def test_every_definition_is_named_once():
    ids = [e.id for e in entries()]
    assert len(ids) == len(set(ids))


def test_a_term_points_to_its_definition():
    assert f'popovertarget="{known("Value Q").id}"' in term("Value Q")
    assert f'id="{known("Value Q").id}"' in definitions_html()


def test_a_name_that_is_no_term_stays_plain_and_escaped():
    assert term("<b>mine</b>") == "&lt;b&gt;mine&lt;/b&gt;"
    assert explained("mine", "") == "mine"


def test_a_name_with_a_meaning_of_its_own_opens_it():
    assert 'popovertarget="about-human-labels"' in explained("Human labels", "Labels by people.")
    assert "Labels by people." in explained("Human labels", "Labels by people.")


def test_figures_and_heads_of_tables_are_terms():
    assert known("Visits N").id in figures_html([("Visits N", "3", "")])
    assert known("Q").id in table_html(("Q",), [])
    assert "popovertarget" not in table_html(("Q",), [], terms=False)


@pytest.mark.parametrize("page", ["explore", "runs", "rewards", "labels", "training", "scaling", "compare", "problems", "blueprint"])
def test_every_page_holds_the_definitions(store, page):
    assert html(opened(page)).count(f'id="{known("Q").id}"') == 1


def test_the_glossary_is_shown_when_asked_for_and_only_then(store):
    at = opened("runs")
    assert "**Best-of-N**: " not in text(at)
    assert "**Best-of-N**: " in text(click(at, "glossary"))
    assert "**Best-of-N**: " not in text(at.run())


def test_the_glossary_is_searched_in_names_and_definitions():
    assert [e.term for e in matching("CHANCE success")] == ["Value (Q)"]
    assert "PUCT" in [e.term for e in matching("puct")]
    assert matching("xyzzy") == []
    assert len(matching("")) == len(entries())


def test_every_term_of_the_glossary_has_one_sentence():
    terms = [line for line in FILE.read_text().splitlines() if line.startswith("- ")]
    assert len(terms) == len(entries()) >= 100
    for line in terms:
        assert line.startswith("- **")
        assert line.endswith(".")
        assert line.count(". ") == 0
