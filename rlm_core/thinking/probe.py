"""What would the model answer if it had to stop thinking here, and how sure is it?

The end of thinking is forced after a copy of the state and the answer is taken greedily. Confidence is
the geometric mean probability of the tokens of that continuation (its length-normalised likelihood, in
(0,1]). A probe leaves no trace in the chain, and its tokens are counted apart.
"""

from __future__ import annotations

import math
from dataclasses import replace

from rlm_core.core import words
from rlm_core.core.events import Probed
from rlm_core.core.special_tokens import END_THINK
from rlm_core.models.policy import Forcer, require
from rlm_core.problems import task
from rlm_core.rewards.verifier import answer_of
from rlm_core.search.run import LOOKAHEAD, SearchRun

MAX_ANSWER_TOKENS = 96
"""Tokens a probed answer may take."""


async def probe(run: SearchRun, node: int, cue: str = "") -> None:
    """Probe one node, as an event; with the cue for the answer that a forced end would have."""
    await run.observe(_probe(run, node, cue))


async def _probe(run: SearchRun, node: int, cue: str) -> None:
    greedy = replace(run.sampling, temperature=0.0, max_solution_tokens=MAX_ANSWER_TOKENS)
    state = await require(run.policy, Forcer).force(run.problem, run.state(node), cue or END_THINK, greedy, END_THINK)
    seed = (run.config.seed, node, LOOKAHEAD)
    (steps,) = await run.policy.complete(run.problem, state, [seed], greedy)
    run.spend(words.PROBE)
    logprobs = [t.logprob for s in steps for t in s.tokens]
    answer = answer_of(run.problem, steps)
    correct = task(run.problem.task).verify(run.problem, answer) if answer is not None else None
    run.emit(Probed(node, answer, round(math.exp(sum(logprobs) / len(logprobs)), 4), correct))
