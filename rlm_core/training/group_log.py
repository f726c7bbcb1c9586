"""A group of answers as a run like any other: the events of Best-of-N, with the reward's parts and the advantage of each answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec

from rlm_core.core import events as ev
from rlm_core.core import words
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import RunNotFound
from rlm_core.models.policy import Policy, Sampling
from rlm_core.runs import logfile
from rlm_core.runs.import_log import import_log
from rlm_core.runs.store import Store
from rlm_core.runs.training_files import Candidate, GroupRow, Note, TrainingFolder, packed
from rlm_core.search import answers
from rlm_core.search.budget import RunControl
from rlm_core.search.pool import add_solution
from rlm_core.search.run import SearchRun
from rlm_core.training.reward_parts import RewardSum, Scored
from rlm_core.training.rollouts import Group, TokenFigures
from rlm_core.training.variants import Variant, has_signal


@dataclass(frozen=True, slots=True)
class ScoredGroup:
    """A group with its rewards and advantages, one per answer."""

    group: Group
    scored: tuple[Scored, ...]
    advantages: tuple[float, ...]

    @property
    def signal(self) -> bool:
        """Do its rewards differ?"""
        return has_signal([s.total for s in self.scored])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group stands in a training.

    training: its id.
    model: the model that the stage began with, as it is named everywhere.
    at, stage, step, index: as in `GroupRow`.
    """

    training: str
    model: str
    at: int
    stage: str
    step: int
    index: int


def log_of(found: ScoredGroup, reward: RewardSum, policy: Policy, sampling: Sampling, place: Place) -> tuple[list[ev.Record], list[int]]:
    """The log of a group, and the last node of each answer.

    policy: a fresh view of the one that sampled, which takes the count of tokens.
    """
    group = found.group
    config = RunConfig(
        model=place.model,
        problem=group.problem.spec,
        search="best_of_n",
        search_parameters={"n": len(group.answers), "answer_by": "majority", "batch": len(group.answers)},
        temperature=sampling.temperature,
        max_step_tokens=sampling.max_step_tokens,
        max_solution_tokens=sampling.max_solution_tokens,
    )
    records: list[ev.Record] = []
    run = SearchRun(config, group.problem, policy, reward, sampling, records.append, RunControl())
    oracle = reward.oracle and not group.problem.self_checking
    source = f"training {place.training}, step {place.at}"
    run.emit(ev.RunStarted(msgspec.to_builtins(config), group.problem, oracle, source=source))
    run.add_root()
    ends = [add_solution(run, answer.solution.steps) for answer in group.answers]
    policy.usage.generated += sum(len(answer.ids) for answer in group.answers)
    run.spend(words.COMPLETE, simulations=len(ends))
    for end, score, advantage in zip(ends, found.scored, found.advantages, strict=True):
        run.emit(ev.Evaluated(end, reward.name, score.total, oracle=oracle, parts=score.parts, advantage=round(advantage, 6)))
    run.answer(answers.picked(run.tree, "majority"))
    run.emit(ev.RunFinished(words.DONE.name, ""))
    return records, ends


def group_row(
    found: ScoredGroup,
    reward: RewardSum,
    policy: Policy,
    sampling: Sampling,
    place: Place,
    variant: Variant,
    learned: Sequence[TokenFigures],
) -> GroupRow:
    """A group as it is kept.

    learned: figures of each answer's tokens in the last update on it.
    """
    records, ends = log_of(found, reward, policy, sampling, place)
    return GroupRow(
        at=place.at,
        stage=place.stage,
        step=place.step,
        index=place.index,
        problem=found.group.problem,
        signal=found.signal,
        variant=asdict(variant),
        longest=sampling.max_solution_tokens,
        candidates=[
            Candidate(
                node=end,
                reward=round(score.total, 6),
                advantage=round(advantage, 6),
                parts={p.name: round(p.score, 6) for p in score.parts},
                ids=list(answer.ids),
                old=list(answer.logprobs),
                logprobs=list(figures.logprobs),
                reference=list(figures.reference),
            )
            for end, score, advantage, answer, figures in zip(
                ends, found.scored, found.advantages, found.group.answers, learned, strict=True
            )
        ],
        records=records,
    )


def import_group(store: Store, training: str, at: int, index: int) -> str:
    """Take a kept group into the store as a run, and return the run's id. RunNotFound if its step was not kept."""
    rows = TrainingFolder(training, store.folder).groups(at)
    if not 0 <= index < len(rows):
        kept = TrainingFolder(training, store.folder).kept_steps()
        have = f"kept are {len(kept)} steps from {kept[0]} to {kept[-1]}" if kept else "none is kept"
        raise RunNotFound(f"Of the training {training} there is no group {index} of step {at}; {have}.")
    text = logfile.write(rows[index].records)
    return import_log(store, text, f"group {index} of step {at}")[0].run


class GroupKeeper:
    """Keeps the groups of a training within a budget of disk: once it is spent, those of every second step, then every fourth, …

    folder: of the training.
    budget: in bytes.
    """

    def __init__(self, folder: TrainingFolder, budget: int) -> None:
        self.folder, self.budget = folder, budget
        self.every = self._every()

    def _every(self) -> int:
        """The distance between kept steps, from the files that are there: that of a training which goes on."""
        kept = self.folder.kept_steps()
        return next((2**p for p in range(30, 0, -1) if kept and all(at % 2**p == 0 for at in kept)), 1)

    def wants(self, at: int) -> bool:
        """Would the groups of this step be kept?"""
        return at % self.every == 0

    def keep(self, at: int, rows: Sequence[GroupRow]) -> bool:
        """Keep the groups of a step if there is room; drops those of other steps where there is none. Is the step kept?"""
        size = len(packed(rows))
        while self.wants(at) and self.folder.groups_bytes() + size > self.budget and self.every < 2**30:
            self.every *= 2
            self.folder.drop_groups(step for step in self.folder.kept_steps() if step % self.every)
            self.folder.add(Note(at, f"The disk set apart for groups is used up: from here on those of one step in {self.every} are kept."))
        if self.wants(at):
            self.folder.put_groups(at, rows)
        return self.wants(at)
