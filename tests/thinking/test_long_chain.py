"""A long chain: the thinking space is kept apart, the decoder steps in where it should, and every marker does what it says."""

from __future__ import annotations

import asyncio
import math

import pytest

from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.events import Backtracked, Corrected, Forced, NodeAdded, Probed, Spent, ToolCalled
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, WAIT
from rlm_core.evaluation.budget_forcing import thinking_tokens
from rlm_core.runs.runner import run_search
from tests.searching import run_to_end
from tests.speaker import speaking

pytestmark = pytest.mark.slow

TEXT = "text:question=What is 4*6?,answer=24"


def searched(policy, search="thinking", problem=TEXT, model="speaker", budget=None, limits=(48, 256), **parameters):
    config = RunConfig(
        model=model,
        problem=problem,
        search=search,
        search_parameters=parameters,
        budget=budget or Budget(),
        reward="logprob",
        max_step_tokens=limits[0],
        max_solution_tokens=limits[1],
    )
    tree, records = run_to_end(config, policy)
    return tree, [r.event for r in records]


def thoughts(tree):
    return [n.text for n in tree.nodes.values() if n.thinking]


def said(tree):
    return [n.text for n in tree.nodes.values() if n.id and not n.thinking]


def reasons(events):
    return [e.reason for e in events if isinstance(e, Forced)]


def deliberate(prompt: str) -> str:
    """A model that thinks two lines, and after every "Wait," one more; then it answers what it thought last."""
    inside = prompt.rpartition("<think>")[2]
    if END_THINK in inside:
        return "Answer: 24\n"
    if inside.endswith("Wait,"):
        return " again 4*6=24\n</think>"
    return {0: "four sixes\n", 1: "4*6=24\n"}.get(inside.strip("\n").count("\n") + bool(inside.strip()), "</think>")


def test_the_thinking_space_is_kept_apart_from_the_answer_and_counted_apart():
    tree, events = searched(speaking(deliberate), probe=False)
    assert thoughts(tree) == ["four sixes", "4*6=24", ""] and said(tree) == ["Answer: 24"]
    assert tree.answered.answer == "24" and tree.answered.correct
    assert tree.totals.by_purpose["think"] == len("four sixes\n4*6=24\n</think>")
    assert tree.totals.by_purpose["answer"] == len("Answer: 24\n")


def test_an_answer_within_the_thinking_is_no_answer():
    say = lambda prompt: "Answer: 7\n" if "Answer: 7" not in prompt else ("</think>" if END_THINK not in prompt else "Answer: 24\n")  # noqa: E731
    tree, _ = searched(speaking(say), probe=False)
    assert thoughts(tree)[0] == "Answer: 7" and tree.answered.answer == "24"


@pytest.mark.parametrize("waits", [1, 3])
def test_the_end_of_thinking_is_refused_so_many_times_and_wait_put_there(waits):
    tree, events = searched(speaking(deliberate), waits=waits, probe=False)
    forced = [n for n in tree.nodes.values() if n.forced]
    assert [n.text for n in forced] == ["Wait,"] * waits and all(n.tag == WAIT and n.thinking for n in forced)
    assert len(reasons(events)) == waits and reasons(events)[-1].endswith(f"({waits} of {waits})")
    assert thoughts(tree).count("again 4*6=24") == waits
    assert sum(n.tag == END_THINK for n in tree.nodes.values()) == 1


def test_thinking_that_is_long_enough_is_not_lengthened():
    tree, events = searched(speaking(deliberate), waits=3, least=20, probe=False)
    assert not reasons(events)
    tree, events = searched(speaking(deliberate), waits=3, least=40, probe=False)
    assert len(reasons(events)) == 1 and "below the least of 40" in reasons(events)[0]


def test_a_text_of_ones_own_is_put_where_the_thinking_would_end():
    tree, _ = searched(speaking(lambda p: deliberate(p.replace("Hold on.", "Wait,"))), waits=1, wait="Hold on.", probe=False)
    assert [(n.text, n.tag) for n in tree.nodes.values() if n.forced] == [("Hold on.", WAIT)]


def endless(prompt: str) -> str:
    return "Answer: 24\n" if END_THINK in prompt.rpartition("[assistant]")[2] else "and so on\n"


