"""Every golden log keeps every invariant; a log damaged on purpose is found where it is damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from rlm_core.core.errors import LogError
from rlm_core.core.events import BackedUp, Evaluated, Event, NodeAdded, Record, RunStarted, Selected, Spent
from rlm_core.runs.invariants import LAWS, Invariant, invariants
from rlm_core.runs.logfile import read, read_file
from tests.helpers import chain_log, random_log
from tests.runs.mutations import GOLDEN, mutated, rows

LOGS = [*GOLDEN, *sorted((Path(__file__).parents[1] / "migration" / "logs").glob("*.jsonl"))]
TREES = ("ab_mcts", "forest", "mcts", "x1-compatible")


def golden(name: str) -> list[Record]:
    return list(read_file(next(p for p in GOLDEN if p.stem == name)).records)


def law(records: list[Record], word: str) -> Invariant:
    """The invariant whose law begins with this word."""
    return next(i for i in invariants(records) if i.law.startswith(word))


def changed(records: list[Record], kind: type[Event], change: Callable[[Event], Event | None], which: int = 0) -> tuple[list[Record], int]:
    """The log with one event of a kind, the `which`-th, changed or (None) left out; and that event's number."""
    at = [i for i, r in enumerate(records) if isinstance(r.event, kind)][which]
    event = change(records[at].event)
    kept = [*records[:at], *([] if event is None else [msgspec.structs.replace(records[at], event=event)]), *records[at + 1 :]]
    return [msgspec.structs.replace(r, seq=i) for i, r in enumerate(kept, 1)], records[at].seq


def replaced(**fields: object) -> Callable[[Event], Event]:
    return lambda event: msgspec.structs.replace(event, **fields)


