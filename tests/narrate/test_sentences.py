"""Every sentence carries the numbers of its event."""

import typing

import pytest

from rlm_core import catalogue
from rlm_core.core.events import (
    Answered,
    AnyEvent,
    BackedUp,
    Backtracked,
    Choice,
    Corrected,
    Critiqued,
    EffortChosen,
    Evaluated,
    Event,
    Forced,
    NodeAdded,
    Part,
    Particle,
    Probed,
    Pruned,
    Record,
    Resampled,
    RolloutResult,
    RunFinished,
    RunStarted,
    SampledAgain,
    Selected,
    Spent,
    Term,
    Token,
    ToolCalled,
)
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, WAIT
from rlm_core.core.tree import SearchTree
from rlm_core.narrate.sentences import headline, sentence, touched
from rlm_core.problems import make
from tests.helpers import Log, beam_log, best_of_n_log, forest_log, long_chain_log, particle_log, random_log, thinking_log


@pytest.fixture
def log() -> Log:
    made = Log(make("countdown:numbers=3,seed=1"))
    for i in range(3):
        made.add(0, f"{i}+1={i + 1}", 0.3)
    return made


def told(log: Log, event) -> str:
    return sentence(Record(99, 4.2, event), log.tree)


def term(node: int, q: float | None, bonus: float | None, total: float | None) -> Term:
    return Term(node, q, 0 if q is None else 3, 0.3, bonus, total)


LOGS = [random_log(2, 60), beam_log(3), best_of_n_log(1, 6, 1), random_log(1, 1)]
LOGS += [thinking_log(), long_chain_log(1, 30), particle_log(2), forest_log(1)]


@pytest.mark.parametrize("records", LOGS)
def test_every_event_of_a_run_has_a_sentence_a_headline_and_known_nodes(records: list[Record]) -> None:
    tree = SearchTree()
    for record in records:
        said = sentence(record, tree)
        tree.apply(record)
        assert said.endswith(".") and any(c.isdigit() for c in said), said
        assert headline(record.event) and set(touched(record.event)) <= set(tree.nodes)


def test_a_selection_shows_the_sum_that_won_and_what_it_beat(log: Log) -> None:
    terms = (term(1, 0.58, 0.36, 0.94), term(2, 0.61, 0.42, 1.03), term(3, 0.5, 0.38, 0.88))
    said = told(log, Selected(2, (Choice(0, 9, 2, terms),), "puct", 1.25))
    assert "node 2 over 1 and 3, because 0.61 + 0.42 = 1.03 beats 0.94 and 0.88." in said


def test_a_walk_of_several_levels_is_named(log: Log) -> None:
    terms = (term(2, 0.61, 0.42, 1.03), term(3, 0.5, 0.38, 0.88))
    said = told(log, Selected(2, (Choice(0, 9, 1, (term(1, 1.0, 0.1, 1.1),)), Choice(1, 5, 2, terms)), "puct", 1.25))
    assert "0 → 1 → 2" in said and "1.03 beats 0.88" in said


def test_an_unvisited_child_goes_first(log: Log) -> None:
    said = told(log, Selected(2, (Choice(0, 9, 2, (term(1, 0.9, 0.2, 1.1), term(2, None, None, None))),), "uct", 1.41))
    assert "0 visits" in said and "never visited" in said


@pytest.mark.parametrize(
    ("rival", "words"), [(1.029, "narrowly beats 1.03"), (1.034, "ties with"), (1.5, "was drawn against 1.50"), (0.2, "beats 0.20")]
)
def test_close_and_tied_totals_are_told_apart(log: Log, rival: float, words: str) -> None:
    terms = (term(1, 0.614, 0.42, 1.034), term(2, rival - 0.1, 0.1, rival))
    assert words in told(log, Selected(1, (Choice(0, 9, 1, terms),), "puct", 1.25))


def test_a_sum_that_rounding_bends_is_not_called_equal(log: Log) -> None:
    terms = (term(1, 0.614, 0.424, 1.038), term(2, 0.1, 0.1, 0.2))
    assert "0.61 + 0.42 ≈ 1.04" in told(log, Selected(1, (Choice(0, 9, 1, terms),), "puct", 1.25))


GEN = Term(0, 0.5, 4, 1.0, None, 0.66)
INTO = (Term(1, 0.4, 3, 0.3, None, 0.31), Term(2, 0.6, 3, 0.3, None, 0.72), Term(3, 0.7, 2, 0.3, None, 0.55))


