"""The command that reviews a diff, for people and pipelines."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rlm_core.cli.config import report
from rlm_core.core.errors import ConfigError, ReviewError
from rlm_core.models.listed import refuse_lacking, refuse_unnamed
from rlm_core.models.policy import ChatModel, require
from rlm_core.models.source import ModelKey
from rlm_core.review import planted as planted_patch
from rlm_core.review.diff import Diff
from rlm_core.review.effort import AUTO, EFFORTS
from rlm_core.review.findings import SEVERITIES
from rlm_core.review.git_range import git_diff
from rlm_core.review.reading import decoded, parse
from rlm_core.review.report import FORMATS, summary, written
from rlm_core.review.whole import NO_MODEL, FileReview, Review, Settings, check_settings, review

app = typer.Typer()
FOUND = 1
"""Exit status where there are findings at or above the threshold."""


@app.command("review")
def review_command(
    diff: Annotated[str, typer.Argument(help="A file with a unified diff, - for standard input, or a range such as main..feature.")] = "",
    model: Annotated[str, typer.Option(help="Who reviews: a chat model as for `run`; none: the checks alone.")] = NO_MODEL,
    effort: Annotated[str, typer.Option(help="auto, low, medium or high.")] = AUTO,
    candidates: Annotated[int, typer.Option(min=1, max=8, help="Reviews that the model writes of each file.")] = 3,
    keep: Annotated[str, typer.Option(help="merged: the findings of all candidates; best: those of the best one.")] = "merged",
    judge: Annotated[str, typer.Option(help="A chat model that is asked of each finding whether it is right.")] = "",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    temperature: Annotated[float, typer.Option(min=0, max=2)] = 0.6,
    context: Annotated[int, typer.Option(min=300, max=200_000, help="Longest prompt, in tokens, by an estimate.")] = 2500,
    format_: Annotated[str, typer.Option("--format", help="markdown, json, or comments: a review for GitHub's API.")] = "markdown",
    fail_on: Annotated[str, typer.Option(help="End with status 1 on findings this severe or worse: high, medium, low; never.")] = "high",
    repository: Annotated[str, typer.Option(help="Folder of the git repository that a range is of.")] = ".",
    planted: Annotated[
        bool, typer.Option("--planted", help="Measure by the bundled patch with planted faults, at every effort or at the one given.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="A file for the result, instead of standard output.")] = None,
) -> None:
    """Review a diff. Status 0: nothing at or above the threshold; 1: findings; 2: what was asked cannot be done."""
    settings = Settings(model, effort, {}, candidates, keep, seed, temperature, context, judge)
    _check(settings, format_, fail_on)
    if planted:
        _print(json.dumps(asyncio.run(_planted(settings)), indent=1), out)
        return
    read = _read(diff, repository)
    check_settings(read, settings)
    found = asyncio.run(_review(read, settings))
    _print(written(found, read, format_), out)
    report(summary(found))
    if found.errors:
        raise ReviewError(f"The review is not complete: {found.errors[0]}")
    if found.worst and fail_on != "never" and SEVERITIES.index(found.worst) <= SEVERITIES.index(fail_on):
        sys.exit(FOUND)


def _check(settings: Settings, form: str, fail_on: str) -> None:
    """ConfigError on words that are not allowed."""
    for option, given, allowed in (
        ("--effort", settings.effort, (AUTO, *EFFORTS)),
        ("--keep", settings.keep, ("merged", "best")),
        ("--format", form, FORMATS),
        ("--fail-on", fail_on, (*SEVERITIES, "never")),
    ):
        if given not in allowed:
            raise ConfigError(f"{option} {given} is not allowed; it must be one of {', '.join(allowed)}.")
    for name in filter(None, (settings.model if settings.model != NO_MODEL else "", settings.judge)):
        refuse_unnamed(name)
        refuse_lacking("A review", (ChatModel,), name)


def _read(given: str, repository: str) -> Diff:
    """The diff of a file, of standard input or of a range. ReviewError if there is none."""
    if not given:
        raise ReviewError("Nothing to review is named; give a file with a diff, - for standard input, or a range such as main..feature.")
    if given == "-":
        return parse(decoded(sys.stdin.buffer.read()))
    if os.path.isfile(given):
        return parse(decoded(Path(given).read_bytes()))
    if ".." in given and not re.match(r"\.{0,2}/", given):
        return parse(git_diff(repository, given))
    raise ReviewError(f"There is no file {given}; give a file with a diff, - for standard input, or a range such as main..feature.")


def _print(text: str, out: Path | None) -> None:
    if out is None:
        print(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"{out} cannot be written: {error.strerror}.") from None


async def _policies(settings: Settings) -> tuple[ChatModel | None, ChatModel | None]:
    """The model and the judge."""
    if settings.model == NO_MODEL and not settings.judge:
        return None, None
    from rlm_core.models.pool import ModelPool  # torch is loaded only by the commands that need it

    pool = ModelPool()
    found: list[ChatModel | None] = []
    for name in (settings.model, settings.judge):
        absent = name in ("", NO_MODEL)
        found.append(None if absent else require((await pool.get(ModelKey(name), report)).policy(), ChatModel))
    return found[0], found[1]


async def _review(diff: Diff, settings: Settings) -> Review:
    policy, judge = await _policies(settings)
    return await review(diff, settings, policy, judge, after=_told(diff))


def _told(diff: Diff):
    def after(files: list[FileReview], total: int) -> None:
        if len(files) < total:
            report(f"{len(files) + 1} of {total}: {diff.files[len(files)].path}")

    return after


async def _planted(settings: Settings) -> dict[str, Any]:
    """Recall and precision on the bundled patch: of the checks alone, and of the model at each effort (or the one asked for)."""
    diff, faults = planted_patch.planted(), planted_patch.faults()
    policy, judge = await _policies(settings)
    rows: list[dict[str, Any]] = []
    alone = await review(diff, replace(settings, model=NO_MODEL, judge=""))
    rows.append({"by": "checks", "effort": "", "tokens": 0, **_figures(alone.findings, faults)})
    efforts = EFFORTS if settings.effort == AUTO else (settings.effort,)
    for name in efforts if policy is not None else ():
        report(f"effort {name}")
        found = await review(diff, replace(settings, effort=name), policy, judge, after=_told(diff))
        if found.errors:
            raise ReviewError(f"The review is not complete: {found.errors[0]}")
        own = [f for f in found.findings if any(b.startswith("candidate") for b in f.by)]
        facts = {"effort": name, "tokens": found.tokens, "unread": sum(f.unread for f in found.files)}
        rows.append({"by": settings.model, **facts, **_figures(own, faults)})
        rows.append({"by": f"checks and {settings.model}", **facts, **_figures(found.findings, faults)})
    return {"model": settings.model, "candidates": settings.candidates, "keep": settings.keep, "seed": settings.seed, "rows": rows}


def _figures(findings: list[Any], faults: tuple[planted_patch.Fault, ...]) -> dict[str, Any]:
    return msgspec.to_builtins(planted_patch.measured(findings, faults))
