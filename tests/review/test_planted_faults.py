"""The bundled patch: its faults stand at added lines, the checks find theirs and no others, and the figures are counted right."""

from __future__ import annotations

import asyncio

import pytest

from rlm_core.review.findings import Finding
from rlm_core.review.planted import faults, is_about, measured, planted, points_to
from rlm_core.review.whole import Settings, review


def test_the_patch_has_many_faults_of_kinds_beyond_the_checks():
    assert len(faults()) >= 20
    beyond = {f.kind for f in faults() if not f.check}
    assert {"off-by-one", "wrong operator", "swapped arguments", "missing await", "resource leak"} <= beyond
    assert len(planted().files) >= 6


@pytest.mark.parametrize("fault", faults(), ids=lambda f: f"{f.file}:{f.line}")
def test_a_fault_stands_at_an_added_line(fault):
    assert fault.line in {line.new for line in planted().file(fault.file).added}
    assert fault.words


def test_the_checks_find_the_faults_that_are_theirs_and_none_beyond():
    findings = asyncio.run(review(planted(), Settings())).findings
    for fault in faults():
        here = {f.kind for f in findings if points_to(f, fault) and is_about(f, fault)}
        assert (fault.check in here) if fault.check else not here, fault
    clean = [f for f in findings if not any(points_to(f, fault) and is_about(f, fault) for fault in faults())]
    assert {f.file for f in clean} == {"shop/settings.py"}


def test_recall_and_precision():
    first, second = (f for f in faults() if f.file == "shop/stock.py" and f.kind in ("off-by-one", "division by zero"))

    def said(line: int, message: str) -> Finding:
        return Finding("shop/stock.py", line, "RIGHT", "high", "", message)

    found = measured([said(first.line + 1, "Must be >= here"), said(second.line, "weather"), said(999, "zero")], faults())
    assert (found.found, found.pointed, found.right, found.findings) == (1, 2, 1, 3)
    assert (found.found_beyond, found.beyond) == (1, sum(not f.check for f in faults()))
    assert found.recall[0] == round(1 / len(faults()), 4)
    assert found.precision[0] == round(1 / 3, 4)
    assert measured([], faults()).precision is None