@pytest.mark.parametrize("most", [25, 30, 45])
def test_thinking_never_exceeds_its_budget_and_the_answer_follows(most):
    tree, events = searched(speaking(endless), most=most, probe=False)
    assert thinking_tokens(tree) == most // 10 * 10 <= most  # whole segments of ten letters
    assert tree.answered.answer == "24"
    assert reasons(events) == [f"the thinking budget of {most} tokens is spent ({most // 10 * 10} used)"]
    assert tree.totals.by_purpose["think"] == most  # the segment that the budget cut through is counted too


def test_without_a_budget_of_its_own_thinking_ends_at_that_of_a_solution():
    tree, _ = searched(speaking(endless), most=0, probe=False)
    assert thinking_tokens(tree) <= 2048 and tree.answered.answer == "24"


def test_the_answer_cue_stands_after_a_forced_end():
    heard = []
    say = lambda prompt: heard.append(prompt) or endless(prompt)  # noqa: E731
    searched(speaking(say), most=20, cue="Final:", probe=False)
    assert heard[-1].endswith(f"and so on\nand so on\n{END_THINK}\n\nFinal:")


def undelimited(prompt: str) -> str:
    mine = prompt.rpartition("[assistant]")[2]
    if mine.endswith("Answer:"):
        return " 24\n"
    return "4*6 is 24\n" if mine.endswith("Wait,") or not mine else "Answer: 25\n" if mine.count("\n") == 1 else "Answer: 24\n"


def test_a_model_without_delimiters_thinks_until_its_answer():
    tree, _ = searched(speaking(undelimited, thinks=False), probe=False)
    assert thoughts(tree) == ["4*6 is 24"] and said(tree) == ["Answer: 25"] and tree.answered.answer == "25"
    tree, events = searched(speaking(undelimited, thinks=False), waits=1, probe=False)
    assert thoughts(tree) == ["4*6 is 24", "Wait,", "4*6 is 24"] and tree.answered.answer == "24"
    assert len(reasons(events)) == 1


def test_a_model_without_delimiters_is_made_to_answer_by_the_cue():
    say = lambda prompt: " 24\n" if prompt.endswith("Answer:") else "and so on\n"  # noqa: E731
    tree, events = searched(speaking(say, thinks=False), most=20, probe=False)
    assert thoughts(tree) == ["and so on", "and so on", "Answer:"] and said(tree) == ["Answer: 24"]
    assert tree.answered.answer == "24"


def test_probes_say_what_would_be_answered_and_are_counted_apart():
    plain, _ = searched(speaking(deliberate), probe=False)
    tree, events = searched(speaking(deliberate))
    probes = [e for e in events if isinstance(e, Probed)]
    assert [e.answer for e in probes] == ["24", "24"] and all(e.correct for e in probes)
    assert probes[0].confidence == round(math.exp(-0.25), 4)
    assert tree.totals.generated == plain.totals.generated and plain.totals.probed == 0
    assert tree.totals.probed == 2 * len("Answer: 24\n")
    assert [n.text for n in tree.nodes.values()] == [n.text for n in plain.nodes.values()]


def marking(*segments: str):
    """A model whose thinking is these segments, one a call."""

    def say(prompt: str) -> str:
        mine = prompt.rpartition("<think>")[2]
        return "Answer: 24\n" if END_THINK in mine else segments[say.calls]

    say.calls = -1

    def counted(prompt: str) -> str:
        say.calls += END_THINK not in prompt.rpartition("<think>")[2]
        return say(prompt)

    return counted


def test_the_tools_result_is_put_behind_the_call_and_conditioned_on():
    heard = []

    def say(prompt: str) -> str:
        heard.append(prompt)
        return {0: "so <tool>4*6<result>", 1: "and <tool>1/0<result>"}.get(prompt.count("<result>") - 1, "Answer: 24\n")

    tree, events = searched(speaking(say), search="interleaved", think=False, probe=False)
    calls = [(e.call, e.result, e.failed) for e in events if isinstance(e, ToolCalled)]
    assert calls == [("4*6", "24", False), ("1/0", "error: division by zero", True)]
    assert said(tree) == ["so 4*6=24", "and 1/0=error: division by zero", "Answer: 24"]
    assert heard[1].endswith("so <tool>4*6<result>24") and heard[2].endswith("<tool>1/0<result>error: division by zero")
    generated = len("so <tool>4*6<result>") + len("and <tool>1/0<result>") + len("Answer: 24\n")
    assert tree.totals.generated == generated  # results are given, not generated


