"""Steps and forced thinking over a server: the same as with a local model that says the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ModelError
from rlm_core.core.events import Forced, ToolCalled
from rlm_core.core.sampling import LINES, Stepping
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, TOOL
from rlm_core.models.policy import Sampling
from rlm_core.models.remote.loading import load
from rlm_core.models.remote.policy import RemotePolicy
from rlm_core.problems import make
from tests.model_server import Manners, served
from tests.searching import events, run_to_end
from tests.speaker import speaking
from tests.thinking.test_long_chain import deliberate, endless, undelimited

pytestmark = pytest.mark.slow

PROBLEM = make("words:seed=1")
UNITS = [LINES, Stepping("paragraph"), Stepping("sentence"), Stepping("delimiter", delimiter="###"), Stepping("tokens", tokens=10)]
LIMITS = Sampling(max_step_tokens=500, max_solution_tokens=5000)
TEXT = "We begin.\n\n```python\nx = 1.\n\n\n```\nSo 12345 is it. ### Is it easy? Yes!\n\n\\[\nx = 3.\n\\]\nAnswer: 7\nmore"


class Connected:
    """A server that says what a function tells it to, and the policy over it."""

    def __init__(self, say: Callable[[str], str], **manners) -> None:
        self.serving = served(Manners(**manners))
        self.say = say

    def __enter__(self) -> RemotePolicy:
        server = self.serving.__enter__()
        policy = load(server.url, "auto", lambda text: None).policy()
        server.manners.says = lambda prompt: self.say(prompt.replace("[assistant] ", "[assistant]"))
        return policy

    def __exit__(self, *error) -> None:
        self.serving.__exit__(*error)


def rest_of(text: str) -> Callable[[str], str]:
    return lambda prompt: text[len(prompt.rpartition("[assistant]")[2]) :]


def one_by_one(policy) -> list[tuple[str, bool]]:
    async def written() -> list:
        steps = []
        while not (steps and steps[-1].finished):
            steps += await policy.propose(PROBLEM, steps, [(0,)], LIMITS)
        return steps

    return [(s.text, s.finished) for s in asyncio.run(written())]


def whole(policy) -> list[tuple[str, bool]]:
    (steps,) = asyncio.run(policy.complete(PROBLEM, (), [(0,)], LIMITS))
    return [(s.text, s.finished) for s in steps]


@pytest.mark.parametrize("logprobs", ["content", ""])
@pytest.mark.parametrize("stepping", UNITS, ids=lambda s: s.unit)
def test_a_servers_text_is_cut_into_the_steps_that_a_local_models_is(stepping, logprobs):
    local = speaking(rest_of(TEXT), thinks=False).stepped(stepping)
    with Connected(rest_of(TEXT), logprobs=logprobs) as policy:
        remote = policy.stepped(stepping)
        if stepping.unit != "tokens" or logprobs:  # else a piece that ends within a number is one of eight letters more
            assert one_by_one(remote) == one_by_one(local)
            assert whole(remote) == whole(local)
        assert [text.endswith("Answer: 7") for text, finished in one_by_one(remote) if finished] == [True]


def test_steps_of_tokens_are_refused_where_a_server_tells_none():
    with (
        Connected(rest_of(TEXT), texts=False, template=False, continues=False, logprobs="") as policy,
        pytest.raises(ModelError, match=r"tells no tokens, so a step cannot be a number of them; choose lines or sentences\.$"),
    ):
        policy.stepped(UNITS[-1])


def searched(policy, search: str, **parameters):
    """Its tree, without the numbers of tokens: to those of a server the token of the stop string does not belong."""
    chosen = RunConfig(
        model="speaker",
        problem="text:question=What is 4*6?,answer=24",
        search=search,
        search_parameters=parameters,
        budget=Budget(),
        reward="verifier",
        max_step_tokens=48,
        max_solution_tokens=256,
    )
    tree, records = run_to_end(chosen, policy)
    assert tree.finished.stop == "done", tree.finished
    shown = [(n.text, n.tag, n.thinking, n.forced, n.finished, n.answer, n.pruned) for n in tree.nodes.values()]
    return shown, [re.sub(r"\d+ (tokens|used)", "", e.reason) for e in events(records, Forced)], events(records, ToolCalled)


def calling(prompt: str) -> str:
    """A model that calls the tool in its thinking, goes on from the result, and answers with it."""
    inside = prompt.rpartition("<think>")[2]
    if END_THINK in inside:
        return "Answer: 24\n"
    if inside.rstrip("\n").endswith("<result>24"):
        return "\nso it is\n"[inside.endswith("\n") :]
    return END_THINK if "so it is" in inside else f"{TOOL}4*6<result>99\n"


def giving_up(prompt: str) -> str:
    inside = prompt.rpartition("<think>")[2]
    if END_THINK in inside:
        return "Answer: 24\n"
    return END_THINK if BACKTRACK in inside else f"4*6=25\nno{BACKTRACK} and\n" if not inside.strip() else f"no{BACKTRACK} and\n"


@pytest.mark.parametrize(
    ("say", "search", "parameters", "thinks"),
    [
        (deliberate, "thinking", {"waits": 2}, True),
        (endless, "thinking", {"max_thinking_tokens": 45, "cue": "Final:"}, True),
        (undelimited, "thinking", {"waits": 1}, False),
        (lambda p: " 24\n" if p.endswith("Answer:") else "and so on\n", "thinking", {"max_thinking_tokens": 20}, False),
        (deliberate, "adaptive", {"effort": "medium"}, True),
        (calling, "interleaved", {}, True),
        (giving_up, "self_correction", {}, True),
    ],
)
def test_forced_thinking_over_a_server_is_that_of_a_local_model(say, search, parameters, thinks):
    with Connected(say, logprobs="old", echoes=True, thinks=thinks) as policy:
        remote = searched(policy, search, **parameters)
    assert remote == searched(speaking(say, thinks=thinks), search, **parameters)


def test_a_server_that_tells_nothing_of_tokens_is_forced_too():
    with Connected(deliberate, logprobs="", thinks=True) as policy:
        shown, reasons, _ = searched(policy, "thinking", waits=1, probe=False)
    assert [text for text, *_ in shown] == ["", "four sixes", "4*6=24", "Wait,", "again 4*6=24", "", "Answer: 24"]
    assert len(reasons) == 1


def test_a_turn_that_has_begun_is_forced_by_the_answer_cue():
    with Connected(undelimited, template=False) as policy:
        shown, _, _ = searched(policy, "thinking", waits=1, probe=False)
    assert [text for text, *_ in shown if text] == ["4*6 is 24", "Wait,", "4*6 is 24", "Answer: 24"]


def test_a_server_of_whole_solutions_cannot_be_forced():
    with (
        Connected(deliberate, texts=False, template=False, continues=False) as policy,
        pytest.raises(ModelError, match=r"^A model is needed that goes on from text that is put into its solution, and .* is not one"),
    ):
        searched(policy, "thinking", probe=False)
