"""Traces the bundled model learns from: worked solutions, and long chains with backtracks, corrections and tool calls.

A trace is a row of pieces, each with the word whether it carries loss. Mistakes are written into the
traces but carry none (Self-Backtracking, arXiv 2502.04404, section 3): the model learns to notice a
wrong step and what comes after it, not to make one. Text that a decoder or a tool will put there (a forced
"wait", a result, an early end of thinking) carries none either.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rlm_core.core.special_tokens import BACKTRACK, END_THINK, ERROR, RESULT, REVISE, STEP, THINK, TOOL, WAIT
from rlm_core.problems.arithmetic.lines import equations
from rlm_core.problems.families import chain, countdown
from rlm_core.problems.steps import with_answer


@dataclass(frozen=True, slots=True)
class WorkedProblem:
    """A problem to write traces of.

    compact: its notation.
    steps: a right solution.
    answer: the answer of that solution.
    wrong(i, rng): step i done wrong, and true steps that go on from there as far as they go (a dead end).
    slip(i, rng): step i with a false result.
    """

    compact: str
    steps: tuple[str, ...]
    answer: str
    wrong: Callable[[int, random.Random], tuple[str, ...]]
    slip: Callable[[int, random.Random], str]


@dataclass(slots=True)
class Trace:
    """A prompt and its continuation.

    prompt: carries no loss.
    pieces: (text, carries loss), in order.
    sound: the last step is one to go on from.
    """

    prompt: str
    pieces: list[tuple[str, bool]] = field(default_factory=list)
    sound: bool = True

    def append(self, text: str, learn: bool = True) -> None:
        self.pieces.append((text, learn))

    def step(self, text: str, learn: bool = True) -> None:
        """A step; where the last piece was one too, their separator first."""
        if self.pieces and not self._after_tag:
            self.pieces.append((STEP, self.sound))
        self.pieces.append((text, learn))
        self.sound = learn

    @property
    def _after_tag(self) -> bool:
        return self.pieces[-1][0] in (BACKTRACK, REVISE, WAIT, END_THINK)

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def plain(problem: WorkedProblem, rng: random.Random) -> Trace:
    """The solution, nothing else."""
    trace = Trace(problem.compact)
    _solve(trace, problem)
    return trace


def backtracking(problem: WorkedProblem, rng: random.Random) -> Trace:
    """Half of them the solution; half break off with `<backtrack>` after a wrong step, for decoding to roll back."""
    trace = Trace(problem.compact + BACKTRACK)
    if rng.random() < 0.5:
        _solve(trace, problem)
        return trace
    at = rng.randrange(len(problem.steps))
    for step in problem.steps[:at]:
        trace.step(step)
    trace.step(_mistake(problem, at, rng), learn=False)
    trace.append(BACKTRACK)
    return trace


def correcting(problem: WorkedProblem, rng: random.Random) -> Trace:
    """The solution with some steps first written wrong, then revised."""
    trace = Trace(problem.compact + REVISE)
    for i, step in enumerate(problem.steps):
        for _ in range(rng.choices((0, 1, 2), (6, 3, 1))[0]):
            trace.step(_mistake(problem, i, rng), learn=False)
            trace.append(REVISE)
        trace.step(step)
    _answer(trace, problem)
    return trace


def calling(problem: WorkedProblem, rng: random.Random) -> Trace:
    """The solution with every calculation done by the tool; now and then a call fails first."""
    trace = Trace(problem.compact + TOOL)
    for step in problem.steps:
        if rng.random() < 0.08:
            _call(trace, _impossible(step, rng), ERROR, learn=False)
        _call(trace, step.split("=")[0], step.split("=")[1])
    _answer(trace, problem)
    return trace


def thinking(problem: WorkedProblem, rng: random.Random) -> Trace:
    """Thinking with mistakes that are noticed, now and then a second look or an early end; then the clean solution."""
    trace = Trace(problem.compact + THINK)
    if rng.random() < 0.2:
        _fail_whole(trace, problem, rng)
    mistakes = rng.choices((0, 1, 2, 3, 4), (4, 4, 3, 2, 1))[0]
    _attempt(trace, problem, rng, mistakes)
    while rng.random() < 0.25:
        trace.append(WAIT, learn=False)
        _attempt(trace, problem, rng, rng.choice((0, 0, 1)))
    return _concluded(trace, problem, rng)


def thinking_with_tool(problem: WorkedProblem, rng: random.Random) -> Trace:
    """Thinking in tool calls: dead ends are left, results come from the tool; then the clean solution."""
    trace = Trace(problem.compact + TOOL + THINK)
    for i, step in enumerate(problem.steps):
        for _ in range(rng.choices((0, 1, 2), (5, 2, 1))[0]):
            wrong = problem.wrong(i, rng)
            if wrong and equations(wrong[0])[0].true:  # a tool does not slip
                _call(trace, wrong[0].split("=")[0], wrong[0].split("=")[1], learn=False)
                trace.append(BACKTRACK)
        _call(trace, step.split("=")[0], step.split("=")[1])
    return _concluded(trace, problem, rng)


def _solve(trace: Trace, problem: WorkedProblem) -> None:
    for step in problem.steps:
        trace.step(step)
    _answer(trace, problem)


def _answer(trace: Trace, problem: WorkedProblem) -> None:
    trace.append(with_answer(("",), problem.answer)[0])
    trace.append("<eos>")


def _concluded(trace: Trace, problem: WorkedProblem, rng: random.Random) -> Trace:
    """The end of thinking (one in four at a random earlier place, as when its budget is spent) and the solution."""
    if rng.random() < 0.25:
        places = [i for i, (text, _) in enumerate(trace.pieces) if text in (STEP, BACKTRACK, REVISE, WAIT)]
        del trace.pieces[rng.choice(places or [0]) :]
        trace.append(END_THINK, learn=False)
    else:
        trace.append(END_THINK)
    _solve(trace, problem)
    return trace


def _attempt(trace: Trace, problem: WorkedProblem, rng: random.Random, mistakes: int) -> None:
    """All the right steps, with a number of mistakes made and noticed on the way."""
    places = sorted(rng.randrange(len(problem.steps)) for _ in range(mistakes))
    for i, step in enumerate(problem.steps):
        for _ in range(places.count(i)):
            if rng.random() < 0.4:
                trace.step(problem.slip(i, rng), learn=False)
                trace.append(REVISE)
            else:
                _dead_end(trace, problem.wrong(i, rng), rng)
        trace.step(step)


def _dead_end(trace: Trace, wrong: Sequence[str], rng: random.Random) -> None:
    """One or more wrong steps, then one backtrack per step."""
    depth = rng.randint(1, len(wrong)) if wrong else 0
    for text in wrong[:depth]:
        trace.step(text, learn=False)
    for _ in range(depth):
        trace.append(BACKTRACK)


def _fail_whole(trace: Trace, problem: WorkedProblem, rng: random.Random) -> None:
    """An attempt that goes wrong unnoticed until its end, where the model starts again."""
    at = rng.randrange(len(problem.steps))
    wrong = problem.wrong(at, rng)
    if at + len(wrong) < len(problem.steps):
        return
    for step in problem.steps[:at]:
        trace.step(step)
    for text in wrong:
        trace.step(text, learn=False)
    trace.append(WAIT)


def _call(trace: Trace, call: str, result: str, learn: bool = True) -> None:
    """`<tool>25*2<result>50`: the call is the model's, the result the tool's."""
    trace.step(f"{TOOL}{call}", learn)
    trace.append(RESULT, learn)
    trace.append(result, learn=False)
    trace.sound = True


def _mistake(problem: WorkedProblem, i: int, rng: random.Random) -> str:
    """Step i done wrong in one way or the other."""
    wrong = problem.wrong(i, rng) if rng.random() < 0.5 else ()
    return wrong[0] if wrong else problem.slip(i, rng)


def _impossible(step: str, rng: random.Random) -> str:
    """A calculation near the step's own that has no result in whole digits."""
    a = step.split("=")[0].replace("*", "+").replace("-", "+").replace("/", "+").split("+")[0]
    return f"{a}/{rng.choice([b for b in range(2, 30) if int(a) % b] or [0])}"


