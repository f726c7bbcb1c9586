"""Threads of torch's operations on a CPU.

Every thread of a program in which torch computes with several threads keeps a team of them. Where teams have more threads than the
machine has cores, all of them sleep between operations instead of waiting awake: a step of SmolLM2 at batch 1 took 34 ms instead of 18.
So what loads or trains a model computes in its own thread alone, and an engine's thread has the only team.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Generator[None]:
    """Torch computes in the calling thread alone meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