def test_least_and_most_must_leave_room():
    with pytest.raises(ConfigError, match="at most 32 leave nothing"):
        RunConfig() and asyncio.run(_refused())


async def _refused():
    config = RunConfig(model="speaker", problem=TEXT, search="thinking", search_parameters={"most": 32, "least": 40}, reward="logprob")
    tree = await run_search(config, speaking(deliberate), lambda r: None)
    assert tree.finished.stop == "failed"
    raise ConfigError(tree.finished.detail)


# -- with the bundled model -------------------------------------------------------------------


def nano_run(nano, seed=0, search="thinking", problem="countdown:numbers=4", **parameters):
    return searched(nano.policy(), search=search, problem=f"{problem},seed={seed}", model="nano", **parameters)


def test_the_bundled_model_keeps_its_thinking_within_every_budget(nano):
    for seed in range(6):
        tree, _ = nano_run(nano, seed, most=20 + 10 * seed, probe=False)
        assert thinking_tokens(tree) <= 20 + 10 * seed
        assert all(n.thinking != (n.id > max(m.id for m in tree.nodes.values() if m.tag == END_THINK)) for n in tree.nodes.values() if n.id)


@pytest.fixture(scope="module")
def twelve(nano):
    """Twelve chains of the bundled model, each as tree and events."""
    return [nano_run(nano, seed, probe=False) for seed in range(12)]


def test_backtracks_and_corrections_name_from_where_to_where_and_why(twelve):
    seen = {Backtracked: 0, Corrected: 0}
    for tree, events in twelve:
        for e in events:
            if isinstance(e, Backtracked):
                assert e.target < e.source and tree.nodes[e.source].tag == BACKTRACK and "gave up “" in e.reason
                assert e.target in tree.path(e.source)
            if isinstance(e, Corrected):
                assert tree.nodes[e.source].tag == REVISE and e.target > e.source
            if type(e) in seen:
                seen[type(e)] += 1
    assert seen[Backtracked] > 0 and seen[Corrected] > 0


def test_standing_steps_follow_the_markers(twelve):
    """A backtrack's target is the last step that still stands, by a count of its own."""
    for _, events in twelve:
        standing = [0]
        for e in events:
            if isinstance(e, NodeAdded) and e.node:
                if e.text and not e.forced:
                    standing.append(e.node)
                if e.tag in (WAIT, END_THINK):
                    standing = [0]
                elif e.tag in (BACKTRACK, REVISE) and len(standing) > 1:
                    standing.pop()
            if isinstance(e, Backtracked):
                assert e.target == standing[-1]


def test_probes_change_nothing_in_the_bundled_models_chain(nano):
    plain, _ = nano_run(nano, 3, probe=False, waits=1)
    probed, _ = nano_run(nano, 3, probe=True, waits=1)
    assert [(n.text, n.tag, n.tokens) for n in plain.nodes.values()] == [(n.text, n.tag, n.tokens) for n in probed.nodes.values()]
    assert plain.totals.generated == probed.totals.generated and probed.totals.probed > 0


def test_the_bundled_model_reads_what_the_tool_gave_it(nano):
    calls = []
    for seed in range(4):
        tree, events = nano_run(nano, seed, search="interleaved", problem="chain:steps=4", probe=False)
        calls += [e for e in events if isinstance(e, ToolCalled)]
        assert all("<error>" not in e.result for e in calls)
    assert len(calls) >= 8 and any(not c.failed for c in calls)
    assert all(eval(c.call.replace("/", "//")) == int(c.result) for c in calls if not c.failed and set(c.call) <= set("0123456789+-*/"))


def test_several_chains_vote_and_each_is_a_simulation(nano):
    tree, events = nano_run(nano, 1, chains=3, probe=False)
    assert tree.totals.simulations == 3 and len(tree.nodes[0].children) == 3
    assert sum(len(v.nodes) for v in tree.answered.votes) == len([n for n in tree.candidates() if n.answer is not None])
    tree, _ = nano_run(nano, 1, chains=3, probe=False, budget=Budget(2))
    assert tree.totals.simulations == 2 and tree.finished.stop == "simulations"


