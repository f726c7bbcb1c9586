"""`import rlm_core` in a program: light, and the same run, tables and figures as everywhere else."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

import rlm_core
from rlm_core.core.errors import ConfigError, LogError
from rlm_core.core.tree import replay
from rlm_core.figures import palette
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.runs import logfile
from rlm_core.runs.summary import summarise
from tests.helpers import random_log

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"
MCTS = GOLDEN / "mcts.jsonl"


def test_the_package_is_light_and_reading_a_log_needs_no_torch():
    code = (
        "import sys, rlm_core; assert not {'msgspec', 'pandas'} & set(sys.modules); assert 'Recorder' in dir(rlm_core)\n"
        f"run = rlm_core.load({str(MCTS)!r}); run.figure(); run.nodes; run.events; run.graph(); rlm_core.Recorder\n"
        "assert not {'torch', 'transformers', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_name_that_is_not_offered_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'rlm_core' has no attribute 'train'"):
        getattr(rlm_core, "train")  # noqa: B009


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.jsonl")), ids=lambda p: p.stem)
def test_a_loaded_log_is_the_tree_its_tables_and_its_figures(path):
    run = rlm_core.load(path)
    records = logfile.read_file(path).records
    tree = replay(records)
    assert run.tree == tree
    assert run.summary == summarise(tree).as_dict()
    assert list(run.nodes.index) == list(tree.nodes)
    assert list(run.nodes["visits"]) == [n.visits for n in tree.nodes.values()]
    assert list(run.events.index) == [r.seq for r in records]
    assert all(run.events["sentence"])
    assert list(run.candidates.index) == [n.id for n in tree.candidates()]
    graph = run.graph()
    assert nx.is_arborescence(graph)
    assert {n: graph.nodes[n]["text"] for n in graph} == {n.id: n.text for n in tree.nodes.values()}
    assert run.figure("tree") == tree_figure(tree, theme=palette.LIGHT)
    assert run.figure(theme="dark").data
    assert run.missing == []


def test_the_chosen_candidate_is_marked():
    run = rlm_core.load(MCTS)
    assert run.tree.answered is not None
    assert list(run.candidates.index[run.candidates["chosen"]]) == [run.tree.answered.node]


def test_an_earlier_moment_has_the_statistics_of_that_moment():
    run = rlm_core.load(MCTS)
    earlier = run.at(20)
    assert earlier.tree == replay(run.records[:20])
    assert len(earlier.events) == 20
    with pytest.raises(LogError, match="There is no event 0"):
        run.at(0)


def test_a_run_is_saved_and_loaded_the_same_and_in_other_formats(tmp_path):
    run = rlm_core.load(MCTS)
    run.save(tmp_path / "run.jsonl")
    assert (tmp_path / "run.jsonl").read_bytes() == MCTS.read_bytes()
    run.save(tmp_path / "run.json", format="x1")
    other = rlm_core.load(tmp_path / "run.json")
    assert len(other.nodes) == len(run.nodes)
    assert "no times" in other.missing
    with pytest.raises(ConfigError, match="no format named 'x2'"):
        run.save(tmp_path / "run.x2", format="x2")
    with pytest.raises(ConfigError, match="openr, only read"):
        run.save(tmp_path / "run.openr", format="openr")
    with pytest.raises(ConfigError, match="cannot be written"):
        run.save(tmp_path / "none" / "run.jsonl")


def test_a_figure_that_there_is_not_is_one_sentence():
    run = rlm_core.Run(random_log(3, 20)[:5])
    with pytest.raises(ConfigError, match="no picture 'pie'; allowed are tree, candidates, chain, votes"):
        run.figure("pie")
    with pytest.raises(ConfigError, match="no theme 'pink'"):
        run.figure("tree", theme="pink")
    with pytest.raises(ConfigError, match="no votes to draw"):
        run.figure("votes")


def test_records_without_a_beginning_are_no_run():
    with pytest.raises(LogError):
        rlm_core.Run(random_log(3, 20)[1:])
    with pytest.raises(LogError, match="no log"):
        rlm_core.Run([])


def test_a_file_of_several_runs_loads_them_all():
    found = rlm_core.load_all(ROOT / "tests" / "runs" / "foreign" / "search_and_learn_best_of_n.jsonl")
    assert [run.summary["answer"] for run in found] == ["15", "1024"]
    assert "answer 15, right" in repr(found[0])


@pytest.mark.slow
def test_a_search_is_run_in_a_line_and_its_log_is_that_of_its_seed():
    one = rlm_core.run("countdown:numbers=3,seed=7", simulations=6, width=2, seed=3)
    settings = one.tree.started.config if one.tree.started else {}
    assert settings["budget"]["simulations"] == 6
    assert settings["search_parameters"]["width"] == 2

    async def several() -> list[rlm_core.Run]:
        return await asyncio.gather(
            *(rlm_core.run_async("countdown:numbers=3,seed=7", simulations=6, width=2, seed=s) for s in (3, 4)), asyncio.sleep(0, one)
        )

    again, other, _ = asyncio.run(several())
    assert [r.event for r in again.records] == [r.event for r in one.records]
    assert [r.event for r in other.records] != [r.event for r in one.records]


@pytest.mark.slow
def test_a_search_can_be_run_where_a_loop_runs_already():
    async def notebook() -> rlm_core.Run:
        return rlm_core.run("countdown:numbers=3,seed=7", "chain_of_thought")

    assert asyncio.run(notebook()).tree.finished is not None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"search": "mtcs"}, "did you mean 'mcts'"),
        ({"breadth": 3}, "no setting named 'breadth'"),
        ({"simulations": "many"}, "simulations=many is not allowed; it must be a whole number"),
        ({"temperature": "hot"}, "temperature=hot is not allowed; it must be a number"),
        ({"simulations": None}, "needs at least one budget"),
        ({"problem": "text:question=2+2"}, "reads only Countdown and chained arithmetic"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(given, sentence):
    with pytest.raises(rlm_core.RlmError, match=sentence):
        rlm_core.run(**{"problem": "countdown:numbers=3,seed=7"} | given)
