"""Commands. Each prints its result on standard output and what went wrong, in one sentence, on standard error."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from rlm_core import catalogue, rewards
from rlm_core.describe import Description, parse_assignments, unknown
from rlm_core.errors import ConfigError, RlmError
from rlm_core.events import Record, encode
from rlm_core.paths import data_folder
from rlm_core.problems.sets import counted_set, problem_set
from rlm_core.rewards.head import refuse_taken
from rlm_core.rewards.recipe import HeadRecipe
from rlm_core.runs import logfile
from rlm_core.runs.config import Budget, RunConfig
from rlm_core.runs.summary import summarise
from rlm_core.search import answer, pool
from rlm_core.tree import SearchTree

if TYPE_CHECKING:
    from rlm_core.models.library import Library
    from rlm_core.models.loaders import LoadedModel

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="RLM Explorer on the command line.")
BUDGETS = {"simulations": int, "tokens": int, "seconds": float}
GENERAL = {"temperature": float, "max_step_tokens": int, "max_solution_tokens": int, "device": str, "dtype": str, "format": str}


def main() -> None:
    """Run the command line; a person's mistake ends it with one sentence and status 2."""
    try:
        app()
    except RlmError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)


def _number(kind: type, name: str, value: str) -> Any:
    if name in BUDGETS and value.lower() == "none":
        return None
    try:
        return kind(value)
    except ValueError:
        raise ConfigError(f"{name}={value} is not allowed; it must be a {'whole number' if kind is int else 'number'}.") from None


def build_config(model: str, problem: str, search: str, settings: list[str], reward: str, seed: int) -> RunConfig:
    """A configuration from command-line words; each setting goes to the budget, the search, the reward or the run itself.

    The default budget is 64 simulations; naming another budget does not remove it unless simulations=none.
    """
    chosen = catalogue.searches()
    if search not in chosen:
        raise unknown("search", search, chosen)
    chosen_reward, reward_parameters = rewards.written(reward)
    search_names = {p.name for p in chosen[search].parameters}
    reward_names = {p.name for p in chosen_reward.description.parameters}
    budget: dict[str, Any] = {}
    general: dict[str, Any] = {}
    search_parameters: dict[str, Any] = {}
    for text in settings:
        for name, value in parse_assignments(text, "--set").items():
            if name in BUDGETS:
                budget[name] = _number(BUDGETS[name], name, value)
            elif name in GENERAL:
                general[name] = _number(GENERAL[name], name, value)
            elif name in search_names:
                search_parameters[name] = value
            elif name in reward_names:
                reward_parameters[name] = value
            else:
                raise unknown("setting", name, [*BUDGETS, *GENERAL, *sorted(search_names), *sorted(reward_names)])
    return RunConfig(
        model=model,
        problem=problem,
        search=search,
        search_parameters=search_parameters,
        reward=chosen_reward.description.name,
        reward_parameters=reward_parameters,
        budget=Budget(**budget),
        seed=seed,
        **general,
    )


@app.command()
def run(
    model: Annotated[str, typer.Option(help="nano, smollm2, a Hugging Face id, a folder or a .gguf file.")] = "nano",
    problem: Annotated[str, typer.Option(help="For example countdown:numbers=3,seed=7.")] = "countdown:seed=7",
    search: Annotated[str, typer.Option(help="See `list searches`.")] = "mcts",
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="name=value of a budget, the search or the reward; may be repeated.")
    ] = None,
    reward: Annotated[
        str, typer.Option(help="See `list rewards`; settings in parentheses, such as prm:nano(aggregate=prod).")
    ] = "rollouts",
    seed: Annotated[int, typer.Option(help="Same seed, same log.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the event log here.")] = None,
) -> None:
    """Run one search and print its figures as one JSON line."""
    config = catalogue.checked(build_config(model, problem, search, set_ or [], reward, seed))
    tree = asyncio.run(_run(config, out))
    _print_summary(tree)
    if tree.finished is not None and tree.finished.stop == "failed":
        raise RlmError(tree.finished.detail)


