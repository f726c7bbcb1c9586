"""Makes the example runs that come with the app anew, each by the command on its card: `python -m tests.make_examples [NAME …]`."""

from __future__ import annotations

import gzip
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rlm_core.runs.examples import Example, examples


def make(example: Example) -> None:
    """Run the command and put its log into the place of the old one."""
    words = shlex.split(example.command)
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "rlm_core", *words[1:-1], f"{folder}/{words[-1]}"], check=True)
        example.file.write_bytes(gzip.compress(Path(folder, words[-1]).read_bytes(), mtime=0))


if __name__ == "__main__":
    for one in examples().values():
        if one.name in sys.argv[1:] or not sys.argv[1:]:
            make(one)
