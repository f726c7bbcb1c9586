"""The languages of the interface: no text is missing in a file, none is left over, and fields in braces are the same."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from pages import navigation
from pages.shared import language
from rlm_core.core.paths import ROOT
from tests.pages.app import go_to, opened, text

OTHERS = [code for code in language.LANGUAGES if code != language.ENGLISH]


@cache
def wanted() -> frozenset[str]:
    """Every English text that the pages look up: the literals given to `tr`, and the texts of the tables that are looked up whole."""
    found = {page.title for page in navigation.OWN_PAGES}
    for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                assert node.args, f"{file}:{node.lineno}"
                if isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
                assert not isinstance(node.args[0], ast.JoinedStr), f"{file}:{node.lineno}: values are given by name, tr('… {{n}}', n=n)"
    return frozenset(found)


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing_and_none_is_left_over(code):
    there = language.texts(code).keys()
    assert sorted(wanted() - there) == []
    assert sorted(there - wanted()) == []


@pytest.mark.parametrize("code", OTHERS)
def test_fields_are_those_of_the_english_text(code):
    for english, other in language.texts(code).items():
        assert sorted(re.findall(r"{.*?}", other)) == sorted(re.findall(r"{.*?}", english)), english
        assert other.strip()


def test_the_language_of_the_address_stays_and_one_that_is_not_there_is_english():
    at = opened("runs", lang="ja")
    translated = language.texts("ja")["Saved runs"]
    assert f"### {translated}" in text(at)
    del at.query_params["lang"]
    assert f"### {translated}" in text(go_to(at, "runs"))
    assert "### Saved runs" in text(opened("runs", lang="xx"))
