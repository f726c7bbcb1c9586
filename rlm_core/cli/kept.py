"""The rows of a long measurement, kept in a file as they are made, so that one that was interrupted goes on where it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rlm_core.core.errors import ConfigError


class Kept:
    """Lines of JSON: what is measured, then a row each. Without a path nothing is kept. ConfigError for a file of something else."""

    def __init__(self, path: Path | None, measured: dict[str, Any]) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        if path is None:
            return
        try:
            whole = _whole_lines(path)
            found = [json.loads(line) for line in whole]
            if not found:
                path.write_text(json.dumps(measured) + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be used to keep the results in ({error.strerror}); name another file.") from None
        except ValueError:
            raise ConfigError(f"{path} holds something else than kept results; name another file.") from None
        if found and found[0] != json.loads(json.dumps(measured)):
            raise ConfigError(f"{path} holds the results of another measurement; name another file.")
        self.rows = found[1:]

    def add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


def _whole_lines(path: Path) -> list[str]:
    """The lines of the file; a last one that was cut, when the program was killed while it wrote, is removed from it."""
    if not path.exists():
        return []
    text = path.read_bytes()
    kept = text[: text.rfind(b"\n") + 1]
    if kept != text:
        with path.open("r+b") as file:
            file.truncate(len(kept))
    return kept.decode("utf-8").splitlines()
