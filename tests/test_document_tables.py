"""What documents say of the choices is what the code says."""

from __future__ import annotations

import pytest

from rlm_core import catalogue
from rlm_core.core.paths import ROOT
from rlm_core.models.listed import MODELS
from tests.document_tables import BLOCK, BLOCKS, DOCUMENTS, renewed

MARKED = [path for path in DOCUMENTS if BLOCK.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", MARKED, ids=lambda p: p.name)
def test_generated_tables_are_up_to_date(path):
    text = path.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `make docs`"


def test_every_block_stands_in_a_document():
    assert {found[2] for path in MARKED for found in BLOCK.finditer(path.read_text(encoding="utf-8"))} == set(BLOCKS)


def test_the_reference_has_a_heading_for_every_choice():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    kinds = (catalogue.searches(), catalogue.reward_models(), catalogue.tasks(), MODELS)
    choices = [d for kind in kinds for d in kind.values()]
    for choice in choices:
        assert f"### {choice.title}: `{choice.name}`" in text


def test_an_edit_by_hand_is_undone():
    edited = "a\n<!-- generated: strategies -->\nMine\n<!-- end -->\nb"
    assert renewed(edited) == edited.replace("Mine\n", BLOCKS["strategies"]())


def test_an_unknown_block_is_an_error():
    with pytest.raises(KeyError, match="tables"):
        renewed("<!-- generated: tables -->\n<!-- end -->")
