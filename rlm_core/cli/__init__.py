"""Commands. Each prints its result on standard output and what went wrong, in one sentence, on standard error."""

from __future__ import annotations

import sys

import typer

from rlm_core.cli import evaluate, lessons, logs, review, runs, sweep, train
from rlm_core.core.errors import RlmError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="RLM Explorer on the command line.")
for part in (runs, evaluate, sweep, train, logs, review, lessons):
    app.add_typer(part.app)


def main() -> None:
    """Run the command line; a person's mistake ends it with one sentence and status 2."""
    try:
        app()
    except RlmError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
