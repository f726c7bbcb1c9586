"""Heads learn what is in the features, split by problem, and refuse labels that teach nothing."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from rlm_core import problems
from rlm_core.core.errors import ProblemError, TrainingError
from rlm_core.evaluation.sampling import draw, first_wrong, oracle_labels
from rlm_core.evaluation.statistics import auc
from rlm_core.models.policy import Sampling, Step
from rlm_core.rewards.heads.recipe import HeadRecipe
from rlm_core.runs.set_specs import counted_set
from rlm_core.training.fitting import fit
from rlm_core.training.head_pipeline import gather, train_head
from rlm_core.training.labelling import MakerSettings, combined, make_labels
from rlm_core.training.reward_models import Examples, HeadConfig, LabelledSolution, read

pytestmark = pytest.mark.slow


def separable(n: int = 400, seed: int = 0) -> Examples:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)) * np.array([1, 50, 1, 1, 0.01, 1]) + 3
    return Examples(x, (x[:, 0] + 0.02 * x[:, 1] > 3.06).astype(float), np.arange(n) // 4)


def test_a_head_learns_a_rule_whatever_the_scale_of_its_features():
    trained = fit(separable(), HeadConfig(seed=1))
    fresh = separable(seed=9)
    assert auc(list(trained.network.probabilities(fresh.features)), list(fresh.targets > 0.5)) > 0.97
    assert trained.curve[-1]["loss"] < trained.curve[0]["loss"]


def test_the_same_seed_gives_the_same_head_and_another_another():
    a, b, c = (fit(separable(), HeadConfig(seed=s, epochs=4)).network.arrays["weight_1"] for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_labels_that_teach_nothing_are_refused():
    examples = separable()
    with pytest.raises(TrainingError, match="All 400 labels say right"):
        fit(Examples(examples.features, np.ones(400), examples.groups), HeadConfig())
    with pytest.raises(TrainingError, match="All labels are of one problem"):
        fit(Examples(examples.features, examples.targets, np.zeros(400, int)), HeadConfig())


def test_a_head_stops_when_it_is_told_to():
    assert len(fit(separable(), HeadConfig(), stop=lambda: True).curve) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "rm"}, "no reward head of kind 'rm'"),
        ({"name": "a b"}, "'a b' cannot name a head"),
        ({"name": "x" * 41}, "use at most 40 letters"),
        ({"labels": {"soft": 0.0}}, "weight above 0"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(TrainingError, match=said):
        HeadRecipe(**({"kind": "prm", "name": "x"} | wrong))


def test_a_set_of_problems_says_how_many():
    found = counted_set("chain:n=3,steps=5", {"split": "train"})
    assert [p.spec for p in found] == [f"chain:steps=5,seed={i},split=train" for i in range(3)]
    for spec in ("chain", "chain:n=0", "chain:n=many"):
        with pytest.raises(ProblemError, match="does not say how many problems"):
            counted_set(spec, {})
    with pytest.raises(ProblemError, match="kind text are not made from seeds"):
        counted_set("text:n=3", {})


def test_a_prm_learns_nothing_after_the_first_wrong_step(nano):
    policy = nano.policy
    drawn = [d for g in asyncio.run(draw(policy, counted_set("chain:n=12", {}), 2, Sampling(), 5)) for d in g]
    labels = [oracle_labels(d.problem, d.steps) for d in drawn]
    assert any(first_wrong(y) is not None for y in labels)
    labelled = [LabelledSolution(d.problem, d.steps, [float(bool(v)) for v in y]) for d, y in zip(drawn, labels, strict=True)]
    examples = asyncio.run(read("prm", labelled, [policy]))
    expected = sum(len(y) if first_wrong(y) is None else first_wrong(y) + 1 for y in labels)
    assert len(examples.targets) == expected
    assert (examples.targets == 0).sum() == sum(first_wrong(y) is not None for y in labels)
    whole = asyncio.run(read("orm", labelled, [policy]))
    assert whole.targets.tolist() == [float(y[-1]) for y in labels]


def test_monte_carlo_labels_are_one_where_the_answer_is_certain_and_cost_tokens(nano, pool):
    policy, problem = nano.policy(), problems.make("countdown:numbers=3,seed=7")
    (steps,) = asyncio.run(policy.complete(problem, (), [(3,)], Sampling()))
    make = lambda maker: asyncio.run(  # noqa: E731
        make_labels(maker, problem, steps, nano.policy(), pool, MakerSettings(rollouts=4), (0, 0), Sampling())
    )
    soft, hard, oracle = make("soft"), make("hard"), make("oracle")
    assert soft.generated > 0
    assert oracle.generated == 0
    assert hard.values == [float(v > 0) for v in soft.values]
    assert soft.values[-1] == oracle.values[-1]  # a finished solution is judged, not played
    for mc, truth in zip(hard.values, oracle.values, strict=True):
        assert truth == 1.0 or mc == 0.0  # no rollout succeeds from a state that is lost
    with pytest.raises(TrainingError, match="no labels by 'guess'"):
        make("guess")


def test_noisy_labels_flip_about_the_share_asked_for(nano, pool):
    flipped = total = 0
    for seed in range(60):
        problem = problems.make(f"chain:steps=8,seed={seed}")
        texts = problems.task("chain").solution(problem)
        steps = [Step(t) for t in texts[:-1]]
        made = asyncio.run(make_labels("noisy", problem, steps, nano.policy(), pool, MakerSettings(noise=0.25), (seed,), Sampling()))
        flipped += sum(v == 0.0 for v in made.values)
        total += len(made.values)
    assert 0.18 < flipped / total < 0.32


def test_several_sources_are_mixed_by_weight():
    assert combined([([1.0, 0.0, None], 1.0), ([0.0, None, None], 1.0)]) == [0.5, 0.0, None]


def test_a_solution_the_model_cannot_read_is_left_out_and_counted(nano):
    policy, chain = nano.policy, problems.make("chain:steps=2,seed=1")
    steps = [Step(t) for t in problems.task("chain").solution(chain)]
    readable = LabelledSolution(chain, [*steps[:-1], Step(steps[-1].text, finished=True)], [1.0] * len(steps), {"human": len(steps)})
    foreign = LabelledSolution(problems.make("words:seed=1"), [Step("Ann has 3 apples.")], [1.0], {"human": 1})
    examples = asyncio.run(read("prm", [foreign, readable], [policy]))
    assert examples.solutions == 1
    assert len(examples.targets) == len(steps)
    assert examples.labels == {"human": len(steps)}
    assert sum(examples.refused.values()) == 1
    assert "reads only Countdown" in next(iter(examples.refused))
    with pytest.raises(TrainingError, match="None of the 1 labelled solutions can be read: The bundled model reads only"):
        asyncio.run(read("prm", [foreign], [policy]))


def test_an_orm_learns_from_finished_solutions_only_and_a_wrong_step_makes_the_whole_wrong(nano):
    policy, chain = nano.policy, problems.make("chain:steps=2,seed=1")
    texts = problems.task("chain").solution(chain)
    whole = [Step(texts[0]), Step(texts[1], finished=True)]
    given = [
        LabelledSolution(chain, whole, [1.0, 1.0]),
        LabelledSolution(chain, whole, [0.0, None]),
        LabelledSolution(chain, [Step(texts[0])], [1.0]),
    ]
    examples = asyncio.run(read("orm", given, [policy]))
    assert examples.targets.tolist() == [1.0, 0.0]
    assert examples.solutions == 2


def test_a_trained_head_is_offered_at_once_and_judges(nano, pool, tmp_path, monkeypatch):
    from rlm_core import rewards

    monkeypatch.setenv("RLM_EXPLORER_DATA", str(tmp_path))
    policy = nano.policy
    recipe = HeadRecipe(kind="prm", name="tried", problems=("chain:n=24",), samples=2, measure=("chain:n=6",), measure_samples=4)
    gathered = asyncio.run(gather(recipe, policy, pool, lambda text: None))
    card = asyncio.run(train_head(recipe, gathered, policy, pool, fit, tmp_path / "rewards", lambda text: None)).card
    assert rewards.rewards()["prm:tried"].model == "nano"
    assert card.labels["oracle"] == sum(x.labels["oracle"] for x in gathered[0])
    assert card.quality["chain:n=6"]["step_auc"] > 0.5
