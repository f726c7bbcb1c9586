"""What the bundled model learns from: every trace is in its notation, right where it should be, and mistakes carry no loss."""

from __future__ import annotations

import random
import re
from itertools import islice

import pytest

from rlm_core.core.special_tokens import BACKTRACK, END_THINK, ERROR, RESULT, REVISE, STEP, THINK, TOOL, WAIT
from rlm_core.engine.loading.nano import build_tokenizer
from rlm_core.models.calculator import calculate
from rlm_core.problems.arithmetic.lines import equations
from rlm_core.problems.base import split_of
from rlm_core.problems.families import chain, countdown
from rlm_core.training.losses import IGNORE
from rlm_core.training.nano import MAX_TRACE_TOKENS, NanoConfig, encoded, traces
from rlm_core.training.traces import KINDS, Trace, WorkedProblem, draw_chain, draw_countdown

pytestmark = pytest.mark.slow

every_kind = pytest.mark.parametrize("kind", KINDS)
SIGNS = re.compile(r"<[^>]*>|.")


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


def draws(kind: str, count: int = 150, seed: int = 0) -> list[tuple[WorkedProblem, Trace]]:
    """As many of either task."""
    rng, made = random.Random(f"{kind}{seed}"), []
    for _ in range(count):
        for drawn in (draw_countdown(rng, (1, 3, 3), "train"), draw_chain(rng, (2, 7), "train")):
            made.append((drawn, KINDS[kind](drawn, rng)))
    return made


def right(drawn: WorkedProblem) -> str:
    return STEP.join(drawn.steps) + f"<answer>{drawn.answer}<eos>"


def problem_of(drawn: WorkedProblem):
    """The problem read back from its notation."""
    if drawn.compact.startswith("C"):
        numbers, target = drawn.compact[1:-1].split(">")
        return countdown.make([int(n) for n in numbers.split()], int(target), "")
    start, *ops = drawn.compact[1:-1].split(",")
    return chain.make(int(start), [(op[0], int(op[1:])) for op in ops], "")


def leads_somewhere(drawn: WorkedProblem, steps: list[str]) -> bool:
    """By the task's exact solver: are these steps true, and can the answer still be reached from them?"""
    if not all(e.true for s in steps for e in equations(s)):
        return False
    task = countdown if drawn.compact.startswith("C") else chain
    return bool(task.solvable(problem_of(drawn), steps))


def stood(text: str) -> list[str]:
    """The steps that still stand at the end of a text, by the markers' meaning; calls with their result."""
    standing: list[str] = []
    for piece in re.findall(r"<step>|<backtrack>|<revise>|<wait>|(?:(?!<step>|<backtrack>|<revise>|<wait>).)+", text):
        if piece in (BACKTRACK, REVISE):
            standing.pop()
        elif piece == WAIT:
            standing = []
        elif piece != STEP:
            standing.append(piece.replace(TOOL, "").replace(RESULT, "="))
    return [s for s in standing if not s.endswith(ERROR)]


@every_kind
def test_every_trace_is_within_the_notation_and_the_models_length(kind, tokenizer):
    for drawn, trace in draws(kind):
        ids, targets = encoded(trace, tokenizer)
        assert tokenizer.unk_token_id not in ids
        assert len(ids) == len(targets)
        assert tokenizer.decode(ids) == f"<bos>{trace.prompt}{trace.text}"
        assert len(SIGNS.findall(f"<bos>{trace.prompt}{trace.text}")) == len(ids)
        assert trace.prompt.startswith(drawn.compact)
    assert sum(len(encoded(t, tokenizer)[0]) > MAX_TRACE_TOKENS for _, t in draws(kind)) < 6


@every_kind
def test_loss_is_carried_by_whole_pieces_and_never_by_the_prompt(kind, tokenizer):
    for _, trace in draws(kind, 40):
        ids, targets = encoded(trace, tokenizer)
        start = len(tokenizer.encode(f"<bos>{trace.prompt}", add_special_tokens=False))
        assert set(targets[:start]) == {IGNORE}
        assert all(t in (i, IGNORE) for i, t in zip(ids, targets, strict=True))
        learned = tokenizer.decode([t for t in targets if t != IGNORE])
        assert learned == "".join(text for text, learn in trace.pieces if learn)
        assert learned


