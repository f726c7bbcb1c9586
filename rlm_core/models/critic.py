"""A model's critique of its own solution, and the solution revised in its light.

Models that follow instructions are asked in words (Madaan et al. 2023, Self-Refine). The bundled model
reads no words: it rereads its solution with corrections permitted, and faults the first step after
which it would more likely than not write `<revise>`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rlm_core.errors import ModelError
from rlm_core.markers import REVISE
from rlm_core.models.limited import generate
from rlm_core.models.line_format import REVIEW, REVISION, LineFormat
from rlm_core.models.policy import Critique, Sampling, Seed, Step
from rlm_core.problems.base import Problem
from rlm_core.problems.steps import ANSWER
from rlm_core.together import together

if TYPE_CHECKING:
    from rlm_core.models.local_policy import LocalPolicy

_SATISFIED = re.compile(r"no mistakes?\b", re.I)
_WRONG = re.compile(r"wrong step\W*(\d+)", re.I)


async def critique(policy: LocalPolicy, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
    """The model's own judgement; where it neither names a step nor is satisfied, all of the solution is written again."""
    if not isinstance(policy.format, LineFormat):
        return await _reread(policy, problem, steps)
    text = await _reply(policy, problem, [_written(steps), REVIEW], seed, sampling)
    named = _WRONG.search(text)
    k = int(named.group(1)) if named else 0
    return Critique(text, k - 1 if 1 <= k <= len(steps) else None, satisfied=named is None and _SATISFIED.search(text) is not None)


async def _reread(policy: LocalPolicy, problem: Problem, steps: Sequence[Step]) -> Critique:
    """P(`<revise>`) after each step; the first above one half is faulted."""
    revise = policy.format.forced(REVISE)
    states = [policy.state(problem, [*steps[:i], before_answer(policy, step)], (REVISE,)) for i, step in enumerate(steps)]
    read = await together(policy.session.read(s, revise) for s in states)
    chances = [math.exp(r.logprobs[0]) for r in read]
    wrong = next((i for i, p in enumerate(chances) if p > 0.5), None)
    if wrong is None:
        return Critique(f"Nothing to revise: after no step is a correction likelier than {max(chances):.2f}.", None, satisfied=True)
    return Critique(f"Step {wrong + 1} needs a correction, with probability {chances[wrong]:.2f}.", wrong)


async def revise(
    policy: LocalPolicy, problem: Problem, steps: Sequence[Step], found: Critique, seed: Seed, sampling: Sampling
) -> tuple[Step, ...]:
    """The whole solution again; the bundled model keeps the steps before the faulted one."""
    if isinstance(policy.format, LineFormat):
        prompt = policy.format.dialogue(problem, [_written(steps), REVIEW, found.text, REVISION])
        stop = policy.format.solution_ended
        room = _room(policy, prompt, sampling)
        (sample,) = await generate(policy.session, prompt, [seed], temperature=sampling.temperature, max_tokens=room, stop=stop)
        return policy.split(sample, (), [])
    at = 0 if found.wrong is None else found.wrong
    kept, faulted = list(steps[:at]), before_answer(policy, steps[at])
    allowing = replace(sampling, allow=(REVISE,))
    forced = (await policy.force(problem, [*kept, faulted], REVISE, allowing))[-1]
    retracted = replace(faulted, tokens=(*faulted.tokens, *forced.tokens), mark=REVISE, finished=False, forced=True)
    (rest,) = await policy.complete(problem, [*kept, retracted], [seed], allowing)
    return (*kept, retracted, *rest)


def before_answer(policy: LocalPolicy, step: Step) -> Step:
    """The step up to where its answer is stated or it ends: where a correction would stand."""
    texts = [t.text for t in step.tokens]
    tokens = step.tokens[: texts.index(ANSWER)] if ANSWER in texts else step.tokens
    kept = len(policy.format.opened([t.id for t in tokens]))
    return replace(step, text=step.text.split(ANSWER)[0], tokens=tokens[:kept], finished=False)


def _written(steps: Sequence[Step]) -> str:
    return "\n".join(s.text for s in steps)


def _room(policy: LocalPolicy, prompt: Sequence[int], sampling: Sampling) -> int:
    """Tokens that may follow; ModelError if the dialogue leaves none."""
    limit = policy.session.engine.max_length
    if len(prompt) >= limit:
        raise ModelError(f"{policy.name} reads at most {limit} tokens, and its critique already has {len(prompt)}; shorten the problem.")
    return min(sampling.max_solution_tokens, limit - len(prompt))


async def _reply(policy: LocalPolicy, problem: Problem, turns: list[str], seed: Seed, sampling: Sampling) -> str:
    """The assistant's next turn."""
    fmt = policy.format
    assert isinstance(fmt, LineFormat)
    prompt = fmt.dialogue(problem, turns)
    room = _room(policy, prompt, sampling)
    ended = lambda ids: ids[-1] in fmt.end_ids  # noqa: E731
    (sample,) = await generate(policy.session, prompt, [seed], temperature=sampling.temperature, max_tokens=room, stop=ended)
    return fmt.text(sample.ids)
