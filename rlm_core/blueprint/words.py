"""Every text of the files of the Blueprint that a page shows in its own language, so that no translation is missing."""

from __future__ import annotations

from collections.abc import Iterator

from rlm_core.blueprint.benchmarks import figures
from rlm_core.blueprint.corrections import corrections
from rlm_core.blueprint.guide import guides
from rlm_core.blueprint.systems import FEATURES, MARKS, Mark, Scheme, systems
from rlm_core.blueprint.taxonomy import taxonomy


def texts() -> frozenset[str]:
    """The English texts: of the map, the systems, the figures' notes, the guided choices and the corrections."""
    return frozenset(text for text in _texts() if text)


def _texts() -> Iterator[str]:
    yield from _of_the_map()
    yield from (m.title for m in MARKS)
    yield from (mark.value for mark in Mark)
    yield from (f.title for f in FEATURES)
    for system in systems().values():
        yield from (system.summary, system.note, *_of_scheme(system.scheme))
    yield from (f.note for f in figures())
    for c in corrections().values():
        yield from (c.said, c.right)
    yield from _of_the_guides()


def _of_the_map() -> Iterator[str]:
    for view in taxonomy().views:
        yield from (view.title, view.text)
        yield from (family.title for column in view.columns for group in column for family in group.families)
    for box in taxonomy().boxes:
        yield from (box.title, box.text, box.missing, box.page.label if box.page else "")


def _of_scheme(scheme: Scheme) -> Iterator[str]:
    yield from (scheme.kind, scheme.shape or scheme.structure, scheme.coarse, scheme.fine, *scheme.strategies)


def _of_the_guides() -> Iterator[str]:
    for guide in guides().values():
        yield guide.title
        yield from (side.title for side in guide.sides)
        for question in guide.questions:
            yield from (question.text, *question.answers.values())
        for recommendation in guide.recommendations:
            yield from (recommendation.title, *(reason.text for reason in recommendation.reasons))
