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
from typing import Protocol

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, REVISE
from rlm_core.core.usage import Seed
from rlm_core.engine.engine import Session
from rlm_core.engine.limited import generate
from rlm_core.engine.request import Sample
from rlm_core.models.policy import Critique, Sampling, Step
from rlm_core.models.prompts.base import Format
from rlm_core.models.prompts.lines import REVIEW, REVISION, LineFormat


class Writer(Protocol):
    """What a critique needs of a policy."""

    name: str
    format: Format
    session: Session

    def state(self, problem: Problem, steps: Sequence[Step], allow: tuple[str, ...]) -> list[int]: ...

    def split(self, sample: Sample, allow: tuple[str, ...], lead: list[int]) -> tuple[Step, ...]: ...

    async def complete(
        self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling
    ) -> list[tuple[Step, ...]]: ...

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, mark: str = "") -> tuple[Step, ...]: ...


_SATISFIED = re.compile(r"no mistakes?\b", re.I)
_WRONG = re.compile(r"wrong step\W*(\d+)", re.I)


async def critique(policy: Writer, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
    """The model's own judgement; where it neither names a step nor is satisfied, all of the solution is written again."""
    if not isinstance(policy.format, LineFormat):
        return await _reread(policy, problem, steps)
    text = await _reply(policy, problem, [_written(steps), REVIEW], seed, sampling)
    named = _WRONG.search(text)
    k = int(named.group(1)) if named else 0
    return Critique(text, k - 1 if 1 <= k <= len(steps) else None, satisfied=named is None and _SATISFIED.search(text) is not None)


async def _reread(policy: Writer, problem: Problem, steps: Sequence[Step]) -> Critique:
    """P(`<revise>`) after each step; the first above one half is faulted."""
    revise = policy.format.forced(REVISE)
    states = [policy.state(problem, [*steps[:i], before_answer(policy, step)], (REVISE,)) for i, step in enumerate(steps)]
    read = await gather_or_cancel(policy.session.inspect(s, revise) for s in states)
    chances = [math.exp(r.logprobs[0]) for r in read]
    wrong = next((i for i, p in enumerate(chances) if p > 0.5), None)
    if wrong is None:
        return Critique(f"Nothing to revise: after no step is a correction likelier than {max(chances):.2f}.", None, satisfied=True)
    return Critique(f"Step {wrong + 1} needs a correction, with probability {chances[wrong]:.2f}.", wrong)


async def revise(
    policy: Writer, problem: Problem, steps: Sequence[Step], found: Critique, seed: Seed, sampling: Sampling
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


def before_answer(policy: Writer, step: Step) -> Step:
    """The step up to where its answer is stated or it ends: where a correction would stand."""
    texts = [t.text for t in step.tokens]
    tokens = step.tokens[: texts.index(ANSWER)] if ANSWER in texts else step.tokens
    kept = len(policy.format.opened([t.id for t in tokens]))
    return replace(step, text=step.text.split(ANSWER)[0], tokens=tokens[:kept], finished=False)


def _written(steps: Sequence[Step]) -> str:
    return "\n".join(s.text for s in steps)


def _room(policy: Writer, prompt: Sequence[int], sampling: Sampling) -> int:
    """Tokens that may follow; ModelError if the dialogue leaves none."""
    limit = policy.session.engine.runner.max_length
    if len(prompt) >= limit:
        raise ModelError(f"{policy.name} reads at most {limit} tokens, and its critique already has {len(prompt)}; shorten the problem.")
    return min(sampling.max_solution_tokens, limit - len(prompt))


async def _reply(policy: Writer, problem: Problem, turns: list[str], seed: Seed, sampling: Sampling) -> str:
    """The assistant's next turn."""
    fmt = policy.format
    assert isinstance(fmt, LineFormat)
    prompt = fmt.dialogue(problem, turns)
    room = _room(policy, prompt, sampling)
    ended = lambda ids: ids[-1] in fmt.end_ids  # noqa: E731
    (sample,) = await generate(policy.session, prompt, [seed], temperature=sampling.temperature, max_tokens=room, stop=ended)
    return fmt.text(sample.ids)
