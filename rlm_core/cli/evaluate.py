"""Commands that measure models, searches and rewards over held-out problems."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rlm_core import catalogue, rewards
from rlm_core.cli.config import StoreUrl, build_config, load, report
from rlm_core.cli.kept import Kept
from rlm_core.cli.tables import forcing_table, share, strategies_table
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import unknown
from rlm_core.core.problem import Problem, questions_id
from rlm_core.models.listed import sampling_of, stepped
from rlm_core.models.policy import Policy
from rlm_core.problems.sets import rows_spec
from rlm_core.runs.set_specs import counted_set, first_problems

app = typer.Typer()
PROBLEMS = typer.Option(
    min=2, help="Problems: seeds 0 to n-1 of the held-out split, 500 unless given; or the first n of a file or set, all unless given."
)
MANY = 500
"""Problems of a kind that are measured unless a number is given."""
KIND = "A kind of problem without a seed, a file such as gsm8k.jsonl, or set:NAME"
KEEP_OPTION = typer.Option(help="A file for each row's results, problem by problem; rows that it holds already are not measured again.")
K_RULE = "k is 1 or more, and the samples are at least twice k"


@app.command()
def evaluate(
    model: Annotated[str, typer.Option(help="nano, smollm2, a Hugging Face id, a folder, a .gguf file or a server's address.")] = "nano",
    problem: Annotated[str, typer.Option(help=f"{KIND}.")] = "countdown:numbers=3",
    n: Annotated[int | None, PROBLEMS] = None,
    samples: Annotated[int, typer.Option(min=2, help="Solutions sampled for each problem; at least twice the largest k.")] = 32,
    k: Annotated[list[int] | None, typer.Option(help="pass@k to report; may be repeated.")] = None,
    search: Annotated[str, typer.Option(help="Measure this search instead of plain samples.")] = "",
    set_: Annotated[list[str] | None, typer.Option("--set", help="As for `run`.")] = None,
    reward: Annotated[str, typer.Option()] = "rollouts",
    seed: Annotated[int, typer.Option()] = 0,
    store: StoreUrl = "",
) -> None:
    """Measure a model, or a search with it, over held-out problems; a share is printed with the ends of its 95 % bootstrap interval."""
    chosen = first_problems(problem, n, MANY)
    config = catalogue.checked(build_config(model, _kind(problem, chosen), search or None, set_ or [], reward, seed))
    result = asyncio.run(_evaluate(config, chosen, samples, k or [1, 16], bool(search)))
    result.pop("right", None)
    print(json.dumps({"model": model, "problem": problem, **result}))


def _kind(spec: str, chosen: list[Problem]) -> str:
    """The problem of the configuration: the kind itself, or the first row of a file or set."""
    return spec if rows_spec(spec) is None else chosen[0].spec


async def _evaluate(config: RunConfig, chosen: list[Problem], samples: int, ks: list[int], by_search: bool) -> dict[str, Any]:
    from rlm_core.evaluation.searches import evaluate_policy, evaluate_search

    if min(ks) < 1 or 2 * max(ks) > samples:
        raise ConfigError(f"pass@{min(ks) if min(ks) < 1 else max(ks)} cannot be told from {samples} samples per problem; {K_RULE}.")
    library, loaded = await load(config)
    if by_search:
        return await evaluate_search(config, chosen, lambda: loaded.policy(config.shares_batches), library)
    sampling = sampling_of(config)
    return await evaluate_policy(
        stepped(loaded.policy(config.shares_batches), config),
        chosen,
        samples=samples,
        ks=ks,
        temperature=sampling.temperature,
        seed=config.seed,
        limits=sampling,
    )


@app.command()
def strategies(
    model: Annotated[str, typer.Option(help="As for `run`.")] = "nano",
    problem: Annotated[str, typer.Option(help=f"{KIND}.")] = "countdown:numbers=4",
    n: Annotated[int | None, PROBLEMS] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this strategy, beside the greedy chain; may be repeated.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A budget, the reward or the run itself, as for `run`.")] = None,
    reward: Annotated[str, typer.Option()] = "rollouts",
    seed: Annotated[int, typer.Option()] = 0,
    keep: Annotated[Path | None, KEEP_OPTION] = None,
    store: StoreUrl = "",
) -> None:
    """Measure every strategy over the same held-out problems, each against a greedy chain, and print a table.

    "Against greedy" counts the problems that only the strategy (+) and only the greedy chain (−) solves; p is McNemar's exact
    test on them, corrected for the number of rows (Holm). Tokens and reward passes are means per problem.
    """
    for name in only or []:
        if name not in catalogue.searches():
            raise unknown("search", name, catalogue.searches())
    chosen = first_problems(problem, n, MANY)
    config = catalogue.checked(build_config(model, _kind(problem, chosen), None, set_ or [], reward, seed))
    kept = Kept(keep, {"command": "strategies", **_measured(problem, chosen), "config": msgspec.to_builtins(config)})
    asyncio.run(_strategies(config, chosen, only or list(catalogue.searches()), kept))
    print("\n".join(strategies_table(kept.rows)))


def _measured(spec: str, chosen: list[Problem]) -> dict[str, Any]:
    """The problems, as a file of kept results names them; a file or set also by its content."""
    rows = {} if rows_spec(spec) is None else {"questions": questions_id(chosen)}
    return {"problems": spec, "n": len(chosen), **rows}


async def _strategies(config: RunConfig, chosen: list[Problem], names: list[str], kept: Kept) -> None:
    from rlm_core.evaluation.searches import evaluate_strategies

    library, loaded = await load(config)
    done = {(row["search"], row["settings"]) for row in kept.rows}
    async for row in evaluate_strategies(names, config, chosen, loaded.policy, library, done):
        kept.add(row)
        report(f"{row['search']} {row['settings']}: {share(row['accuracy'])}, {row['seconds']:.0f} s")


@app.command("budget-forcing")
def budget_forcing(
    model: Annotated[str, typer.Option(help="As for `run`.")] = "nano",
    problem: Annotated[str, typer.Option(help=f"{KIND}.")] = "countdown:numbers=4",
    n: Annotated[int | None, PROBLEMS] = None,
    budget: Annotated[list[int] | None, typer.Option(min=1, help="A maximum of thinking tokens; may be repeated.")] = None,
    waits: Annotated[list[int] | None, typer.Option(min=0, max=10, help="A number of forced waits; may be repeated.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    keep: Annotated[Path | None, KEEP_OPTION] = None,
    store: StoreUrl = "",
) -> None:
    """Measure budget forcing: accuracy against thinking tokens, with s1's control, scaling and performance.

    Each row is compared with a greedy chain that does not think, and with thinking that nothing interferes with, as
    `strategies` compares.
    """
    chosen = first_problems(problem, n, MANY)
    config = catalogue.checked(build_config(model, _kind(problem, chosen), "thinking", [], "rollouts", seed))
    kept = Kept(keep, {"command": "budget-forcing", **_measured(problem, chosen), "config": msgspec.to_builtins(config)})
    points = [(0, 0), *((b, 0) for b in budget or [16, 32, 64, 128, 224]), *((0, w) for w in waits or [1, 2, 4] if w)]
    rows, figures = asyncio.run(_budget_forcing(config, chosen, points, kept))
    print("\n".join(forcing_table(rows, kept.rows[0])))
    print(json.dumps({"model": model, "problem": problem, "problems": len(chosen), **figures}))


async def _budget_forcing(
    config: RunConfig, chosen: list[Problem], points: list[tuple[int, int]], kept: Kept
) -> tuple[list[dict[str, Any]], dict[str, float | None]]:
    from rlm_core.evaluation.searches import GREEDY_CHAIN, evaluate_forcing, evaluate_search, forcing_figures

    library, loaded = await load(config)
    if not kept.rows:
        name, parameters = GREEDY_CHAIN
        own = msgspec.structs.replace(config, search=name, search_parameters=parameters)
        kept.add(await evaluate_search(own, chosen, loaded.policy, library))
    done = {(row["most"], row["waits"]) for row in kept.rows[1:]}
    async for row in evaluate_forcing(config, [p for p in points if p not in done], chosen, loaded.policy, library):
        kept.add(row)
        report(f"at most {row['most'] or 'any'}, waits {row['waits']}: {share(row['accuracy'])}, {row['seconds']:.0f} s")
    rows = sorted((r for r in kept.rows[1:] if (r["most"], r["waits"]) in points), key=lambda r: points.index((r["most"], r["waits"])))
    return rows, forcing_figures(rows)


@app.command("evaluate-reward")
def evaluate_reward_command(
    reward: Annotated[
        str, typer.Option(help="See `list rewards`; settings in parentheses, such as prm:nano(aggregate=prod).")
    ] = "prm:nano",
    problems: Annotated[
        str, typer.Option(help="A set of problems, such as chain:n=200, gsm8k.jsonl:n=200 or set:GSM8K:n=200.")
    ] = "chain:n=200",
    model: Annotated[str, typer.Option(help="Whose solutions are judged; as for `run`.")] = "nano",
    samples: Annotated[int, typer.Option(min=1, max=64, help="Solutions of each problem: the N of Best-of-N.")] = 16,
    set_: Annotated[list[str] | None, typer.Option("--set", help="name=value of the reward; may be repeated.")] = None,
    seed: Annotated[int, typer.Option()] = 0,
    store: StoreUrl = "",
) -> None:
    """Measure a reward against the exact solver, and weighted Best-of-N against majority on the same candidates."""
    chosen = counted_set(problems)
    config = catalogue.checked(build_config(model, chosen[0].spec, None, set_ or [], reward, seed))
    result = asyncio.run(_evaluate_reward(config, chosen, samples))
    print("| N | majority | weighted | naive | perfect choice | weighted − majority [95 %] | McNemar p |\n|---|---|---|---|---|---|---|")
    for row in result.pop("best_of_n"):
        shares = [f"{v:.3f} [{low:.3f}, {high:.3f}]" for v, low, high in (row["majority"], row["weighted"], row["naive"])]
        gain, low, high = row["gain"]
        print(f"| {row['n']} | {' | '.join(shares)} | {row['perfect']:.3f} | {gain:+.3f} [{low:+.3f}, {high:+.3f}] | {row['p']:.4f} |")
    print(json.dumps({"model": model, "set": problems, **result}))


async def _evaluate_reward(config: RunConfig, chosen: list[Problem], samples: int) -> dict[str, Any]:
    from rlm_core.evaluation.rewards import evaluate_reward
    from rlm_core.evaluation.sampling import draw

    library, loaded = await load(config)
    sampling = sampling_of(config)

    def new_policy() -> Policy:
        return stepped(loaded.policy(config.shares_batches), config)

    groups = await draw(new_policy, chosen, samples, sampling, config.seed)
    judge = rewards.RewardChoice(config.reward, rewards.reward(config.reward), config.reward_parameters)
    return await evaluate_reward(judge, groups, new_policy, library, sampling, config.seed)