def test_tokens_of_every_purpose_add_up(nano):
    tree, events = nano_run(nano, 2, waits=1)
    spent = [e for e in events if isinstance(e, Spent)]
    assert sum(e.generated for e in spent if e.purpose != "probe") == tree.totals.generated == sum(tree.totals.by_purpose.values())
    assert sum(e.generated for e in spent if e.purpose == "probe") == tree.totals.probed > 0


CUES = ("Final Answer:", "**Answer:**", "The final answer is", "So it comes to", "Ergo")


@pytest.mark.parametrize("thinks", [True, False])
@pytest.mark.parametrize("cue", CUES)
def test_what_follows_an_answer_cue_is_the_answer_whatever_its_words(cue, thinks):
    """Muennighoff et al. put “Final Answer:” behind the cut so that an answer follows (simplescaling/s1, issue 127)."""

    def say(prompt: str) -> str:
        return " 24\nand more\n" if prompt.rstrip().endswith(cue) else "I multiply four by six again\n"

    for probe in (True, False):
        tree, _ = searched(speaking(say, thinks), most=40, cue=cue, probe=probe)
        assert tree.answered.answer == "24" and tree.answered.correct and tree.finished.stop == "done"
        assert thinking_tokens(tree) <= 40
    assert [n.text for n in tree.nodes.values() if n.forced][-1] == cue


@pytest.mark.parametrize("wait", ["Wait", "Hold on.", "Hmm", "Let me check that again:"])
def test_the_end_of_thinking_is_taken_back_whatever_is_put_there(wait):
    """The delimiter must be gone: with it in place the thinking is over, and the second wait never comes."""
    prompts: list[str] = []

    def say(prompt: str) -> str:
        prompts.append(prompt.rpartition("[assistant]")[2])
        if END_THINK in prompts[-1]:
            return "Answer: 24\n"
        return "six by four</think>" if prompt.endswith("\n") or not prompts[-1] else " is 24 indeed</think>"

    tree, events = searched(speaking(say), most=0, waits=2, wait=wait, probe=False)
    shown = "Wait," if wait == "Wait" else wait
    assert [n.text for n in tree.nodes.values() if n.tag == WAIT] == [shown, shown]
    assert tree.answered.answer == "24" and len([e for e in events if isinstance(e, Forced)]) == 2
    assert not any(END_THINK in p for p in prompts if p.count(shown) < 2)


def test_thinking_after_a_first_end_of_thinking_is_thinking():
    def say(prompt: str) -> str:
        ends = prompt.rpartition("[assistant]")[2].count(END_THINK)
        return ("first</think>", "Answer: 9\nno, again</think>", "Answer: 24\n")[min(ends, 2)]

    tree, _ = searched(speaking(say), probe=False, most=0)
    assert tree.answered.answer in ("9", "24")
    if tree.answered.answer == "24":
        assert thinking_tokens(tree) == sum(len(n.tokens) for n in tree.nodes.values() if n.text != "Answer: 24")


@pytest.mark.parametrize("search", ["thinking", "interleaved", "self_correction", "adaptive", "chain_of_thought"])
@pytest.mark.parametrize("thinks", [True, False])
def test_the_longest_solution_bounds_every_chain(search, thinks):
    """A model that never ends (ollama, issue 10925) once wrote 7,631 tokens at a limit of 256."""
    tree, _ = searched(speaking(lambda prompt: "and so on\n", thinks), search=search, limits=(48, 100))
    for leaf in tree.leaves():
        told = [tree.nodes[n] for n in tree.path(leaf.id)]
        assert sum(len(n.tokens) for n in told if not n.thinking) <= 100


def test_where_every_proposal_was_cut_off_the_run_says_what_to_raise():
    long = lambda prompt: "so after all of this thinking we find " * 9 + "\n"  # noqa: E731
    for search in ("chain_of_thought", "mcts", "beam_search"):
        tree, _ = searched(speaking(long), search=search)
        assert tree.answered.answer is None and "max_step_tokens" in tree.finished.detail and "48 tokens" in tree.finished.detail
    tree, _ = searched(speaking(lambda prompt: "and so on\n" * 99), search="best_of_n", n=4)
    assert "Each of the 4 proposals" in tree.finished.detail and "“Longest solution” (max_solution_tokens)" in tree.finished.detail
    tree, _ = searched(speaking(lambda prompt: "Answer: 24\n"), search="mcts")
    assert tree.finished.detail == ""
