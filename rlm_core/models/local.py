"""A policy over a local model: problems and steps in, sampled steps out, through one engine session."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from transformers import PreTrainedTokenizerBase

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.core.errors import ModelError
from rlm_core.core.events import Token
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, END_THINK, ERROR, MARKERS, THINK, TOOL
from rlm_core.core.usage import Seed, Usage
from rlm_core.engine.engine import Session
from rlm_core.engine.limited import generate
from rlm_core.engine.request import Sample, Stopper
from rlm_core.engine.token_stats import TokenStats
from rlm_core.models.calculator import calculate
from rlm_core.models.policy import Sampling, Step, ToolUse
from rlm_core.models.prompts.base import Allow, Format, decoded
from rlm_core.problems.checking.final_answer import find_answer


class LocalPolicy:
    """A `Policy`, `Scorer`, `Inspectable` and `Forcer` over a loaded model; one object per search, since it owns the session."""

    def __init__(self, name: str, session: Session, fmt: Format, tokenizer: PreTrainedTokenizerBase) -> None:
        self.name = name
        self.session = session
        self.format = fmt
        self.tokenizer = tokenizer
        self._prompts: dict[tuple[str, Allow], list[int]] = {}

    @property
    def fingerprint(self) -> str:
        return self.session.engine.runner.fingerprint

    @property
    def vocabulary(self) -> int:
        return self.session.engine.runner.vocabulary

    @property
    def usage(self) -> Usage:
        return self.session.usage

    async def propose(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[Step]:
        allow, lead, room = self._allowed(steps, sampling), self._lead(steps), self._room(steps, sampling)
        stop = self._stopper(self.format.step_ended, allow, lead)
        most = min(sampling.max_step_tokens, room)
        samples = await self._generate(self.state(problem, steps, sampling.allow), seeds, sampling.temperature, most, stop)
        made = [self._step(s, allow, lead) for s in samples if s.ids]
        closed = [s if s.thinking or s.finished or len(s.tokens) < room else replace(s, truncated=True) for s in made]
        return await gather_or_cancel(self._with_result(problem, steps, step, sampling) for step in closed)

    async def complete(self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling) -> list[tuple[Step, ...]]:
        begun = await self._run_on(problem, steps, seeds, sampling, self._room(steps, sampling))
        drawn = ((b, s) for b, s in zip(begun, seeds, strict=True) if b)
        return await gather_or_cancel(self._to_the_end(problem, steps, b, s, sampling) for b, s in drawn)

    async def score(self, problem: Problem, steps: Sequence[Step], text: str) -> tuple[Token, ...]:
        return await self._read(self.state(problem, steps, ()), self.format.encode(text, finished="<answer>" in text))

    async def inspect(self, problem: Problem, steps: Sequence[Step]) -> tuple[TokenStats, ...]:
        prompt = self.state(problem, (), ())
        written = [[t.id for t in s.tokens] or self.format.encode(s.text, s.finished) for s in steps]
        whole = await self.session.inspect(prompt, [i for ids in written for i in ids])
        ends = list(accumulate(map(len, written), initial=0))
        return tuple(whole.part(a, b) for a, b in pairwise(ends))

    async def force(self, problem: Problem, steps: Sequence[Step], text: str, sampling: Sampling, mark: str = "") -> tuple[Step, ...]:
        """Tokens put there carry the log-probability the model would have given them."""
        mark = mark or (text if text in MARKERS else "")
        state, thinking = list(steps), THINK in self._allowed(steps, sampling)
        if state and mark:
            last = state[-1]
            kept = len(self.format.opened([t.id for t in last.tokens]))
            state[-1] = replace(last, tokens=last.tokens[:kept], mark="" if last.mark == END_THINK else last.mark)
            thinking = thinking or last.mark == END_THINK
            if not kept:
                state.pop()
        if mark == END_THINK and text != END_THINK and self.format.delimited:
            state.append(await self._put(problem, state, END_THINK, sampling, END_THINK, thinking))
            mark, thinking = "", False
        return (*state, await self._put(problem, state, text, sampling, mark, thinking))

    async def _put(self, problem: Problem, state: Sequence[Step], text: str, sampling: Sampling, mark: str, thinking: bool) -> Step:
        line_open = bool(state and state[-1].tokens) and not state[-1].tokens[-1].text[-1:].isspace()
        tokens = await self._read(self.state(problem, state, sampling.allow), self.format.forced(text, line_open))
        shown = "".join(t.text for t in tokens)
        return Step("" if shown == mark else shown.strip(), tokens, mark=mark, thinking=thinking, forced=True)

    async def drain(self) -> None:
        await self.session.drain()

    # -- generating ----------------------------------------------------------------------------

    async def _generate(self, prompt: list[int], seeds: Sequence[Seed], temperature: float, most: int, stop: Stopper) -> list[Sample]:
        """Sample from a prompt; close to the model's length limit the samples are cut there."""
        room = min(most, self.session.engine.runner.max_length - len(prompt))
        return await generate(self.session, prompt, seeds, temperature=temperature, max_tokens=room, stop=stop)

    async def _run_on(
        self, problem: Problem, steps: Sequence[Step], seeds: Sequence[Seed], sampling: Sampling, most: int
    ) -> list[tuple[Step, ...]]:
        """To the end of the solution, or to the first tool call."""
        allow, lead = self._allowed(steps, sampling), self._lead(steps)
        stop = self._stopper(self.format.solution_ended, allow, lead)
        samples = await self._generate(self.state(problem, steps, sampling.allow), seeds, sampling.temperature, most, stop)
        return [self.split(s, allow, lead) for s in samples]

    @staticmethod
    def _room(steps: Sequence[Step], sampling: Sampling) -> int:
        """Tokens that the solution may still take, at least one; the thinking space is bounded by what asks for it."""
        return max(1, sampling.max_solution_tokens - sum(len(s.tokens) for s in steps if not s.thinking))

    async def _to_the_end(
        self, problem: Problem, steps: Sequence[Step], begun: tuple[Step, ...], seed: Seed, sampling: Sampling
    ) -> tuple[Step, ...]:
        """Every tool call answered, until the solution ends or its tokens run out."""
        done, calls = list(begun), 0
        while done[-1].mark == TOOL and not (done[-1].finished or done[-1].truncated):
            done[-1] = await self._with_result(problem, [*steps, *done[:-1]], done[-1], sampling)
            left = self._room(steps, sampling) - sum(len(s.tokens) for s in done)
            if left <= 0:
                done[-1] = replace(done[-1], truncated=True)
                break
            calls += 1
            (more,) = await self._run_on(problem, [*steps, *done], [(*seed, calls)], sampling, left)
            if not more:
                done[-1] = replace(done[-1], truncated=True, starved=True)
            done += more
        return tuple(done)

    async def _with_result(self, problem: Problem, steps: Sequence[Step], step: Step, sampling: Sampling) -> Step:
        """A step that ends in a tool call, with the tool's result put after it; any other step as it is."""
        if step.mark != TOOL or step.finished or step.truncated or step.tool is not None:
            return step
        before, _, call = step.text.rpartition(TOOL)
        used = calculate(call)
        tokens = await self._read(self.state(problem, [*steps, step], sampling.allow), self.format.forced(used.result))
        if not used.failed and "".join(t.text for t in tokens) == ERROR:
            used = ToolUse(used.call, f"error: {used.result} is no whole number", failed=True)
        return replace(step, text=f"{before}{used.call}={used.result}".strip(), tokens=(*step.tokens, *tokens), tool=used)

    async def _read(self, prompt: list[int], ids: list[int]) -> tuple[Token, ...]:
        """Given tokens with the log-probability the model gives them."""
        return self._tokens(ids, (await self.session.inspect(prompt, ids)).logprobs)

    # -- text and tokens -----------------------------------------------------------------------

    def _allowed(self, steps: Sequence[Step], sampling: Sampling) -> Allow:
        """The allowed markers; thinking only while it goes on, and another end of it afterwards."""
        return _after_thinking(sampling.allow) if any(s.mark == END_THINK for s in steps) else sampling.allow

    def _lead(self, steps: Sequence[Step]) -> list[int]:
        """The ids of a cue for the answer that was forced last: the answer is read together with it."""
        last = steps[-1] if steps else None
        delimiter = END_THINK if not self.format.delimited else ""
        cue = last is not None and last.forced and last.mark in ("", delimiter) and (last.mark or not last.thinking)
        return [t.id for t in last.tokens] if last is not None and cue else []

    def _stopper(self, ended: Callable[[Sequence[int], Allow], bool], allow: Allow, lead: list[int]) -> Stopper:
        """Behind a cue the first line that says something ends the solution, whether or not the cue's words are known."""
        if lead:
            return lambda ids: ended([*lead, *ids], allow) or self._answered(ids, allow, lead)
        return lambda ids: ended(ids, allow)

    def _answered(self, ids: Sequence[int], allow: Allow, lead: list[int]) -> bool:
        """Is a line complete that answers a cue?"""
        return re.search(r"\w", self.format.text(ids)) is not None and self.format.step_ended([*lead, *ids], allow)

    def state(self, problem: Problem, steps: Sequence[Step], allow: Allow) -> list[int]:
        """Token ids of prompt and steps so far; ModelError if they leave no room for another token."""
        key = (problem.spec, allow)
        if key not in self._prompts:
            self._prompts[key] = self.format.prompt(problem, allow)
        ids = list(self._prompts[key])
        for step in steps:
            ids += [t.id for t in step.tokens] if step.tokens else self.format.encode(step.text, step.finished)
        limit = self.session.engine.runner.max_length
        if len(ids) >= limit:
            raise ModelError(f"{self.name} reads at most {limit} tokens, and this state already has {len(ids)}; shorten the problem.")
        return ids

    def split(self, sample: Sample, allow: Allow, lead: list[int]) -> tuple[Step, ...]:
        """A whole solution as its steps."""
        steps: list[Step] = []
        start = 0
        for end in range(1, len(sample.ids) + 1):
            last, before = end == len(sample.ids), lead if not steps else []
            if last or self.format.step_ended([*before, *sample.ids[start:end]], allow):
                part = Sample(sample.ids[start:end], sample.logprobs[start:end], sample.truncated and last, sample.starved)
                steps.append(self._step(part, allow, before))
                start = end
                if steps[-1].mark == END_THINK:
                    allow = _after_thinking(allow)
        return tuple(steps)

    def _step(self, sample: Sample, allow: Allow, lead: list[int]) -> Step:
        """One step from its own tokens."""
        ids, truncated = sample.ids, sample.truncated
        text, cued = self.format.text([*lead, *ids]), bool(lead) and self._answered(ids, allow, lead)
        if cued and find_answer(text) is None:
            text = f"{self.format.text(lead)} {ANSWER}{self.format.text(ids)}"
        finished = not truncated and (cued or self.format.finished([*lead, *ids], allow))
        thinking = THINK in allow and not (finished and not self.format.delimited)
        mark = "" if truncated else self.format.mark(ids, allow)
        return Step(text, self._tokens(ids, sample.logprobs), finished, truncated, mark, thinking, starved=sample.starved and truncated)

    def _tokens(self, ids: Sequence[int], logprobs: Sequence[float]) -> tuple[Token, ...]:
        return tuple(Token(i, decoded(self.tokenizer, [i]), p) for i, p in zip(ids, logprobs, strict=True))


def _after_thinking(allow: Allow) -> Allow:
    return tuple(END_THINK if m == THINK else m for m in allow)
