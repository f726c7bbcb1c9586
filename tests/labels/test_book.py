"""The label book: nothing twice, nothing lost, and a label only where there is a step."""

from __future__ import annotations

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.errors import LabelError
from rlm_core.labels.base import Label, Solution, solution, target
from rlm_core.labels.book import LabelBook
from rlm_core.problems import make
from rlm_core.problems.families.text import from_text
from rlm_core.runs.store import Store

CHAIN = make("chain:steps=3,seed=3")
ONE = solution(CHAIN, ("1+2=3", "3*4=12", "12-5=7", "so<answer>7"), answer="7", correct=False, model="nano", origin="run 1400ef1a, node 12")
TWO = solution(from_text("What is 6 times 7?", "42"), ("6*7=42<answer>42",), answer="42", correct=True, model="other")


@pytest.fixture
def book(any_store) -> LabelBook:
    kept = LabelBook(any_store)
    kept.add([ONE, TWO])
    return kept


def human(step: int, value: int, by: str = "Ada", of: Solution = ONE, at: float = 5.0) -> Label:
    return Label(of.id, step, "human", by, value, at)


def test_a_solution_comes_back_as_it_was_added_and_is_kept_once(book):
    assert book.get(ONE.id) == ONE
    assert book.solutions() == [ONE, TWO]
    again = solution(CHAIN, ONE.steps, model="somebody else")
    assert again.id == ONE.id
    assert book.add([again, TWO]) == 0
    assert book.get(ONE.id) == ONE


def test_a_solution_is_another_one_if_its_problem_its_steps_or_its_end_differ():
    ids = {
        ONE.id,
        solution(CHAIN, ONE.steps, finished=False).id,
        solution(CHAIN, ONE.steps[:-1]).id,
        solution(make("chain:steps=3,seed=4"), ONE.steps).id,
        solution(CHAIN, ("1+2=33*4=12", *ONE.steps[2:])).id,
    }
    assert len(ids) == 5
    assert {len(i) for i in ids} == {12}


def test_a_label_replaces_only_that_of_its_own_maker_on_its_own_step(book):
    others = [human(0, 0, by="Bob"), human(1, 1), Label(ONE.id, 0, "soft", "Ada", 0.25, 5.0, tokens=90)]
    book.put([human(0, 1), *others])
    book.put([human(0, -1, at=6.0)])
    assert set(book.labels()) == {human(0, -1, at=6.0), *others}
    book.remove(human(0, -1))
    assert set(book.labels()) == set(others)


def test_what_is_read_from_a_file_never_replaces_a_newer_label(book):
    book.put([human(0, 1, at=8.0), human(1, 1, at=2.0)])
    assert book.put([human(0, -1, at=7.0), human(1, -1, at=7.0), human(2, 0, at=7.0)], keep_newer=True) == 2
    assert book.labels() == [human(0, 1, at=8.0), human(1, -1, at=7.0), human(2, 0, at=7.0)]


def test_labels_are_narrowed_down_by_source_maker_and_solution(book):
    judge = Label(TWO.id, 0, "judge", "nano", 0.75, 7.0, tokens=12)
    book.put([human(1, 0), human(0, 1), human(0, -1, by="Bob"), judge])
    assert book.labels(source="human", by="Ada") == [human(0, 1), human(1, 0)]
    assert book.labels(solution=TWO.id) == [judge]
    assert book.labels(source="judge") == [judge]
    assert book.labels(by="nobody") == []


def test_solutions_are_filtered_by_kind_model_and_whose_labels_they_have(book):
    book.put([human(2, 1)])
    assert book.solutions(task="text") == [TWO]
    assert book.solutions(model="other") == [TWO]
    assert book.solutions(labelled=True) == [ONE]
    assert book.solutions(labelled=True, source="human", by="Ada") == [ONE]
    assert book.solutions(labelled=False, by="Ada") == [TWO]
    assert book.solutions(labelled=False, by="Bob") == [ONE, TWO]
    assert book.solutions(labelled=False, source="oracle") == [ONE, TWO]
    assert book.solutions(task="chain", labelled=False, by="Ada") == []