@pytest.mark.parametrize("path", LOGS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_log_of_ours_keeps_every_invariant(path):
    found = invariants(list(read_file(path).records))
    assert [i.law for i in found] == list(LAWS)
    assert not [i for i in found if i.holds is False]
    assert all(i.detail for i in found)
    assert law(list(read_file(path).records), "Budget").holds
    assert law(list(read_file(path).records), "Tokens").holds


@pytest.mark.parametrize("name", TREES)
def test_the_laws_of_trees_are_checked_on_tree_searches(name):
    records = golden(name)
    backups = sum(isinstance(r.event, BackedUp) for r in records)
    for word in ("Visits", "Values", "Choices", "Priors"):
        assert law(records, word).holds is True
    assert f"{backups} backups" in law(records, "Visits").detail


def test_a_law_that_does_not_apply_says_why():
    records = golden("best_of_n")
    assert (law(records, "Visits").holds, law(records, "Visits").detail) == (None, "this run backs nothing up")
    assert law(records, "Choices").holds is None
    assert law(records, "Priors").detail == "no siblings were weighed: every prior is 1"


@pytest.mark.parametrize("name", TREES)
def test_a_backup_that_passes_over_a_node_breaks_the_visits(name):
    long = next(r for r in golden(name) if isinstance(r.event, BackedUp) and len(r.event.path) > 2)
    records, seq = golden(name), long.seq
    skipped = msgspec.structs.replace(long.event, path=(long.event.path[0], *long.event.path[2:]), values=())
    records[seq - 1] = msgspec.structs.replace(long, event=skipped)
    found = law(records, "Visits")
    assert found.holds is False
    assert found.event == seq
    assert found.node == long.event.path[2]


def test_a_backup_that_stops_below_the_root_breaks_the_visits():
    records, seq = changed(golden("mcts"), BackedUp, lambda e: msgspec.structs.replace(e, path=e.path[:-1]), which=2)
    found = law(records, "Visits")
    assert (found.holds, found.node, found.event) == (False, 0, seq)


@pytest.mark.parametrize("name", TREES)
def test_a_backup_of_another_value_than_the_score_breaks_the_means(name):
    records, seq = changed(golden(name), BackedUp, replaced(value=0.123), which=1)
    found = law(records, "Values")
    assert (found.holds, found.event) == (False, seq)
    assert "0.123 goes up" in found.detail


@pytest.mark.parametrize("name", TREES)
def test_a_backup_left_out_breaks_the_means_at_the_next_choice_that_used_it(name):
    records, seq = changed(golden(name), BackedUp, lambda e: None, which=1)
    found = law(records, "Values")
    assert found.holds is False
    assert found.event is not None and found.event >= seq


def test_x1s_values_are_worked_out_again():
    records, seq = changed(golden("x1-compatible"), BackedUp, lambda e: msgspec.structs.replace(e, values=(*e.values[:-1], 0.987)), which=3)
    found = law(records, "Values")
    assert (found.holds, found.event) == (False, seq)
    assert "x1's rule gives" in found.detail


def test_values_by_a_rule_of_another_program_are_not_judged():
    records, _ = changed(golden("x1-compatible"), RunStarted, replaced(config={"search": "theirs"}))
    assert law(records, "Values").holds is None
    assert "another program" in law(records, "Values").detail
    assert law(records, "Budget").detail == "the log names no budget"


def test_another_child_than_the_best_breaks_the_choices():
    def other(event: Selected) -> Selected:
        choice = event.choices[0]
        loser = min(choice.terms, key=lambda t: float("inf") if t.total is None else t.total)
        return msgspec.structs.replace(event, choices=(msgspec.structs.replace(choice, chosen=loser.node),))

    records = golden("mcts")
    which = next(
        i
        for i, e in enumerate([r.event for r in records if isinstance(r.event, Selected)])
        if e.choices and len({t.total for t in e.choices[0].terms}) > 1
    )
    records, seq = changed(records, Selected, other, which)
    found = law(records, "Choices")
    assert (found.holds, found.event, found.node) == (False, seq, 0)


def test_a_bonus_of_another_constant_breaks_the_choices():
    which = next(i for i, e in enumerate([r.event for r in golden("mcts") if isinstance(r.event, Selected)]) if e.choices)
    later = [i for i, e in enumerate([r.event for r in golden("mcts") if isinstance(r.event, Selected)]) if i > which and e.choices][-1]
    records, seq = changed(golden("mcts"), Selected, replaced(constant=0.3), later)
    assert (law(records, "Choices").holds, law(records, "Choices").event) == (False, seq)
    assert "its rule gives" in law(records, "Choices").detail


def test_a_draw_that_chose_the_other_way_breaks_the_choices():
    events = [r.event for r in golden("ab_mcts") if isinstance(r.event, Selected)]
    which = next(i for i, e in enumerate(events) if e.choices)
    records, seq = changed(
        golden("ab_mcts"),
        Selected,
        lambda e: msgspec.structs.replace(
            e, choices=(msgspec.structs.replace(e.choices[0], wider=e.choices[0].deeper, deeper=e.choices[0].wider), *e.choices[1:])
        ),
        which,
    )
    assert (law(records, "Choices").holds, law(records, "Choices").event) == (False, seq)


@pytest.mark.parametrize("prior", [0.01, 0.9])
def test_a_changed_prior_breaks_the_priors(prior):
    records = golden("mcts")
    weighed = [i for i, e in enumerate([r.event for r in records if isinstance(r.event, NodeAdded)]) if e.prior < 1]
    records, seq = changed(records, NodeAdded, replaced(prior=prior), weighed[-1])
    found = law(records, "Priors")
    assert found.holds is False
    assert found.event is not None and found.event <= seq


def test_priors_without_tokens_are_held_to_their_sum():
    records = [
        msgspec.structs.replace(r, event=msgspec.structs.replace(r.event, tokens=())) if isinstance(r.event, NodeAdded) else r
        for r in golden("mcts")
    ]
    assert law(records, "Priors").holds is True
    weighed = [i for i, e in enumerate([r.event for r in records if isinstance(r.event, NodeAdded)]) if e.prior < 1]
    assert law(changed(records, NodeAdded, replaced(prior=0.99), weighed[-1])[0], "Priors").holds is False


@pytest.mark.parametrize(
    ("spent", "words"),
    [({"simulations": 90}, "simulations of 12 allowed"), ({"generated": 9_000}, "9,"), ({"reward_passes": 50}, "reward passes of 40")],
)
def test_a_budget_that_was_passed_is_found(spent, words):
    budget = {"simulations": 12, "tokens": 5_000, "seconds": None, "reward_passes": 40}
    started = golden("mcts")[0].event
    records, _ = changed(golden("mcts"), RunStarted, replaced(config=started.config | {"budget": budget}))
    assert law(records, "Budget").holds is True
    records, first = changed(records, Spent, replaced(**spent), which=1)
    records, seq = changed(records, Spent, replaced(**spent), which=2)
    found = law(records, "Budget")
    assert found.holds is False
    assert found.event == (seq if "reward_passes" in spent else first)
    assert words in found.detail


def test_time_beyond_the_budget_is_found():
    records = golden("mcts")
    started = records[0].event
    records, _ = changed(records, RunStarted, replaced(config=started.config | {"budget": {"simulations": None, "seconds": 2.0}}))
    late = [msgspec.structs.replace(r, time=9.0) if r.seq > 20 else r for r in records]
    assert law(records, "Budget").holds is True
    assert (law(late, "Budget").holds, law(late, "Budget").event) == (False, 21)


def test_tokens_that_nobody_counted_are_found():
    records, _ = changed(golden("best_of_n"), Spent, replaced(generated=3))
    found = law(records, "Tokens")
    assert found.holds is False
    assert found.node is not None and found.event == next(
        r.seq for r in records if isinstance(r.event, NodeAdded) and r.event.node == found.node
    )


def test_a_run_without_an_end_is_not_blamed_for_tokens_still_to_be_counted():
    assert law(golden("mcts")[:20], "Tokens").holds is None


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_the_laws_hold_at_every_moment_of_a_run(path):
    records = list(read_file(path).records)
    for moment in range(1, len(records), 3):
        assert not [i for i in invariants(records[:moment]) if i.holds is False]


def test_logs_of_other_programs_are_judged_by_what_they_say():
    records = random_log(3, 40)  # by a PUCT of its own
    assert law(records, "Visits").holds is True
    assert law(records, "Values").holds is True
    assert law(records, "Choices").holds is True
    assert law(records, "Budget").detail == "the log names no budget"
    assert invariants(chain_log(1, 5))
    assert invariants([]) == []


def test_a_score_that_was_changed_afterwards_is_found():
    which = 0
    records, _ = changed(golden("mcts"), Evaluated, replaced(score=0.77), which)
    assert law(records, "Values").holds is False


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_log_is_judged_or_refused(seed):
    rng = random.Random(seed)
    try:
        records = read(mutated(rows(rng.choice(GOLDEN)), rng, 3), "log").records
        found = invariants(records)
    except LogError:
        return
    assert all(i.detail for i in found)
