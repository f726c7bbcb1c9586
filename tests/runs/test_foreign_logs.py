"""Logs of other programs: each becomes the tree its writer had, says what it lacks, and a damaged one is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import LogError, RlmError
from rlm_core.core.events import Evaluated, Selected
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures import palette
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.narrate.sentences import sentence
from rlm_core.runs import logfile
from rlm_core.runs.formats import formats
from rlm_core.runs.formats.base import LoggedRun
from rlm_core.runs.import_log import import_log
from rlm_core.runs.log_reader import read_path, read_runs, write_run
from rlm_core.runs.missing import missing

FOREIGN = Path(__file__).parent / "foreign"
FILES = sorted(p.name for p in FOREIGN.glob("*.json*"))
GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.jsonl"))
WRITABLE = [name for name, f in formats().items() if f.write]


def runs(name: str) -> list[LoggedRun]:
    return read_path(FOREIGN / name)


def tree(name: str) -> SearchTree:
    return replay(runs(name)[0].records)


def selections(run: LoggedRun) -> list[int]:
    return [r.event.node for r in run.records if isinstance(r.event, Selected)]


# -- what each format says ---------------------------------------------------------------------


def test_a_tree_of_x1_ends_with_its_own_visits_and_values_scaled_by_its_range():
    document = json.loads((FOREIGN / "x1_mcts_tree_final.json").read_text())
    found = tree("x1_mcts_tree_final.json")
    assert found.problem.question == document["reasoning_step"]
    assert found.problem.reference == "15"
    level = [document]
    by_text = {n.text: n for n in found.nodes.values() if n.id}
    while level:
        level = [child for node in level for child in node["children"]]
        for child in level:
            node = by_text[child["reasoning_step"]]
            assert node.visits == child["visit_count"]
            assert node.q == pytest.approx((child["q_value"] + 1) / 2)
            assert node.finished == child["is_terminal"]
    assert found.nodes[0].visits == document["visit_count"] == 4
    assert found.nodes[0].q == pytest.approx((document["q_value"] + 1) / 2)
    assert [(c.answer, c.correct) for c in found.candidates()][:2] == [("15", True), ("56", False)]
    assert runs("x1_mcts_tree_final.json")[0].note == "Its numbers from -1 to 1 are shown as 0 to 1."


def test_a_tree_log_of_llm_reasoners_grows_by_its_iterations():
    (run,) = runs("llm_reasoners_gsm8k_mcts.json")
    found = replay(run.records)
    assert selections(run) == [3, 5, 3]
    assert found.nodes[1].text.splitlines()[0] == "question: How many rolls are left after selling 5?"
    assert {n.id: n.visits for n in found.nodes.values()} == {0: 3, 1: 2, 2: 1, 3: 2, 4: 0, 5: 1}
    assert found.nodes[2].q == 0.6616
    assert found.nodes[1].score == 0.8125
    assert [c.answer for c in found.candidates()] == ["15", "15"]
    first = next(i for i, r in enumerate(run.records) if isinstance(r.event, Selected))
    assert set(replay(run.records[:first]).nodes) == {0, 1, 2, 3, 4}
    assert "no answer" in missing(found)


def test_beam_search_of_llm_reasoners_names_its_actions_and_scales_its_rewards():
    (run,) = runs("llm_reasoners_blocksworld_beam.json")
    found = replay(run.records)
    assert [n.text for n in found.nodes.values()][1:] == [
        "pick up the red block",
        "pick up the blue block",
        "stack the red block on top of the blue block",
    ]
    assert found.nodes[2].score == 0.0
    assert found.nodes[3].score == 1.0
    assert run.note == "Its rewards from -5.02 to 97.4 are shown as 0 to 1."
    assert not selections(run)


def test_completions_of_search_and_learn_share_their_first_steps_and_vote():
    first, second = runs("search_and_learn_best_of_n.jsonl")
    found = replay(first.records)
    assert [len(found.nodes[n].children) for n in (0, 1)] == [2, 2]
    ends = found.candidates()
    assert [(e.answer, e.samples, e.score) for e in ends] == [
        ("15", 2, 0.96484375),
        ("56", 1, 0.11834716796875),
        ("25", 1, 0.09503173828125),
    ]
    assert found.answered is not None
    assert (found.answered.answer, found.answered.correct, found.answered.node, found.answered.method) == (
        "15",
        True,
        ends[0].id,
        "weighted",
    )
    assert found.totals.generated == 64 + 61 + 38 + 64
    assert replay(second.records).nodes[1].samples == 2


def test_a_record_of_openr_is_cut_into_as_many_steps_as_it_has_values():
    (run,) = runs("openr_record.jsonl")
    found = replay(run.records)
    assert [n.text for n in found.nodes.values()][1:3] == ["Step 1: 12 - 5 = 7", "Step 2: 7 + 8 = 15 The answer is: 15"]
    assert [n.score for n in found.nodes.values()][1:] == [0.9511, 0.9874, 0.3021, 0.0417]
    assert [(c.answer, c.correct) for c in found.candidates()] == [("15", True), ("25", False)]
    assert run.note == "Its verdicts: majority_vote right, prm_min_max right, prm_min_vote right."


def test_a_tree_of_openr_has_its_visits_priors_and_values():
    found = tree("openr_tree.json")
    assert [(n.visits, n.prior) for n in found.nodes.values()] == [(3, 1.0), (3, 0.6), (0, 0.4), (2, 0.71), (1, 0.29)]
    assert found.nodes[1].q == pytest.approx(0.6916)
    assert found.nodes[2].q is None
    assert found.nodes[2].score == 0.3021
    assert [c.answer for c in found.candidates()] == ["15", "56"]


def test_a_run_of_thinkbooster_follows_its_beams_and_prunes_when_it_did():
    (run,) = runs("thinkbooster_debugger_payload.json")
    found = replay(run.records)
    assert [n.parent for n in found.nodes.values()] == [None, 0, 0, 0, 1, 2, 1]
    assert selections(run) == [1, 4]
    assert [n.id for n in found.nodes.values() if n.pruned] == [3, 5, 6]
    assert {e.reward for r in run.records if isinstance(e := r.event, Evaluated)} == {"confidence", "prm"}
    assert found.answered is not None
    assert (found.answered.answer, found.answered.correct, found.answered.node) == ("15", True, 4)
    assert found.totals.generated == 214
    assert found.time == 1.84


def test_voting_of_thinkbooster_makes_every_path_a_candidate():
    (run,) = runs("thinkbooster_self_consistency_run.json")
    assert [c.answer for c in replay(run.records).candidates()] == ["15", "15", "25"]
    assert run.note == "Signals outside 0 to 1 were left out: perplexity."


# -- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_event_can_be_told_and_drawn_and_what_is_missing_is_said(name):
    for run in runs(name):
        found = SearchTree()
        for record in run.records:
            assert sentence(record, found)
            found.apply(record)
        assert tree_figure(found, theme=palette.LIGHT).data
        assert "no token log-probabilities" in missing(found)
        assert "no selection arithmetic" in missing(found)


@pytest.mark.parametrize("name", FILES)
def test_a_foreign_log_is_kept_as_a_finished_run_and_read_back_as_a_log_of_this_program(store, name):
    for imported in import_log(store, (FOREIGN / name).read_bytes(), name):
        row = store.get(imported.run)
        assert row.status == "finished"
        assert row.elsewhere == imported.source != ""
        records = store.events(imported.run)
        assert read_runs(logfile.write(records), "again.jsonl")[0].records == tuple(records)


def test_every_format_is_met_by_a_file():
    detected = {next(n for n, f in formats().items() if f.detect(_first(name))) for name in FILES}
    assert detected == set(formats())


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_of_one_format_alone(name):
    assert sum(f.detect(_first(name)) for f in formats().values()) == 1


def _first(name: str) -> Any:
    text = (FOREIGN / name).read_text()
    return json.loads(text.splitlines()[0] if name.endswith("l") else text)


# -- there and back ------------------------------------------------------------------------------


def shape(found: SearchTree) -> list[tuple]:
    """Each node by the texts that lead to it, with its statistics."""
    return sorted((tuple(found.steps(n.id)), n.finished, n.answer, n.correct) for n in found.nodes.values())


def statistics(found: SearchTree) -> dict[tuple, tuple]:
    return {tuple(found.steps(n.id)): (n.visits, n.q) for n in found.nodes.values() if n.visits}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
@pytest.mark.parametrize("name", ["llm-reasoners", "x1"])
def test_a_tree_written_for_another_program_comes_back(path, name):
    records = logfile.read_file(path).records
    (run,) = read_runs(write_run(records, name), "back.json")
    before, after = replay(records), replay(run.records)
    assert shape(after) == shape(before)
    assert after.problem == before.problem
    assert not run.note


@pytest.mark.parametrize("path", [p for p in GOLDEN if p.stem in ("mcts", "ab_mcts", "x1-compatible")], ids=lambda p: p.stem)
@pytest.mark.parametrize("name", ["llm-reasoners", "x1"])
def test_visits_and_values_come_back(path, name):
    records = logfile.read_file(path).records
    before, after = (statistics(replay(r)) for r in (records, read_runs(write_run(records, name), "back.json")[0].records))
    roots = {(): after.pop(())[0]} if name == "llm-reasoners" else {}  # that format has no Q of the root
    if roots:
        assert roots[()] == before.pop(())[0]
    assert after.keys() == before.keys()
    for steps, (visits, q) in before.items():
        assert after[steps][0] == visits
        assert after[steps][1] == pytest.approx(q)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_candidates_written_for_search_and_learn_come_back(path):
    records = logfile.read_file(path).records
    (run,) = read_runs(write_run(records, "search-and-learn"), "back.jsonl")
    before, after = replay(records), replay(run.records)
    ends = sorted((n.answer or "", n.samples) for n in before.candidates() if not n.children)
    assert sum(s for _, s in ends) == sum(c.samples for c in after.candidates())
    assert {a for a, _ in ends} == {c.answer or "" for c in after.candidates()}


@pytest.mark.parametrize("name", WRITABLE)
def test_a_foreign_log_can_be_written_for_the_others_too(name):
    for file in FILES:
        for run in runs(file):
            assert replay(read_runs(write_run(run.records, name), "x.json")[0].records).nodes


# -- damaged and hostile -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "is no log that can be read here; readable are logs of this program"),
        (b"\xff\xfe\x00", "is not a text file in UTF-8"),
        (b"[" * 100_000, "is nested too deeply|is no log that can be read here"),
        (b"[1, 2]", "is no log that can be read here"),
        (b'{"question": "2+2", "answer": "4"}', "is no log that can be read here"),
        (b'{"logs": []}', "is no log that can be read here"),
        (b'{"logs": [{"nodes": {}, "edges": {}}]}', "a snapshot has 0 nodes"),
        (b'{"logs": [{"nodes": {"0": {"id": 0}, "1": {"id": 1}}, "edges": {}}]}', "2 nodes without a parent"),
        (b'{"logs": [{"nodes": {"0": {}, "1": {}}, "edges": {"0": {"id": 0, "source": 0, "target": 7}}}]}', "joins nodes 0 and 7"),
        (
            b'{"logs": [{"nodes": {"0": {}, "1": {}, "2": {}}, '
            b'"edges": {"0": {"source": 1, "target": 2}, "1": {"source": 2, "target": 1}}}]}',
            "node 1 does not hang below the root",
        ),
        (b'{"reasoning_step": "q", "children": {}, "visit_count": 1, "args": 5}', '"args" is no JSON object'),
        (b'{"reasoning_step": "q", "children": [5], "visit_count": 1}', "a node is no JSON object"),
        (b'{"reasoning_step": "q", "children": [], "visit_count": 1e300}', "counts more than 50,000 visits"),
        (b'{"problem": "q", "completions": "x", "scores": []}', '"completions" is no list'),
        (b'{"problem": "q", "completions": ["x"], "scores": [[0.5], [0.5]]}', "1 completion and scores of 2"),
        (b'{"question": "q", "groundtruth": "a", "output": [1]}', "an output is no JSON object"),
        (b'{"children": {"a": {}}, "info": {}}', '"info" of a node is no JSON object'),
        (b'{"events": 3, "final": {}, "budget": 1}', '"events" is no list'),
        (b'{"problem": "q", "completions": ["x"], "scores": [[0.5]]}\n{"problem": "q"}\n', "Line 2 of bad.json is no search-and-learn"),
        (b'{"problem": "q", "completions": ["x"], "scores": [[0.5]]}\nnot json\n', "Line 2 of bad.json is no search-and-learn"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_leaves_nothing(store, text, why):
    with pytest.raises(LogError, match=why) as raised:
        import_log(store, text, "bad.json")
    assert str(raised.value).startswith(("bad.json", "Line "))
    assert "\n" not in str(raised.value)
    assert store.list() == []


def test_numbers_that_are_none_and_texts_of_any_kind_are_taken(store):
    row = {"problem": "<b>q</b>", "completions": ["\u202ex\x00\n\n$1$", ""], "scores": [[float("nan"), 0.5], []], "agg_scores": [None]}
    (found,) = import_log(store, json.dumps(row).encode(), "odd.jsonl")
    after = replay(store.events(found.run))
    assert len(after.candidates()) == 2
    assert after.candidates()[0].score == 0.5


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**30),
    st.floats(),
    st.text(max_size=5),
    st.builds(list),
    st.builds(dict),
    st.builds(lambda: [[]]),
)
"""A container is a new one each time: one that was put into itself would have no end."""


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every container and key of a document."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        at = waiting.pop()
        for key, value in list(at.items()) if isinstance(at, dict) else list(enumerate(at)):
            found.append((at, key))
            if isinstance(value, (dict, list)):
                waiting.append(value)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
@given(data=st.data())
def test_a_log_with_a_part_replaced_at_random_is_read_or_refused(name, data):
    document = _first(name)
    for _ in range(data.draw(st.integers(1, 3))):
        at, key = data.draw(st.sampled_from(places(document)))
        at[key] = data.draw(JUNK)
        if not places(document):
            break
    try:
        found = read_runs(json.dumps(document).encode(), "changed.json")
    except RlmError as error:
        assert "\n" not in str(error)
        return
    for run in found:
        tree_figure(replay(run.records), theme=palette.DARK)
