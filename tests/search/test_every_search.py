"""What holds for every search there is, by name: a new one is tested here without being named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Answered, Evaluated, NodeAdded, Pruned, Record, RunFinished, RunStarted, Spent
from rlm_core.core.tree import SearchTree
from rlm_core.core.words import COMMON
from rlm_core.runs.runner import run_search
from rlm_core.search import search, searches
from rlm_core.search.budget import RunControl
from rlm_core.search.run import SearchRun
from tests.searching import events, timeless

pytestmark = pytest.mark.slow

every_search = pytest.mark.parametrize("name", sorted(searches()))
AMPLE = Budget(16, tokens=240)
"""Enough for every search to propose, score and answer."""
FEW = Budget(4, tokens=80)
APART = ("dropped", "probe")
"""Tokens of these purposes are not part of a search's own work."""


@pytest.fixture(scope="module")
def at_ease(nano):
    """A run of each search with budget enough to show what it does."""
    return lru_cache(lambda name: searched(name, nano.policy()))


@pytest.fixture(scope="module")
def alone(nano):
    """The same where only the search itself generates."""
    return lru_cache(lambda name: searched(name, nano.policy(), **lean(name)))


def quiet(name: str) -> dict[str, bool]:
    """Parameters of a search by which it probes nothing."""
    return {p.name: False for p in search(name).description.parameters if p.name == "probe"}


def lean(name: str) -> dict:
    """A configuration in which only the search itself generates, where the law is not about tokens."""
    return {"reward": "logprob", "reward_parameters": {}, "search_parameters": quiet(name)}


def searched(name: str, policy, budget: Budget = AMPLE, hook: Callable[[Record, RunControl], None] | None = None, **rest):
    """The tree and the log of a run; `hook` sees every record as it is written."""
    rest = {"problem": "countdown:numbers=3,seed=1", "reward_parameters": {"rollouts": 1}, **rest}
    records: list[Record] = []
    control = RunControl()

    def emit(record: Record) -> None:
        records.append(record)
        if hook is not None:
            hook(record, control)

    tree = asyncio.run(run_search(RunConfig(search=name, budget=budget, **rest), policy, emit, control))
    assert tree.finished.stop != "failed", tree.finished
    assert_whole(tree, records, policy)
    return tree, records


def assert_whole(tree: SearchTree, records: list[Record], policy) -> None:
    """However a run ended: its log is complete, every token is counted, and only a finished candidate answers."""
    assert [r.seq for r in records] == list(range(1, len(records) + 1))
    assert isinstance(records[0].event, RunStarted)
    assert isinstance(records[-1].event, RunFinished)
    assert tree.finished.stop in {word.name for word in COMMON}
    spent = events(records, Spent)
    assert sum(s.generated for s in spent) == policy.usage.generated
    assert sum(s.computed for s in spent) == policy.usage.computed
    given = events(records, Answered)
    assert len(given) == 1
    assert (given[0].node is None) == (given[0].answer is None)
    for node in (n for vote in given[0].votes for n in vote.nodes):
        assert tree.nodes[node].finished
    if given[0].node is not None:
        assert tree.nodes[given[0].node].finished
        assert tree.nodes[given[0].node].answer == given[0].answer


def births(records: list[Record]) -> list:
    return [(e.parent, e.text) for e in events(records, NodeAdded)]


@every_search
def test_the_same_seed_gives_the_same_log_and_some_other_seed_another(nano, name):
    def log(seed: int) -> list[Record]:
        return searched(name, nano.policy(), FEW, seed=seed, temperature=1.5, **lean(name))[1]

    first = log(0)
    assert timeless(log(0)) == timeless(first)
    assert any(births(log(seed)) != births(first) for seed in range(1, 6))


@every_search
@pytest.mark.parametrize("most", [1, 6])
def test_the_simulations_budget_stops_it(nano, alone, name, most):
    free, _ = alone(name)
    tree, records = searched(name, nano.policy(), Budget(most), **lean(name))
    counts = [s.simulations for s in events(records, Spent) if s.simulations]
    assert sum(counts[:-1]) < most
    if free.totals.simulations > most:
        assert tree.finished.stop == "simulations" or (tree.finished.stop == "done" and tree.totals.simulations == most)
    else:
        assert tree.finished.stop in ("done", "exhausted", "simulations")


