"""Every structure has a drawing of its own, small, valid and in the theme's colours."""

import re
import xml.etree.ElementTree as ET

import pytest

from rlm_core import catalogue
from rlm_core.figures import palette
from rlm_core.figures.icons import HEIGHT, SHAPES, WIDTH, miniature


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_drawing_is_valid_stays_within_its_frame_and_uses_the_themes_colours(shape: str, theme: palette.Theme) -> None:
    drawn = miniature(shape, theme)
    root = ET.fromstring(drawn)
    assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT)) and len(root) >= 4
    assert set(re.findall(r"#[0-9a-f]{6}", drawn)) <= {theme.ink, theme.muted, theme.surface}
    for dot in root.iter("{http://www.w3.org/2000/svg}circle"):
        x, y, r = (float(dot.get(k)) for k in ("cx", "cy", "r"))
        assert r <= x <= WIDTH - r and r <= y <= HEIGHT - r
    for number in re.findall(r'd="([^"]+)"', drawn):
        values = [float(v) for v in re.findall(r"[\d.]+", number)]
        assert max(values) <= WIDTH and max(values[1::2]) <= HEIGHT + 1


def test_structures_differ_and_an_unknown_word_is_a_plain_tree() -> None:
    assert len({miniature(s, palette.LIGHT) for s in SHAPES}) == len(SHAPES)
    assert miniature("<script>", palette.LIGHT) == miniature("tree", palette.LIGHT)
    assert miniature("tree", palette.LIGHT) != miniature("tree", palette.DARK)


def test_every_strategy_that_is_offered_has_a_drawing() -> None:
    shapes = {d.shape for d in catalogue.searches().values()}
    assert shapes and shapes <= set(SHAPES)