def slipped(step: str, rng: random.Random) -> str:
    """The equation with a result that is a little off.

    >>> slipped("17+25=42", random.Random(0))
    '17+25=43'
    """
    left, right = step.split("=")
    value = int(right)
    near = [value + d for d in (-10, -2, -1, 1, 2, 10) if value + d >= 1]
    return f"{left}={rng.choice(near)}"


def draw_countdown(rng: random.Random, weights: Sequence[int], split: str) -> WorkedProblem:
    """A random Countdown problem with 2, 3 or 4 numbers in the given proportion."""
    count = rng.choices((2, 3, 4), weights)[0]
    numbers, steps, target = countdown.draw(rng, count, 30, split)

    def wrong(i: int, rng: random.Random) -> tuple[str, ...]:
        state = _left(numbers, steps[:i])
        bad = [m for m in countdown.moves(state) if not countdown.reachable(m[2], target)]
        out: list[str] = []
        while bad:
            text, _, rest = rng.choice(bad)
            out.append(text)
            bad = countdown.moves(rest) if len(rest) > 1 else []
        return tuple(out)

    return WorkedProblem(countdown.make(numbers, target, "").compact, steps, str(target), wrong, lambda i, rng: slipped(steps[i], rng))


def _left(numbers: Sequence[int], steps: Sequence[str]) -> tuple[int, ...]:
    problem = countdown.make(numbers, 0, "")
    left = countdown.remaining(problem, steps)
    assert left is not None, "the steps of a drawn solution follow the rules"
    return left


def draw_chain(rng: random.Random, lengths: tuple[int, int], split: str) -> WorkedProblem:
    """A random chain with a number of operations."""
    start, operations = chain.draw(rng, rng.randint(*lengths), 99, split)
    problem = chain.make(start, operations, "")
    *steps, last = chain.solution(problem)
    worked = (*steps, last.split("<answer>")[0])

    def wrong(i: int, rng: random.Random) -> tuple[str, ...]:
        """A slip, and the operations after it worked truly on the false value, as far as they stay within bounds."""
        out = [slipped(worked[i], rng)]
        for op, b in operations[i + 1 :]:
            value = countdown.legal(int(out[-1].split("=")[1]), op, b)
            if value is None or value > chain.MAX_RESULT:
                break
            out.append(f"{out[-1].split('=')[1]}{op}{b}={value}")
        return tuple(out)

    return WorkedProblem(problem.compact, worked, str(problem.reference), wrong, lambda i, rng: slipped(worked[i], rng))


KINDS: dict[str, Callable[[WorkedProblem, random.Random], Trace]] = {
    "plain": plain,
    "backtracking": backtracking,
    "correcting": correcting,
    "calling": calling,
    "thinking": thinking,
    "thinking_with_tool": thinking_with_tool,
}
