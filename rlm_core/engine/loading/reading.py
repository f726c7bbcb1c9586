"""Models are read one after another: transformers makes a model under a switch that holds for the whole process (tensors without data on
the meta device), and two threads that read at once can be left with such tensors.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

_READING = threading.RLock()


@contextmanager
def one_reader() -> Generator[None]:
    """No other thread makes a model meanwhile. For reading from the disk alone: nothing that waits for a network stands inside."""
    with _READING:
        yield
