"""Speed of Explore in Chromium with large trees: how long one takes to open, and a click to reach the inspector.

python -m tests.bench_browser
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from rlm_core.core.config import RunConfig
from rlm_core.runs.store import Store
from tests.browser.acts import TREE
from tests.browser.conftest import chromium, served
from tests.helpers import large_log
from tests.saved import save

SIZES = (300, 2_000, 10_000)
WANTED = {"open 10,000 nodes, s": 3.0, "click to inspector at 2,000 nodes, s": 0.3}
CLICKS = 12
PRESS = """async ([node, clientX, clientY]) => {
    const canvas = document.querySelector('.rlm-tree canvas'), began = performance.now();
    const where = { clientX, clientY, pointerId: 1, bubbles: true };
    for (const kind of ['pointerdown', 'pointerup']) canvas.dispatchEvent(new PointerEvent(kind, where));
    const shown = () => (document.querySelector('.st-key-inspector h5')?.textContent ?? '').startsWith(`Node ${node} `);
    while (!shown() && performance.now() - began < 20000) await new Promise(requestAnimationFrame);
    return (performance.now() - began) / 1000;
}"""
"""Presses a node and waits until the inspector shows it; the seconds that it took."""


def opened(page: Any, url: str, events: int) -> float:
    """Seconds from asking for a run's address to the picture of its last event."""
    began = time.perf_counter()
    page.goto(url)
    page.wait_for_function(f"(events) => {TREE}?.dataset.moment === String(events)", arg=events)
    return time.perf_counter() - began


def clicked(page: Any) -> float:
    """Median seconds from a press on a node until the inspector shows it."""
    times = []
    nodes = page.evaluate(
        f"() => {{ const t = {TREE}.rlmTree; return t.painter.shown.map((i) => t.state.nodes[i].id).filter((n) => n > 0); }}"
    )
    for node in nodes[:: max(1, len(nodes) // CLICKS)][:CLICKS]:
        place = page.evaluate(f"(node) => {TREE}.rlmTree.where(node)", node)
        times.append(
            page.evaluate(
                PRESS,
                [node, *place],
            )
        )
    return statistics.median(times)


def measure() -> dict[str, float]:
    """Seconds by what was measured."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        logs = {size: large_log(size) for size in SIZES}
        runs = {size: save(store, log, RunConfig(seed=size)) for size, log in logs.items()}
        with served(Path(folder)) as url, chromium() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(120_000)
            opened(page, f"{url}/?run={runs[300]}", len(logs[300]))  # the first page of a server also starts it
            for size in SIZES:
                found[f"open {size:,} nodes, s"] = opened(page, f"{url}/?run={runs[size]}", len(logs[size]))
                page.wait_for_selector("[data-test-script-state=notRunning]")
                found[f"click to inspector at {size:,} nodes, s"] = clicked(page)
    for name, seconds in found.items():
        print(f"{name:45} {seconds:6.3f}" + (f"   (wanted: less than {WANTED[name]:g})" if name in WANTED else ""))
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
