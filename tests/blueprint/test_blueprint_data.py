"""Every file of assets/blueprint/: it can be read, names what is there, and each figure has a source and a date."""

from __future__ import annotations

import itertools
import json
import re

import msgspec
import pytest

from rlm_core import catalogue
from rlm_core.blueprint.benchmarks import figures
from rlm_core.blueprint.corrections import corrections
from rlm_core.blueprint.guide import guides
from rlm_core.blueprint.prices import prices
from rlm_core.blueprint.reading import FOLDER
from rlm_core.blueprint.systems import FEATURES, MARKS, Mark, systems, techniques
from rlm_core.blueprint.taxonomy import taxonomy
from rlm_core.core.config import Budget
from rlm_core.core.errors import ConfigError
from rlm_core.core.paths import ROOT
from rlm_core.evaluation.presets import PRESETS
from rlm_core.evaluation.sweep import Strategy
from rlm_core.runs.examples import examples, records
from rlm_core.runs.store import EXAMPLE
from rlm_core.search import searches

DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
TABLE = {
    "rstar-math": "1000010111 11 111",
    "prime": "1000010011 11 111",
    "marco-o1": "1100010111 10 111",
    "journey-learning-training": "1101101011 11 h11",
    "openr": "1001010111 11 111",
    "llama-berry": "1100010101 11 111",
    "rest-mcts-star": "1h00010111 11 111",
    "alphamath": "1000010111 hh 111",
    "mcts-dpo": "1000010111 hh 111",
    "alphallm": "1001010111 11 111",
    "ts-llm": "1001010111 11 111",
    "qwq": "100000h000 00 100",
    "journey-learning-inference": "100000h000 00 100",
    "graph-of-thoughts": "1110011011 0h 100",
    "tree-of-thoughts": "1001011011 0h 100",
    "self-consistency": "1000010000 00 100",
    "chain-of-thought": "1000000000 00 100",
    "deepseek-r1": "?????????? ?? ???",
}
"""Table 1 of arXiv 2501.11223, version 1: operators, models, pipelines in the order of MARKS. ? where the mark is not known here."""
SIGN = {Mark.FULL: "1", Mark.PARTIAL: "h", Mark.NONE: "0", Mark.UNKNOWN: "?"}


def test_marks_are_those_of_the_table():
    there = {name: "".join(SIGN[s.marks[m.name]] for m in MARKS) for name, s in systems().items() if s.origin == "table"}
    assert there == {name: marks.replace(" ", "") for name, marks in TABLE.items()}
    assert [name for name, s in systems().items() if s.inferred] == ["rstar-math"]


def test_every_box_names_files_and_runs_that_are_there():
    runs = {e.name: e for e in examples().values()}
    for box in taxonomy().boxes:
        assert all((ROOT / file).is_file() for file in box.files), box
        if box.example is not None:
            assert 0 < box.example.event <= len(records(runs[box.example.name])), box
            assert EXAMPLE + box.example.name in examples()
        if box.settings is not None:
            catalogue.checked(box.settings)


def test_examples_open_at_an_event_that_shows_the_box():
    shows = {
        "op-generate": "NodeAdded",
        "op-select": "Selected",
        "op-backpropagate": "BackedUp",
        "op-backtrack": "Backtracked",
        "op-intermediate": "Evaluated",
        "op-final": "Evaluated",
        "op-aggregate": "Answered",
        "op-prune": "Pruned",
        "budget-forcing": "Forced",
        "rollouts": "Evaluated",
    }
    runs = {e.name: e for e in examples().values()}
    for name, kind in shows.items():
        example = taxonomy().box(name).example
        assert example is not None
        event = next(r.event for r in records(runs[example.name]) if r.seq == example.event)
        assert type(event).__name__ == kind, name


def test_a_box_opens_something_or_says_that_it_is_not_built():
    silent = [b.name for b in taxonomy().boxes if b.built and not (b.example or b.settings or b.page)]
    assert silent == ["server-model"]  # a run would need somebody's server
    assert {b.name for b in taxonomy().boxes if not b.built} == {"op-restructure", "ppo", "dpo", "rpo"}


def test_every_search_and_technique_is_decomposed():
    own = {n for n, s in searches().items() if s.description.config.__module__.startswith("rlm_core.")}
    assert techniques().keys() == own
    thoughts = {n for n, s in searches().items() if s.description.config.__module__.startswith("rlm_core.thinking.")}
    assert {n for n, t in techniques().items() if t.part == "thought"} == thoughts


