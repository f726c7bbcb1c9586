"""The structures that searches of this package build. A search of another kind brings a `Structure` of its own."""

from __future__ import annotations

from rlm_core.core.structure import Compared, Icon, Kind, Picture, Structure

CHAINS = Kind(10, "Chains")
SAMPLING = Kind(20, "Sampling")
LEVEL_BY_LEVEL = Kind(30, "Level by level")
TREE_SEARCH = Kind(40, "Tree search")
LONG_CHAIN = Kind(50, "Long chain")


def _chain() -> Icon:
    points = [(5.0, 14.0), (19.0, 14.0), (33.0, 14.0), (47.0, 14.0)]
    return Icon().line(*points, (59, 14), strong=True).dot(*points, strong=True).square(59, 14, strong=True)


def _fan() -> Icon:
    icon = Icon()
    for y in (3, 8.5, 19.5, 25):
        icon = icon.line((5, 14), (20, y), (59, y)).square(59, y)
    return icon.line((5, 14), (59, 14), strong=True).square(59, 14, strong=True).dot((5, 14), strong=True)


def _layers() -> Icon:
    """Three levels of four states: the hollow ones fall, the others go on."""
    icon = Icon()
    rows, kept = (3.5, 10.5, 17.5, 24.5), [(14.0,), (3.5, 17.5), (10.5, 17.5), (10.5,)]
    for x, parents, level in zip((22, 40, 58), kept, kept[1:], strict=False):
        for parent in parents:
            for y in rows:
                if abs(y - parent) <= 12:
                    icon = icon.line((x - 18, parent), (x, y))
        for y in rows:
            icon = icon.dot((x, y), strong=y in level, hollow=y not in level)
    return icon.dot((4, 14), strong=True)


def _subtrees() -> Icon:
    icon = Icon()
    for top in (4.0, 20.0):
        icon = icon.line((4, 14), (20, top + 2), strong=True)
        for x in (20, 38):
            icon = icon.line((x, top + 2), (x + 18, top), strong=True).line((x, top + 2), (x + 18, top + 5.5))
            icon = icon.dot((x + 18, top + 5.5), hollow=True, radius=1.8).dot((x + 18, top), strong=True, radius=1.8)
        icon = icon.dot((20, top + 2), strong=True, radius=1.8)
    return icon.dot((4, 14), strong=True)


def _tree() -> Icon:
    icon = Icon().line((5, 14), (23, 5)).line((23, 5), (41, 3)).line((23, 5), (41, 9)).line((23, 20), (41, 25)).line((41, 17), (59, 21))
    icon = icon.line((5, 14), (23, 20), (41, 17), (59, 14), strong=True).dot((23, 5), (41, 3), (41, 9), (41, 25), (59, 21))
    return icon.dot((5, 14), (23, 20), (41, 17), strong=True).square(59, 14, strong=True)


def _particles() -> Icon:
    icon = Icon()
    for a, b in ((4, 4), (11, 4), (18, 18), (25, 18)):
        icon = icon.line((5, a), (23, a)).line((23, b), (41, a), (59, a)).dot((5, a), (59, a), radius=1.8)
        icon = icon.dot((23, a), hollow=a in (11, 25), strong=a in (4, 18), radius=2.6 if a in (4, 18) else 1.6)
    return icon


def _forest() -> Icon:
    icon = Icon()
    for x, strong in ((4, False), (25, True), (46, False)):
        icon = icon.line((x, 14), (x + 7, 7), (x + 14, 4), strong=strong)
        icon = icon.line((x, 14), (x + 7, 20), (x + 14, 24)).line((x + 7, 20), (x + 14, 16))
        icon = icon.dot((x, 14), (x + 7, 7), (x + 14, 4), strong=strong, radius=1.8)
        icon = icon.dot((x + 7, 20), (x + 14, 24), (x + 14, 16), radius=1.8)
    return icon


def _ribbon() -> Icon:
    icon = Icon().line((4, 21), (12, 13), (20, 5)).arc((20, 5), (12, 13), 6).line((12, 13), (28, 6))
    icon = icon.line((28, 6), (36, 21), dashed=True).line((36, 21), (44, 13), (52, 5), (60, 5), strong=True)
    icon = icon.dot((20, 5), hollow=True).dot((4, 21), (12, 13), (28, 6)).dot((36, 21), (44, 13), (52, 5), strong=True)
    return icon.square(60, 5, strong=True)


def _draft() -> Icon:
    icon = Icon().line((4, 7), (16, 7), (28, 7)).arc((28, 7), (16, 7), 7).line((16, 7), (28, 21), (43, 21), (58, 21), strong=True)
    icon = icon.dot((28, 7), hollow=True).dot((4, 7), (16, 7), strong=True).dot((28, 21), (43, 21), strong=True)
    return icon.square(58, 21, strong=True)


def _effort() -> Icon:
    icon = Icon()
    for y, end, strong in ((5, 18, False), (14, 36, True), (23, 58, False)):
        icon = icon.line((5, y), (end, y), strong=strong)
        icon = icon.dot(*[(float(x), y) for x in range(5, end, 13)], strong=strong, radius=1.8).square(end, y, strong)
    return icon


CHAIN = Structure(CHAINS, _chain(), (Picture.TREE, Picture.CHAIN))
FAN = Structure(SAMPLING, _fan(), (Picture.CANDIDATES, Picture.TREE), Compared.CANDIDATES)
LAYERS = Structure(LEVEL_BY_LEVEL, _layers(), compared=Compared.LEVEL)
SUBTREES = Structure(LEVEL_BY_LEVEL, _subtrees())
PARTICLES = Structure(LEVEL_BY_LEVEL, _particles(), compared=Compared.PARTICLES)
TREE = Structure(TREE_SEARCH, _tree())
FOREST = Structure(TREE_SEARCH, _forest())
RIBBON = Structure(LONG_CHAIN, _ribbon(), (Picture.CHAIN, Picture.TREE))
EFFORT = Structure(LONG_CHAIN, _effort(), (Picture.CHAIN, Picture.TREE, Picture.CANDIDATES))
DRAFT = Structure(LONG_CHAIN, _draft(), (Picture.TREE, Picture.CHAIN))
