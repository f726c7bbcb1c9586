"""The Debug tab: why an answer is wrong, what other settings would have changed, the oracle, and invariants."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pages.explore.debug.panel import VIEWS
from pages.explore.run_view import TABS_KEY
from pages.shared.escape import markdown_text
from rlm_core.core.config import RunConfig
from rlm_core.core.events import Answered, BackedUp, Evaluated, Record
from rlm_core.core.tree import replay
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.score_run import RunScoreJob
from rlm_core.runs.attribution import attribute
from rlm_core.runs.import_log import import_log
from rlm_core.runs.logfile import read_file
from rlm_core.runs.solvability import misjudged, solvability
from tests.helpers import best_of_n_log, random_log
from tests.pages.app import click, opened, text
from tests.runs.mutations import GOLDEN
from tests.saved import save

FOREIGN = Path(__file__).parents[2] / "runs" / "foreign"


def golden(name: str) -> list[Record]:
    return list(read_file(next(p for p in GOLDEN if p.stem == name)).records)


def debugging(store, records: list[Record], view: str, config: RunConfig | None = None):
    """The Debug tab of a run with this log, at one of its views."""
    at = opened(run=save(store, records, config or RunConfig()))
    at.session_state[TABS_KEY] = "Debug"
    at.session_state["debug.view"] = view
    at.run()
    assert not at.exception, at.exception
    return at


def wrong() -> list[Record]:
    """A pool with right candidates, of which a wrong one is answered."""
    records = best_of_n_log(2, 10)
    tree = replay(records)
    loser = next(n for n in tree.candidates() if not n.correct)
    return [
        msgspec.structs.replace(r, event=Answered("naive", loser.answer, loser.id, False)) if isinstance(r.event, Answered) else r
        for r in records
    ]


def test_a_wrong_answer_has_its_cause_and_a_link_to_every_node_that_shows_it(store):
    records = wrong()
    failure = attribute(replay(records))
    at = debugging(store, records, "Why it is wrong", RunConfig(search="best_of_n"))
    assert failure is not None and failure.cause == "selection"
    assert "**Selection.** A right candidate was found and not chosen." in text(at)
    click(at, f"debug.evidence.{failure.nodes[0]}")
    assert at.query_params["node"] == str(failure.nodes[0])
    assert f"##### Node {failure.nodes[0]} ·" in text(at)


def test_a_right_answer_needs_no_cause(store):
    records = golden("mcts")
    assert replay(records).answered.correct
    assert "The answer is right." in text(debugging(store, records, "Why it is wrong"))


def test_with_nothing_changed_no_decision_flips(store):
    at = debugging(store, golden("mcts"), "What if")
    assert "**No decision flips**: 17 decisions made again, each as it was." in text(at)
    assert "The answer would have been" in text(at)


def test_another_constant_shows_the_first_flip_with_both_sums_and_leads_to_its_moment(store):
    at = debugging(store, golden("mcts"), "What if")
    next(n for n in at.number_input if n.label == "c").set_value(0.0).run()
    assert "is the first that flips" in text(at)
    assert "**As it was**: uct, c \\= 1\\.414" in text(at)
    assert "**With the changed settings**: uct, c \\= 0" in text(at)
    assert "the search would have gone elsewhere" in text(at)
    assert "Over the recorded nodes the answer is" in text(at)
    link = next(b for b in at.button if b.label.startswith("Go to event"))
    event = int(link.label.removeprefix("Go to event "))
    link.click().run()
    assert at.query_params["t"] == str(event)


def test_another_answer_rule_is_asked_over_the_same_tree(store):
    at = debugging(store, wrong(), "What if", RunConfig(search="best_of_n"))
    box = next(s for s in at.selectbox if s.label == "Answer by")
    box.set_value("majority").run()
    assert not at.exception
    assert "The answer would have been" in text(at)


def test_the_first_candidates_of_a_pool_can_be_asked_alone(store):
    at = debugging(store, best_of_n_log(2, 10), "What if", RunConfig(search="best_of_n"))
    at.number_input(key=next(n.key for n in at.number_input if n.key and n.key.startswith("debug.first"))).set_value(1).run()
    assert not at.exception
    assert "answer" in text(at)


def test_the_scores_of_a_job_can_stand_in_for_the_runs_own(store):
    records = golden("mcts")
    run = save(store, records, RunConfig())
    tree = replay(records)
    jobs = Jobs(store)
    job = jobs.create(RunScoreJob(run, ("logprob",)))
    nodes = {str(n): 1 - (node.score or 0.0) for n, node in tree.nodes.items() if n}
    jobs.finish(
        job, RunStatus.FINISHED, "", {"run": run, "scores": {"logprob": {"nodes": nodes, "oracle": False, "passes": 0, "generated": 0}}}
    )
    at = opened(run=run)
    at.session_state[TABS_KEY] = "Debug"
    at.session_state["debug.view"] = "What if"
    at.run()
    next(s for s in at.selectbox if s.label == "Reward").set_value("logprob").run()
    assert not at.exception
    assert "is the first that flips" in text(at)


def test_the_oracle_is_marked_and_lists_what_the_reward_misjudged(store):
    records = random_log(3, 40)
    tree = replay(records)
    at = debugging(store, records, "Oracle")
    found = misjudged(tree, {n.id: n.score for n in tree.nodes.values() if n.score is not None}, solvability(tree))
    assert "⚑ ORACLE" in text(at)
    assert "This view alone asks the exact solver" in text(at)
    assert "The search did not see it." in text(at)
    assert "can still reach a right answer" in text(at)
    for title, nodes in (("scored below", found.low), ("that were pruned", found.pruned), ("scored 0.5 or more", found.high)):
        line = next(m.value for m in at.markdown if title in m.value)
        assert line.endswith(f": {len(nodes)}" if nodes else ": none")


def test_every_invariant_has_its_mark(store):
    at = debugging(store, golden("mcts"), "Invariants")
    assert "**6 invariants hold.**" in text(at)
    assert "✓ **Visits**" in text(at)
    at = debugging(store, golden("best_of_n"), "Invariants", RunConfig(search="best_of_n"))
    assert "**2 invariants hold; 4 do not apply.**" in text(at)
    assert "– **Visits**" in text(at)
    assert markdown_text("Does not apply: this run backs nothing up") in text(at)


def test_a_broken_invariant_leads_to_its_first_place(store):
    records = golden("mcts")
    broken = next(i for i, r in enumerate(records) if isinstance(r.event, BackedUp) and r.seq > 20)
    records[broken] = msgspec.structs.replace(records[broken], event=msgspec.structs.replace(records[broken].event, value=0.123))
    at = debugging(store, records, "Invariants")
    assert "✕ **Values**" in text(at)
    click(at, f"debug.broken.Values.{broken + 1}")
    assert at.query_params["t"] == str(broken + 1)


@pytest.mark.parametrize("view", ["Why it is wrong", "What if", "Oracle", "Invariants"])
def test_text_of_a_model_is_escaped_in_every_view(store, view):
    hostile = "<img src=x onerror=alert(1)> **bold** $x$"
    records = [
        msgspec.structs.replace(r, event=msgspec.structs.replace(r.event, reward=hostile)) if isinstance(r.event, Evaluated) else r
        for r in wrong()
    ]
    shown = text(debugging(store, records, view, RunConfig(search="best_of_n", reward="logprob")))
    assert "<img src=x" not in shown
    assert "**bold**" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(FOREIGN.glob("*.json*")), ids=lambda file: file.stem)
def test_every_view_of_a_run_of_another_program_is_drawn(store, file):
    run = import_log(store, file.read_bytes(), file.name)[0].run
    at, drawn = opened(run=run), set()
    at.session_state[TABS_KEY] = "Debug"
    for view in VIEWS:
        at.session_state["debug.view"] = view
        at.run()
        assert not at.exception, (view, at.exception)
        drawn.add(text(at))
    assert len(drawn) == len(VIEWS)
