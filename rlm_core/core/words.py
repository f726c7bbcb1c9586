"""Words of the event log that carry their own sentence: why a run ended, what tokens were spent on, how an answer was picked.

A log holds the name alone. The words every run may use are defined here; a search lists its own in `Search.words`, and
`rlm_core.catalogue` finds all of them by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the event log.

    name: as the log writes it.
    sentence: the same for people.
    """

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StopReason(Word):
    """Why a run ended.

    sentence: such as "the budget of tokens is used up".
    """


@dataclass(frozen=True, slots=True)
class Purpose(Word):
    """The use that tokens were generated for.

    sentence: such as "proposing steps".
    counted: its tokens have a count of their own in the status of a run.
    """

    counted: bool = False


@dataclass(frozen=True, slots=True)
class AnswerMethod(Word):
    """How an answer was picked.

    sentence: such as "counting the candidates by answer".
    weight: meaning of the weight of an answer's votes.
    decides: the rule that decides where the answer is not the one of the largest weight.
    short: in a word or two, such as "visits"; the name if it is empty.
    """

    weight: str
    decides: str = "this strategy does not go by these sums"
    short: str = ""


DONE = StopReason("done", "the strategy is complete")
SIMULATIONS = StopReason("simulations", "the budget of simulations is used up")
TOKENS = StopReason("tokens", "the budget of tokens is used up")
SECONDS = StopReason("seconds", "the budget of seconds is used up")
REWARD_PASSES = StopReason("reward_passes", "the budget of reward passes is used up")
EXHAUSTED = StopReason("exhausted", "nothing is left to explore")
STALE = StopReason("stale", "its last simulations reached nothing new")
CANCELLED = StopReason("cancelled", "the run was cancelled")
FAILED = StopReason("failed", "the run failed")
INTERRUPTED = StopReason("interrupted", "the run was interrupted")

EXPAND = Purpose("expand", "proposing steps")
ROLLOUT = Purpose("rollout", "rollouts")
COMPLETE = Purpose("complete", "whole solutions")
SCORE = Purpose("score", "scoring")
LOOKAHEAD = Purpose("lookahead", "looking ahead")
READ = Purpose("read", "reading the steps that the run begins with")
PROBE = Purpose("probe", "probes")
DROPPED = Purpose("dropped", "samples dropped when the run ended")

COMMON: tuple[Word, ...] = (
    *(DONE, SIMULATIONS, TOKENS, SECONDS, REWARD_PASSES, EXHAUSTED, STALE, CANCELLED, FAILED, INTERRUPTED),
    *(EXPAND, ROLLOUT, COMPLETE, SCORE, LOOKAHEAD, READ, PROBE, DROPPED),
)
"""The words that no single search owns."""


class RunStatus(StrEnum):
    """The state of a run or a job, as the store writes it."""

    QUEUED = "queued"
    LOADING = "loading"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @classmethod
    def after(cls, stop: str) -> RunStatus:
        """The status of a run that ended for that reason, or of a log without an end ("interrupted")."""
        return cls(stop) if stop in (cls.CANCELLED, cls.FAILED, cls.INTERRUPTED) else cls.FINISHED

    @property
    def active(self) -> bool:
        """Is it still to be done, or being done?"""
        return self in (RunStatus.QUEUED, RunStatus.LOADING, RunStatus.RUNNING)
