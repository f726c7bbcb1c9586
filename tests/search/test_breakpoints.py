"""Breakpoints: exact conditions on hand-made trees, on golden logs, and in a run that pauses and goes on."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import AnyEvent, BackedUp, Backtracked, Evaluated, NodeAdded, Pruned, Record, RunStarted, Spent, decode
from rlm_core.core.tree import SearchTree, replay
from rlm_core.problems import make, task
from rlm_core.runs.runner import run_search
from rlm_core.search.breakpoints import KINDS, hit, next_hit, next_simulation, read, written
from rlm_core.search.budget import RunControl
from tests.searching import run_to_end, timeless

GOLDEN = Path(__file__).parent.parent / "golden"
PROBLEM = make("countdown:numbers=3,seed=11")  # 3, 10 and 29 make 36
CONFIG = RunConfig(problem=PROBLEM.spec, reward="logprob", budget=Budget(16))


def tree(*events: AnyEvent) -> SearchTree:
    """The root with the children 1 and 2, then these events."""
    born = (NodeAdded(0, None), NodeAdded(1, 0, "29+10=39"), NodeAdded(2, 0, "29*3=87"))
    return replay(Record(i, 0.0, e) for i, e in enumerate((RunStarted({}, PROBLEM, False), *born, *events), 1))


def golden(search: str) -> list[Record]:
    return [decode(line) for line in (GOLDEN / f"{search}.jsonl").read_bytes().splitlines()]


def test_a_value_drops_by_more_than_x_and_not_by_x():
    before = tree(Evaluated(0, "r", 0.75))
    assert hit(["drop:by=0.25"], before, Evaluated(1, "r", 0.5)) == ""
    assert hit(["drop:by=0.24"], before, Evaluated(1, "r", 0.5)) == "Node 1 is worth 0.50, 0.25 less than the root."


def test_a_node_without_a_value_drops_from_nothing_and_to_nothing():
    assert hit(["drop:by=0"], tree(), Evaluated(1, "r", 0.0)) == ""
    assert hit(["drop:by=0"], tree(), BackedUp((0,), 1.0)) == ""


def test_a_score_of_a_visited_node_is_not_its_value():
    before = tree(BackedUp((1, 0), 0.9))
    assert hit(["drop:by=0.2"], before, Evaluated(1, "r", 0.1)) == ""


def test_a_backup_hits_by_the_mean_after_it():
    before = tree(BackedUp((1, 0), 0.2))  # root and node 1 are worth 0.2
    assert hit(["drop:by=0.39"], before, BackedUp((2, 0), 1.0)) == "Node 1 is worth 0.20, 0.40 less than the root."
    assert hit(["drop:by=0.41"], before, BackedUp((2, 0), 1.0)) == ""


def test_a_backup_by_another_rule_hits_by_its_own_values():
    before = tree(BackedUp((1, 0), 0.2, (0.2, 0.2)))
    assert hit(["drop:by=0.1"], before, BackedUp((1, 0), 0.9, (0.3, 0.35))) == ""
    assert hit(["drop:by=0.1"], before, BackedUp((1, 0), 0.9, (0.3, 0.45))).startswith("Node 1 is worth 0.30, 0.15 less")


def test_a_drop_that_was_there_before_is_no_hit():
    before = tree(BackedUp((1, 0), 0.2), BackedUp((2, 0), 1.0))
    assert hit(["drop:by=0.2"], before, BackedUp((2, 0), 1.0)) == ""


def test_only_a_branch_that_can_be_right_is_a_hit_when_it_is_pruned():
    problem_solver = task(PROBLEM.task).solvable
    assert [problem_solver(PROBLEM, [s]) for s in ("29+10=39", "29*3=87")] == [True, False]
    assert hit(["right_pruned"], tree(), Pruned((2,), "low")) == ""
    assert hit(["right_pruned"], tree(), Pruned((2, 1), "low")) == "Node 1 is pruned, and a right answer could be reached from it."


@pytest.mark.parametrize(("correct", "hits"), [(True, True), (False, False), (None, False)])
def test_a_finished_node_that_is_pruned_hits_by_the_verifiers_word(correct, hits):
    before = tree(NodeAdded(3, 1, "39-3=36", finished=True, answer="29+10-3", correct=correct))
    assert bool(hit(["right_pruned"], before, Pruned((3,), "low"))) == hits


def test_a_step_that_was_cut_off_is_no_right_branch():
    before = tree(NodeAdded(3, 1, "39-", cut=True))
    assert hit(["right_pruned"], before, Pruned((3,), "cut")) == ""


def test_a_node_is_visited_the_nth_time():
    before = tree(BackedUp((1, 0), 0.5))
    assert hit(["visits:node=1,times=2"], before, BackedUp((1, 0), 0.5)) == "Node 1 has 2 visits."
    assert hit(["visits:node=1,times=3"], before, BackedUp((1, 0), 0.5)) == ""
    assert hit(["visits:node=1,times=2"], before, BackedUp((2, 0), 0.5)) == ""
    assert hit(["visits:node=0,times=2"], before, BackedUp((2, 0), 0.5)) == "The root has 2 visits."
    assert hit(["visits:node=99"], before, BackedUp((2, 0), 0.5)) == ""  # a node that is not there (yet)


def test_a_backtrack_hits_and_the_first_breakpoint_that_does_says_why():
    back = Backtracked(1, 0, "nothing left")
    assert hit(["backtrack"], tree(), back) == "The search goes back from node 1 to the root."
    assert hit([], tree(), back) == ""
    assert hit(["drop", "backtrack"], tree(), back).startswith("The search goes back")


@pytest.mark.parametrize("search", ["mcts", "tot_dfs", "beam_search", "thinking", "particle_filtering"])
def test_the_next_hit_of_a_log_is_the_first_event_that_hits(search):
    records = golden(search)
    for text in ("drop:by=0.1", "right_pruned", "visits:node=0,times=3", "backtrack"):
        hits = [r.seq for r in records if hit([text], replay(records[: r.seq - 1]), r.event)]
        found, after = [], 0
        while (event := next_hit([text], records, after)) is not None:
            found.append(event)
            after = event
        assert found == hits


def test_the_golden_logs_hold_every_kind_of_hit():
    where = {"drop:by=0.2": "mcts", "right_pruned": "beam_search", "visits:node=0,times=3": "mcts", "backtrack": "adaptive"}
    assert {text.partition(":")[0] for text in where} == set(KINDS)
    for text, search in where.items():
        assert next_hit([text], golden(search), 0) is not None, text


def test_the_next_simulation_ends_where_its_cost_is_logged():
    records = golden("mcts")
    ends = [r.seq for r in records if isinstance(r.event, Spent) and r.event.simulations]
    assert [next_simulation(records, 0), next_simulation(records, ends[0]), next_simulation(records, ends[-1])] == [ends[0], ends[1], None]


def test_a_breakpoint_is_written_as_it_is_read():
    for name, kind in KINDS.items():
        settings = {p.name: p.default for p in kind.description.parameters}
        assert read(written(name, settings)) == (kind, kind.description.configure({}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("crash", "There is no breakpoint named 'crash'; allowed are drop, right_pruned, visits, backtrack."),
        ("drop:by=2", "by=2 is not allowed for drop; it must be a number from 0 to 1."),
        ("visits:node=-1", "node=-1 is not allowed"),
        ("backtrack:by=1", "backtrack has no parameter 'by'"),
    ],
)
def test_a_breakpoint_that_is_none_is_refused_in_a_sentence(text, sentence):
    with pytest.raises(ConfigError) as refused:
        read(text)
    assert sentence in str(refused.value)


# -- in a run ------------------------------------------------------------------------------------------


def stopped(nano, breakpoints: tuple[str, ...] = (), first: str = "go", then: str = "go") -> tuple[list[Record], list[tuple[int, int]]]:
    """The log of a run that is asked to go on (`then`) whenever it has paused by itself.

    Also returns for each pause its event and the number of events that were logged when it had taken effect.
    """
    records: list[Record] = []
    pauses: list[tuple[int, int]] = []

    async def run() -> None:
        control = RunControl(breakpoints=breakpoints)
        control.ask(first)
        paused = asyncio.Event()
        control.paused_at = lambda event: (pauses.append((event, 0)), paused.set())[0]
        searching = asyncio.ensure_future(run_search(CONFIG, nano.policy(), records.append, control))
        while not searching.done():
            waiting = asyncio.ensure_future(paused.wait())
            await asyncio.wait({searching, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            paused.clear()
            before = -1
            while before != len(records) and not searching.done():  # until it stands still
                before = len(records)
                await asyncio.sleep(0)
            if pauses and not pauses[-1][1]:
                pauses[-1] = (pauses[-1][0], len(records))
            control.ask(then)

    asyncio.run(run())
    return records, pauses


def test_a_run_pauses_at_its_breakpoints_and_its_log_is_the_same(nano):
    plain = run_to_end(CONFIG, nano.policy())[1]
    records, pauses = stopped(nano, ("visits:node=0,times=3", "visits:node=0,times=9"))
    assert timeless(records) == timeless(plain)
    hits = [next_hit([f"visits:node=0,times={n}"], plain, 0) for n in (3, 9)]
    assert [event for event, _ in pauses] == hits


def test_a_pause_takes_effect_at_the_next_request_to_the_model(nano):
    """The events of the batch that hit are all recorded; nothing of the next batch is."""
    records, ((event, logged),) = stopped(nano, ("visits:node=0,times=3",))
    assert event < logged < len(records)
    assert all(isinstance(r.event, BackedUp | Pruned) or r.event.__class__.__name__ == "Selected" for r in records[event:logged])


def test_steps_come_one_batch_after_the_other_until_the_run_ends(nano):
    records, pauses = stopped(nano, first="step", then="step")
    assert timeless(records) == timeless(run_to_end(CONFIG, nano.policy())[1])
    assert pauses[0][0] == 1  # the first event of the run
    assert all(after == event + 1 for (_, event), (after, _) in pairwise(pauses))


def test_a_step_to_the_next_simulation_pauses_where_one_is_complete(nano):
    records, pauses = stopped(nano, first="simulation", then="simulation")
    assert all(isinstance(records[event - 1].event, Spent) and records[event - 1].event.simulations for event, _ in pauses)
    assert [event for event, _ in pauses] == [r.seq for r in records if isinstance(r.event, Spent) and r.event.simulations]


def test_a_run_that_paused_by_itself_can_be_cancelled(nano):
    records, _ = stopped(nano, ("visits:node=0,times=3",), then="cancel")
    assert replay(records).finished.stop == "cancelled"
