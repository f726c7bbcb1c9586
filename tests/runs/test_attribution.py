"""Why an answer is wrong: one run per cause, and inputs that look like one cause and are another."""

from __future__ import annotations

import random

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import LogError
from rlm_core.core.events import Answered, Evaluated, NodeAdded, Pruned, Record, RunFinished, RunStarted
from rlm_core.core.problem import Problem
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.problems import make, task
from rlm_core.runs.attribution import CAUSES, MAX_EVIDENCE, attribute, first_mistake
from rlm_core.runs.logfile import read, read_file
from rlm_core.runs.summary import summarise
from tests.runs.mutations import GOLDEN, mutated, rows
from tests.searching import run_to_end
from tests.speaker import speaking

PROBLEM = make("countdown:given=25 2 4,target=46")
TEXT = Problem("text", "", "What is 40+6?", reference="46")
RIGHT, WRONG = "(25*2)-4", "25+2+4"


def tree_of(*events, problem: Problem = PROBLEM, stop: str = "done") -> SearchTree:
    start = (RunStarted({"search": "test"}, problem, False), NodeAdded(ROOT, None))
    return replay(Record(i, 0.0, e) for i, e in enumerate((*start, *events, RunFinished(stop)), 1))


def candidate(node: int, answer: str | None, text: str = "", problem: Problem = PROBLEM, parent: int = ROOT, **more) -> NodeAdded:
    correct = task(problem.task).verify(problem, answer)
    return NodeAdded(node, parent, text or f"it is {answer}", finished=True, answer=answer, correct=correct, **more)


def answered(node: int | None, answer: str | None, correct: bool | None = False) -> Answered:
    return Answered("best", answer, node, correct)


def test_a_right_candidate_that_was_not_chosen_is_selection_with_both_values():
    scores = Evaluated(1, "prm", 0.2), Evaluated(2, "prm", 0.9)
    found = attribute(tree_of(candidate(1, RIGHT), candidate(2, WRONG), *scores, answered(2, WRONG)))
    assert found is not None and found.cause == "selection"
    assert found.nodes == (1, 2)
    assert found.sentence == ("1 right candidate of 2 was not chosen; node 2 with the answer 25+2+4 was, at 0.90 against 0.20 for node 1.")


def test_a_right_candidate_that_was_dropped_or_never_scored_says_so():
    found = attribute(tree_of(candidate(1, RIGHT), Pruned((1,), "low"), candidate(2, WRONG), answered(2, WRONG)))
    assert found is not None and found.sentence.endswith("it was dropped.")
    events = candidate(1, RIGHT), candidate(2, RIGHT), candidate(3, WRONG), Evaluated(1, "prm", 0.1), Evaluated(3, "prm", 0.9)
    found = attribute(tree_of(*events, answered(3, WRONG)))
    assert found is not None and "1 of them was never scored" in found.sentence


def test_the_chosen_candidate_is_evidence_however_many_right_ones_there_are():
    right = [candidate(i, RIGHT) for i in range(1, 20)]
    found = attribute(tree_of(*right, candidate(20, WRONG), answered(20, WRONG)))
    assert found is not None and len(found.nodes) == MAX_EVIDENCE
    assert found.nodes[-1] == 20


def test_a_right_value_that_was_not_read_is_extraction():
    for text in ("40+6=46", "so we get 46.", "**46**", "therefore 40 + 6 = 46", "It is $46$"):
        found = attribute(tree_of(candidate(1, None, text, TEXT), answered(None, None, None), problem=TEXT))
        assert found is not None and found.cause == "extraction", text
        assert found.nodes == (1,)
        assert "46" in found.sentence


def test_a_right_number_in_the_middle_is_no_unread_answer():
    found = attribute(tree_of(candidate(1, None, "46 is a start\nso it is 47", TEXT), answered(None, None, None), problem=TEXT))
    assert found is not None and found.cause == "generation"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ((None,), "The only candidate finished without stating an answer"),
        ((None, None), "Each of 2 candidates finished without stating an answer"),
        ((None, "47"), "None of 2 candidates is right; 1 of them finished without stating an answer"),
        (("47", "48"), "None of 2 candidates is right."),
    ],
)
def test_generation_says_whether_a_candidate_is_wrong_or_states_no_answer(stated, said):
    events = [candidate(i, answer, "so it is 47", TEXT) for i, answer in enumerate(stated, 1)]
    found = attribute(tree_of(*events, answered(None, None, None), problem=TEXT))
    assert found is not None and found.cause == "generation"
    assert found.sentence.startswith(said)


def test_solutions_cut_off_before_an_answer_are_budget_with_what_ended_them():
    cut = NodeAdded(1, ROOT, "25*2=50", cut=True), Pruned((1,), "limit")
    found = attribute(tree_of(*cut, answered(None, None, None)))
    assert found is not None and (found.cause, found.nodes) == ("budget", (1,))
    assert "1 branch was cut off at the limit of the run's length" in found.sentence
    still = attribute(tree_of(NodeAdded(1, ROOT, "25*2=50"), answered(None, None, None), stop="tokens"))
    assert still is not None and still.cause == "budget"
    assert still.sentence == "1 branch was still open when the budget of tokens is used up, and no solution states an answer."


