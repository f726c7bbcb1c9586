"""Makes the example runs that come with the app anew, each by the command on its card: `python -m tests.make_examples [NAME …]`."""

from __future__ import annotations

import gzip
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rlm_core.runs.examples import examples


def log_of(command: str) -> bytes:
    """The packed log of the run that a command makes; its last word names the file."""
    words = shlex.split(command)
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "rlm_core", *words[1:-1], f"{folder}/{words[-1]}"], check=True)
        return gzip.compress(Path(folder, words[-1]).read_bytes(), mtime=0)


if __name__ == "__main__":
    for one in examples().values():
        if one.name in sys.argv[1:] or not sys.argv[1:]:
            one.file.write_bytes(log_of(one.command))
