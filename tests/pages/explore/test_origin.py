"""A run from elsewhere says where it came from and what its log lacks, and shows no settings that it never had."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.explore.run_view import TABS_KEY
from rlm_core.core.events import Choice, Term
from rlm_core.core.tree import replay
from rlm_core.runs.attribution import attribute
from rlm_core.runs.import_log import import_log
from rlm_core.runs.recorder import Recorder
from tests.pages.app import html, open_tab, opened, text

FOREIGN = Path(__file__).parents[2] / "runs" / "foreign"


@pytest.mark.parametrize("name", sorted(p.name for p in FOREIGN.glob("*.json*")))
def test_an_imported_run_is_shown_with_its_lacks(store, name):
    run = import_log(store, (FOREIGN / name).read_bytes(), name)[0]
    shown = opened(run=run.run)
    said = text(shown)
    assert f"Told by {run.source}" in said.replace("\\", "")
    assert "no token log\\-probabilities" in said
    assert "seed 0" not in said
    assert not any(e.label == "Settings of this run" for e in shown.expander)
    assert "made with other settings" not in said
    assert any(e.label == "For other programs" for e in open_tab(shown, TABS_KEY, "Export").expander)


def test_a_run_of_this_program_has_no_such_note(store):
    log = Path(__file__).parents[2] / "golden" / "mcts.jsonl"
    shown = opened(run=import_log(store, log.read_bytes(), log.name)[0].run)
    assert "Told by" not in text(shown)
    assert any(e.label == "Settings of this run" for e in shown.expander)


def test_a_live_recording_is_shown_as_it_is_and_cannot_be_paused_here(store):
    rec = Recorder("What is <b>2 + 2</b>?", "4", search="<i>mine</i>", source="my *code*", store=store)
    node = rec.node("2 + 2 = 4", finished=True)
    rec.score(node, 0.5)
    rec.select(node, rule="uct", constant=1.0)
    rec._flush()
    at = opened(run=rec.run)
    said = text(at)
    assert "Told by my \\*code\\*" in said
    assert ", which works on this run and can stop it. Its log has no answer," in said.replace("\\", "")
    assert "tokens" not in html(at).split("rlm-status")[1].split("</div>")[0]
    assert "<i>mine" not in said
    assert "Running" in said
    assert not [b for b in at.button if b.label in ("Pause", "Cancel")]
    rec.answer("4")
    rec.finish()
    at.run()
    assert "right" in text(at)
    assert "which works on this run" not in text(at)


@pytest.mark.parametrize("bonus", [0.3, None])
def test_the_arithmetic_of_a_rule_that_is_not_known_here_is_shown_as_it_was_told(store, bonus):
    with Recorder("2 + 2 = ?", source="TreeQuest", store=store) as rec:
        first, second = rec.node("<b>2 + 2</b>"), rec.node("4")
        below = rec.node("4", first), rec.node("5", first)
        terms = [Term(n, 0.5, 2, 1.0, bonus, None if bonus is None else 0.5 + bonus) for n in (first, second, *below)]
        choices = [Choice(0, 4, first, tuple(terms[:2])), Choice(first, 2, below[0], tuple(terms[2:]))]
        rec.select(below[0], rule="<i>my</i> rule", constant=1.0, choices=choices)
    for node in rec.tree.nodes:
        said = html(opened(run=rec.run, node=str(node)))
        assert "<i>my" not in said
        assert ("rule = Q + bonus = 0.50 + 0.30 = 0.80" in said) == (bonus is not None and node in (0, first, second, *below))


def test_a_log_without_an_answer_blames_nothing(store):
    run = import_log(store, (FOREIGN / "x1_mcts_tree_final.json").read_bytes(), "x1.json")[0]
    at = opened(run=run.run)
    assert "its log does not say which was picked" in html(at)
    assert "0 tokens" not in html(at).split("rlm-status")[1].split("</div>")[0]
    assert attribute(replay(store.events(run.run))) is None


def test_what_was_changed_when_it_was_read_is_said(store):
    run = import_log(store, (FOREIGN / "x1_mcts_tree_final.json").read_bytes(), "x1.json")[0]
    assert "from \\-1 to 1 are shown as 0 to 1" in text(opened(run=run.run))