def test_branches_that_the_search_dropped_itself_were_not_ended_by_the_budget():
    events = NodeAdded(1, ROOT, "25+2=27"), Pruned((1,), "score 0.10")
    found = attribute(tree_of(*events, answered(None, None, None), stop="tokens"))
    assert found is not None and found.cause == "generation"


@pytest.mark.parametrize("stop", ["stale", "exhausted", "done"])
def test_an_open_branch_of_a_run_that_gave_up_is_not_budget(stop):
    found = attribute(tree_of(NodeAdded(1, ROOT, "25+2=27"), answered(None, None, None), stop=stop))
    assert found is not None and found.cause == "generation"


def test_no_right_candidate_is_generation_with_the_fatal_step():
    steps = NodeAdded(1, ROOT, "25*2=50"), NodeAdded(2, 1, "50+4=54"), candidate(3, WRONG, parent=2)
    tree = tree_of(*steps, answered(3, WRONG))
    found = attribute(tree)
    assert found is not None and found.cause == "generation"
    assert found.nodes == (2, 3)
    assert found.sentence == "The only candidate is wrong; from node 2 on, no right answer can be reached."


def test_a_mistake_that_was_taken_back_is_not_the_fatal_one():
    steps = (
        NodeAdded(1, ROOT, "25+2=27", tag="<backtrack>", thinking=True),
        NodeAdded(2, 1, "25*2=50", thinking=True),
        NodeAdded(3, 2, "50+4=54"),
        candidate(4, WRONG, parent=3),
    )
    tree = tree_of(*steps, answered(4, WRONG))
    first = first_mistake(tree, 4)
    assert first == 3


def test_a_winnable_node_that_was_dropped_is_named_first():
    steps = NodeAdded(1, ROOT, "25*2=50"), Evaluated(1, "prm", 0.12), Pruned((1,), "low"), candidate(2, WRONG)
    found = attribute(tree_of(*steps, answered(2, WRONG)))
    assert found is not None and found.nodes[0] == 1
    assert "node 1, from which a right answer can be reached, was dropped at a score of 0.12" in found.sentence


def test_a_problem_without_a_right_answer_blames_no_step():
    impossible = Problem("countdown", "", "", data={"numbers": [1, 1, 1], "target": 999}, self_checking=True)
    found = attribute(tree_of(candidate(1, "1+1+1", problem=impossible), answered(1, "1+1+1"), problem=impossible))
    assert found is not None and "finds no right answer to this problem at all" in found.sentence


def test_nothing_is_said_of_right_unknown_and_unfinished_runs():
    assert attribute(tree_of(candidate(1, RIGHT), answered(1, RIGHT, True))) is None
    open_question = Problem("text", "", "What is love?")
    assert attribute(tree_of(candidate(1, "x", problem=open_question), answered(1, "x", None), problem=open_question)) is None
    for stop in ("failed", "cancelled", "interrupted"):
        assert attribute(tree_of(candidate(1, WRONG), answered(1, WRONG), stop=stop)) is None
    assert attribute(SearchTree()) is None


SAID = {
    "generation": "40+6=44\nAnswer: 44",
    "extraction": "40+6=46",
    "budget": "so " * 2000,
}


@pytest.mark.parametrize("cause", SAID)
def test_runs_of_a_model_that_fails_in_each_way_are_told_apart(cause):
    config = RunConfig(
        model="smollm2", problem="text:question=What is 40+6?,answer=46", search="self_consistency", search_parameters={"n": 2}
    )
    tree, _ = run_to_end(config, speaking(lambda prompt: SAID[cause], thinks=False))
    found = attribute(tree)
    assert found is not None and found.cause == cause
    assert summarise(tree).as_dict()["cause"] == cause


def test_a_run_that_votes_against_the_right_solution_is_selection():
    said = iter(["40+6=46\nAnswer: 46", *["40+6=44\nAnswer: 44"] * 9])
    config = RunConfig(
        model="smollm2",
        problem="text:question=What is 40+6?,answer=46",
        search="self_consistency",
        search_parameters={"n": 3, "batch": 1},
        budget=Budget(3),
    )
    tree, _ = run_to_end(config, speaking(lambda prompt: next(said), thinks=False))
    found = attribute(tree)
    assert found is not None and found.cause == "selection"


def test_a_wrong_run_of_the_bundled_model_has_a_cause(nano):
    wrong = []
    for seed in range(4):
        config = RunConfig(problem=f"countdown:numbers=4,seed={seed}", search="best_of_n", search_parameters={"n": 2}, reward="logprob")
        tree, _ = run_to_end(config, nano.policy())
        if tree.answered is None or tree.answered.correct is not True:
            wrong.append(attribute(tree))
    assert wrong
    assert all(f is not None and f.cause in CAUSES and f.nodes for f in wrong)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_log_has_a_cause_or_none(seed):
    rng = random.Random(seed)
    try:
        tree = replay(read(mutated(rows(rng.choice(GOLDEN)), rng, 3), "log").records)
        found = attribute(tree)
    except LogError:
        return
    assert found is None or (found.cause in CAUSES and set(found.nodes) <= set(tree.nodes))


def test_golden_logs_with_a_wrong_answer_name_nodes_of_their_tree():
    for path in GOLDEN:
        tree = replay(read_file(path).records)
        found = attribute(tree)
        right = tree.answered is not None and tree.answered.correct is True
        assert (found is None) == right