@every_search
def test_the_tokens_budget_is_never_passed(nano, at_ease, name):
    free, whole = at_ease(name)
    for most in (1, 7, max(1, free.totals.generated // 3)):
        tree, records = searched(name, nano.policy(), Budget(None, tokens=most))
        assert tree.totals.generated <= most
        assert tree.finished.stop == "tokens" or births(records) == births(whole)


@pytest.mark.parametrize("name", ["mcts", "best_of_n", "beam_search", "self_backtracking", "interleaved", "x1-compatible"])
def test_at_the_end_of_its_tokens_a_run_has_the_log_it_has_alone(nano, name):
    """What is cut where the tokens end depends on the run alone, not on what shares the batch with it."""
    problem = "chain:steps=4,seed=2"
    config = RunConfig(search=name, budget=Budget(None, tokens=170), problem=problem, reward_parameters={"rollouts": 3})
    others = [
        RunConfig(search=other, budget=Budget(6), problem=problem, reward_parameters={"rollouts": 1}, seed=5)
        for other in ("best_of_n", "mcts")
    ]

    async def beside() -> list[Record]:
        logs: list[list[Record]] = [[] for _ in range(3)]
        await asyncio.gather(*(run_search(c, nano.policy(), log.append) for c, log in zip([config, *others], logs, strict=True)))
        return logs[0]

    alone: list[Record] = []
    asyncio.run(run_search(config, nano.policy(), alone.append))
    assert timeless(alone) == timeless(asyncio.run(beside()))


@every_search
def test_the_seconds_budget_stops_it_with_no_more_than_one_batch_over(nano, name, monkeypatch):
    """By a clock that ticks once an event."""
    monkeypatch.setattr(SearchRun, "seconds", property(lambda run: float(run.tree.seq)))
    tree, records = searched(name, nano.policy(), Budget(None, seconds=3.0))
    late = [r.event for r in records if r.seq > 3 and isinstance(r.event, Spent) and r.event.generated and r.event.purpose not in APART]
    assert tree.finished.stop == "seconds"
    assert len(late) <= 1


@every_search
def test_cancelled_between_two_requests_it_asks_for_nothing_more(nano, name):
    def cancel(record: Record, control: RunControl) -> None:
        if isinstance(record.event, Spent):
            control.cancelled.set()

    tree, records = searched(name, nano.policy(), hook=cancel)
    assert tree.finished.stop == "cancelled"
    assert len([s for s in events(records, Spent) if s.generated and s.purpose not in APART]) == 1


@every_search
def test_cancelled_in_the_middle_of_a_request_its_log_is_whole(nano, name):
    asked = False

    def cancel(record: Record, control: RunControl) -> None:
        nonlocal asked
        if isinstance(record.event, Spent) and not asked:
            asked = True
            asyncio.get_running_loop().call_soon(control.cancelled.set)

    tree, records = searched(name, nano.policy(), hook=cancel)
    assert tree.finished.stop == "cancelled" or len(events(records, Spent)) <= 2


@every_search
def test_cancelled_before_it_began_it_spends_nothing_and_answers_nothing(nano, name):
    tree, _ = searched(name, nano.policy(), hook=lambda record, control: control.cancelled.set())
    assert tree.finished.stop == "cancelled"
    assert tree.totals.generated == 0
    assert tree.answered.answer is None


@every_search
def test_paused_and_let_go_on_it_has_the_log_it_has_unpaused(nano, name):
    def pause(record: Record, control: RunControl) -> None:
        if isinstance(record.event, Spent):
            control.going.clear()
            asyncio.get_running_loop().call_later(0.001, control.going.set)

    paused, unpaused = (searched(name, nano.policy(), FEW, hook=hook, **lean(name))[1] for hook in (pause, None))
    assert timeless(paused) == timeless(unpaused)


@every_search
@pytest.mark.parametrize(("step", "solution"), [(9, 20), (1, 1), (48, 8)])
def test_what_was_cut_off_never_answers_and_never_goes_on(nano, name, step, solution):
    budget = Budget(12, tokens=200 if step > 1 else 12)
    tree, _ = searched(name, nano.policy(), budget, max_step_tokens=step, max_solution_tokens=solution, **lean(name))
    assert all(not n.children and n.answer is None for n in tree.nodes.values() if n.cut)
    if step == 1:
        assert tree.answered.answer is None


@every_search
def test_nothing_grows_below_a_finished_or_pruned_state(at_ease, name):
    tree, records = at_ease(name)
    pruned: set[int] = set()
    for event in (r.event for r in records):
        if isinstance(event, Pruned):
            pruned.update(event.nodes)
        elif isinstance(event, NodeAdded) and event.parent is not None:
            assert event.parent not in pruned
            assert not tree.nodes[event.parent].finished


@every_search
def test_a_reward_of_finished_states_only_is_given_finished_states_only(nano, name):
    config = lean(name) | {"reward": "verifier", "problem": "countdown:numbers=3,seed=3"}
    tree, records = searched(name, nano.policy(), Budget(8), **config)
    for e in events(records, Evaluated):
        assert tree.nodes[e.node].finished or e.ahead


@every_search
def test_a_search_says_whether_it_asks_the_reward(nano, name):
    description = search(name).description
    options = {p.name: p.choices or ((True, False) if isinstance(p.default, bool) else ()) for p in description.parameters}
    settings = [{}, *({n: value} for n, values in options.items() for value in values)]
    for given in settings:
        config = lean(name) | {"problem": "chain:steps=2,seed=4", "search_parameters": quiet(name) | given}
        _, records = searched(name, nano.policy(), Budget(2, tokens=2000), **config)
        judged = search(name).judged(description.configure(given))
        assert judged == bool(events(records, Evaluated)), given


@every_search
def test_a_run_is_marked_with_the_oracle_only_if_it_asks_it(nano, name):
    config = lean(name) | {"reward": "verifier", "problem": "chain:steps=2,seed=4"}
    tree, _ = searched(name, nano.policy(), Budget(4, tokens=400), **config)
    assert tree.oracle == search(name).judged(search(name).description.configure({}))
