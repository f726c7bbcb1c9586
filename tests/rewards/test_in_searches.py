"""Rewards that ask other models, inside searches: they judge states, and the tokens they write are counted in the run."""

from __future__ import annotations

import pytest

from rlm_core.catalogue import checked
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Evaluated, Spent
from rlm_core.models.pool import ModelPool
from rlm_core.models.scripted import ScriptedPolicy
from tests.models.test_prm import saved
from tests.searching import events, run_to_end
from tests.speaker import speaking

every_kind = pytest.mark.parametrize("search", ["mcts", "best_of_n", "beam_search"])
SAID = "Every step holds.\nVerdict: correct"


class Judges(ModelPool):
    """A library whose chat model says what it is told to."""

    def __init__(self, judge) -> None:
        super().__init__()
        self._judge = judge

    async def policy(self, name):
        return self._judge


class Leaning(ScriptedPolicy):
    longest = None

    async def first_token_probabilities(self, request, words):
        return (0.6, 0.2)

    async def chat(self, request, seed, sampling):
        raise AssertionError("A verdict is read from the first token; nothing is written.")


def searched(nano, search: str, reward: str, parameters: dict, source) -> tuple[list[Evaluated], int, int]:
    """The evaluations, the tokens the log counts, and those the run's policy wrote."""
    policy = nano.policy()
    config = checked(
        RunConfig(
            problem="countdown:numbers=3,seed=7",
            search=search,
            reward=reward,
            reward_parameters=parameters,
            budget=Budget(6),
            max_step_tokens=24,
        )
    )
    tree, records = run_to_end(config, policy, source=source)
    assert tree.finished.stop != "failed", tree.finished
    evaluated = events(records, Evaluated)
    assert evaluated
    return evaluated, sum(r.event.generated for r in records if isinstance(r.event, Spent)), policy.usage.generated


@every_kind
def test_a_judges_verdict_scores_every_state(nano, search):
    evaluated, counted, written = searched(nano, search, "judge", {}, Judges(Leaning({})))
    assert {round(e.score, 9) for e in evaluated} == {0.75}
    assert counted == written


@every_kind
def test_a_judges_critiques_are_kept_and_their_tokens_counted(nano, search):
    evaluated, counted, written = searched(nano, search, "judge", {"mode": "critique"}, Judges(speaking(lambda prompt: SAID)))
    assert {(e.score, e.note) for e in evaluated} == {(1.0, SAID)}
    assert counted == written + len(evaluated) * (len(SAID) + 1)


@every_kind
def test_a_published_prm_scores_every_step(nano, search, tmp_path):
    saved(tmp_path)
    parameters = {"model": str(tmp_path), "recipe": "math_shepherd", "aggregate": "min"}
    evaluated, counted, written = searched(nano, search, "hub_prm", parameters, ModelPool())
    assert all(e.score == min(e.steps) and 0 <= e.score <= 1 for e in evaluated)
    assert counted == written