@every_kind
def test_no_false_step_carries_loss_and_every_right_solution_does(kind):
    wrong = 0
    for drawn, trace in draws(kind):
        for text, learn in trace.pieces:
            false = any(not e.true for e in equations(text))
            wrong += false
            assert not (learn and false), (trace.text, text)
        if kind in ("plain", "thinking", "thinking_with_tool"):
            assert "".join(t for t, learn in trace.pieces if learn).endswith(right(drawn))
    assert (wrong > 20) == (kind in ("backtracking", "correcting", "thinking"))


@pytest.mark.parametrize("kind", ["plain", "backtracking", "correcting", "thinking"])
def test_a_step_that_carries_loss_leads_to_the_answer_from_where_it_stands(kind):
    """Countdown: a true step may still be a dead end; then it carries none."""
    for drawn, trace in draws(kind, 60):
        standing: list[str] = []
        for text, learn in trace.pieces:
            if text in (BACKTRACK, REVISE):
                standing.pop()
            elif text in (WAIT, END_THINK):
                standing = []
            elif equations(text):
                standing.append(text)
                assert learn == leads_somewhere(drawn, standing), (trace.text, text)


def test_results_are_the_tools_and_carry_no_loss():
    failed = 0
    for kind in ("calling", "thinking_with_tool"):
        for drawn, trace in draws(kind):
            texts = [t for t, _ in trace.pieces]
            for i, (text, learn) in enumerate(trace.pieces):
                if text != RESULT:
                    continue
                call, (result, learned) = texts[i - 1].removeprefix(TOOL), trace.pieces[i + 1]
                used = calculate(call)
                assert not learned
                assert trace.pieces[i - 1][1] == learn
                if result == ERROR:
                    failed += 1
                    assert not learn, call
                    assert used.failed or "." in used.result, call
                else:
                    assert result == used.result
                    assert not learn or any(step == f"{call}={result}" for step in drawn.steps)
    assert failed > 10


def test_forced_waits_and_early_ends_carry_no_loss_and_ones_own_do():
    waits, ends = {True: 0, False: 0}, {True: 0, False: 0}
    for drawn, trace in draws("thinking", 400):
        inside = trace.pieces[: [t for t, _ in trace.pieces].index(END_THINK)]
        for i, (text, learn) in enumerate(inside):
            if text == WAIT:
                before = stood("".join(t for t, _ in inside[:i]))
                waits[learn] += 1
                assert learn == (not leads_somewhere(drawn, before)), trace.text  # noticed only where all of it went wrong
        done = stood("".join(t for t, _ in inside)) == list(drawn.steps)
        learn = next(learn for t, learn in trace.pieces if t == END_THINK)
        ends[learn] += 1
        assert done or not learn
    assert min(*waits.values(), *ends.values()) > 20, (waits, ends)


@pytest.mark.parametrize("kind", ["thinking", "thinking_with_tool"])
def test_what_still_stands_of_an_uncut_thinking_is_exactly_the_right_solution(kind):
    uncut = marked = 0
    for drawn, trace in draws(kind, 300):
        thought, _, answer = trace.text.partition(END_THINK)
        assert answer == right(drawn)
        if not next(learn for t, learn in trace.pieces if t == END_THINK):
            continue
        uncut, marked = uncut + 1, marked + any(m in thought for m in (BACKTRACK, REVISE, WAIT))
        assert stood(thought) == list(drawn.steps), trace.text
    assert marked > 50
    assert uncut > marked


def test_corrections_leave_exactly_the_right_solution():
    corrected = 0
    for drawn, trace in draws("correcting", 300):
        body, _, answer = trace.text.partition("<answer>")
        assert stood(body) == list(drawn.steps)
        assert answer == f"{drawn.answer}<eos>"
        corrected += REVISE in body
    assert corrected > 100


