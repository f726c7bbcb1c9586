"""Every structure has an icon of its own, small, valid and in the theme's colours."""

import re
import xml.etree.ElementTree as ET

import pytest

from rlm_core.core.structure import Icon
from rlm_core.figures import palette
from rlm_core.figures.icons import HEIGHT, WIDTH, miniature
from rlm_core.search import searches

ICONS = {s.structure.icon for s in searches().values()}


@pytest.mark.parametrize("theme", [palette.LIGHT, palette.DARK])
@pytest.mark.parametrize("name", searches())
def test_the_icon_of_a_search_is_valid_stays_within_its_frame_and_uses_the_themes_colours(name: str, theme: palette.Theme) -> None:
    drawn = miniature(searches()[name].structure.icon, theme)
    root = ET.fromstring(drawn)
    assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT))
    assert len(root) >= 4
    assert set(re.findall(r"#[0-9a-f]{6}", drawn)) <= {theme.ink, theme.muted, theme.surface}
    for dot in root.iter("{http://www.w3.org/2000/svg}circle"):
        x, y, r = (float(dot.get(k, "")) for k in ("cx", "cy", "r"))
        assert r <= x <= WIDTH - r
        assert r <= y <= HEIGHT - r
    for number in re.findall(r'd="([^"]+)"', drawn):
        values = [float(v) for v in re.findall(r"[\d.]+", number)]
        assert max(values) <= WIDTH
        assert max(values[1::2]) <= HEIGHT + 1


def test_icons_differ_and_so_do_themes() -> None:
    assert len(ICONS) > 8
    assert len({miniature(icon, palette.LIGHT) for icon in ICONS}) == len(ICONS)
    icon = Icon().line((5, 14), (59, 14)).dot((5, 14))
    assert miniature(icon, palette.LIGHT) != miniature(icon, palette.DARK)


def test_lines_lie_below_dots_and_a_bent_one_is_an_arc() -> None:
    drawn = miniature(Icon().dot((5, 14)).square(59, 14).arc((5, 14), (59, 14), 6), palette.LIGHT)
    tags = [part.tag.rpartition("}")[2] for part in ET.fromstring(drawn)]
    assert tags == ["path", "circle", "rect"]
    assert 'd="M5 14Q32 20 59 14"' in drawn
    assert "stroke-dasharray" in drawn
