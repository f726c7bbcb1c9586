"""One long chain of thought, grown segment by segment: a thinking space, then the answer.

The model ends segments with special tokens of its own: it leaves a step (`<backtrack>`), writes it again
(`<revise>`), looks at all of it again (`<wait>`), calls the tool, or ends its thinking. The decoder may
step in (budget forcing, Muennighoff et al. 2025, s1): it ends the thinking when its budget is spent, or
refuses its end and puts "Wait" there. One simulation is one whole chain.

Deviation from s1: the budget ends the thinking between two segments; one that it cuts through is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rlm_core.core.events import Corrected, Forced
from rlm_core.core.special_tokens import ANSWER, BACKTRACK, END_THINK, REVISE, THINK, WAIT
from rlm_core.core.tree import ROOT
from rlm_core.core.wording import counted
from rlm_core.core.words import Purpose
from rlm_core.models.policy import Forcer, Step, require
from rlm_core.search.run import SearchRun
from rlm_core.thinking.probe import probe

THINKING = Purpose("think", "thinking", counted=True)
ANSWERING = Purpose("answer", "the answer", counted=True)
WORDS = (THINKING, ANSWERING)
"""The words that long chains bring to the log."""


@dataclass(frozen=True, slots=True)
class Forcing:
    """How the decoder steps in. Tokens are those of the thinking space, forced ones included.

    max_tokens: thinking is ended at this number; 0: never.
    min_tokens: its end is refused below this number; 0: at any number.
    waits: how many times its end is refused at most.
    wait: the text put there instead.
    cue: the text put after a forced end.
    probing: force an answer at every point, to see what it would be.
    """

    max_tokens: int = 0
    min_tokens: int = 0
    waits: int = 0
    wait: str = "Wait"
    cue: str = ""
    probing: bool = False


@dataclass(slots=True)
class Chain:
    """A chain in progress.

    forcing: how the decoder steps in.
    at: its last node.
    number: place among the run's chains, from 0.
    live: the nodes that were not taken back, the start first.
    waited: forced waits so far.
    replaced: the node that the next step replaces; None if it replaces none.
    """

    run: SearchRun
    forcing: Forcing
    at: int = ROOT
    number: int = 0
    live: list[int] = field(default_factory=lambda: [ROOT])
    waited: int = 0
    replaced: int | None = None

    @property
    def thinking(self) -> bool:
        """Is the next segment still in the thinking space?"""
        return THINK in self.run.sampling.allow and not any(s.tag == END_THINK for s in self.run.state(self.at))

    @property
    def thought(self) -> int:
        """Tokens in the thinking space so far."""
        return sum(s.about for s in self.run.state(self.at) if s.thinking)

    async def grow(self) -> int:
        """Adds one segment after another until the chain ends; returns the last node."""
        while not self.run.tree.nodes[self.at].terminal:
            self.run.check_budget()
            if self.thinking and self.spent:
                await self.end_thinking()
                continue
            step = await self.segment()
            if step is None:
                await self.end_thinking()
            elif self.thinking and self.refused(step):
                await self.wait(step)
            else:
                self.add(step)
            if self.forcing.probing and self.thinking:
                await probe(self.run, self.at, self.forcing.cue)
        return self.at

    @property
    def spent(self) -> bool:
        return self.thought >= self.limit

    def refused(self, step: Step) -> bool:
        """Would this segment end the thinking before it may?"""
        ends = step.tag == END_THINK or (step.finished and not step.thinking)
        early = not self.forcing.min_tokens or self.thought + step.about < self.forcing.min_tokens
        return ends and early and self.waited < self.forcing.waits

    @property
    def limit(self) -> int:
        """Tokens the thinking may take; without a budget of its own, those of a whole solution."""
        return self.forcing.max_tokens or self.run.sampling.max_solution_tokens

    async def segment(self) -> Step | None:
        """The model's next segment; None if the thinking budget cuts through it, for then it is dropped (its tokens are counted).

        Within the thinking space a segment that reaches the limit of a step is no cut-off one: the next goes on from it.
        """
        run, step_limit = self.run, self.run.sampling.max_step_tokens
        left = self.limit - self.thought if self.thinking else step_limit
        first = self.number if self.at == ROOT else 0
        (steps,) = await run.gather(run.propose(self.at, 1, first, sampling=replace(run.sampling, max_step_tokens=min(step_limit, left))))
        run.spend(THINKING if steps[0].thinking else ANSWERING)
        if not steps[0].thinking or not steps[0].truncated:
            return steps[0]
        return replace(steps[0], truncated=False) if step_limit <= left else None

    async def wait(self, step: Step) -> None:
        """Refuse the end of thinking: put "Wait" in its place."""
        state = self.run.state(self.at)
        thought = self.thought + (0 if step.finished else step.about)
        text = WAIT if self.forcing.wait == "Wait" else self.forcing.wait
        *kept, forced = await self.force(state if step.finished else (*state, step), text, WAIT)
        if len(kept) > len(state):
            self.add(kept[-1])
        self.waited += 1
        self.add(replace(forced, tag=WAIT, thinking=True))
        after, nth, most, least = counted(thought, "token"), self.waited, self.forcing.waits, self.forcing.min_tokens
        why = f"the model ended its thinking after {after}; its end is taken back ({nth} of {most})"
        if least:
            why = f"the model ended its thinking after {after}, below the least of {least}; its end is taken back ({nth} of {most})"
        self.run.emit(Forced(self.at, self.forcing.wait, why))

    async def end_thinking(self) -> None:
        """The budget of thinking is spent: put the end of thinking there, and the cue for the answer."""
        state, spent = self.run.state(self.at), self.thought
        closed = await self.force(state, self.forcing.cue or END_THINK, END_THINK)
        end = max(i for i, s in enumerate(closed) if s.tag == END_THINK)
        if end and end == len(state):
            self.run.amend(self.at, closed[end - 1])
        self.add(replace(closed[end], thinking=True))
        why = f"the thinking budget of {counted(self.limit, 'token')} is spent ({spent} used)"
        self.run.emit(Forced(self.at, closed[end].text or END_THINK, why))
        for cue in closed[end + 1 :]:
            self.add(cue)

    async def force(self, state: Sequence[Step], text: str, tag: str) -> tuple[Step, ...]:
        (forced,) = await self.run.gather(require(self.run.policy, Forcer).force(self.run.problem, state, text, self.run.sampling, tag))
        self.run.spend(THINKING)
        return forced

    def add(self, step: Step) -> None:
        """The segment joins the chain; what it does to the steps that stand is an event too."""
        node = self.run.add(self.at, step).id
        self.at = node
        if self.replaced is not None and step.text:
            reason = "the model found its step false and wrote it again"
            self.run.emit(Corrected(self.replaced, node, reason))
            self.replaced = None
        if step.text and not step.forced:
            self.live.append(node)
        self.retract(node, step)

    def retract(self, node: int, step: Step) -> None:
        """Take back the steps that a tag undoes: `<backtrack>` and `<revise>` the last one that stands, "wait" all of them.

        The answer starts anew, as after "wait".
        """
        if step.tag in (WAIT, END_THINK):
            self.live = [ROOT]
        if step.tag not in (BACKTRACK, REVISE) or len(self.live) == 1:
            return
        left = self.live.pop()
        if step.tag == REVISE:
            self.replaced = node
            return
        text = self.run.tree.nodes[left].text.split(ANSWER)[0]
        self.run.backtrack(node, self.live[-1], f"the model gave up “{text}”")
