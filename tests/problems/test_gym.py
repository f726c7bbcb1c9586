"""reasoning-gym by name: reproducible, split without leaks, right only at full score, safe with hostile answers."""

import subprocess
import sys
from pathlib import Path

import pytest

from rlm_core.core.errors import ConfigError, ProblemError
from rlm_core.problems import make
from rlm_core.problems.base import split_of
from rlm_core.problems.checking.bounded import Helper
from rlm_core.problems.families import gym, gym_bench
from rlm_core.problems.families.gym import TASK
from rlm_core.problems.families.gym_names import NAMES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_a_spec_makes_the_same_problem_again_and_another_seed_another_one():
    problem = make("gym:name=gsm_symbolic,seed=3")
    assert problem.spec == "gym:name=gsm_symbolic,seed=3"
    assert make(problem.spec) == problem
    assert make("gym:name=gsm_symbolic,seed=4").question != problem.question
    assert TASK.verify(problem, problem.reference) is True


def test_a_dataset_that_iterates_over_sets_gives_the_same_problem_whatever_the_hash_seed(monkeypatch):
    drawn = []
    for hash_seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        helper = Helper("rlm_core.problems.families.gym_bench:functions")
        drawn.append(helper.call("draw", "isomorphic_strings", 5, "train", seconds=60))
        helper.close()
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("name", ["chain_sum", "leg_counting", "syllogism"])
@pytest.mark.parametrize("split", ["test", "train"])
def test_the_text_of_a_question_decides_its_split(name, split):
    for seed in range(15):
        assert split_of((name, make(f"gym:name={name},seed={seed},split={split}").question)) == split


def test_no_template_of_gsm_symbolic_is_in_both_splits_and_each_split_has_several():
    templates = {"test": set(), "train": set()}
    for split, found in templates.items():
        for seed in range(40):
            drawn = gym_bench.draw("gsm_symbolic", seed, split)
            found.add(gym_bench._dataset("gsm_symbolic", drawn["dataset_seed"]).task_indices[drawn["index"]])
    assert not templates["test"] & templates["train"]
    assert len(templates["test"]) >= 4
    assert len(templates["train"]) >= 20


def test_a_misspelt_dataset_is_answered_with_the_nearest_names():
    for misspelt in ("gsm_symbolc", "gsm"):
        with pytest.raises(ConfigError, match=f"name={misspelt} is not allowed for gym; did you mean gsm_symbolic"):
            make(f"gym:name={misspelt}")
    for unknown in ("qqqqqq", "composite"):
        with pytest.raises(ConfigError, match="it must be one of 105 names, such as ab, acre, advanced_geometry"):
            make(f"gym:name={unknown}")


def test_the_datasets_that_can_be_chosen_are_those_of_the_package_except_the_one_that_is_made_of_others():
    from reasoning_gym.factory import DATASETS  # takes seconds

    assert list(NAMES) == sorted(set(DATASETS) - {"composite"})


def test_partial_credit_of_a_dataset_does_not_count():
    problem = make("gym:name=gsm_symbolic,seed=3")
    assert problem.reference == "42"
    wrong = ["41", "42 or 41", "41 or 42", "the answer is near 42.5", "420", "42 41", "", "x" * 6000 + "42"]
    assert [a for a in wrong if TASK.verify(problem, a)] == []
    assert all(TASK.verify(problem, a) for a in ("42", "42.0", "42 pages", "$42"))


def test_the_datasets_own_scorer_accepts_other_right_forms():
    product = make("gym:name=polynomial_multiplication,seed=1")
    terms = (product.reference or "").replace(" - ", " + -").split(" + ")
    assert len(terms) > 1
    assert TASK.verify(product, " + ".join(reversed(terms))) is True
    assert TASK.verify(product, " + ".join(terms[1:])) is False


def test_a_dataset_without_a_reference_is_still_verified():
    problem = make("gym:name=propositional_logic,seed=1")
    assert problem.reference is None
    assert TASK.verify(problem, "nonsense") is False


def test_a_yes_no_answer_must_be_that_word():
    problem = make("gym:name=game_of_life_halting,seed=1")
    assert TASK.verify(problem, (problem.reference or "").lower()) is True
    assert TASK.verify(problem, "wrong 17") is False


def test_a_number_that_only_begins_like_the_right_one_is_wrong():
    """coin_flip's scorer gives 1.0 to any number of which one is the beginning of the other; its tolerance is 0.0001."""
    drawn = (make(f"gym:name=coin_flip,seed={seed}") for seed in range(1, 30))
    problem = next(p for p in drawn if p.reference and p.reference.startswith("0.") and len(p.reference) > 4)
    right = float(problem.reference or "")
    wrong = ["0", "0.", "0.0", f"{right + 0.01}", f"{right / 2}", f"{right} or 0", "x", ""]
    assert [a for a in wrong if TASK.verify(problem, a)] == []
    assert all(TASK.verify(problem, a) for a in (problem.reference, f"{right:.10f}", f"{right + 0.00005}"))


