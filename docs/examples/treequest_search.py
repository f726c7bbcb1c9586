"""A search of another library, TreeQuest (Sakana AI, PyPI), recorded without changing it.

    pip install treequest==0.3.3
    python docs/examples/treequest_search.py --steps 24        # watch it in Explore, or read the log it writes

TreeQuest asks for the next node and is told its result (`ask`, `tell`). `Recorded` stands in between and tells the recorder
the same: which node was chosen and by which arithmetic, the new state, its score, and the backup. As usual with TreeQuest, a state is
a whole solution, and a child is a new version of it: here one that keeps the first steps and writes the others again. The bundled
model writes; any other could stand in its place, as TreeQuest and the recorder see texts and scores only.
"""

from __future__ import annotations

import argparse
import asyncio
import math
from collections.abc import Callable
from typing import Any

import treequest

import rlm_core
from rlm_core.models.loading import load
from rlm_core.models.policy import Sampling, Step
from rlm_core.problems import task

State = tuple[Step, ...]
"""A solution, step by step as the model wrote it."""
Generate = Callable[[State | None], tuple[State, float]]


class Recorded:
    """Any algorithm of TreeQuest, with a recorder that is told what it does.

    nodes: the recorder's number of each of TreeQuest's nodes, by its `expand_idx` (−1 is the root).
    """

    def __init__(self, algorithm: treequest.Algorithm, recorder: rlm_core.Recorder) -> None:
        self.algorithm = algorithm
        self.recorder = recorder
        self.nodes = {-1: recorder.root}

    def step(self, state: Any, generate: Generate) -> Any:
        """One step of the search: ask, generate, tell."""
        again = isinstance(self.algorithm, treequest.StandardMCTS) and not state.trial_store.is_queue_empty()
        state, trial = self.algorithm.ask(state, actions=["write"])
        if not again:  # StandardMCTS samples a chosen node twice before it chooses anew
            self.select(state, trial.node_to_expand)
        solution, score = generate(trial.parent_state)
        state = self.algorithm.tell(state, trial.trial_id, (solution, score))
        new = state.tree.get_nodes()[-1]
        self.nodes[new.expand_idx] = node = self.recorder.node(
            "\n".join(step.text for step in solution),
            self.nodes[new.parent.expand_idx],
            tokens=[(t.text, t.logprob) for step in solution for t in step.tokens],
            finished=solution[-1].finished,
            cut=solution[-1].truncated,
            answer=answer_of(self.recorder, solution),
        )
        self.recorder.score(node, score)
        self.recorder.backup(node, score)
        return state

    def select(self, state: Any, index: int) -> None:
        """The way from the root to the node that is expanded, with TreeQuest's arithmetic where it has one."""
        chosen = self.nodes[index]
        if not isinstance(self.algorithm, treequest.StandardMCTS):
            self.recorder.select(chosen)
            return
        at, way = state.tree.get_node(index), []
        while at.parent is not None:
            way.append((at.parent, at))
            at = at.parent
        choices = [self.choice(state, parent, child) for parent, child in reversed(way)]
        self.recorder.select(chosen, rule="TreeQuest's UCT", constant=self.algorithm.exploration_weight, choices=choices)

    def choice(self, state: Any, parent: Any, chosen: Any) -> rlm_core.Choice:
        """W/N + c·prior·√(ln N(parent) / N), as `StandardMCTS._uct_score` has it."""
        above = state.visit_counts.get(parent.expand_idx, 1)
        terms = []
        for child in parent.children:
            visits = state.visit_counts.get(child.expand_idx, 1)
            prior = state.priors.get(child.expand_idx, 1.0)
            q = state.value_sums.get(child.expand_idx, 0) / visits
            bonus = self.algorithm.exploration_weight * prior * math.sqrt(math.log(above) / visits)
            terms.append(rlm_core.Term(self.nodes[child.expand_idx], q, visits, prior, bonus, q + bonus))
        return rlm_core.Choice(self.nodes[parent.expand_idx], above, self.nodes[chosen.expand_idx], tuple(terms))


class Writer:
    """Solutions of the bundled model, and their scores: 1 where the verifier accepts one, else half of its probability per token."""

    def __init__(self, recorder: rlm_core.Recorder, seed: int) -> None:
        self.recorder = recorder
        self.seed = seed
        self.count = 0
        self.policy = load("nano").policy()

    def __call__(self, parent: State | None) -> tuple[State, float]:
        """A new solution, or a new version of a solution that keeps its first half."""
        self.count += 1
        kept = (parent or ())[: len(parent or ()) // 2]
        spent = self.policy.usage.generated
        seeds = [(self.seed, self.count)]
        (rest,) = asyncio.run(
            self.policy.complete(self.recorder.problem, kept, seeds, Sampling(max_step_tokens=32, max_solution_tokens=96))
        )
        self.recorder.spend(self.policy.usage.generated - spent, simulations=1, purpose="complete")
        solution = (*kept, *rest)
        right = verify(self.recorder, answer_of(self.recorder, solution))
        return solution, 1.0 if right else 0.5 * math.exp(sum(s.mean_logprob for s in solution) / len(solution))


def answer_of(recorder: rlm_core.Recorder, solution: State) -> str | None:
    """The answer that a finished solution states."""
    return task(recorder.problem.task).answer(recorder.problem, [s.text for s in solution]) if solution[-1].finished else None


def verify(recorder: rlm_core.Recorder, answer: str | None) -> bool:
    return answer is not None and task(recorder.problem.task).verify(recorder.problem, answer) is True


ALGORITHMS = {"mcts": treequest.StandardMCTS, "ab_mcts": treequest.ABMCTSA}


def search(problem: str, algorithm: str, steps: int, seed: int = 0, **where: Any) -> rlm_core.Recorder:
    """Run a search of TreeQuest and record it. where: `log` and `store`, as of `rlm_core.Recorder`."""
    made = ALGORITHMS[algorithm]()
    name = f"TreeQuest {type(made).__name__}"
    with rlm_core.Recorder(problem, search=name, source="TreeQuest", model="nano", reward="verifier or probability", **where) as recorder:
        recorded, writer = Recorded(made, recorder), Writer(recorder, seed)
        state = made.init_tree()
        for _ in range(steps):
            state = recorded.step(state, writer)
        (best, _), *_ = treequest.top_k(state, made, k=1)
        recorder.answer(answer_of(recorder, best), method="its best state")
    return recorder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", default="countdown:numbers=4,seed=31")
    parser.add_argument("--algorithm", choices=list(ALGORITHMS), default="mcts")
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--log", default="treequest.jsonl")
    given = parser.parse_args()
    done = search(given.problem, given.algorithm, given.steps, log=given.log)
    print(rlm_core.Run(done.records))
    print(f"Open it in the app: /?run={done.run}, or read {given.log}.")
