"""A log written call by call: what another program's search, or another program's file, tells of a run.

Each call is one event. What could not be read back is refused before it is recorded, in one sentence.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from rlm_core import catalogue, problems
from rlm_core.core import events as ev
from rlm_core.core.config import RunConfig
from rlm_core.core.errors import ConfigError, LogError, RecordingError
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import said
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import counted
from rlm_core.core.words import DONE, EXPAND
from rlm_core.problems.families.text import from_text
from rlm_core.search.rules import Arm, Rule

NOT_AN_EVENT = "This line of the log is not an event"
OWN_RULE = "the search's own rule"
"""The answer method of a log that names none."""


def problem_of(problem: str | Problem, answer: str | None = None) -> Problem:
    """A problem from its spec ("countdown:seed=7"), from a question in words, or as it is. RlmError if it is none of them.

    answer: a correct answer; only with a question in words, as other problems know theirs.
    """
    if isinstance(problem, Problem):
        made = problem
    else:
        name, colon, rest = problem.partition(":")
        listed = name.strip() in problems.tasks() and (not colon or "=" in rest or not rest.strip())
        made = problems.make(problem) if listed else from_text(problem, answer)
        if not listed:
            return made
    if answer is not None:
        raise ConfigError(f"The problem {made.spec} knows its answer; give an answer only with a question in words.")
    return made


class Recording:
    """The log of a run, one event per call. RecordingError says in a sentence why a call cannot be recorded.

    tree: as it stands after the last call.
    records: so far.
    root: number of the root, which stands for the problem.
    """

    root = ROOT

    def __init__(
        self,
        problem: Problem,
        *,
        source: str,
        search: str,
        model: str = "",
        reward: str = "",
        oracle: bool = False,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Start the log, with the root in it.

        source: the program or format that tells of the run.
        search, model, reward: names as they are shown.
        oracle: the search saw the reference answer.
        clock: seconds since the run began.
        """
        self._lock = threading.RLock()
        self.tree = SearchTree()
        self.records: list[ev.Record] = []
        self.problem = problem
        self.config = RunConfig(model=model, problem=problem.spec, search=search, reward=reward)
        self.reward = reward or "score"
        self._clock = clock
        self._task = problems.task(problem.task)
        self.event(ev.RunStarted(msgspec.to_builtins(self.config), problem, oracle, source=source))
        self.event(ev.NodeAdded(ROOT, None))

    # -- what a search tells -----------------------------------------------------------------

    def node(
        self,
        text: str,
        parent: int = ROOT,
        *,
        tokens: Iterable[tuple[str, float]] = (),
        prior: float = 1.0,
        finished: bool = False,
        cut: bool = False,
        answer: str | None = None,
    ) -> int:
        """A new state: `text` is the step that leads there from `parent`. Returns its number.

        tokens: text and natural-log probability of each token of the step.
        prior: P(step) among its siblings, in [0,1].
        finished: the solution ends here. cut: the step ran into a limit.
        answer: of a finished solution; if none is given, the one that its steps state.
        """
        above = self._known(parent, "put a node under")
        correct = None
        if finished:
            if answer is None:
                texts = said(self.tree.nodes[n] for n in self.tree.path(above) if n != ROOT)
                answer = self._task.answer(self.problem, [*texts, text])
            correct = self._task.verify(self.problem, answer)
        written = tuple(ev.Token(0, str(t), float(logprob)) for t, logprob in tokens)
        share = _share("prior", prior)
        with self._lock:
            number = len(self.tree.nodes)
            self.event(ev.NodeAdded(number, above, text, written, share, finished, cut, answer, correct))
        return number

    def again(self, node: int, times: int = 1) -> None:
        """Sampled so often again: more samples came out the same as a node."""
        self.event(ev.SampledAgain(self._known(node, "sample again"), times))

    def score(
        self, node: int, value: float, *, reward: str = "", steps: Sequence[float] = (), note: str = "", oracle: bool = False
    ) -> None:
        """A score in [0,1] of a state.

        reward: name of what gave it; if none is given, the run's.
        steps: score of each step so far in [0,1]. note: a judge's text. oracle: the reward read the reference answer.
        """
        number = self._known(node, "score")
        by_step = tuple(_share("score of a step", s) for s in steps)
        self.event(ev.Evaluated(number, reward or self.reward, _share("score", value), (), oracle, (), (), by_step, note))

    def select(self, node: int, *, rule: str = "", constant: float = 0.0, choices: Sequence[ev.Choice] | None = None) -> None:
        """The search went down to a node.

        choices: the decisions on the way with their arithmetic, as the search made them; none where it took the root.
        rule: "uct" or "puct": the arithmetic is worked out here, from the backups told so far. Any name with `choices`.
        constant: of the rule, such as c of UCT.
        """
        number = self._known(node, "select")
        with self._lock:
            if choices is None:
                choices = self._arithmetic(number, rule, constant) if rule else ()
            self.event(ev.Selected(number, tuple(choices), rule, float(constant)))

    def backup(self, node: int, value: float, *, path: Sequence[int] = (), values: Sequence[float] = ()) -> None:
        """A value in [0,1] went up: N += 1 and W += value on each node of the path.

        path: leaf first; if none is given, from `node` to the root.
        values: new Q of each node of the path, where that is not the mean of what was backed up.
        """
        leaf = self._known(node, "back up from")
        way = tuple(self._known(n, "back up through") for n in path) or tuple(reversed(self.tree.path(leaf)))
        self.event(ev.BackedUp(way, _share("backed-up value", value), tuple(_share("value", v) for v in values)))

    def prune(self, nodes: int | Iterable[int], reason: str = "the search gave it up") -> None:
        """Nodes that will not be continued."""
        chosen = [nodes] if isinstance(nodes, int) else list(nodes)
        self.event(ev.Pruned(tuple(self._known(n, "prune") for n in chosen), reason))

    def spend(
        self, tokens: int = 0, *, prompt: int = 0, reused: int = 0, reward_passes: int = 0, simulations: int = 0, purpose: str = EXPAND.name
    ) -> None:
        """Cost since the last call.

        tokens: generated. prompt, reused: prompt tokens computed, and taken from a cache.
        reward_passes: evaluations by a reward model. simulations: how many are complete now.
        """
        self.event(ev.Spent(purpose, int(tokens), int(prompt), int(reused), int(reward_passes), int(simulations)))

    def answer(
        self, answer: str | None, node: int | None = None, *, method: str = OWN_RULE, votes: Mapping[str, float] | None = None
    ) -> None:
        """The search's answer.

        node: the candidate in which it stands; if none is given, the best valued one that states it.
        method: how it was picked. votes: weight of each answer, at least 0.
        """
        with self._lock:
            candidates = self.tree.candidates()
        if node is None:
            stating = [c for c in candidates if answer is not None and c.answer == answer]
            node = max(stating, key=lambda c: (c.value or 0.0, -c.id)).id if stating else None
        else:
            node = self._known(node, "answer with")
        correct = None if answer is None else self._task.verify(self.problem, answer)
        ballot = [
            ev.Vote(a, float(w), tuple(c.id for c in candidates if c.answer == a), self._task.verify(self.problem, a))
            for a, w in sorted((votes or {}).items(), key=lambda item: -item[1])
        ]
        self.event(ev.Answered(method, answer, node, correct, tuple(ballot)))

    def finish(self, stop: str = DONE.name, detail: str = "") -> None:
        """The end of the run. stop: a stop reason of `core.words`, or the search's own word."""
        self.event(ev.RunFinished(stop, detail))

    def event(self, event: ev.AnyEvent) -> ev.Record:
        """Any event of `core.events`, as it is."""
        try:
            record = ev.decode(ev.encode(ev.Record(self.tree.seq + 1, max(0.0, round(self._clock(), 3)), event)))
            self.tree.apply(record)
        except (LogError, TypeError, ValueError, OverflowError) as error:
            why = str(error).removeprefix(f"{NOT_AN_EVENT} (").removesuffix(".").removesuffix(")")
            raise RecordingError(f"This call ({type(event).__struct_config__.tag}) cannot be recorded: {why}.") from None
        self.records.append(record)
        return record

    # -- checks ------------------------------------------------------------------------------

    def _known(self, node: Any, verb: str) -> int:
        """The number of a node that is there."""
        if isinstance(node, int) and not isinstance(node, bool) and node in self.tree.nodes:
            return node
        there = counted(len(self.tree.nodes), "node")
        raise RecordingError(f"There is no node {node!r} to {verb}; the run has {there}, numbered from 0 as `node` returned them.")

    def _arithmetic(self, node: int, rule: str, constant: float) -> tuple[ev.Choice, ...]:
        """The decisions from the root to a node by a rule of this program."""
        known = catalogue.rule(rule)
        if known is None:
            raise RecordingError(f"The rule '{rule}' is not known here, so give its arithmetic in `choices`; known are uct and puct.")
        path = self.tree.path(node)
        return tuple(self._choice(parent, child, known, constant) for parent, child in pairwise(path))

    def _choice(self, parent: int, chosen: int, rule: Rule, constant: float) -> ev.Choice:
        at = self.tree.nodes[parent]
        ways = [self.tree.nodes[c] for c in at.children if c == chosen or not self.tree.nodes[c].pruned]
        terms = rule.terms([Arm(w.id, w.visits, w.total, w.prior) for w in ways], at.visits, constant)
        mine = next(t for t in terms if t.node == chosen)
        better = [t for t in terms if _rank(t) > _rank(mine) + 1e-9]
        if better:
            raise RecordingError(
                f"By {rule.name} with {constant:g} node {better[0].node} would be chosen over node {chosen}, "
                "so the search used another arithmetic; give it in `choices`, or leave the rule out."
            )
        return ev.Choice(parent, at.visits, chosen, terms)


def _rank(t: ev.Term) -> float:
    return float("inf") if t.total is None else t.total


def _share(name: str, value: Any) -> float:
    """A number in [0,1]."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise RecordingError(f"A {name} must be a number from 0 to 1, not {value!r}.") from None
    if not 0 <= number <= 1:
        raise RecordingError(f"A {name} must be from 0 to 1, not {number:g}; scale it before it is recorded.")
    return number