def test_what_is_there_is_counted(book):
    book.put([human(0, 1), human(1, 0), human(0, -1, by="Bob")])
    book.put([Label(ONE.id, i, "hard", "nano, 8 rollouts", 1.0, 1.0, tokens=t) for i, t in enumerate((50, 70))])
    counts = book.counts()
    assert (counts.solutions, counts.by_source) == (2, {"hard": 2, "human": 3})
    assert (counts.by_annotator, counts.tokens) == ({"Ada": 2, "Bob": 1}, {"hard": 120, "human": 0})


def test_a_step_that_is_not_there_is_refused_and_nothing_of_it_is_kept(book):
    with pytest.raises(LabelError) as caught:
        book.put([human(0, 1), human(5, 1)])
    assert str(caught.value) == f"Solution {ONE.id} has 4 steps, so there is no step 6 to label; they are numbered 1 to 4."
    with pytest.raises(LabelError, match="has 1 step, so there is no step 2 to label; only step 1 can be labelled"):
        book.put([human(1, 1, of=TWO)])
    assert book.labels() == []


def test_a_label_without_its_solution_is_refused(book):
    with pytest.raises(LabelError, match="There is no solution 3fa2 in the label book"):
        book.put([Label("3fa2", 0, "human", "Ada", 1, 0.0)])
    with pytest.raises(LabelError, match="There is no solution 3fa2"):
        book.get("3fa2")


def test_book_and_runs_share_a_database_and_other_processes_see_labels_at_once(book, any_store):
    run = any_store.create(RunConfig(), CHAIN)
    book.put([human(0, 1)])
    another = Store(any_store.folder, any_store.url)
    assert LabelBook(another).labels() == [human(0, 1)]
    assert another.get(run).problem == CHAIN


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (dict(source="guess"), "There is no source of labels named 'guess'; allowed are human, oracle, noisy, hard, soft, judge, unsaid."),
        (dict(value=2), "A person's label of 2 is not allowed; it must be 1 (good), 0 (neutral) or −1 (bad)."),
        (dict(value=0.5), "A person's label of 0.5 is not allowed; it must be 1 (good), 0 (neutral) or −1 (bad)."),
        (dict(source="soft", value=-1), "A label of -1 from soft is not allowed; it must be from 0 to 1."),
        (dict(source="soft", value=float("nan")), "A label of nan from soft is not allowed; it must be from 0 to 1."),
        (dict(by=" "), "A label needs the name of who or what made it."),
        (dict(at=float("inf")), "A label made at inf is not allowed; the time must be in seconds since 1970."),
        (dict(step=-1), "A label on step -1 for 0 tokens is not allowed; both must be at least 0."),
    ],
)
def test_a_label_that_says_nothing_allowed_is_refused(given, said):
    with pytest.raises(LabelError) as caught:
        Label(**(dict(solution=ONE.id, step=0, source="human", by="Ada", value=1, at=0.0) | given))
    assert str(caught.value) == said


def test_a_solution_without_steps_is_refused():
    with pytest.raises(LabelError, match="at least one step"):
        solution(CHAIN, ())


def test_targets_lie_in_0_to_1_and_neutral_counts_as_good():
    assert [target(human(0, v)) for v in (1, 0, -1)] == [1.0, 1.0, 0.0]
    assert target(Label(ONE.id, 0, "soft", "nano", 0.375, 0.0)) == 0.375


def test_solutions_with_any_of_several_sources_are_counted_once(book):
    book.put([human(0, 1), Label(ONE.id, 0, "hard", "nano", 1.0, 1.0)])
    assert book.count(labelled=True, source=("human", "hard")) == 1
    assert book.count(labelled=False, source="human") == 1
    assert book.count(labelled=False, source="hard", by="other") == 2


def test_problems_are_counted_by_their_question(book):
    book.put([human(0, 1), human(1, 0)])
    assert book.problems(("human",)) == 1
    assert book.problems(("hard",)) == 0
    book.put([Label(TWO.id, 0, "hard", "nano", 1.0, 1.0)])
    assert book.problems(("human", "hard")) == 2
