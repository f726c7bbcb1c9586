"""Adaptive branching: at every state a draw decides between going wider (a new child) and going deeper (into one there is).

AB-MCTS-A with Beta posteriors (Inoue et al. 2025, arXiv 2503.04412; TreeQuest). Two posteriors are drawn from at a
state: GEN, of the first scores of the children generated there, and CONT, of all scores that came of going on
below one of them. If GEN draws no less, a step is generated. Otherwise each child draws from the posterior of all
scores backed up through it, its own first one among them, the highest is entered, and the same is asked there. One
simulation is one generated step, scored and backed up.

Deviations: a node is a reasoning step here, not a whole solution that is refined. Finished and cut-off children
are not entered; where no child can be, nothing is drawn. A generated step that is already a child is that child: its first
score counts again on its way up, but for GEN it is 0, since going wider found nothing new. (Whole solutions hardly
repeat; steps do, and under a PRM that is sure of them GEN would otherwise never give way.) A step that is cut
off is a simulation without a score; a state whose first four are is given up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from rlm_core.core import words
from rlm_core.core.events import Choice, Selected, Term
from rlm_core.core.parameters import BUDGET, Description, param
from rlm_core.core.tree import Node
from rlm_core.core.words import EXHAUSTED, STALE
from rlm_core.search import answers, structures
from rlm_core.search.rules import Arm, best
from rlm_core.search.run import Search, SearchRun


@dataclass(frozen=True, slots=True)
class ABMCTSConfig:
    """Parameters of adaptive branching."""

    prior: float = param(0.5, "Both parameters of the Beta prior: small trusts the first scores, large holds back.", low=0.01, high=10.0)
    answer_by: str = param(
        "best", "The finished state of the highest value, or a vote weighed by value.", choices=("best", "vote"), formerly="answer"
    )


DESCRIPTION = Description(
    name="ab_mcts",
    title="Adaptive branching (AB-MCTS)",
    sentence="At every state a draw from what is known so far decides between a new idea (wider) and a further step (deeper).",
    config=ABMCTSConfig,
    paper="Inoue et al. 2025, Wider or Deeper? (AB-MCTS)",
    url="https://arxiv.org/abs/2503.04412",
    structure=structures.TREE,
    planned=BUDGET,
)
ANSWERS = {"best": answers.best_terminal, "vote": answers.visit_vote}
PATIENCE = 4
"""Steps asked of a state, all of them cut off, after which it is given up."""
MAX_STALE = 200
"""Simulations in a row that add no node after which a search without a budget of simulations gives up; a draw may always go wider."""


def beta_posterior(total: float, count: int, prior: float) -> tuple[float, float]:
    """α = prior + Σr and β = prior + Σ(1−r) of the Beta posterior after `count` scores in [0,1] that sum to `total`.

    Inoue et al. 2025 (AB-MCTS-A): a score adds r to the successes and 1−r to the failures.

    >>> beta_posterior(1.25, 2, 0.5)
    (1.75, 1.25)
    """
    return prior + total, prior + count - total


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw from the Beta posterior of an arm.

    arm: its statistics.
    mean: α/(α+β), in [0,1].
    sample: in [0,1].
    """

    arm: Arm
    mean: float
    sample: float

    @property
    def term(self) -> Term:
        """As the log holds it: the mean as q, the sample as total."""
        return Term(self.arm.node, self.mean, self.arm.visits, self.arm.prior, None, self.sample)


def thompson(arm: Arm, prior: float, random: Random) -> Draw:
    """Thompson sampling: one draw from an arm's posterior.

    >>> round(thompson(Arm(7, 2, 1.25, 1.0), 0.5, Random(0)).mean, 4)
    0.5833
    """
    a, b = beta_posterior(arm.total, arm.visits, prior)
    return Draw(arm, a / (a + b), random.betavariate(a, b))


