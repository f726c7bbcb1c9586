"""Everything on offer can be used as it is described."""

from __future__ import annotations

import msgspec
import pytest

from rlm_core import catalogue, rewards
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Evaluated, RunFinished
from rlm_core.search import structures
from tests.searching import events, run_to_end

pytestmark = pytest.mark.slow

OFFERED = [d for kind in (catalogue.searches, catalogue.reward_models, catalogue.tasks, catalogue.models) for d in kind().values()]


@pytest.mark.parametrize("description", OFFERED, ids=lambda d: d.name)
def test_defaults_are_allowed_by_their_own_description(description):
    defaults = {p.name: p.default for p in description.parameters if p.default != ""}
    parsed = description.parse(defaults)
    assert {n: parsed[n] for n in defaults} == defaults
    assert description.parse({n: str(v) for n, v in defaults.items()}) == parsed  # as the command line gives them
    assert description.title and description.sentence.endswith(".") and all(p.help.endswith(".") for p in description.parameters)


@pytest.mark.parametrize("description", OFFERED, ids=lambda d: d.name)
def test_values_outside_the_bounds_are_refused(description):
    for p in description.parameters:
        outside = [b for b in ((p.low - 1) if p.low is not None else None, (p.high + 1) if p.high is not None else None) if b is not None]
        for value in [*outside, *(["nonsense"] if p.choices or not isinstance(p.default, str) else [])]:
            with pytest.raises(ConfigError) as caught:
                description.parse({p.name: value})
            assert str(caught.value) == f"{p.name}={value} is not allowed for {description.name}; it must be {p.allowed}."


def test_an_unknown_parameter_is_one_sentence_with_a_guess():
    with pytest.raises(ConfigError) as caught:
        catalogue.checked(RunConfig(search_parameters={"widht": 3}))
    allowed = "rule, c, width, leaves, widening, rollout_share, answer_by"
    assert str(caught.value) == f"mcts has no parameter 'widht'; did you mean 'width'? allowed are {allowed}."


@pytest.mark.parametrize(("field", "sentence"), [("search", "There is no search named 'x'"), ("reward", "There is no reward named 'x'")])
def test_an_unknown_name_lists_what_there_is(field, sentence):
    with pytest.raises(ConfigError, match=sentence):
        catalogue.checked(msgspec.structs.replace(RunConfig(), **{field: "x"}))


ASKS_ANOTHER = ("hub_prm", "judge")
"""Rewards that need a model from elsewhere; tests/rewards/test_in_searches.py gives them one."""

KINDS = {"step scores": "prm:nano-head", "the exact solver": "oracle"}
"""A search sees of a reward only its kind. Rollouts and rewards of finished states only meet each search in test_every_search.py."""


@pytest.mark.parametrize("reward", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("search", catalogue.searches())
def test_every_search_runs_to_its_end_with_a_reward_of_each_kind(nano, pool, search, reward):
    assert all(0 <= score <= 1 for score in scores_of_a_whole_run(nano, pool, search, reward))


FOR_NANO = [name for name, r in rewards.rewards().items() if r.model in ("", "nano")]
"""Rewards that can judge the bundled model: trained ones belong to one model."""


@pytest.mark.parametrize("reward", [name for name in FOR_NANO if name not in (*ASKS_ANOTHER, *KINDS.values())])
def test_every_reward_carries_a_tree_search_to_its_end(nano, pool, reward):
    scores = scores_of_a_whole_run(nano, pool, "mcts", reward)
    assert scores
    assert all(0 <= score <= 1 for score in scores)


def scores_of_a_whole_run(nano, pool, search: str, reward: str) -> list[float]:
    """The scores that the reward gave in a run that came to its end."""
    config = RunConfig(problem="countdown:numbers=3,seed=2", search=search, reward=reward, budget=Budget(6, 4000))
    tree, records = run_to_end(config, nano.policy(), source=pool)
    last = records[-1].event
    assert isinstance(last, RunFinished)
    assert last.stop in ("done", "simulations", "exhausted"), last
    assert tree.totals.generated > 0
    assert tree.answered is not None
    return [e.score for e in events(records, Evaluated)]


def test_a_saved_run_of_a_search_that_is_not_here_is_drawn_as_a_tree():
    assert catalogue.structure("beam_search") is structures.LAYERS
    assert catalogue.structure("somebody_elses") is structures.TREE
