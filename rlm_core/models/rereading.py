"""A critic that reads no words: it rereads its solution with corrections permitted.

The bundled model was trained to write `<revise>` after a false step. So the first step after which that
is likelier than not is faulted, and the solution is continued from there. Models that follow
instructions are asked in words instead (`rlm_core.models.chat`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, REVISE
from rlm_core.core.usage import Seed
from rlm_core.models.local import LocalPolicy
from rlm_core.models.policy import Critique, Sampling, Step


class RereadingPolicy(LocalPolicy):
    """A `LocalPolicy` that is a `Critic` too, by the probability of `<revise>`."""

    async def critique(self, problem: Problem, steps: Sequence[Step], seed: Seed, sampling: Sampling) -> Critique:
        """Faults the first step after which p(`<revise>`) is above one half."""
        revise = self.format.forced(REVISE)
        states = [self.state(problem, [*steps[:i], self.before_answer(step)], (REVISE,)) for i, step in enumerate(steps)]
        stats = await gather_or_cancel(self._inspecting.inspect(state, revise) for state in states)
        likely = [math.exp(s.logprobs[0]) for s in stats]
        wrong = next((i for i, p in enumerate(likely) if p > 0.5), None)
        if wrong is None:
            return Critique(f"Nothing to revise: after no step is a correction likelier than {max(likely):.2f}.", None, satisfied=True)
        return Critique(f"Step {wrong + 1} needs a correction, with probability {likely[wrong]:.2f}.", wrong)

    async def revise(self, problem: Problem, steps: Sequence[Step], critique: Critique, seed: Seed, sampling: Sampling) -> tuple[Step, ...]:
        """Keeps the steps before the faulted one (the first, if none is), retracts that one and goes on."""
        at = 0 if critique.wrong is None else critique.wrong
        kept, faulted = list(steps[:at]), self.before_answer(steps[at])
        allowing = replace(sampling, allow=(REVISE,))
        forced = (await self.force(problem, [*kept, faulted], REVISE, allowing))[-1]
        retracted = replace(faulted, tokens=(*faulted.tokens, *forced.tokens), tag=REVISE, finished=False, forced=True)
        (rest,) = await self.complete(problem, [*kept, retracted], [seed], allowing)
        return (*kept, retracted, *rest)

    def before_answer(self, step: Step) -> Step:
        """The step up to where its answer is stated or it ends: where a correction would stand."""
        texts = [t.text for t in step.tokens]
        tokens = step.tokens[: texts.index(ANSWER)] if ANSWER in texts else step.tokens
        kept = len(self.format.opened([t.id for t in tokens]))
        return replace(step, text=step.text.split(ANSWER)[0], tokens=tokens[:kept], finished=False)
