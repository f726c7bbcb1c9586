"""Every search brings its structure; nothing is drawn by a guess."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rlm_core.core.errors import ConfigError
from rlm_core.core.structure import Compared, Picture, Structure
from rlm_core.search import searches, structures

BEST_OF_N = searches()["best_of_n"]


def test_a_search_without_a_structure_is_refused():
    with pytest.raises(ConfigError, match="best_of_n has no structure"):
        replace(BEST_OF_N, description=replace(BEST_OF_N.description, structure=None))


def test_a_structure_without_a_picture_is_refused():
    with pytest.raises(ConfigError, match="allowed are Tree, Candidates, Chain"):
        Structure(structures.CHAINS, structures.CHAIN.icon, ())


@pytest.mark.parametrize("name", sorted(searches()))
def test_the_variants_of_a_search_are_allowed_by_its_own_description(name):
    found = searches()[name]
    assert found.variants
    for settings in found.variants:
        found.description.configure(settings)


def test_strategies_whose_candidates_are_compared_show_them_first():
    first = {s.structure.pictures[0] for s in searches().values() if s.structure.compared == Compared.CANDIDATES}
    assert first == {Picture.CANDIDATES}