@pytest.mark.parametrize("name", ["emoji_mystery", "sentence_reordering"])
def test_a_right_sentence_is_right_with_its_full_stop_however_it_is_announced(name):
    for seed in range(1, 6):
        problem = make(f"gym:name={name},seed={seed}")
        for said in (f"Answer: {problem.reference}", f"**Answer:** {problem.reference}", f"<answer>{problem.reference}</answer>"):
            assert TASK.verify(problem, TASK.answer(problem, ["so", said])) is True, said
        assert TASK.verify(problem, f"{problem.reference} And more.") is False


@pytest.mark.parametrize("name", ["sudoku", "n_queens", "tower_of_hanoi", "binary_matrix", "rotate_matrix"])
def test_an_answer_of_several_lines_is_read_whole(name):
    problem = make(f"gym:name={name},seed=1")
    for said in (f"Answer: {problem.reference}", f"Answer:\n{problem.reference}", f"<answer>\n{problem.reference}\n</answer>"):
        assert TASK.verify(problem, TASK.answer(problem, ["so", said])) is True, said
    first = (problem.reference or "").splitlines()[0]
    assert TASK.verify(problem, TASK.answer(problem, [f"Answer: {first}"])) is False


def test_words_are_no_number_although_one_is_among_them():
    problem = make("gym:name=cryptarithm,seed=1")
    assert TASK.verify(problem, problem.reference) is True
    assert TASK.verify(problem, (problem.reference or "").partition(",")[2]) is False


def test_more_than_the_right_answer_is_wrong():
    problem = make("gym:name=letter_jumble,seed=1")
    assert TASK.verify(problem, f"{problem.reference} x") is False
    assert TASK.verify(problem, f"x {problem.reference}") is False


def test_text_that_a_scorer_cannot_read_is_wrong_and_no_error():
    assert TASK.verify(make("gym:name=prime_factorization,seed=1"), "two times three") is False


@pytest.mark.parametrize("name", sorted(gym_bench.EVALUATED))
def test_no_answer_is_ever_run_as_code(name, tmp_path):
    problem = make(f"gym:name={name},seed=1,split=train")
    mark = tmp_path / "ran"
    for attack in (f"__import__('pathlib').Path({str(mark)!r}).touch()", f"open({str(mark)!r}, 'w')", f"open({str(mark)!r}, 'w')!"):
        assert TASK.verify(problem, attack) is False
    assert not mark.exists()


def test_every_scorer_that_evaluates_its_answer_is_known():
    """A new version of the package must not bring another one unseen."""
    import inspect

    from reasoning_gym.factory import DATASETS

    found = {
        n for n, (cls, _) in DATASETS.items() if any(w in inspect.getsource(cls.score_answer) for w in ("eval(answer", "parse_expr(answer"))
    }
    assert found == gym_bench.EVALUATED


def test_an_answer_that_takes_for_ever_to_check_is_wrong(monkeypatch):
    monkeypatch.setattr(gym, "SCORE_SECONDS", 1.0)
    assert TASK.verify(make("gym:name=puzzle24,seed=1,split=train"), "9**9**9**9") is False


def test_a_problem_of_another_version_is_refused_rather_than_judged():
    problem = make("gym:name=leg_counting,seed=1")
    with pytest.raises(ProblemError, match="another 'leg_counting' problem"):
        gym._full_score("leg_counting", problem.data["dataset_seed"], problem.data["index"], "another question", "1")


def test_only_finished_states_are_judged():
    problem = make("gym:name=chain_sum,seed=1")
    assert TASK.solvable(problem, ["1+1=3"]) is None
    assert TASK.solvable(problem, [f"Answer: {problem.reference}"]) is True
    assert TASK.solvable(problem, ["Answer: 123456789"]) is False
    assert TASK.answer(problem, ["no answer"]) is None


def test_listing_the_tasks_loads_neither_reasoning_gym_nor_math_verify_nor_torch():
    slow = {"reasoning_gym", "math_verify", "sympy", "torch"}
    code = f"import sys; from rlm_core.problems import tasks; tasks(); print({slow} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_entries_that_write_files_write_none_here_and_are_the_same_again(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    drawn = [gym_bench.draw("codeio", seed, "test") for seed in (1, 2, 2, 1)]
    assert drawn[0] == drawn[3]
    assert drawn[1] == drawn[2]
    assert not list(tmp_path.iterdir())
    assert Path.cwd() == tmp_path


def test_an_entry_that_is_another_one_when_it_is_made_again_is_passed_over(monkeypatch):
    made = iter(range(1000))

    class Changing(list):
        def __getitem__(self, index):
            return {"question": f"{index}: {next(made) if index < 3 else 'always'}", "answer": "1"}

    monkeypatch.setattr(gym_bench, "_dataset", lambda name, seed: Changing())
    assert gym_bench.draw("codeio", 1, "train")["index"] >= 3