@dataclass(slots=True)
class Branching:
    """The state of an adaptive branching search.

    run: the search's run.
    prior: both parameters of the Beta prior.
    firsts: by state, the first scores of the children generated there.
    found: by state, the same, with 0 for a generated step that was a child already.
    asked: by state, the number of steps asked for.
    """

    run: SearchRun
    prior: float
    firsts: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    found: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    asked: Counter[int] = field(default_factory=Counter)

    def select(self, draw: Random) -> int:
        """Walk down until a draw says "wider"; returns the state at which a step is to be generated."""
        tree, at = self.run.tree, self.run.root
        choices: list[Choice] = []
        while ways := [c for c in self.children(at) if not c.terminal and not c.pruned]:
            choices.append(self.decide(tree.nodes[at], ways, draw))
            if choices[-1].chosen == at:
                break
            at = choices[-1].chosen
        self.run.emit(Selected(at, tuple(choices), "thompson", self.prior))
        return at

    def decide(self, node: Node, ways: Sequence[Node], draw: Random) -> Choice:
        """One state's draws; `chosen` is the state itself where a new child is wanted."""
        first, count = sum(self.firsts[node.id]), len(self.firsts[node.id])
        below = self.children(node.id)
        cont = Arm(node.id, sum(c.visits for c in below) - count, sum(c.total for c in below) - first, 1.0)
        gen = Arm(node.id, count, sum(self.found[node.id]), 1.0)
        wider, deeper = (thompson(arm, self.prior, draw) for arm in (gen, cont))
        if wider.sample >= deeper.sample:
            return Choice(node.id, node.visits, node.id, (wider.term,), wider.sample, deeper.sample)
        children = [thompson(Arm(w.id, w.visits, w.total, w.prior), self.prior, draw).term for w in ways]
        return Choice(node.id, node.visits, best(children).node, (wider.term, *children), wider.sample, deeper.sample)

    def children(self, at: int) -> list[Node]:
        return [self.run.tree.nodes[c] for c in self.run.tree.nodes[at].children]

    async def generate(self, at: int) -> Node | None:
        """One more step of a state, scored if it is new; None if it was cut off."""
        run = self.run
        (steps,) = await run.gather(run.propose(at, 1, self.asked[at]))
        self.asked[at] += 1
        (child,) = run.add_children(at, steps)
        run.spend(words.EXPAND)
        new = child.score is None
        if not child.cut and new:
            await run.evaluate([child.id], simulations=1)
        else:
            run.spend(words.SCORE, simulations=1)
        if child.cut:
            self.give_up(at)
            return None
        score = child.evaluations[0].score
        self.firsts[at].append(score)
        self.found[at].append(score if new else 0.0)
        return child

    def give_up(self, at: int) -> None:
        """Prune a state from which nothing but cut-off steps came, once it was asked often enough."""
        if self.asked[at] >= PATIENCE and all(c.cut for c in self.children(at)):
            self.run.prune([at], f"each of the {self.asked[at]} steps proposed from it was cut off")


async def ab_mcts(run: SearchRun, config: ABMCTSConfig) -> None:
    """Select by Thompson sampling → generate one step → score it → back it up, until a budget is used up.

    Without a budget of simulations, a search that keeps finding nothing new ends too (`MAX_STALE`).
    """
    run.add_root()
    branching, stale = Branching(run, config.prior), 0
    with run.within_budget():
        while not run.tree.nodes[run.root].pruned and (run.config.budget.simulations is not None or stale < MAX_STALE):
            run.check_budget()
            before = len(run.tree.nodes)
            at = branching.select(Random(f"{run.config.seed}|thompson|{run.tree.totals.simulations}"))
            child = await branching.generate(at)
            if child is not None:
                run.backup(child.id, child.evaluations[0].score)
            stale = stale + 1 if len(run.tree.nodes) == before else 0
        run.stop = EXHAUSTED if run.tree.nodes[run.root].pruned else STALE
    run.answer(ANSWERS[config.answer_by](run.tree))


SEARCH = Search(DESCRIPTION, ab_mcts, branches=True)