def test_a_draw_for_a_new_child_is_told_with_both_draws(log: Log) -> None:
    said = told(log, Selected(0, (Choice(0, 9, 0, (GEN,), 0.66, 0.41),), "thompson", 0.5))
    assert said == "goes wider at the root: drew 0.66 for a new child against 0.41 for going deeper."


def test_a_draw_for_going_deeper_is_told_with_both_draws_and_those_of_the_children(log: Log) -> None:
    said = told(log, Selected(2, (Choice(0, 9, 2, (GEN, *INTO), 0.66, 0.83),), "thompson", 0.5))
    assert said == "goes deeper at the root: drew 0.83 against 0.66 for a new child, and node 2 drew 0.72 against 0.55 and 0.31."
    alone = told(log, Selected(2, (Choice(0, 9, 2, (GEN, INTO[1]), 0.66, 0.83),), "thompson", 0.5))
    assert "drew 0.83 against 0.66" in alone and "node 2 is the only child to go into" in alone


def test_of_a_walk_by_draws_the_last_decision_is_told(log: Log) -> None:
    last = Choice(2, 3, 2, (Term(2, 0.5, 2, 1.0, None, 0.9),), 0.9, 0.2)
    said = told(log, Selected(2, (Choice(0, 9, 2, (GEN, *INTO), 0.66, 0.83), last), "thompson", 0.5))
    assert said == "Walk 0 → 2: goes wider at node 2: drew 0.90 for a new child against 0.20 for going deeper."


def test_where_the_values_are_renewed_the_roots_is_the_last_of_them(log: Log) -> None:
    log.emit(BackedUp((1, 0), 0.25, (0.25, 0.3)))
    event = BackedUp((2, 0), 1.0, (1.0, 0.57))
    assert "the root now has 2 visits and Q 0.57." in told(log, event)
    log.emit(event)
    assert log.tree.nodes[0].q == pytest.approx(0.57)


def test_a_walk_that_ends_at_the_root_says_why(log: Log) -> None:
    assert "none of its 3 children" in told(log, Selected(0))
    assert "0 children" in told(Log(log.problem), Selected(0))


def test_a_new_node_is_told_with_prior_and_probability(log: Log) -> None:
    event = NodeAdded(4, 1, "50-4=46", (Token(1, "50", -0.4), Token(2, "-4=46", -0.44)), 0.31)
    said = told(log, event)
    assert all(part in said for part in ("ode 4", "node 1", "50-4=46", "0.31", "2 tokens", "−0.42"))


def test_a_finished_node_is_told_with_its_answer_and_the_verdict(log: Log) -> None:
    said = told(log, NodeAdded(4, 1, "50-4=46<answer>46", finished=True, answer="(25*2)-4", correct=True))
    assert "50-4=46 → 46" in said and "(25*2)-4" in said and "correct" in said


def test_rollouts_are_counted(log: Log) -> None:
    results = tuple(RolloutResult((), None, s) for s in (1.0, 1.0, 0.0, 1.0))
    assert "3 of 4 rollouts from node 2" in told(log, Evaluated(2, "rollouts", 0.75, results))
    graded = tuple(RolloutResult((), None, s) for s in (0.5, 0.25))
    said = told(log, Evaluated(2, "rollouts", 0.375, graded))
    assert "correct" not in said and all(part in said for part in ("0.50", "0.25", "0.38"))
    many = tuple(RolloutResult((), None, i / 64) for i in range(64))
    assert "64 rollouts" in told(log, Evaluated(2, "rollouts", 0.49, many)) and len(told(log, Evaluated(2, "r", 0.49, many))) < 120


def test_a_hard_estimate_says_that_one_success_is_enough(log: Log) -> None:
    results = tuple(RolloutResult((), "5", s) for s in (1.0, 0.0, 0.0))
    assert "1 of 3 rollouts from node 2 succeed; one is enough, so it scores 1" in told(log, Evaluated(2, "rollouts", 1.0, results))


def test_a_hard_estimate_by_agreement_is_not_called_an_average(log: Log) -> None:
    results = tuple(RolloutResult((), "5", s) for s in (0.5, 0.25))
    said = told(log, Evaluated(2, "rollouts", 1.0, results))
    assert said == "The best of 2 rollouts from node 2 scores 0.50; judged hard, it counts 1.00."


def test_the_first_wrong_step_is_named_with_and_without_rollouts(log: Log) -> None:
    results = tuple(RolloutResult((), "5", 0.0) for _ in range(2))
    for rollouts in (results, ()):
        said = told(log, Evaluated(2, "omegaprm", 0.0, rollouts, steps=(0.75, 0.0, 0.0)))
        assert said.endswith("; of 3 steps the first wrong one is step 2.")


