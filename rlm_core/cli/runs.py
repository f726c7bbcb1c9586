"""Commands: one search, its log again, what there is to choose, and the processes of the app."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from rlm_core import catalogue
from rlm_core.cli.config import StoreUrl, build_config, load, report, watched
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, RlmError
from rlm_core.core.events import Record, encode
from rlm_core.core.parameters import Description, Parameter, unknown
from rlm_core.core.tree import SearchTree
from rlm_core.runs import logfile
from rlm_core.runs.set_specs import problem_of
from rlm_core.runs.summary import summarise
from rlm_core.search import answers, pool
from rlm_core.search.breakpoints import KINDS as BREAKPOINTS
from rlm_core.search.breakpoints import hits

app = typer.Typer()


@app.command()
def run(
    model: Annotated[str, typer.Option(help="nano, smollm2, a Hugging Face id, a folder, a .gguf file or a server's address.")] = "nano",
    problem: Annotated[str, typer.Option(help="Such as countdown:numbers=3,seed=7, gsm8k.jsonl#17 or set:GSM8K#17.")] = "countdown:seed=7",
    search: Annotated[str, typer.Option(help="See `list searches`.")] = "mcts",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of a budget, the search or the reward; may be repeated.")
    ] = None,
    reward: Annotated[
        str, typer.Option(help="See `list rewards`; settings in parentheses, such as prm:nano(aggregate=prod).")
    ] = "rollouts",
    seed: Annotated[int, typer.Option(help="Same seed, same log.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the event log here.")] = None,
    store: StoreUrl = "",
) -> None:
    """Run one search and print its figures as one JSON line."""
    config = catalogue.checked(build_config(model, problem_of(problem).spec, search, set_ or [], reward, seed))
    tree = asyncio.run(_run(config, out))
    _print_summary(tree)
    if tree.finished is not None and tree.finished.stop == "failed":
        raise RlmError(tree.finished.detail)


async def _run(config: RunConfig, out: Path | None) -> SearchTree:
    from rlm_core.runs.runner import run_search

    if out is not None:
        _check_writable(out)
    library, loaded = await load(config)
    if out is None:
        return await run_search(config, loaded.policy(config.shares_batches), lambda record: None, watched(), library)
    with out.open("wb") as file:

        def write(record: Record) -> None:
            file.write(encode(record) + b"\n")

        return await run_search(config, loaded.policy(config.shares_batches), write, watched(), library)


def _check_writable(path: Path) -> None:
    """ConfigError now rather than after a search, if the log cannot be written there."""
    try:
        path.open("ab").close()
    except OSError:
        raise ConfigError(f"The log {path} cannot be written; check the path.") from None


def _print_summary(tree: SearchTree) -> None:
    print(json.dumps(summarise(tree).as_dict(), ensure_ascii=False))


@app.command("replay")
def replay_command(
    log: Annotated[Path, typer.Argument(help="A log written by `run --out`.")],
    first: Annotated[int | None, typer.Option(min=1, help="Only this many candidates of a Best-of-N pool, from the first.")] = None,
    pick: Annotated[str, typer.Option(help="With --first: weighted, naive or majority.")] = "weighted",
    break_: Annotated[
        list[str] | None, typer.Option("--break", help="List the events that meet this breakpoint, such as drop:by=0.3; may be repeated.")
    ] = None,
) -> None:
    """Print the same line as `run`, from the log alone; or what a smaller N would have answered; or where it meets breakpoints."""
    found = logfile.read_file(log)
    if found.warning:
        report(f"Warning: {found.warning}")
    tree = logfile.tree_of(found, log.name)
    if break_:
        for event, why in hits(break_, found.records):
            print(json.dumps({"event": event, "why": why}, ensure_ascii=False))
        return
    if first is None:
        _print_summary(tree)
        return
    if pick not in answers.ANSWER_BY.choices:
        raise unknown("pick", pick, map(str, answers.ANSWER_BY.choices))
    smaller = pool.first_n(tree, pick, first)
    print(
        json.dumps({"first": first, "pick": pick, "answer": smaller.answer, "correct": smaller.correct, "tokens": pool.cost(tree, first)})
    )


KINDS: dict[str, Callable[[], dict[str, Description[Any]]]] = {
    "searches": catalogue.searches,
    "rewards": catalogue.reward_models,
    "problems": catalogue.tasks,
    "models": catalogue.models,
    "breakpoints": lambda: {name: kind.description for name, kind in BREAKPOINTS.items()},
}


@app.command("list")
def list_command(
    kind: Annotated[str, typer.Argument(help="searches, rewards, problems, models or breakpoints.")],
    names: Annotated[bool, typer.Option("--names", help="Names only, one per line.")] = False,
) -> None:
    """Print what there is to choose, with parameters."""
    if kind not in KINDS:
        raise unknown("list", kind, KINDS)
    for description in KINDS[kind]().values():
        print(description.name if names else _describe(description))
    for sentence in catalogue.refused():
        report(f"Warning: {sentence}")


def _describe(d: Description[Any]) -> str:
    lines = [f"{d.name}  {d.title}: {d.sentence}" + (f" [{d.paper}]" if d.paper else "")]
    lines += [f"    {p.name}={_default(p)}  ({p.allowed}) {p.help}" for p in d.parameters]
    return "\n".join(lines)


def _default(p: Parameter) -> str:
    """ "1.41421 (with rule=puct 1.25)": the default, and where another one holds."""
    default = f"{p.default:.6g}" if isinstance(p.default, float) else str(p.default)
    return default if p.default_with is None else "{} (with {}={} {})".format(default, *p.default_with)


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535)] = 8501, store: StoreUrl = "") -> None:
    """Serve the app on 127.0.0.1, with a worker of its own."""
    from rlm_core.app.serve import serve as serve_app

    sys.exit(serve_app(port))


@app.command()
def worker(
    data: Annotated[Path | None, typer.Option(help="Data folder; the default is the app's.")] = None,
    supervised: Annotated[bool, typer.Option(help="End when standard input closes (used by the app).")] = False,
    name: Annotated[str, typer.Option(help="How the store knows this worker; the default is random.")] = "",
    store: StoreUrl = "",
) -> None:
    """Take runs from the store and run them, until interrupted."""
    from rlm_core.app.worker import serve
    from rlm_core.runs.store import Store

    asyncio.run(serve(Store(data, store), supervised, name))


@app.command(hidden=True)
def cells() -> None:
    """Work off searches of a sweep from standard input (used by `sweep` and the app)."""
    from rlm_core.app.cell_process import serve

    asyncio.run(serve())
