"""Logs that look like real ones, made without any model: a small MCTS, Best-of-N and a long chain."""

from __future__ import annotations

import random
from collections import defaultdict

from rlm_core.core import events as ev
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import BACKTRACK, END_THINK, REVISE, TOOL, WAIT
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.problems import make, task
from rlm_core.problems.families.countdown import moves, remaining


class Log:
    """Records and the tree they make, kept side by side."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.rng = random.Random(seed)
        self.records: list[ev.Record] = []
        self.tree = SearchTree()
        self.emit(ev.RunStarted(config={"search": "test", "seed": seed}, problem=problem, oracle=False))
        self.emit(ev.NodeAdded(node=ROOT, parent=None))

    def emit(self, event: ev.AnyEvent) -> None:
        record = ev.Record(seq=len(self.records) + 1, time=round(0.05 * len(self.records), 3), event=event)
        self.records.append(record)
        self.tree.apply(record)

    def add(self, parent: int, text: str, prior: float = 1.0) -> int:
        """Add a step; it is finished where it states an answer."""
        node = len(self.tree.nodes)
        steps = [*self.tree.steps(parent), text]
        finished = "<answer>" in text
        checker = task(self.problem.task)
        answer = checker.answer(self.problem, steps) if finished else None
        correct = checker.verify(self.problem, answer) if finished else None
        self.emit(ev.NodeAdded(node, parent, text, _tokens(self.rng, text), prior, finished, False, answer, correct))
        return node


def _tokens(rng: random.Random, text: str) -> tuple[ev.Token, ...]:
    pieces = text.replace("<answer>", "\x00")
    return tuple(ev.Token(ord(c) % 97, "<answer>" if c == "\x00" else c, -round(rng.expovariate(3), 3)) for c in pieces)


def proposals(log: Log, node: int) -> list[str]:
    """Steps one may take from a node: the legal moves and, for each, a slip of the pen; shuffled."""
    left = remaining(log.problem, log.tree.steps(node))
    texts = [m[0] for m in moves(left)] if left else []
    texts += [t[:-1] + str((int(t[-1]) + 1) % 10) for t in texts[::2]]
    if left is None:
        texts = [f"{a}+{b}={a + b}" for a, b in zip(log.rng.sample(range(1, 60), 8), range(8), strict=True)]
    if left is None or len(left) == 2:
        texts = [f"{t}<answer>{t.split('=')[1]}" for t in texts]
    return log.rng.sample(texts, len(texts))


def random_log(seed: int, nodes: int, spec: str = "") -> list[ev.Record]:
    """The log of a small MCTS with widening that stops at exactly `nodes` nodes (fewer if there are no more steps)."""
    numbers = 3 if nodes <= 60 else 4
    log = Log(make(spec or f"countdown:numbers={numbers},seed={seed}"), seed)
    pending: dict[int, list[str]] = {}
    stale = 0
    while len(log.tree.nodes) < nodes and stale < 400:
        before = len(log.tree.nodes)
        leaf = _select(log, pending, 0.1 if nodes <= 60 else 0.4) if stale < 4 else _narrowest(log, pending)
        for child in _expand(log, leaf, pending, nodes)[:1] or [leaf]:
            value = _evaluate(log, child)
            log.emit(ev.BackedUp(path=tuple(log.tree.path(child)[::-1]), value=value))
            log.emit(ev.Spent("rollout", generated=4 * 9, computed=18, reused=60, simulations=1))
        stale = 0 if len(log.tree.nodes) > before else stale + 1
    if nodes > 1:
        finish(log)
    return log.records


def _select(log: Log, pending: dict[int, list[str]], widening: float) -> int:
    """Walk down by PUCT until a node may still widen or ends."""
    at, choices = log.tree.nodes[ROOT], []
    while at.children and not (pending[at.id] and len(at.children) < 4 * max(1, at.visits) ** widening):
        terms = tuple(_term(log, at.visits, c) for c in at.children)
        best = max(terms, key=lambda t: t.total if t.total is not None else 9.0)
        choices.append(ev.Choice(at.id, at.visits, best.node, terms))
        at = log.tree.nodes[best.node]
    log.emit(ev.Selected(at.id, tuple(choices), "puct", 1.25))
    return at.id


def _narrowest(log: Log, pending: dict[int, list[str]]) -> int:
    """An open node that has most steps left to try, for large trees whose best leaves are all finished."""
    open_nodes = [n.id for n in log.tree.nodes.values() if not n.terminal]
    best = max(open_nodes, key=lambda n: (len(pending.get(n, "12345678")), -n))
    log.emit(ev.Selected(best))
    return best


def _term(log: Log, above: int, child: int) -> ev.Term:
    node = log.tree.nodes[child]
    bonus = 1.25 * node.prior * above**0.5 / (1 + node.visits)
    return ev.Term(child, node.q, node.visits, node.prior, bonus, (node.q or 0.0) + bonus)


def _expand(log: Log, leaf: int, pending: dict[int, list[str]], nodes: int) -> list[int]:
    if log.tree.nodes[leaf].terminal:
        return []
    steps = pending.setdefault(leaf, proposals(log, leaf))
    count = min(4, len(steps), nodes - len(log.tree.nodes))
    weights = [log.rng.random() + 0.1 for _ in range(count)]
    added = [log.add(leaf, steps.pop(), w / sum(weights)) for w in weights]
    if added:
        log.emit(ev.Spent("expand", generated=8 * count, computed=12, reused=30))
    return added


def _evaluate(log: Log, node: int) -> float:
    at = log.tree.nodes[node]
    if at.finished:
        score = float(bool(at.correct))
        log.emit(ev.Evaluated(node, "verifier", score))
        return score
    results = tuple(_rollout(log, node) for _ in range(4))
    score = sum(r.score for r in results) / 4
    log.emit(ev.Evaluated(node, "rollouts", score, results))
    return score


def _rollout(log: Log, node: int) -> ev.RolloutResult:
    """Play random legal moves to the end; three times in four the best of them, if there is one."""
    solver = task(log.problem.task)
    steps = log.tree.steps(node)
    start = len(steps)
    while (left := remaining(log.problem, steps)) and len(left) > 1:
        texts = [m[0] for m in moves(left)] or ["1+1=3"]
        good = [t for t in texts if solver.solvable(log.problem, [*steps, t])]
        steps.append(log.rng.choice(good if good and log.rng.random() < 0.75 else texts))
    steps = steps or ["0"]
    steps[-1] = f"{steps[-1].split('<')[0]}<answer>{steps[-1].split('=')[-1]}"
    answer = solver.answer(log.problem, steps)
    return ev.RolloutResult(tuple(steps[start:]), answer, float(bool(solver.verify(log.problem, answer))))


def finish(log: Log, method: str = "best") -> None:
    """Answer by the best candidate, with the votes of all, and end the run."""
    groups: dict[str, list[int]] = defaultdict(list)
    for node in log.tree.candidates():
        groups[node.answer or ""].append(node.id)
    at = log.tree.nodes
    votes = [ev.Vote(a, sum(at[n].value or 0.0 for n in ns), tuple(ns), at[ns[0]].correct) for a, ns in groups.items() if a]
    votes.sort(key=lambda v: -v.weight)
    pool = votes[:1] if method == "weighted" else votes
    best = max((n for v in pool for n in v.nodes), key=lambda n: (at[n].value or 0.0, at[n].visits), default=None)
    answer, correct = (at[best].answer, at[best].correct) if best is not None else (None, None)
    log.emit(ev.Answered(method, answer, best, correct, tuple(votes)))
    log.emit(ev.RunFinished("simulations"))


def best_of_n_log(seed: int, candidates: int, unscored: int = 0, done: bool = True) -> list[ev.Record]:
    """Whole solutions side by side under the root; the last `unscored` of them without a score."""
    log = Log(make(f"countdown:numbers=3,seed={seed}"), seed)
    for i in range(candidates):
        steps: list[str] = []
        while (left := remaining(log.problem, steps)) and len(left) > 1:
            good = [m[0] for m in moves(left) if task("countdown").solvable(log.problem, [*steps, m[0]])]
            steps.append(log.rng.choice(good if good and log.rng.random() < 0.6 else [m[0] for m in moves(left)]))
        node = log.add(ROOT, "\n".join(steps) + f"<answer>{steps[-1].split('=')[1]}")
        log.emit(ev.Spent("complete", generated=21, computed=12, simulations=1))
        if i < candidates - unscored:
            sure = log.rng.betavariate(5, 2) if log.tree.nodes[node].correct else log.rng.betavariate(2, 3)
            log.emit(ev.Evaluated(node, "orm", sure))
    if done:
        finish(log, "weighted")
    return log.records


def chain_log(seed: int, length: int) -> list[ev.Record]:
    """One state after another: a tree as deep as it is long."""
    log = Log(make("countdown:numbers=3,seed=1"), seed)
    for node in range(length):
        log.emit(ev.NodeAdded(node + 1, node, f"{node}+1={node + 1}"))
    return log.records


def beam_log(seed: int) -> list[ev.Record]:
    """Three levels of beam search: what falls is pruned; then a step back and a step cut off."""
    log = Log(make(f"countdown:numbers=4,seed={seed}"), seed)
    beams = [ROOT]
    for _ in range(3):
        born = [log.add(b, t, 0.2) for b in beams if not log.tree.nodes[b].finished for t in proposals(log, b)[: 8 // len(beams)]]
        for node in born:
            log.emit(ev.Evaluated(node, "prm", round(log.rng.betavariate(2, 2), 3)))
        born.sort(key=lambda n: -(log.tree.nodes[n].score or 0))
        beams, fallen = born[:2], born[2:]
        log.emit(ev.Pruned(tuple(fallen), "it is not among the 2 best of 8"))
    log.emit(ev.Backtracked(beams[0], log.tree.path(beams[0])[1], "no step scored above 0.50"))
    log.emit(ev.NodeAdded(len(log.tree.nodes), log.tree.path(beams[0])[1], "well then let us think about all of it", cut=True))
    finish(log)
    return log.records


class Chain(Log):
    """A log that grows by one segment after another, each probed."""

    def __init__(self, seed: int = 0, probes: bool = True) -> None:
        super().__init__(make("countdown:numbers=3,seed=1"), seed)
        self.at, self.probes = ROOT, probes

    def segment(self, text: str, tag: str = "", thinking: bool = True, forced: bool = False, **more: object) -> int:
        node = len(self.tree.nodes)
        tokens = _tokens(self.rng, text)
        self.emit(ev.NodeAdded(node, self.at, text, () if forced else tokens, tag=tag, thinking=thinking, forced=forced, **more))
        self.emit(ev.Spent("think" if thinking else "answer", generated=0 if forced else len(tokens), computed=2, reused=20))
        self.at = node
        return node

    def probe(self, answer: str | None, confidence: float, correct: bool | None = None) -> None:
        if self.probes:
            self.emit(ev.Probed(self.at, answer, confidence, correct))
            self.emit(ev.Spent("probe", generated=3))


def thinking_log() -> list[ev.Record]:
    """A chain with everything in it: dead ends, a correction, a failed and a good tool call, a forced Wait, and the answer."""
    log = Chain()
    log.emit(ev.EffortChosen("medium", 96, "the first answers disagree", 0.5))
    log.segment("25+2=27")
    log.probe("31", 0.34, False)
    log.segment("27+4=31", BACKTRACK)
    log.probe("31", 0.41, False)
    log.segment("", BACKTRACK)
    log.segment("25*2=40", REVISE)
    log.probe("36", 0.38, False)
    log.segment("25*2=50")
    log.emit(ev.Corrected(log.at - 1, log.at, "the step was written again"))
    log.probe("46", 0.66, True)
    log.segment("50+4=54", BACKTRACK)
    log.emit(ev.Backtracked(log.at, log.at - 1, "the model left the step"))
    log.probe("54", 0.52, False)
    log.segment("50-4=46")
    log.probe("46", 0.79, True)
    log.segment(WAIT, WAIT, forced=True)
    log.emit(ev.Forced(log.at, WAIT, "the thinking ended after 41 of at least 60 tokens"))
    log.segment(f"{TOOL}25/4<error>", TOOL)
    log.emit(ev.ToolCalled(log.at, "25/4", "error: not a whole number", failed=True))
    log.probe("46", 0.55, True)
    log.segment("", BACKTRACK)
    log.segment(f"{TOOL}25*2<result>50", TOOL)
    log.emit(ev.ToolCalled(log.at, "25*2", "50"))
    log.probe("46", 0.83, True)
    log.segment("50-4=46")
    log.probe("46", 0.93, True)
    log.segment(END_THINK, END_THINK, forced=True)
    log.emit(ev.Forced(log.at, END_THINK, "the 96 tokens of thinking are spent"))
    log.segment("25*2=50", thinking=False)
    log.probe("46", 0.95, True)
    log.segment("50-4=46<answer>46", thinking=False, finished=True, answer="(25*2)-4", correct=True)
    log.probe("46", 0.98, True)
    log.emit(ev.Critiqued(log.at, "Both steps are right."))
    finish(log)
    return log.records


def long_chain_log(seed: int, length: int, probes: bool = True) -> list[ev.Record]:
    """A random chain of `length` segments, thinking and answer together, with every kind of tag."""
    log = Chain(seed, probes)
    rng = random.Random(seed)
    for _ in range(max(1, length - 2)):
        a, b = rng.randint(2, 60), rng.randint(2, 30)
        kind = rng.choices(("step", BACKTRACK, REVISE, WAIT, TOOL, "alone", "forced"), (6, 3, 1, 0.6, 1.4, 1, 0.4))[0]
        if kind == "alone":
            log.segment("", BACKTRACK)
        elif kind == "forced":
            log.segment(WAIT, WAIT, forced=True)
        elif kind == TOOL:
            log.segment(f"{TOOL}{a}*{b}<result>{a * b}", TOOL)
            log.emit(ev.ToolCalled(log.at, f"{a}*{b}", str(a * b)))
        else:
            log.segment(f"{a}+{b}={a + b}", "" if kind == "step" else kind)
        right = rng.random() < 0.5
        log.probe("46" if right else str(rng.randint(40, 50)), round(rng.betavariate(3, 2), 3), right)
    log.segment("25*2=50", thinking=False)
    log.segment("50-4=46<answer>46", thinking=False, finished=True, answer="(25*2)-4", correct=True)
    log.probe("46", 0.9, True)
    finish(log)
    return log.records


def particle_log(seed: int, particles: int = 6) -> list[ev.Record]:
    """Particles that take three steps and are drawn anew after each; those without copies are pruned."""
    log = Log(make(f"countdown:numbers=4,seed={seed}"), seed)
    alive = [ROOT] * particles
    for _ in range(3):
        alive = [log.add(n, log.rng.choice(proposals(log, n) or ["1+1=2"])) if not log.tree.nodes[n].finished else n for n in alive]
        weights = [log.rng.random() + 0.05 for _ in alive]
        for node, w in zip(alive, weights, strict=True):
            log.emit(ev.Evaluated(node, "prm", round(w / 1.05, 3)))
        drawn = log.rng.choices(range(particles), weights, k=particles)
        copies = [drawn.count(i) for i in range(particles)]
        rows = zip(alive, weights, copies, strict=True)
        log.emit(ev.Resampled(tuple(ev.Particle(n, round(w / sum(weights), 4), c) for n, w, c in rows), "multinomial"))
        gone = tuple(n for n, c in zip(alive, copies, strict=True) if c == 0)
        if gone:
            log.emit(ev.Pruned(gone, "no particle was drawn from it"))
        alive = [alive[i] for i in sorted(drawn)]
    finish(log)
    return log.records


def forest_log(seed: int, trees: int = 3) -> list[ev.Record]:
    """Trees side by side, each under a node of its own; in the first a step is replaced by another and one is forced."""
    log = Log(make(f"countdown:numbers=3,seed={seed}"), seed)
    for _ in range(trees):
        top = len(log.tree.nodes)
        log.emit(ev.NodeAdded(top, ROOT, tag="tree"))
        for step in proposals(log, top)[:2]:
            node = log.add(top, step, 0.5)
            log.emit(ev.Evaluated(node, "prm", log.rng.random()))
            log.add(node, "50-4=46<answer>46")
    log.emit(ev.Corrected(2, 4, "the first step was false"))
    log.emit(ev.NodeAdded(len(log.tree.nodes), 4, "think again", forced=True))
    finish(log)
    return log.records


LONG_STEP = ("so", "each", "tray", "holds", "twelve", "rolls", "and", "twenty")


def large_log(nodes: int, words: int = 0) -> list[ev.Record]:
    """The log of a tree search of that many nodes, three children at a time. words: of each step; 0 for a short sum."""
    log = Log(make("countdown:numbers=4,seed=3"))
    leaves = [ROOT]
    while len(log.tree.nodes) < nodes:
        leaf = leaves.pop(int(len(leaves) * log.rng.random() ** 2))
        for _ in range(3):
            if len(log.tree.nodes) == nodes:
                break
            a, b = log.rng.randrange(2, 90), log.rng.randrange(2, 90)
            text = " ".join(log.rng.choices(LONG_STEP, k=words)) or f"{a}+{b}={a + b}"
            node, ends = len(log.tree.nodes), log.tree.nodes[leaf].depth == 9
            answer = str(a + b) if ends else None
            log.emit(ev.NodeAdded(node, leaf, text, (), round(log.rng.random(), 3), ends, False, answer, a + b == 15 if ends else None))
            leaves += [] if ends else [node]
        child = len(log.tree.nodes) - 1
        value = log.rng.random()
        log.emit(ev.Evaluated(child, "rollouts", value))
        log.emit(ev.BackedUp(path=tuple(log.tree.path(child)[::-1]), value=value))
        log.emit(ev.Spent("rollout", generated=36, computed=18, reused=60, simulations=1))
    finish(log)
    return log.records
