"""Commands: logs of other programs taken into the app, and runs written for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rlm_core.cli.config import StoreUrl, report
from rlm_core.core.errors import ConfigError
from rlm_core.core.languages import ENGLISH
from rlm_core.core.tree import replay
from rlm_core.core.wording import counted
from rlm_core.figures.replay_page import replay_html
from rlm_core.runs import logfile
from rlm_core.runs.formats import NATIVE, formats, writable
from rlm_core.runs.import_log import import_log
from rlm_core.runs.log_reader import read_path, write_run
from rlm_core.runs.missing import missing
from rlm_core.runs.store import Store

app = typer.Typer()
PAGE = "html"
"""The format of a page that replays a run by itself."""
FORMAT_HELP = "llm-reasoners, search-and-learn, x1, events for this program's own log, or html for a page that replays it."


@app.command("import")
def import_command(
    files: Annotated[list[Path], typer.Argument(help="Logs of this program, llm-reasoners, OpenR, search-and-learn, ThinkBooster or x1.")],
    data: Annotated[Path | None, typer.Option(help="Data folder; the default is the app's.")] = None,
    store: StoreUrl = "",
) -> None:
    """Take logs into the app's saved runs; the kind of each file is found by its content. Prints a line per run."""
    into = Store(data, store)
    for file in files:
        try:
            text = file.read_bytes()
        except OSError as error:
            raise ConfigError(f"The log {file} cannot be read ({error.strerror or error}); check the path.") from None
        found = import_log(into, text, file.name)
        for run in found:
            print(run.run, into.get(run.run).problem.spec)
            if run.note:
                report(f"{run.run}: {run.note}")
        _say(into, file.name, [run.run for run in found], found[0].source)


def _say(store: Store, name: str, runs: list[str], source: str) -> None:
    """How many runs came of a file, and what its format and this file lack."""
    kind = next((f for f in formats().values() if f.description.name == source.lower()), None)
    report(f"{name}: {counted(len(runs), 'run')}" + (f", read as {kind.description.title}. {kind.description.sentence}" if kind else "."))
    if lacking := missing(replay(store.events(runs[0]))):
        report(f"Not in {'it' if len(runs) == 1 else 'the first of them'}: {'; '.join(lacking)}.")


@app.command("export")
def export_command(
    log: Annotated[Path, typer.Argument(help="A log written by `run --out`, or any other that can be imported.")],
    format_: Annotated[
        str,
        typer.Option(
            "--format", help="llm-reasoners, search-and-learn, x1, events for this program's own log, or html for a page that replays it."
        ),
    ],
    out: Annotated[Path | None, typer.Option(help="Write it here; without it, to standard output.")] = None,
    language: Annotated[str, typer.Option(help="Of the page that replays a run: the code of a language, such as ja.")] = ENGLISH,
) -> None:
    """Write a run in the format of another program, and say what that format cannot carry; or as a page that replays it by itself."""
    others = format_ not in (NATIVE, PAGE)
    if others:
        report(f"Note: {writable(format_).description.sentence}")
    runs = read_path(log)
    own = {NATIVE: logfile.write, PAGE: lambda records: replay_html(log.stem, records, language).encode()}
    written = [write_run(r.records, format_) if others else own[format_](r.records) for r in runs]
    if len(written) > 1 and not (others and writable(format_).lines):
        raise ConfigError(f"{log.name} holds {len(written):,} runs, and a file of {format_} holds one; cut it to one run first.")
    content = b"".join(written)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{out} cannot be written ({error.strerror or error}); check the path.") from None