def test_step_scores_name_the_weakest_and_a_judge_is_quoted(log: Log) -> None:
    assert "the weakest of 3 steps is step 2 at 0.2" in told(log, Evaluated(2, "prm:nano", 0.2, steps=(0.9, 0.2, 0.8)))
    assert "“All good. …”" in told(log, Evaluated(2, "judge", 1.0, note="All\n good."))


def test_a_score_without_rollouts_names_its_reward_and_an_oracle_is_called_one(log: Log) -> None:
    said = told(log, Evaluated(2, "prm", 0.831, oracle=True))
    assert "prm" in said and "node 2" in said and "0.83" in said and "oracle" in said


def test_a_backup_tells_the_way_and_the_roots_new_numbers(log: Log) -> None:
    log.emit(BackedUp((1, 0), 0.25))
    said = told(log, BackedUp((2, 1, 0), 0.75))
    assert "0.75 goes up from 2 to 1 and the root; the root now has 2 visits and Q 0.50." in said
    assert "the root now has 2 visits" in told(log, BackedUp((0,), 1.0))


def test_long_lists_are_counted_instead(log: Log) -> None:
    for i in range(40):
        log.add(3 + i, f"{i}+1={i + 1}")
    said = told(log, BackedUp((*range(43, 2, -1), 0), 0.5))
    assert len(said) < 140 and "more and the root" in said
    assert "Nodes 1, 2, 3, 4, 5, 6, 7 and 34 more will not be continued: low." in told(log, Pruned(tuple(range(1, 42)), "low"))


def test_costs_have_thousands_separators(log: Log) -> None:
    said = told(log, Spent("expand", generated=1048, computed=12, reused=2120, reward_passes=1))
    assert all(part in said for part in ("1,048 tokens", "12 prompt tokens", "2,120 reused", "1 reward pass"))


def test_no_answer_is_said_with_its_reason(log: Log) -> None:
    assert "0 candidates" in told(log, Answered("best", None, None, None))
    log.emit(NodeAdded(4, 1, "It is done.", finished=True))
    assert "0 of 1 finished candidate stated an answer" in told(log, Answered("best", None, None, None))
    log.emit(NodeAdded(5, 1, "It is 4.", finished=True, answer="4"))
    assert "0 of 2 finished candidates could be weighed" in told(log, Answered("best", None, None, None))


def test_the_end_of_a_run_without_an_answer_says_so(log: Log) -> None:
    assert "without" not in told(log, RunFinished("done"))
    log.emit(Answered("best", None, None, None))
    assert told(log, RunFinished("done")).startswith("The strategy is complete, without an answer (")


@pytest.mark.parametrize("stop", ["done", "simulations", "tokens", "seconds", "exhausted", "stale", "cancelled", "failed"])
def test_every_way_to_stop_has_its_words(log: Log, stop: str) -> None:
    said = told(log, RunFinished(stop, "the model was not there" if stop == "failed" else ""))
    assert (
        catalogue.stop_reason(stop).sentence[1:] in said and "4.2 s" in said and ("the model was not there" in said) == (stop == "failed")
    )