def test_every_figure_and_sentence_has_a_source_and_a_date():
    sources = [f.source for f in figures()] + [s.source for s in systems().values()]
    sources += [source for c in corrections().values() for source in c.sources]
    sources += [p.source for p in prices().values() if p.source]
    sources += [r.source for g in guides().values() for rec in g.recommendations for r in rec.reasons if r.source]
    for source in sources:
        assert source.text and DATE.fullmatch(source.date), source
        assert not source.url or source.url.startswith("https://"), source
    assert all(c.sources for c in corrections().values())
    assert all((p.output is None) == (p.source is None) for p in prices().values())


def test_figures_belong_to_systems_and_two_snapshots_are_two_rows():
    assert {f.system for f in figures() if f.system} <= systems().keys()
    assert all(0 <= f.percent <= 100 for f in figures())
    rows = [(f.model, f.benchmark, f.source.text) for f in figures()]
    assert len(rows) == len(set(rows))
    o1 = {f.model: f.percent for f in figures() if f.system == "openai-o1-o3" and f.benchmark == "AIME 2024"}
    assert o1 == {"o1-preview": 44.6, "o1 (September 2024)": 74.4, "o1-1217": 79.2}


def test_every_answer_leads_to_a_recommendation_and_each_is_reached():
    presets = {p.name for p in PRESETS}
    for guide in guides().values():
        reached = set[str]()
        for answers in itertools.product(*(q.answers for q in guide.questions)):
            given = dict(zip((q.name for q in guide.questions), answers, strict=True))
            found = guide.recommended(given)
            assert found is not None and found.reasons
            reached.add(found.reasons[0].text)
        assert reached == {r.reasons[0].text for r in guide.recommendations}
        assert guide.recommended({}) is None
        assert not guide.compare or guide.compare in presets
    names = [q.name for g in guides().values() for q in g.questions]
    assert len(names) == len(set(names))  # they stand in one address


def test_what_a_choice_sets_against_each_other_can_be_measured():
    for guide in guides().values():
        strategies = msgspec.convert(guide.strategies, list[Strategy])
        problem = f"{guide.measure.partition(':')[0]}:seed=0"
        configs = [catalogue.checked(s.config(problem, Budget(None, tokens=128), 0)) for s in strategies]
        rewards = [c.reward if catalogue.judged(c.search, c.search_parameters) else "" for c in configs]
        held = {next(s.title for s in guide.sides if s.holds(c.search, r, c.model)) for c, r in zip(configs, rewards, strict=True)}
        assert held == {side.title for side in guide.sides}


def test_every_feature_parts_the_systems():
    for feature in FEATURES:
        assert 0 < sum(map(feature.of, systems().values())) < len(systems()), feature


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("prices.json", lambda rows: rows[0].update(prize=1), "prices.json .* `prize`"),
        ("prices.json", lambda rows: rows.append(rows[0]), "prices.json .* GPT-4o twice"),
        ("corrections.json", lambda rows: rows[0].pop("right"), "corrections.json .* `right`"),
        ("benchmarks.json", lambda rows: rows[0].update(percent="many"), "benchmarks.json .* `\\$\\[0\\].percent`"),
        ("taxonomy.json", lambda t: t["boxes"].pop(), "taxonomy.json .* shows the box \\w+ in a view"),
        ("taxonomy.json", lambda t: t["views"].pop(), "taxonomy.json .* in no view"),
        ("taxonomy.json", lambda t: t["boxes"][0].update(files=[]), "taxonomy.json .* names no file"),
        ("guide.json", lambda g: g[0]["recommendations"][0]["when"].update(judge=["maybe"]), "guide.json.* no answer maybe"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_field(tmp_path, file, change, said):
    content = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    change(content)
    wrong = tmp_path / file
    wrong.write_text(json.dumps(content), encoding="utf-8")
    read = {"prices": prices, "corrections": corrections, "benchmarks": figures, "taxonomy": taxonomy, "guide": guides}[wrong.stem]
    with pytest.raises(ConfigError, match=said):
        read(wrong)


def test_a_mark_that_is_none_and_a_name_that_is_not_the_files_are_refused(tmp_path):
    content = json.loads((FOLDER / "systems" / "qwq.json").read_text(encoding="utf-8"))
    (tmp_path / "other.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"other.json .* the name qwq"):
        systems(tmp_path)
    content["operators"]["prune"] = "maybe"
    (tmp_path / "other.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"other.json .* 'maybe'.*prune"):
        systems(tmp_path)
