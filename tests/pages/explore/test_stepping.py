"""Breakpoints on the Explore page: chosen in the sidebar, kept with the run, and places to go to in the recorded events."""

from __future__ import annotations

from rlm_core.core.config import RunConfig
from rlm_core.core.events import decode
from rlm_core.core.paths import ROOT
from rlm_core.core.words import RunStatus
from rlm_core.problems import make
from rlm_core.runs.store import Store
from rlm_core.search.breakpoints import next_hit, next_simulation
from tests.pages.app import click, opened, text
from tests.saved import save

CONFIG = RunConfig(problem="countdown:numbers=3,seed=11")


def golden(search: str) -> list:
    return [decode(line) for line in (ROOT / "tests/golden" / f"{search}.jsonl").read_bytes().splitlines()]


def shown(at) -> str:
    """The caption that says which event is shown."""
    return next(c.value for c in at.caption if c.value.startswith("Event "))


def paused(store: Store, events: int, breakpoints: list[str], at_event: int) -> str:
    """A run that a worker works on: its first events are recorded, and it has paused by itself."""
    run = store.create(CONFIG, make(CONFIG.problem), breakpoints)
    store.claim("w")
    store.set_status(run, RunStatus.RUNNING)
    store.append(run, golden("mcts")[:events], {})
    store.paused_itself(run, at_event, 0)
    return run


def test_breakpoints_are_queued_with_the_run(store):
    at = opened()
    at.toggle(key="break.drop").set_value(True).run()
    at.number_input(key="break.drop.by").set_value(0.4).run()
    at.toggle(key="break.backtrack").set_value(True).run()
    click(at, "run")
    assert store.list()[0].breakpoints == ("drop:by=0.4", "backtrack")


def test_a_change_reaches_a_run_that_has_not_ended_and_no_other(store):
    ended = save(store, golden("mcts"), CONFIG)
    at = opened(run=ended)
    at.toggle(key="break.backtrack").set_value(True).run()
    assert store.get(ended).breakpoints == ()
    live = paused(store, 10, [], 5)
    at = opened(run=live)
    at.toggle(key="break.backtrack").set_value(True).run()
    assert store.get(live).breakpoints == ("backtrack",)
    at.toggle(key="break.backtrack").set_value(False).run()
    assert store.get(live).breakpoints == ()


def test_a_run_that_paused_by_itself_is_shown_at_the_event_that_says_why(store):
    hit = next_hit(["visits:node=0,times=2"], golden("mcts"), 0)
    at = opened(run=paused(store, hit + 4, ["visits:node=0,times=2"], hit))
    assert shown(at).startswith(f"Event {hit} of {hit + 4}")
    assert "The root has 2 visits." in text(at)


def test_a_step_goes_through_the_recorded_events_and_then_asks_the_run(store):
    run = paused(store, 20, ["visits:node=0,times=1"], 19)
    at = opened(run=run)
    assert shown(at).startswith("Event 19 of 20")
    click(at, "step")
    assert shown(at).startswith("Event 20 of 20")
    assert store.get(run).request == "pause"
    click(at, "step")
    assert store.get(run).request == "step"


def test_to_the_next_simulation_and_on_to_the_next_breakpoint_as_far_as_they_are_recorded(store):
    records = golden("mcts")
    run = paused(store, len(records) - 2, ["visits:node=0,times=1", "visits:node=0,times=3"], 5)
    at = opened(run=run)
    click(at, "next_simulation")
    assert shown(at).startswith(f"Event {next_simulation(records, 5)} of ")
    click(at, "pause")  # "Go on"
    third = next_hit(["visits:node=0,times=3"], records, 0)
    assert next_simulation(records, 5) < third
    assert store.get(run).request == "pause"
    while not shown(at).startswith(f"Event {third} of "):
        before = shown(at)
        click(at, "pause")
        assert shown(at) != before
    click(at, "pause")
    assert store.get(run).request == "go"


def test_in_a_saved_run_the_next_breakpoint_is_a_place_to_go_to(store):
    records = golden("beam_search")
    run = save(store, records, CONFIG)
    at = opened(run=run)
    assert not [b for b in at.button if b.key == "next_breakpoint"]
    at.toggle(key="break.right_pruned").set_value(True).run()
    first = next_hit(["right_pruned"], records, 0)
    click(at, "next_breakpoint")
    assert shown(at).startswith(f"Event {first} of {len(records)}")
    assert "a right answer could be reached from it" in text(at)
    assert "EXACT SOLVER" in text(at)


def test_a_pause_of_long_ago_does_not_move_an_ended_run(store):
    run = paused(store, 20, [], 7)
    store.append(run, golden("mcts")[20:], {})
    store.set_status(run, RunStatus.FINISHED)
    last = len(golden("mcts"))
    assert shown(opened(run=run)).startswith(f"Event {last} of {last}")