async def _run(config: RunConfig, out: Path | None) -> SearchTree:
    from rlm_core.search.runner import run_search

    if out is not None:
        _check_writable(out)
    library, loaded = await _loaded(config)
    if out is None:
        return await run_search(config, loaded.policy(), lambda record: None, source=library)
    with out.open("wb") as file:

        def write(record: Record) -> None:
            file.write(encode(record) + b"\n")

        return await run_search(config, loaded.policy(), write, source=library)


async def _loaded(config: RunConfig) -> tuple[Library, LoadedModel]:
    """The run's model, and the library that holds it and gets others."""
    from rlm_core.models.library import Library  # torch is loaded only by the commands that need it

    library = Library()
    return library, await library.get((config.model, config.device, config.dtype, config.format), _report)


def _check_writable(path: Path) -> None:
    """ConfigError now rather than after a search, if the log cannot be written there."""
    try:
        path.open("ab").close()
    except OSError:
        raise ConfigError(f"The log {path} cannot be written; check the path.") from None


def _report(text: str) -> None:
    print(text, file=sys.stderr)


def _print_summary(tree: SearchTree) -> None:
    print(json.dumps(summarise(tree).as_dict(), ensure_ascii=False))


@app.command("replay")
def replay_command(
    log: Annotated[Path, typer.Argument(help="A log written by `run --out`.")],
    first: Annotated[int | None, typer.Option(min=1, help="Only the first so many candidates of a Best-of-N pool.")] = None,
    pick: Annotated[str, typer.Option(help="With --first: weighted, naive or majority.")] = "weighted",
) -> None:
    """Print the same line as `run`, from the log alone; or what a smaller N would have answered."""
    found = logfile.read_file(log)
    if found.warning:
        _report(f"Warning: {found.warning}")
    tree = logfile.tree_of(found, log.name)
    if first is None:
        _print_summary(tree)
        return
    if pick not in answer.PICK.choices:
        raise unknown("pick", pick, map(str, answer.PICK.choices))
    smaller = pool.cut(tree, pick, first)
    print(
        json.dumps({"first": first, "pick": pick, "answer": smaller.answer, "correct": smaller.correct, "tokens": pool.cost(tree, first)})
    )


KINDS = {"searches": catalogue.searches, "rewards": catalogue.reward_models, "problems": catalogue.tasks, "models": catalogue.models}


@app.command("list")
def list_command(
    kind: Annotated[str, typer.Argument(help="searches, rewards, problems or models.")],
    names: Annotated[bool, typer.Option("--names", help="Names only, one a line.")] = False,
) -> None:
    """Print what there is to choose, with parameters."""
    if kind not in KINDS:
        raise unknown("list", kind, KINDS)
    for description in KINDS[kind]().values():
        print(description.name if names else _describe(description))


def _describe(d: Description) -> str:
    lines = [f"{d.name}  {d.title}: {d.sentence}" + (f" [{d.paper}]" if d.paper else "")]
    lines += [f"    {p.name}={p.default}  ({p.allowed}) {p.help}" for p in d.parameters]
    return "\n".join(lines)