def test_called_solutions_have_the_tool_do_every_step():
    for drawn, trace in draws("calling"):
        body, _, answer = trace.text.partition("<answer>")
        assert stood(body) == list(drawn.steps)
        assert body.count(TOOL) == body.count(RESULT)
        assert answer == f"{drawn.answer}<eos>"


def test_a_backtracking_trace_breaks_off_only_after_a_step_that_is_false_or_leads_nowhere():
    left = {"slip": 0, "dead end": 0}
    made = draws("backtracking", 400)
    for drawn, trace in made:
        if not trace.text.endswith(BACKTRACK):
            assert trace.text == right(drawn)
            continue
        *steps, last = trace.text.removesuffix(BACKTRACK).split(STEP)
        assert steps == list(drawn.steps[: len(steps)])
        assert leads_somewhere(drawn, steps)
        assert not leads_somewhere(drawn, [*steps, last])
        left["slip" if not equations(last)[0].true else "dead end"] += 1
        assert trace.pieces[-2:] == [(last, False), (BACKTRACK, True)]
    assert min(left.values()) > 50
    assert abs(sum(left.values()) / len(made) - 0.5) < 0.1


def test_a_dead_end_in_countdown_cannot_reach_the_target_by_any_steps():
    rng = random.Random(5)
    for _ in range(150):
        drawn = draw_countdown(rng, (1, 3, 3), "train")
        problem = problem_of(drawn)
        for i in range(len(drawn.steps)):
            wrong, done = drawn.wrong(i, rng), drawn.steps[:i]
            for depth in range(1, len(wrong) + 1):
                left = countdown.remaining(problem, [*done, *wrong[:depth]])
                assert left is not None
                assert not countdown.reachable(left, problem.data["target"])


@pytest.mark.parametrize("kind", ["plain", "thinking"])
def test_prompts_permit_what_follows_and_no_more(kind):
    for _, trace in draws(kind, 40):
        assert (THINK in trace.prompt) == (END_THINK in trace.text) == (kind == "thinking")
        assert kind == "thinking" or not any(m in trace.text for m in (BACKTRACK, REVISE, WAIT, TOOL))


def key(prompt: str) -> tuple[int, ...]:
    """The multiset that decides on which side a problem falls: all numbers but Countdown's target."""
    body = prompt.partition(":")[0]
    numbers = re.findall(r"\d+", body.partition(">")[0] if body.startswith("C") else body)
    return tuple(sorted(map(int, numbers)))


def test_held_out_problems_never_occur_in_training():
    for split in ("train", "test"):
        drawn = [t for step in islice(traces(NanoConfig(seed=3), split), 4) for t in step]
        assert len(drawn) > 800
        assert {split_of(key(t.prompt)) for t in drawn} == {split}
    for task, parameters in ((countdown, {"numbers": 3, "largest": 30, "given": "", "target": 0}), (chain, {"steps": 4, "largest": 99})):
        for seed in range(20):
            assert split_of(key(task.generate(task.DESCRIPTION.configure({**parameters, "seed": seed, "split": "test"})).compact)) == "test"


def test_the_same_seed_draws_the_same_traces_and_another_others():
    first, again, other = (
        [(t.prompt, t.pieces) for step in islice(traces(NanoConfig(seed=s), "train"), 2) for t in step] for s in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_a_step_of_training_holds_the_configured_number_of_every_kind():
    config = NanoConfig()
    (step,) = islice(traces(config, "train"), 1)
    counts = {t: sum(c.values()) for t, c in (("C", config.countdown_traces), ("A", config.chain_traces))}
    assert {t: sum(x.prompt.startswith(t) for x in step) for t in "CA"} == counts
    for switches, kind in ((f"{TOOL}{THINK}", "thinking_with_tool"), (BACKTRACK, "backtracking"), ("", "plain")):
        wanted = config.countdown_traces[kind] + config.chain_traces[kind]
        assert sum(t.prompt.partition(":")[2] == switches for t in step) == wanted
