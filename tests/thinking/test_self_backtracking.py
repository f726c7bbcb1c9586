"""Self-backtracking: how much is sampled and from where, what is rolled back, and whose confidence decides."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.events import Backtracked, NodeAdded, SampledAgain, Spent
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import BACKTRACK
from rlm_core.core.usage import Seed
from rlm_core.models.policy import Sampling, Step
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.runs.runner import run_search
from tests.search.by_hand import TEXT, nodes_by_text, run_by_hand
from tests.searching import events
from tests.speaker import speaking


@dataclass(slots=True)
class GivingUp(ScriptedPolicy):
    """Sample i takes the i-th option; a text ending in `<backtrack>` is a step the model gives up; "…" one that was cut off.

    says: texts so far -> options. likely: mean log-probability by text, else −0.5. asked: every request and its number of samples.
    """

    script: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    says: Callable[[tuple[str, ...]], Sequence[str]] | None = None
    likely: Mapping[str, float] = field(default_factory=dict)
    asked: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        self.asked.append((tuple(s.text for s in steps), len(seeds)))
        return [self._sampled(steps, seed) for seed in seeds]

    def _sampled(self, steps: Sequence[Step], seed: Seed) -> tuple[Step, ...]:
        done: list[Step] = []
        while not done or not (done[-1].finished or done[-1].truncated or done[-1].tag):
            before = tuple(s.text for s in (*steps, *done))
            options = self.says(before) if self.says else self.script[before]
            done.append(self._made(options[seed[-1] % len(options)]))
        return tuple(done)

    def _made(self, text: str) -> Step:
        bare = text.removesuffix(BACKTRACK).removesuffix("…")
        step = self._step(text)
        tokens = tuple(replace_logprob(t, self.likely.get(bare, -0.5)) for t in step.tokens)
        mark = BACKTRACK if text.endswith(BACKTRACK) else ""
        return replace(step, text=bare, tokens=tokens, tag=mark, truncated=text.endswith("…"), finished=step.finished and not mark)


def replace_logprob(token, logprob):
    return type(token)(token.id, token.text, logprob)


def searched(script, budget=None, likely=None, scores=None, **parameters):
    policy = GivingUp(dict(script), likely=likely or {})
    tree, records = run_by_hand("self_backtracking", policy, scores or {}, budget, **parameters)
    return policy, tree, records


SCRIPT = {
    (): ("a", "b", "c", "a"),
    ("a",): ("a1<backtrack>", "a2<answer>7", "a3<answer>7", "a4<backtrack>"),
    ("b",): ("b1<answer>24", "b2<backtrack>"),
    ("c",): ("c1<answer>24", "c2<answer>24"),
}


def test_the_first_round_samples_n_and_no_round_rolls_nothing_back():
    policy, tree, records = searched(SCRIPT, n=4, rounds=0)
    assert policy.asked == [((), 4)] and tree.totals.simulations == 4
    assert not events(records, Backtracked) and tree.finished.stop == "done"
    assert {n.text for n in tree.nodes.values()} == {"", "a", "a1", "a4", "b", "b2", "c", "c1<answer>24"}
    assert len(tree.nodes[0].children) == 3  # the step two samples share is one node


def test_what_was_given_up_is_expanded_again_from_before_its_last_step():
    policy, tree, records = searched(SCRIPT, n=4, rounds=1)
    assert policy.asked == [((), 4), (("a",), 2), (("b",), 2)]
    at = nodes_by_text(tree)
    moves = [(e.source, e.target) for e in events(records, Backtracked)]
    assert moves == [(at["a1"], at["a"]), (at["b2"], at["b"]), (at["a4"], at["a"])]
    assert all(BACKTRACK in e.reason for e in events(records, Backtracked))
    assert tree.totals.simulations == 4 + 2 * 2


def test_the_likeliest_states_go_first_and_at_most_root_n_of_them():
    script = {(): tuple("abcd"), **{(x,): (f"{x}1<backtrack>",) for x in "abcd"}}
    likely = {"a": -0.9, "b": -0.1, "c": -0.7, "d": -0.3}
    assert [s for s, _ in searched(script, likely=likely, n=4, rounds=1)[0].asked[1:]] == [("b",), ("d",)]
    likely["c"] = 0.0  # as sure as can be
    assert [s for s, _ in searched(script, likely=likely, n=4, rounds=1)[0].asked[1:]] == [("c",), ("b",)]
    assert [s for s, _ in searched(script, likely=likely, n=3, rounds=1)[0].asked[1:]] == [("c",)]


def test_a_state_that_was_expanded_is_left_but_not_expanded_again():
    policy, tree, records = searched({(): ("a",), ("a",): ("x<backtrack>",)}, n=1, rounds=5)
    assert policy.asked == [((), 1), (("a",), 1)] and tree.finished.stop == "exhausted"
    reasons = [e.reason for e in events(records, Backtracked)]
    assert len(reasons) == 2 and "expanded before" not in reasons[0] and reasons[1].endswith("that state was expanded before")


def test_nothing_to_roll_back_to_ends_it():
    policy, tree, _ = searched({(): ("a<backtrack>", "b<answer>24")}, n=2, rounds=3)
    assert policy.asked == [((), 2)] and tree.finished.stop == "exhausted" and tree.answered.answer == "24"


def test_a_step_that_was_given_up_is_no_candidate_even_if_it_states_an_answer():
    _, tree, _ = searched({(): ("a<answer>7<backtrack>", "a<answer>7<backtrack>", "b<answer>24")}, n=3, rounds=0)
    assert tree.answered.answer == "24" and [v.answer for v in tree.answered.votes] == ["24"]
    _, tree, _ = searched({(): ("a<answer>7<backtrack>",)}, n=3, rounds=2)
    assert tree.answered.answer is None and tree.answered.node is None


def test_the_same_text_given_up_finished_or_cut_is_not_the_same_node():
    _, tree, _ = searched({(): ("x…", "x", "x<backtrack>"), ("x",): ("y<answer>24",)}, n=3, rounds=0)
    made = [n for n in tree.nodes.values() if n.text == "x"]
    assert [(n.cut, n.tag, len(n.children)) for n in made] == [(True, "", 0), (False, "", 1), (False, BACKTRACK, 0)]


def test_confidence_is_the_mean_over_all_tokens_of_the_way_and_is_summed_by_answer():
    script = {(): ("long", "b<answer>7", "c<answer>7"), ("long",): ("z<answer>24",)}
    likely = {"long": -0.1, "z<answer>24": -0.3, "b<answer>7": -0.8, "c<answer>7": -1.0}
    _, tree, _ = searched(script, likely=likely, n=3, rounds=0)
    sure = math.exp(-(4 * 0.1 + 11 * 0.3) / 15)
    assert [(v.answer, v.weight) for v in tree.answered.votes] == [
        ("7", pytest.approx(math.exp(-0.8) + math.exp(-1.0), abs=1e-4)),
        ("24", pytest.approx(sure, abs=1e-4)),
    ]
    assert tree.answered.answer == "7" and tree.nodes[tree.answered.node].text == "b<answer>7" and tree.answered.method == "likelihood"


def test_a_candidate_sampled_twice_weighs_twice_and_is_judged_once():
    _, tree, records = searched({(): ("b<answer>7", "b<answer>7", "c<answer>24")}, likely={"c<answer>24": -0.4}, n=3, rounds=0)
    at = nodes_by_text(tree)
    assert {v.answer: v.weight for v in tree.answered.votes} == {
        "7": pytest.approx(2 * math.exp(-0.5), abs=1e-4),
        "24": pytest.approx(math.exp(-0.4), abs=1e-4),
    }
    assert tree.answered.answer == "7" and all(len(n.evaluations) == 1 for n in tree.candidates())
    assert events(records, SampledAgain) == [SampledAgain(at["b<answer>7"], 1)] and tree.nodes[at["b<answer>7"]].samples == 2


def test_of_equally_likely_solutions_the_one_sampled_more_often_answers():
    """Twelve of sixteen samples against four."""
    script = {(): ("2", "1", "1", "1"), ("1",): ("x<answer>1",), ("2",): ("x<answer>2",)}
    _, tree, _ = searched(script, n=16, rounds=0)
    assert tree.answered.answer == "1" and [n.samples for n in tree.candidates()] == [4, 12]
    assert [v.weight for v in tree.answered.votes] == [pytest.approx(k * math.exp(-0.5), abs=1e-3) for k in (12, 4)]


def test_what_a_later_round_samples_again_adds_up_with_the_first():
    script = {(): ("a", "a", "a", "a"), ("a",): ("b<answer>7", "c<backtrack>", "b<answer>7", "b<answer>7")}
    _, tree, _ = searched(script, n=4, rounds=1)  # the second round, two samples from "a": one finished, one given up
    assert tree.nodes[nodes_by_text(tree)["b<answer>7"]].samples == 4
    assert tree.answered.votes[0].weight == pytest.approx(4 * math.exp(-0.5), abs=1e-4)


@dataclass(slots=True)
class Wording(GivingUp):
    """The same text, each time with other probabilities: as where a text can be cut into tokens in several ways."""

    sures: tuple[float, ...] = ()

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        made = await GivingUp.complete(self, problem, steps, seeds, sampling)
        return [(*s[:-1], self._sure(s[-1], self.sures[seed[-1]])) for s, seed in zip(made, seeds, strict=True)]

    def _sure(self, step: Step, logprob: float) -> Step:
        return replace(step, tokens=tuple(replace_logprob(t, logprob) for t in step.tokens))


def test_each_sample_weighs_with_its_own_probability():
    policy = Wording({(): ("b<answer>7",)}, sures=(-0.1, -0.7, -2.0))
    tree, _ = run_by_hand("self_backtracking", policy, {}, n=3, rounds=0)
    assert tree.answered.votes[0].weight == pytest.approx(math.exp(-0.1) + math.exp(-0.7) + math.exp(-2.0), abs=1e-4)


def test_a_state_that_was_met_and_never_expanded_is_no_exhausted_search():
    script = {(): ("a", "b", "b"), ("a",): ("x<backtrack>", "y<answer>7"), ("b",): ("x<answer>7", "z<backtrack>", "z<backtrack>")}
    _, tree, _ = searched(script, n=3, rounds=5)  # one state a round is expanded; the model then gives nothing up
    assert tree.finished.stop == "done"


def by_chance(texts: tuple[str, ...]) -> list[str]:
    """Any number of different continuations; a third of them are given up, and none goes deeper than four."""
    rng = random.Random("/".join(texts))
    ends = ["<backtrack>", "<backtrack>", "<answer>24", "<answer>7"] if len(texts) == 3 else ["<backtrack>", "", "", "<answer>7"]
    return [f"{len(texts)}.{rng.randrange(9)}{rng.choice(ends)}" for _ in range(7)]


@pytest.mark.parametrize("n", [1, 3, 4, 10, 16])
@pytest.mark.parametrize("rounds", [1, 4])
def test_every_round_keeps_to_its_numbers(n, rounds):
    policy = GivingUp(says=by_chance)
    tree, records = run_by_hand("self_backtracking", policy, {}, n=n, rounds=rounds)
    root_n = math.isqrt(n)
    assert policy.asked[0] == ((), n) and all(count == root_n for _, count in policy.asked[1:])
    assert len({state for state, _ in policy.asked}) == len(policy.asked)
    assert len(policy.asked) - 1 <= rounds * root_n
    spent = [e.simulations for e in events(records, Spent) if e.simulations]
    assert spent[0] == n and all(s <= root_n * root_n for s in spent[1:]) and len(spent) - 1 <= rounds
    for e in events(records, Backtracked):
        assert e.target == tree.nodes[e.source].parent and tree.nodes[e.source].tag == BACKTRACK
    assert all(n.tag != BACKTRACK or (not n.finished and not n.children) for n in tree.nodes.values())
    assert {i for v in tree.answered.votes for i in v.nodes} == {n.id for n in tree.candidates()}


@pytest.mark.parametrize("most", [1, 4, 5, 7, 8])
def test_a_budget_of_simulations_is_met_exactly(most):
    policy, tree, records = searched(SCRIPT, Budget(most), n=4, rounds=1)
    assert tree.totals.simulations == most == sum(count for _, count in policy.asked)
    assert policy.asked[0][1] == min(most, 4) and tree.finished.stop in (("simulations",) if most <= 4 else ("simulations", "done"))
    assert [count for _, count in policy.asked[1:]] == {5: [1], 7: [2, 1], 8: [2, 2]}.get(most, [])


def test_a_mark_on_a_line_of_its_own_gives_up_the_step_before_it():
    """As a chat model writes it: the mark stands on the next line."""

    def say(prompt: str) -> str:
        mine = prompt.rpartition("[assistant]")[2]
        return {"": "4+6=10\n10+4=14\n<backtrack>", "4+6=10\n": "Answer: 24\n"}.get(mine, "lost\n<backtrack>")

    config = RunConfig(model="speaker", problem=TEXT, search="self_backtracking", search_parameters={"n": 4}, reward="logprob")
    records = []
    tree = asyncio.run(run_search(config, speaking(say, thinks=False), records.append))
    left = next(r.event for r in records if isinstance(r.event, Backtracked))
    texts = {r.event.node: r.event.text for r in records if isinstance(r.event, NodeAdded)}
    assert texts[left.target] == "4+6=10" and tree.nodes[left.source].tag == BACKTRACK
    assert tree.answered.answer == "24"
