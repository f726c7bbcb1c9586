"""A sweep: every strategy at every budget on every problem of a set; one search is one cell.

Cells come in order of problems, so that a sweep that ends early has measured every strategy on the same problems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from rlm_core import catalogue
from rlm_core.core.config import BUDGETS, Budget, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.phrases import say
from rlm_core.core.problem import Problem
from rlm_core.core.structure import Compared
from rlm_core.core.tree import SearchTree
from rlm_core.core.words import FAILED
from rlm_core.problems import task
from rlm_core.runs.attribution import attribute
from rlm_core.runs.outcome import cut_off, unanswered
from rlm_core.search.pool import pooled


class Strategy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to reason: a configuration without problem, budget and seed.

    name: as tables write it; "" for the title of its search.
    The other fields: as in `RunConfig`.
    """

    name: str = ""
    model: str = "nano"
    device: str = "auto"
    dtype: str = "auto"
    format: str = "auto"
    batching: Literal["own", "shared"] | msgspec.UnsetType = msgspec.UNSET
    search: str = "mcts"
    search_parameters: dict[str, Any] = {}
    reward: str = "rollouts"
    reward_parameters: dict[str, Any] = {}
    temperature: float | None = None
    max_step_tokens: int | None = None
    max_solution_tokens: int | None = None
    sampling: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    backend: Literal["auto", "torch", "openvino"] | msgspec.UnsetType = msgspec.UNSET

    @property
    def title(self) -> str:
        return self.name or catalogue.title("search", self.search)

    @classmethod
    def of(cls, config: RunConfig, name: str = "") -> Strategy:
        """The strategy of a run."""
        return cls(name=name, **{f: getattr(config, f) for f in cls.__struct_fields__ if f != "name"})

    def config(self, problem: str, budget: Budget, seed: int) -> RunConfig:
        """The run of this strategy on one problem."""
        given = {f: getattr(self, f) for f in self.__struct_fields__ if f != "name"}
        return RunConfig(problem=problem, budget=budget, seed=seed, **given)


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """The place of one search in a sweep: indices of its strategy, its budget and its problem."""

    strategy: int
    budget: int
    problem: int


class Candidate(msgspec.Struct, frozen=True, array_like=True):
    """One finished or cut-off candidate of a pool of solutions, in the order of sampling.

    answer: None where it was cut off or states none.
    correct: the verifier's verdict; None where nothing is known.
    score: the reward's, in [0,1]; None where it was not scored.
    tokens: generated for it; None where they are not known.
    """

    answer: str | None
    correct: bool | None
    score: float | None
    tokens: int | None


class CellResult(msgspec.Struct, frozen=True):
    """The outcome of one search.

    solved: None where nothing is known: the problem has no reference, or the run failed.
    stop, detail: why it ended; the error of a failed run.
    tokens: generated, those of discarded branches and rollouts included.
    passes: evaluations by a reward model.
    seconds: of its own clock, during which other searches may have run beside it.
    oracle: the search could see the reference answer.
    cause: of a wrong answer, as `attribution` names it; "" otherwise.
    cut: how much was cut off and by what limit, in words; "" where nothing was, and in results of earlier versions.
    candidates: the pool of a search that samples whole solutions side by side; empty for other searches.
    unanswered: how many candidates finished without stating an answer, in words; "" as for `cut`.
    """

    answer: str | None
    solved: bool | None
    stop: str
    detail: str
    tokens: int
    passes: int
    simulations: int
    seconds: float
    oracle: bool
    cause: str = ""
    cut: str = ""
    candidates: tuple[Candidate, ...] = ()
    unanswered: str = ""

    @classmethod
    def not_begun(cls, error: str) -> CellResult:
        """The result of a search that could not begin on its problem."""
        return cls(None, None, FAILED.name, error, 0, 0, 0, 0.0, False)

    @property
    def failed(self) -> bool:
        return self.stop == FAILED.name


