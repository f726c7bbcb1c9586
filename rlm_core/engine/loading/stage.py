"""A stage of loading a model: what is done, how much of it is done as far as it can be counted, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

Report = Callable[[str], None]
"""Takes a sentence about the progress of loading."""
TELL_SECONDS = 1.0
"""Between two reports of a stage."""
ONCE = "once on this machine"


class Stage:
    """Reports when it begins, every TELL_SECONDS while it lasts, also from a thread of its own, and when it ends. No report comes later.

    report: takes the sentences.
    what: is done, such as "Converting model.gguf".
    whole: pieces of the work; 0 where they cannot be counted, and no percentage is said.
    unit: name of a piece.
    """

    def __init__(self, report: Report, what: str, whole: int = 0, unit: str = "") -> None:
        self._report, self._what, self._whole, self._unit = report, what, whole, unit
        self._done, self._began = 0, time.monotonic()
        self._over = threading.Event()
        self._teller = threading.Thread(target=self._tell_regularly, daemon=True, name="stage")

    def done(self, pieces: int = 1) -> None:
        """So many more pieces are complete."""
        self._done += pieces

    @property
    def sentence(self) -> str:
        return sentence(self._what, self._done, self._whole, self._unit, time.monotonic() - self._began)

    def __enter__(self) -> Stage:
        self._report(self.sentence)
        self._teller.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._teller.join()
        if error is None and self._whole:
            self._report(self.sentence)

    def _tell_regularly(self) -> None:
        while not self._over.wait(TELL_SECONDS):
            self._report(self.sentence)


def sentence(what: str, done: int, whole: int, unit: str, seconds: float) -> str:
    """How far a stage is.

    >>> sentence("Converting it", 120, 272, "tensors", 3.7)
    'Converting it: 44 % (120 of 272 tensors), 3 s'
    >>> sentence("Converting it", 271, 272, "tensors", 3.7)
    'Converting it: 99 % (271 of 272 tensors), 3 s'
    >>> sentence("Loading it", 0, 0, "", 0.2)
    'Loading it, 0 s'
    """
    counted = f": {100 * done // whole} % ({done:,} of {whole:,} {unit})" if whole else ""
    return f"{what}{counted}, {int(seconds)} s"