TOLD: list[tuple[Event, tuple[str, ...]]] = [
    (
        RunStarted({"search": "mcts", "reward": "orm", "seed": 7}, make("countdown:numbers=3,seed=1"), False),
        ("Monte-Carlo tree search", "reward orm", "seed 7"),
    ),
    (NodeAdded(4, 1, "50-4=46", prior=0.31), ("node 1", "50-4=46", "0.31")),
    (Selected(2), ("node 2",)),
    (Evaluated(2, "prm", 0.83, ahead=("a", "b"), parts=(Part("orm", 0.5, 0.9),)), ("prm", "0.83", "2 steps ahead", "0.50·0.90 orm")),
    (BackedUp((2, 0), 0.75), ("0.75", "1 visit")),
    (BackedUp((2, 1, 0), 0.75, (0.8, 0.71, 0.64)), ("0.75 goes up from 2 to 1 and the root", "1 visit and Q 0.64.")),
    (
        Evaluated(2, "orm", 0.7, (RolloutResult(("1+1=2",), None, 0.4),), parts=(Part("orm", 0.75, 0.8), Part("simulation", 0.25, 0.4))),
        ("orm scores node 2 at 0.70 (0.75·0.80 orm + 0.25·0.40 simulation)",),
    ),
    (SampledAgain(2, 3), ("3 more samples came out as node 2", "it stands for 4 samples")),
    (Pruned((1, 2), "too low"), ("1 and 2", "too low")),
    (Backtracked(2, 0, "a dead end"), ("node 2", "the root", "a dead end")),
    (Forced(2, WAIT, "41 of 60 tokens"), ("node 2", "“Wait”", "41 of 60 tokens.")),
    (ToolCalled(2, "25*2", "50"), ("The calculator is asked 25×2 in node 2 and returns 50.",)),
    (ToolCalled(2, "7/0", "error: division by zero", True), ("7/0", "cannot work it out: division by zero.")),
    (Corrected(1, 2, "a slip"), ("Node 2 “1+1=2” replaces node 1 “0+1=1”: a slip.",)),
    (Critiqued(3, "25*2 is 50", 1), ("node 3", "faults node 1", "25×2 is 50")),
    (Critiqued(3, ""), ("node 3 finds no fault.",)),
    (Probed(2, "46", 0.83, True), ("at node 2 it would say 46, with confidence 0.83 — correct", "counted apart.")),
    (Probed(2, None, 0.1), ("state no answer", "0.10;")),
    (
        Resampled((Particle(1, 0.7, 2), Particle(2, 0.2, 1), Particle(3, 0.1, 0)), "systematic"),
        (
            "3 particles drawn anew by their weights (systematic)",
            "the heaviest is node 1 with weight 0.70, the lightest node 3 with 0.10",
            "3 ends here",
            "1 (×2) goes on",
        ),
    ),
    (EffortChosen("high", 1024, "1 of 3 pilots agree", 0.33), ("high", "1,024 tokens", "0.33", "1 of 3 pilots agree.")),
    (Spent("think", 1048), ("1,048 tokens generated for thinking", "1,048 tokens so far")),
    (Answered("majority", "46", 2, True), ("46", "node 2", "correct")),
    (RunFinished("done"), ("The strategy is complete", "4.2 s")),
]
"""Events with what their sentences must hold."""


@pytest.mark.parametrize(("event", "parts"), TOLD)
def test_each_sentence_holds_the_numbers_of_its_event(log: Log, event: AnyEvent, parts: tuple[str, ...]) -> None:
    said = told(log, event)
    assert headline(event) and said.endswith(".") and all(part in said for part in parts), said


def test_every_type_of_event_is_told() -> None:
    assert {type(e) for e, _ in TOLD} == set(typing.get_args(AnyEvent))
    heads = {type(e): headline(e) for e, _ in TOLD}
    assert len(set(heads.values())) == len(heads), "and no two types have the same headline"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (NodeAdded(4, 1, "50-4=46", tag=BACKTRACK, thinking=True), ("50-4=46", "ends in a backtrack", "in the thinking space")),
        (NodeAdded(4, 1, "", tag=BACKTRACK), ("“backtrack”",)),
        (NodeAdded(4, 1, "50-4=45", tag=REVISE), ("ends in a correction",)),
        (NodeAdded(4, 1, WAIT, tag=WAIT, forced=True), ("“Wait”", "put there by the decoder")),
        (NodeAdded(4, 1, "Final answer:", forced=True), ("“Final answer:”", "put there by the decoder")),
        (NodeAdded(4, 1, "", tag=END_THINK), ("the thinking ends",)),
        (NodeAdded(4, 1, "<tool>25*2<result>50", tag="<tool>"), ("⚙ 25×2 → 50", "asks the calculator")),
        (NodeAdded(4, 0, "", tag="tree"), ("“tree”", "a tree of its own")),
    ],
)
def test_a_node_that_is_no_ordinary_step_says_what_it_is(log: Log, event: NodeAdded, words: tuple[str, ...]) -> None:
    said = told(log, event)
    assert all(part in said for part in words) and "<" not in said, said


def test_what_a_probe_takes_is_never_added_to_the_runs_tokens(log: Log) -> None:
    log.emit(Spent("think", 100))
    log.emit(Spent("probe", 7))
    said = told(log, Spent("probe", 5))
    assert "5 tokens" in said and "apart from the run's 100 tokens" in said


def test_new_events_name_the_nodes_they_are_about() -> None:
    assert touched(Corrected(1, 2, "")) == (1, 2) and touched(Probed(3, None, 0.1)) == (3,) and touched(Forced(3, "", "")) == (3,)
    assert touched(Critiqued(3, "", 1)) == (3, 1) and touched(Critiqued(3, "")) == (3,) and touched(ToolCalled(2, "", "")) == (2,)
    assert touched(Resampled((Particle(1, 0.5, 1), Particle(1, 0.5, 1)), "")) == (1,) and touched(EffortChosen("low", 0, "")) == ()