@dataclass(frozen=True, slots=True)
class Sweep:
    """Every strategy at every budget on every problem.

    problems: in order.
    seed: of the first problem; problem i has seed + i, for with one seed the same random numbers would be lucky everywhere.
    """

    problems: tuple[Problem, ...]
    strategies: tuple[Strategy, ...]
    budgets: tuple[Budget, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        for what, found in (("problem", self.problems), ("strategy", self.strategies), ("budget", self.budgets)):
            if not found:
                raise ConfigError(f"A sweep needs at least one {what}.")
        titles = [s.title for s in self.strategies]
        twice = next((t for t in titles if titles.count(t) > 1), None)
        if twice is not None:
            raise ConfigError(f"Two strategies are called {twice}; give each a name of its own.")

    def cells(self) -> Iterator[Cell]:
        """Every cell, problem by problem."""
        for p in range(len(self.problems)):
            for s, b in self.settings():
                yield Cell(s, b, p)

    @property
    def size(self) -> int:
        return len(self.problems) * len(self.strategies) * len(self.budgets)

    def config(self, cell: Cell) -> RunConfig:
        """The configuration of one search."""
        return self.strategies[cell.strategy].config(self.problems[cell.problem].spec, self.budgets[cell.budget], self.seed + cell.problem)

    def settings(self) -> list[tuple[int, int]]:
        """Every strategy at every budget, as indices."""
        return [(s, b) for s in range(len(self.strategies)) for b in range(len(self.budgets))]

    def first_configs(self) -> list[RunConfig]:
        """The searches of the first problem."""
        return [self.config(Cell(s, b, 0)) for s, b in self.settings()]

    def check(self) -> None:
        """RlmError if a strategy cannot run at all, on the first problem."""
        for config in self.first_configs():
            catalogue.checked(config)


def whole_problems(sweep: Sweep, results: Mapping[Cell, CellResult]) -> dict[Cell, CellResult]:
    """The results of the problems that every strategy has searched at every budget.

    Of a sweep that has not ended, the other problems are left out: their quick searches are there and the slow ones are not.
    """
    searched = Counter(cell.problem for cell in results)
    each = len(sweep.settings())
    return {cell: result for cell, result in results.items() if searched[cell.problem] == each}


def budget_title(budget: Budget) -> str:
    """A budget in words.

    >>> budget_title(Budget(None, tokens=1024)), budget_title(Budget(64, seconds=2.5))
    ('1,024 tokens', '64 simulations, 2.5 seconds')
    """
    given = {title: getattr(budget, name) for name, title in BUDGETS.items()}
    return say(", ").join(say(f"{{value:,}} {title}", value=value) for title, value in given.items() if value is not None)


def solved(tree: SearchTree) -> bool | None:
    """Is the run's answer right? None where nothing is known: no reference, or a run that failed or did not end."""
    if tree.started is None or tree.finished is None or tree.finished.stop in ("failed", "cancelled"):
        return None
    problem = tree.problem
    if tree.answered is not None and tree.answered.answer is not None:
        return tree.answered.correct
    return task(problem.task).verify(problem, None)


def outcome(tree: SearchTree) -> CellResult:
    """The figures of a finished run."""
    assert tree.finished is not None, "a cell is a run that has ended"
    failure = attribute(tree)
    return CellResult(
        answer=tree.answered.answer if tree.answered else None,
        solved=solved(tree),
        stop=tree.finished.stop,
        detail=tree.finished.detail,
        tokens=tree.totals.generated,
        passes=tree.totals.reward_passes,
        simulations=tree.totals.simulations,
        seconds=tree.time,
        oracle=tree.oracle,
        cause=failure.cause if failure else "",
        cut=cut_off(tree),
        candidates=candidates(tree),
        unanswered=unanswered(tree),
    )


def candidates(tree: SearchTree) -> tuple[Candidate, ...]:
    """The pool of a search that compares whole solutions; empty for any other search."""
    config: Mapping[str, Any] = tree.started.config if tree.started else {}
    if catalogue.structure(str(config.get("search", ""))).compared is not Compared.CANDIDATES:
        return ()
    return tuple(Candidate(end.answer, end.correct, end.score, tree.size(end.id)) for end in pooled(tree))
