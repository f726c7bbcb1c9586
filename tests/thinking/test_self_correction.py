"""Self-correction: rounds of critique and revision by hand, what a chat model's critique means, and the bundled model's own."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ModelError
from rlm_core.core.events import Corrected, Critiqued
from rlm_core.core.special_tokens import REVISE
from rlm_core.models.policy import Critique, Sampling, Step
from rlm_core.models.prompts.line_text import REVIEW, REVISION
from rlm_core.models.scripted import ScriptedPolicy
from rlm_core.models.step_parser import tokens
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from tests.search.by_hand import TEXT, run_by_hand
from tests.searching import events
from tests.speaker import speaking


@dataclass(slots=True)
class Versions(ScriptedPolicy):
    """Writes these versions one after another.

    critiques: the index of a wrong step, None where it names none, "" where it is satisfied. read: the versions it criticised.
    """

    script: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    versions: Sequence[Sequence[str]] = ()
    critiques: Sequence[int | str | None] = ()
    read: list[tuple[str, ...]] = field(default_factory=list)

    async def complete(self, problem, steps, seeds, sampling):
        return [self._version(0)]

    async def critique(self, problem, steps, seed, sampling):
        self.read.append(tuple(s.text for s in steps))
        wrong = self.critiques[len(self.read) - 1]
        return Critique(f"critique {len(self.read)}", wrong if isinstance(wrong, int) else None, satisfied=wrong == "")

    async def revise(self, problem, steps, critique, seed, sampling):
        kept = tuple(steps[: critique.wrong or 0])
        return (*kept, *self._version(len(self.read))[len(kept) :])

    def _version(self, i):
        steps = [self._step(t) for t in self.versions[i]]
        return tuple(replace(s, truncated=s.text.endswith("…")) for s in steps)


def improved(versions, critiques, budget=None, scores=None, **parameters):
    policy = Versions(versions=versions, critiques=critiques)
    tree, records = run_by_hand("self_correction", policy, scores or {}, budget, variant="rounds", **parameters)
    return policy, tree, records


GOOD, BAD = ("a", "b", "c<answer>24"), ("a", "b", "x<answer>7")


def test_a_satisfied_critique_ends_it():
    policy, tree, records = improved([BAD, GOOD], [""], rounds=5)
    assert len(policy.read) == 1 and tree.answered.answer == "7" and tree.finished.stop == "done"
    assert not events(records, Corrected) and events(records, Critiqued) == [Critiqued(3, "critique 1", None)]
    assert tree.totals.simulations == 1


def test_a_faulted_step_is_written_again_below_the_same_steps_before_it():
    policy, tree, records = improved([BAD, GOOD], [2, ""], rounds=5)
    assert [n.text for n in tree.nodes.values()] == ["", "a", "b", "x<answer>7", "c<answer>24"]
    assert tree.nodes[4].parent == 2 and tree.nodes[2].children == [3, 4]
    assert events(records, Critiqued) == [Critiqued(3, "critique 1", 3), Critiqued(4, "critique 2", None)]
    assert events(records, Corrected) == [Corrected(3, 4, "critique 1")]
    assert policy.read == [BAD, GOOD] and tree.answered.answer == "24" and tree.totals.simulations == 2


def test_the_faulted_node_and_the_first_new_one_are_named_wherever_they_stand():
    _, tree, records = improved([("a", "b", "x<answer>7"), ("a", "d", "e", "y<answer>24")], [1, ""], rounds=1)
    assert events(records, Corrected) == [Corrected(2, 4, "critique 1")]
    assert tree.path(6) == [0, 1, 4, 5, 6] and tree.answered.node == 6


def test_a_critique_that_names_no_step_has_all_of_it_written_again():
    _, tree, records = improved([BAD, GOOD], [None, ""], rounds=2)
    assert events(records, Corrected) == [Corrected(3, 4, "critique 1")] and tree.nodes[4].parent == 0
    assert tree.nodes[0].children == [1, 4] and tree.answered.answer == "24"


def test_the_last_version_answers_even_if_it_is_worse_and_was_scored_worse():
    _, tree, _ = improved([GOOD, BAD], [2], rounds=1, judge=True, scores={GOOD[-1]: 0.9, BAD[-1]: 0.1})
    assert tree.answered.answer == "7" and not tree.answered.correct and tree.answered.method == "latest"
    assert [n.score for n in tree.candidates()] == [0.9, 0.1]


def test_a_version_that_was_cut_off_neither_answers_nor_is_criticised():
    policy, tree, _ = improved([GOOD, ("a", "b", "on and on…")], [2, 2], rounds=4)
    assert len(policy.read) == 1 and tree.answered.answer == "24"
    policy, tree, _ = improved([("on…",)], [], rounds=4)
    assert not policy.read and tree.answered.answer is None


@pytest.mark.parametrize("rounds", [1, 3])
def test_rounds_are_the_most_there_are(rounds):
    policy, tree, _ = improved([BAD] * 9, [0] * 9, rounds=rounds)
    assert len(policy.read) == rounds and tree.totals.simulations == rounds + 1 and tree.finished.stop == "done"


def test_a_budget_ends_the_rounds_and_the_version_at_hand_answers():
    policy, tree, _ = improved([BAD, BAD, GOOD], [2, 2], Budget(2), rounds=5)
    assert len(policy.read) == 1 and tree.finished.stop == "simulations" and tree.answered.answer == "7"


# -- chat models ------------------------------------------------------------------------------


STEPS = tuple(Step(t) for t in ("4*5=20", "20+4=24", "Answer: 24"))


@pytest.mark.parametrize(
    ("words", "wrong", "satisfied"),
    [
        ("Wrong step: 2", 1, False),
        ("wrong step 3.\nThe rest is fine.", 2, False),
        ("**Wrong step:** 1", 0, False),
        ("Wrong step: 2. Otherwise no mistakes.", 1, False),
        ("No mistakes.", None, True),
        ("I see no mistake in it.", None, True),
        ("It could be shorter.", None, False),
        ("Wrong step: 4", None, False),
        ("Wrong step: 0", None, False),
        ("", None, False),
    ],
)
def test_what_a_chat_models_critique_says(words, wrong, satisfied):
    heard = []
    policy = speaking(lambda prompt: heard.append(prompt) or words + "\0")
    found = asyncio.run(policy.critique(make(TEXT), STEPS, (0,), Sampling()))
    assert (found.text, found.wrong, found.satisfied) == (words, wrong, satisfied)
    assert "[assistant]4*5=20\n20+4=24\nAnswer: 24\n[user]" + REVIEW in heard[0]


def run_chat(say, **parameters):
    config = RunConfig(model="speaker", problem=TEXT, search="self_correction", search_parameters=parameters, reward="logprob")
    records = []
    return asyncio.run(run_search(config, speaking(say, thinks=False), records.append)), records


def test_a_chat_model_is_asked_for_the_critique_and_then_for_the_revision():
    def say(prompt: str) -> str:
        if prompt.rpartition("[user]")[2].startswith(REVISION):
            return "4*6=24\nAnswer: 24\n"
        if prompt.rpartition("[user]")[2].startswith(REVIEW):
            return "No mistakes.\0" if "[assistant]4*6=24" in prompt else "Wrong step: 1\0"
        return "4*6=26\nAnswer: 26\n"

    tree, records = run_chat(say, variant="rounds", rounds=4)
    assert [n.text for n in tree.nodes.values()] == ["", "4*6=26", "Answer: 26", "4*6=24", "Answer: 24"]
    assert events(records, Corrected) == [Corrected(1, 3, "Wrong step: 1")] and tree.answered.answer == "24"
    assert tree.finished.stop == "done" and len(events(records, Critiqued)) == 2
    assert tree.totals.by_purpose["critique"] == len("Wrong step: 1\0") + len("No mistakes.\0")


def test_a_critique_for_which_there_is_no_room_is_refused_in_one_sentence():
    policy = speaking(lambda prompt: "No mistakes.\0")
    policy.session.max_length = 400
    with pytest.raises(ModelError, match="reads at most 400 tokens") as caught:
        asyncio.run(policy.critique(make(TEXT), [Step("so " * 200)], (0,), Sampling()))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mark", ["4*6=26<revise>", "4*6=26\n<revise>\n"])
def test_a_step_taken_back_is_not_part_of_the_answer(mark):
    """Nor where the mark stands on a line of its own."""

    def say(prompt: str) -> str:
        mine = prompt.rpartition("[assistant]")[2].strip()
        return {"": mark, "4*6=26": "<revise>\n"}.get(mine, "Answer: 24\n" if mine.endswith("4*6=24") else "4*6=24\n")

    tree, records = run_chat(say, variant="trained")
    assert tree.said(tree.answered.node) == ["4*6=24", "Answer: 24"]
    (corrected,) = events(records, Corrected)
    assert tree.nodes[corrected.source].tag == REVISE and tree.nodes[corrected.target].text == "4*6=24"


# -- the bundled model ------------------------------------------------------------------------


PROBLEM = make("countdown:given=25 2 4,target=46")


def test_the_bundled_models_critique_is_the_probability_of_a_correction_after_each_step(nano):
    policy = nano.policy()
    texts = ["25*2=40", "40-4=36<answer>36"]
    ids = [policy.format.encode(texts[0], False), policy.format.encode(texts[1], True)]
    steps = [
        Step(t, tokens(policy.tokenizer, i, [-1.0] * len(i)), finished=n == 1) for n, (t, i) in enumerate(zip(texts, ids, strict=True))
    ]
    found = asyncio.run(policy.critique(PROBLEM, steps, (0,), Sampling()))
    encode = lambda text: policy.tokenizer.encode(text, add_special_tokens=False)  # noqa: E731
    chances = []
    for before in ("25*2=40", "25*2=40<step>40-4=36"):
        prompt = encode(f"<bos>{PROBLEM.compact}<revise>{before}")
        (logprob,) = asyncio.run(policy.session.inspect(prompt, encode("<revise>"))).logprobs
        chances.append(math.exp(logprob))
    wrong = next((i for i, p in enumerate(chances) if p > 0.5), None)
    assert found.wrong == wrong and found.satisfied == (wrong is None)
    assert f"{max(chances) if wrong is None else chances[wrong]:.2f}" in found.text


def test_a_solution_that_ends_without_an_answer_is_reread_without_its_end(nano):
    policy = nano.policy()
    ids = policy.format.encode("25*2=50", True)
    step = Step("25*2=50", tokens(policy.tokenizer, ids, [-1.0] * len(ids)), finished=True)
    assert "".join(t.text for t in policy.before_answer(step).tokens) == "25*2=50"


def test_the_bundled_model_keeps_what_stands_before_the_faulted_step(nano):
    policy = nano.policy()
    steps = [Step("25*2=50"), Step("50-2=48"), Step("48-4=44<answer>44", finished=True)]
    for wrong in (0, 1, 2):
        new = asyncio.run(policy.revise(PROBLEM, steps, Critique("", wrong), (0,), Sampling()))
        assert all(a is b for a, b in zip(new[:wrong], steps[:wrong], strict=True))
        retracted = new[wrong]
        assert retracted is not steps[wrong] and (retracted.tag, retracted.forced, retracted.finished) == (REVISE, True, False)
        assert retracted.text == steps[wrong].text.split("<answer>")[0]
        assert len(new) > wrong + 1 and (new[-1].finished or new[-1].truncated)


def test_rounds_of_the_bundled_model_keep_their_nodes_and_are_reproducible(nano):
    for seed in range(3):
        config = RunConfig(
            problem=f"countdown:numbers=3,seed={seed}",
            search="self_correction",
            search_parameters={"variant": "rounds"},
            reward="logprob",
            seed=seed,
        )
        trees = []
        for _ in range(2):
            records = []
            trees.append(asyncio.run(run_search(config, nano.policy(), records.append)))
        tree = trees[0]
        assert trees[0].nodes == trees[1].nodes and tree.finished.stop == "done"
        for e in events(records, Corrected):
            assert tree.nodes[e.target].tag == REVISE and tree.nodes[e.target].parent == tree.nodes[e.source].parent
            assert tree.nodes[e.target].text == tree.nodes[e.source].text.split("<answer>")[0]
