"""Makes the runs that only lessons show anew, each by its command: `python -m tests.make_lesson_runs [NAME …]`."""

from __future__ import annotations

import sys

from rlm_core.lessons import sources
from tests.make_examples import log_of

if __name__ == "__main__":
    for name, command in sources.commands().items():
        if name in sys.argv[1:] or not sys.argv[1:]:
            (sources.RUNS / f"{name}.jsonl.gz").write_bytes(log_of(command))