@app.command()
def evaluate(
    model: Annotated[str, typer.Option(help="nano, smollm2, a Hugging Face id, a folder or a .gguf file.")] = "nano",
    problem: Annotated[str, typer.Option(help="A kind of problem without a seed, such as countdown:numbers=3.")] = "countdown:numbers=3",
    n: Annotated[int, typer.Option(min=2, help="Problems: seeds 0 to n-1 of the held-out split.")] = 200,
    samples: Annotated[int, typer.Option(min=1, help="Solutions sampled for each problem; at least twice the largest k.")] = 32,
    k: Annotated[list[int] | None, typer.Option(help="pass@k to report; may be repeated.")] = None,
    search: Annotated[str, typer.Option(help="Measure this search instead of plain samples.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="As for `run`.")] = None,
    reward: Annotated[str, typer.Option()] = "rollouts",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Measure a model, or a search with it, over held-out problems; shares are printed as [value, low, high] (95 % bootstrap)."""
    config = catalogue.checked(build_config(model, problem, search or "mcts", set_ or [], reward, seed))
    result = asyncio.run(_evaluate(config, problem, n, samples, k or [1, 16], bool(search)))
    print(json.dumps({"model": model, "problem": problem, **result}))


async def _evaluate(config: RunConfig, spec: str, n: int, samples: int, ks: list[int], by_search: bool) -> dict[str, Any]:
    from rlm_core.evaluate import evaluate_policy, evaluate_search

    if max(ks) > samples:
        raise ConfigError(f"pass@{max(ks)} needs at least {max(ks)} samples a problem, not {samples}.")
    library, loaded = await _loaded(config)
    chosen = problem_set(spec, n)
    if by_search:
        return await evaluate_search(config, chosen, loaded.policy, library)
    return await evaluate_policy(loaded.policy(), chosen, samples=samples, ks=ks, temperature=config.temperature, seed=config.seed)


@app.command()
def strategies(
    model: Annotated[str, typer.Option(help="As for `run`.")] = "nano",
    problem: Annotated[str, typer.Option(help="A kind of problem without a seed.")] = "countdown:numbers=4",
    n: Annotated[int, typer.Option(min=2, help="Problems: seeds 0 to n-1 of the held-out split.")] = 200,
    only: Annotated[list[str] | None, typer.Option(help="Only this strategy; may be repeated.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A budget, the reward or the run itself, as for `run`.")] = None,
    reward: Annotated[str, typer.Option()] = "rollouts",
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Measure every strategy over the same held-out problems and print a table: accuracy, tokens and reward passes a problem."""
    for name in only or []:
        if name not in catalogue.searches():
            raise unknown("search", name, catalogue.searches())
    config = catalogue.checked(build_config(model, problem, "mcts", set_ or [], reward, seed))
    print("| strategy | settings | accuracy [95 %] | tokens | reward passes | seconds |\n|---|---|---|---|---|---|", flush=True)
    asyncio.run(_strategies(config, problem, n, only or list(catalogue.searches())))


async def _strategies(config: RunConfig, spec: str, n: int, names: list[str]) -> None:
    from rlm_core.evaluate import evaluate_strategies

    library, loaded = await _loaded(config)
    async for row in evaluate_strategies(names, config, problem_set(spec, n), loaded.policy, library):
        value, low, high = row["accuracy"]
        oracle = " (oracle)" if row["oracle"] else ""
        cells = [row["search"] + oracle, row["settings"], f"{value:.3f} [{low:.3f}, {high:.3f}]"]
        cells += [f"{row['tokens_per_problem']:,.0f}", f"{row['reward_passes_per_problem']:,.1f}", f"{row['seconds']:.0f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


@app.command("budget-forcing")
def budget_forcing(
    model: Annotated[str, typer.Option(help="As for `run`.")] = "nano",
    problem: Annotated[str, typer.Option(help="A kind of problem without a seed.")] = "countdown:numbers=4",
    n: Annotated[int, typer.Option(min=2, help="Problems: seeds 0 to n-1 of the held-out split.")] = 200,
    budget: Annotated[list[int] | None, typer.Option(min=1, help="A maximum of thinking tokens; may be repeated.")] = None,
    waits: Annotated[list[int] | None, typer.Option(min=0, max=10, help="A number of forced waits; may be repeated.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Measure budget forcing: accuracy against thinking tokens, with s1's control, scaling and performance."""
    config = catalogue.checked(build_config(model, problem, "thinking", [], "rollouts", seed))
    result = asyncio.run(_budget_forcing(config, problem, n, budget or [16, 32, 64, 128, 224], waits or [0, 1, 2, 4]))
    for row in result.pop("rows"):
        print(json.dumps(row))
    print(json.dumps({"model": model, "problem": problem, **result}))


async def _budget_forcing(config: RunConfig, spec: str, n: int, budgets: list[int], waits: list[int]) -> dict[str, Any]:
    from rlm_core.evaluate import evaluate_forcing

    library, loaded = await _loaded(config)
    return await evaluate_forcing(config, budgets, waits, problem_set(spec, n), loaded.policy, library)


@app.command()
def serve(port: Annotated[int, typer.Option(min=1, max=65535)] = 8501) -> None:
    """Serve the app on 127.0.0.1, with a worker of its own."""
    from rlm_core.serve import serve as serve_app

    sys.exit(serve_app(port))


@app.command()
def worker(
    data: Annotated[Path | None, typer.Option(help="Data folder; the default is the app's.")] = None,
    supervised: Annotated[bool, typer.Option(help="End when standard input closes (used by the app).")] = False,
    name: Annotated[str, typer.Option(help="How the store knows this worker; the default is random.")] = "",
) -> None:
    """Take runs from the store and run them, until interrupted."""
    from rlm_core.worker import serve

    asyncio.run(serve(data, supervised, name))


@app.command("evaluate-reward")
def evaluate_reward_command(
    reward: Annotated[
        str, typer.Option(help="See `list rewards`; settings in parentheses, such as prm:nano(aggregate=prod).")
    ] = "prm:nano",
    problems: Annotated[str, typer.Option(help="A set of problems, such as chain:n=200 or countdown:numbers=3,n=200.")] = "chain:n=200",
    model: Annotated[str, typer.Option(help="Whose solutions are judged; as for `run`.")] = "nano",
    samples: Annotated[int, typer.Option(min=1, max=64, help="Solutions of each problem: the N of Best-of-N.")] = 16,
    set_: Annotated[list[str] | None, typer.Option("--set", help="name=value of the reward; may be repeated.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Measure a reward against the exact solver, and weighted Best-of-N against majority on the same candidates."""
    config = catalogue.checked(build_config(model, problems.partition(":")[0], "best_of_n", set_ or [], reward, seed))
    result = asyncio.run(_evaluate_reward(config, problems, samples))
    print("| N | majority | weighted | naive | perfect choice | weighted − majority [95 %] | McNemar p |\n|---|---|---|---|---|---|---|")
    for row in result.pop("best_of_n"):
        shares = [f"{v:.3f} [{low:.3f}, {high:.3f}]" for v, low, high in (row["majority"], row["weighted"], row["naive"])]
        gain, low, high = row["gain"]
        print(f"| {row['n']} | {' | '.join(shares)} | {row['perfect']:.3f} | {gain:+.3f} [{low:+.3f}, {high:+.3f}] | {row['p']:.4f} |")
    print(json.dumps({"model": model, "set": problems, **result}))


async def _evaluate_reward(config: RunConfig, spec: str, samples: int) -> dict[str, Any]:
    from rlm_core.evaluate_reward import evaluate_reward
    from rlm_core.models.policy import Sampling
    from rlm_core.training.sampling import draw

    chosen = counted_set(spec, {})
    library, loaded = await _loaded(config)
    sampling = Sampling(config.temperature, config.max_step_tokens, config.max_solution_tokens)
    drawn = await draw(loaded.policy, chosen, samples, sampling, config.seed)
    judge = rewards.Chosen(config.reward, rewards.reward(config.reward), config.reward_parameters)
    return await evaluate_reward(judge, drawn, loaded.policy, library, sampling, config.seed)


@app.command()
def train(
    what: Annotated[str, typer.Argument(help="nano, backbone, prm or orm.")],
    steps: Annotated[int | None, typer.Option(help="nano, backbone: optimiser steps; the default reproduces the bundled ones.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; the default is assets/nano, or this data folder's rewards.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    name: Annotated[str, typer.Option(help="prm, orm: what the head is called; its reward is then prm:NAME.")] = "mine",
    model: Annotated[str, typer.Option(help="prm, orm: whose hidden states it reads.")] = "nano",
    problems: Annotated[
        list[str] | None, typer.Option(help="prm, orm: a set to sample from, such as chain:n=600; may be repeated.")
    ] = None,
    labels: Annotated[
        list[str] | None, typer.Option(help="prm, orm: oracle, noisy, hard, soft or judge, with a weight if mixed (hard=0.5).")
    ] = None,
    samples: Annotated[int, typer.Option(min=1, help="prm, orm: solutions of each problem.")] = 4,
    rollouts: Annotated[int, typer.Option(min=1, help="prm, orm: rollouts a step for hard and soft labels.")] = 8,
    noise: Annotated[float, typer.Option(min=0, max=1, help="prm, orm: share of labels flipped in noisy ones.")] = 0.1,
    judge: Annotated[str, typer.Option(help="prm, orm: the model that gives judge labels.")] = "smollm2",
    backbone: Annotated[str, typer.Option(help="prm, orm: folder of a model of its own that reads the steps (see `train backbone`).")] = "",
    measure: Annotated[list[str] | None, typer.Option(help="prm, orm: a held-out set to measure on; may be repeated.")] = None,
    measure_samples: Annotated[int, typer.Option(min=1, help="prm, orm: solutions of each problem it is measured on.")] = 16,
    book: Annotated[bool, typer.Option("--book", help="prm, orm: learn from the label book; --labels then names human, hard, …")] = False,
) -> None:
    """Train the bundled model, the backbone of its reward model, or a reward head, which can then be chosen at once."""
    if what == "nano":
        from rlm_core.training import nano

        config = nano.NanoConfig(seed=seed) if steps is None else nano.NanoConfig(steps=steps, stop=steps, seed=seed)
        nano.train(config, out or nano.FOLDER, report=lambda text: print(text, flush=True))
        return
    if what == "backbone":
        from rlm_core.training import verifier

        trained = verifier.VerifierConfig(seed=seed) if steps is None else verifier.VerifierConfig(steps=steps, seed=seed)
        verifier.train(trained, out or data_folder() / "backbone", report=lambda text: print(text, flush=True))
        return
    if what not in ("prm", "orm"):
        raise unknown("training", what, ["nano", "backbone", "prm", "orm"])
    recipe = HeadRecipe(
        kind=what,
        name=name,
        model=model,
        labels=_weights(labels or ["human" if book else "oracle"]),
        problems=() if book else tuple(problems or ["chain:n=600"]),
        samples=samples,
        rollouts=rollouts,
        noise=noise,
        judge=judge,
        backbone=backbone,
        measure=tuple(measure or ["chain:n=200"]),
        measure_samples=measure_samples,
        seed=seed,
    )
    folder = out or data_folder() / "rewards"
    refuse_taken(what, name, folder)
    print(json.dumps(asyncio.run(_train_head(recipe, folder, book))))


def _weights(texts: list[str]) -> dict[str, float]:
    """ "hard=0.5" as its name and weight; a name alone weighs 1."""
    return {source: _number(float, source, weight or "1") for source, _, weight in (t.partition("=") for t in texts)}


async def _train_head(recipe: HeadRecipe, folder: Path, by_book: bool) -> dict[str, Any]:
    from rlm_core.labels.book import LabelBook
    from rlm_core.runs.store import Store
    from rlm_core.training.head_pipeline import gather, train_head
    from rlm_core.training.label_book import from_book

    library, loaded = await _loaded(catalogue.checked(RunConfig(model=recipe.model, problem="countdown:seed=0")))
    gathered = from_book(LabelBook(Store()), recipe.labels) if by_book else await gather(recipe, loaded.policy, library, _report)
    trained = await train_head(recipe, gathered, loaded.policy, library, folder, _report)
    for why, count in trained.refused.items():
        _report(f"{count:,} solutions were left out: {why}")
    return msgspec.to_builtins(trained.card)
