"""Reading the files of `assets/blueprint/`, strictly: a field that is missing, unknown or of another type is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from rlm_core.core.errors import ConfigError, RlmError, first_line
from rlm_core.core.paths import ASSETS

T = TypeVar("T")
FOLDER = ASSETS / "blueprint"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a statement comes from.

    text: such as "DeepSeek-R1 report, arXiv 2501.12948".
    date: of publication, as YYYY, YYYY-MM or YYYY-MM-DD.
    url: its address; "" where there is none.
    """

    text: str
    date: str
    url: str = ""


def read(file: Path, kind: type[T]) -> T:
    """The content of a file of JSON as that type. ConfigError in one sentence, which names file and field, if it is no such content."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, RlmError) as error:
        raise ConfigError(f"The file {file.name} of the Blueprint cannot be used: {first_line(error).rstrip('.')}.") from None


def refuse_twice(names: list[str], file: Path) -> None:
    """ConfigError if a name stands twice."""
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise ConfigError(f"The file {file.name} of the Blueprint has the name {twice[0]} twice; each name must be another one.")
