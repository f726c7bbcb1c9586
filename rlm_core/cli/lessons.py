"""Commands: the lessons as a folder that works offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlm_core.core.errors import ConfigError
from rlm_core.core.wording import counted
from rlm_core.lessons import library
from rlm_core.lessons.pack import write_pack

app = typer.Typer()
lessons = typer.Typer(no_args_is_help=True, help="The lessons of the app.")
app.add_typer(lessons, name="lessons")


@lessons.callback()
def _lessons() -> None:
    """Keeps `pack` a command of its own."""


@lessons.command("pack")
def pack(
    out: Annotated[Path, typer.Option(help="Folder to write into; made if it is not there.")],
    language: Annotated[str, typer.Option(help="Code of one language, such as ja; without it, every language.")] = "",
) -> None:
    """Write all lessons as one folder that works without a server and a network: open its index.html."""
    try:
        pages = write_pack(out, [language] if language else library.languages())
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror}); name another folder.") from None
    print(f"{counted(len(pages), 'lesson page')} in {out}; open {out / 'index.html'}.")
