"""Each event as one sentence in plain words, with its real numbers in it. Plain text: whoever shows it escapes it."""

from __future__ import annotations

from rlm_core.events import (
    Answered,
    AnyEvent,
    BackedUp,
    Backtracked,
    Choice,
    Evaluated,
    NodeAdded,
    Pruned,
    Record,
    RunFinished,
    RunStarted,
    Selected,
    Spent,
    Term,
)
from rlm_core.tree import ROOT, SearchTree
from rlm_core.wording import counted, listed, number, problem_label, readable, shorten

HEADLINES: dict[type, str] = {
    RunStarted: "Start",
    NodeAdded: "Expansion",
    Selected: "Selection",
    Evaluated: "Evaluation",
    BackedUp: "Backup",
    Pruned: "Pruning",
    Backtracked: "Backtracking",
    Spent: "Cost",
    Answered: "Answer",
    RunFinished: "End",
}
METHODS = {
    "visits": "following the most visited child down from the root",
    "best": "taking the finished candidate of the highest value",
    "vote": "letting finished candidates vote with their backed-up value",
    "naive": "taking the candidate of the highest score",
    "weighted": "summing the scores of the candidates by answer",
    "majority": "counting the candidates by answer",
}
ENDS = {
    "done": "The search is complete",
    "simulations": "The budget of simulations is used up",
    "tokens": "The budget of tokens is used up",
    "seconds": "The budget of seconds is used up",
    "exhausted": "Nothing is left to explore",
    "cancelled": "The run was cancelled",
    "failed": "The run failed",
}
PURPOSES = {
    "expand": "proposing steps",
    "rollout": "rollouts",
    "complete": "whole solutions",
    "score": "scoring",
    "dropped": "samples dropped when the run ended",
}
STEP_SHOWN = 70


def headline(event: AnyEvent) -> str:
    """The kind of an event in one word."""
    return HEADLINES[type(event)]


def touched(event: AnyEvent) -> tuple[int, ...]:
    """The nodes an event is about."""
    match event:
        case Selected(node=node, choices=choices):
            return (*(c.parent for c in choices), node)
        case NodeAdded(node=node) | Evaluated(node=node):
            return (node,)
        case BackedUp(path=path):
            return path
        case Pruned(nodes=nodes):
            return nodes
        case Backtracked(source=source, target=target):
            return (source, target)
        case Answered(node=int() as node):
            return (node,)
        case _:
            return ()


def sentence(record: Record, before: SearchTree) -> str:
    """What happened, and by which numbers. `before` is the tree just before the record."""
    match record.event:
        case RunStarted() as e:
            return _started(e)
        case NodeAdded() as e:
            return _added(e)
        case Selected() as e:
            return _selected(e)
        case Evaluated() as e:
            return _evaluated(e)
        case BackedUp() as e:
            return _backed_up(e, before)
        case Pruned(nodes=nodes, reason=reason):
            one = len(nodes) == 1
            return f"{'Node' if one else 'Nodes'} {listed([str(n) for n in nodes])} will not be continued: {reason}."
        case Backtracked(source=source, target=target, reason=reason):
            return f"The search goes back from {name(source)} to {name(target)}: {reason}."
        case Spent() as e:
            return _spent(e, before)
        case Answered() as e:
            return _answered(e)
        case RunFinished(stop=stop, detail=detail):
            totals = f"{counted(before.totals.generated, 'token')} generated, {counted(len(before.nodes), 'node')}, {record.time:,.1f} s"
            return f"{ENDS[stop]}{f': {detail}' if detail else ''} ({totals})."


def name(node: int) -> str:
    return "the root" if node == ROOT else f"node {node}"


def _started(e: RunStarted) -> str:
    oracle = " The reward may look at the reference answer: this run is an oracle." if e.oracle else ""
    search, reward, seed = (e.config.get(k, "?") for k in ("search", "reward", "seed"))
    return f"The run begins on “{problem_label(e.problem)}” with {search}, reward {reward} and seed {seed}.{oracle}"


def _added(e: NodeAdded) -> str:
    if e.parent is None:
        return "The root joins the tree: the bare problem, 0 steps so far."
    text = f"Node {e.node} joins under {name(e.parent)}: “{shorten(readable(e.text), STEP_SHOWN)}”"
    if e.prior != 1.0:
        text += f", prior {number(e.prior)}"
    if e.tokens:
        mean = sum(t.logprob for t in e.tokens) / len(e.tokens)
        text += f", mean log-probability {number(mean)} over {counted(len(e.tokens), 'token')}"
    if e.cut:
        return f"{text}; it was cut off at the length limit."
    if not e.finished:
        return f"{text}."
    verdict = {True: "which the verifier calls correct", False: "which the verifier calls wrong", None: "which nothing here can check"}
    answer = f"it answers {shorten(e.answer, STEP_SHOWN)}, {verdict[e.correct]}" if e.answer is not None else "it states no answer"
    return f"{text}; the solution ends here: {answer}."


def _selected(e: Selected) -> str:
    choices = list(e.choices)
    if not choices:
        return "The walk starts and ends at the root: 0 children so far."
    decisive = next((c for c in reversed(choices) if len(c.terms) > 1), choices[-1])
    walk = " → ".join(str(n) for n in (*(c.parent for c in choices), e.node))
    return f"{f'Walk {walk}: ' if len(choices) > 1 else ''}{_why(decisive)}"


def _why(c: Choice) -> str:
    """One decision of a walk, with its arithmetic."""
    won = next(t for t in c.terms if t.node == c.chosen)
    others = [t for t in c.terms if t.node != c.chosen]
    over = f" over {listed([str(t.node) for t in others])}" if others else ""
    if not others:
        return f"node {won.node}, the only child of {name(c.parent)} ({counted(won.visits, 'visit')} so far)."
    if won.total is None:
        return f"node {won.node}{over}, because it has 0 visits, and what was never visited goes first."
    beaten = listed([_total(t) for t in others])
    own = f"{number(won.q or 0.0)} + {number(won.bonus or 0.0)} = {number(won.total)}"
    return f"node {won.node}{over}, because {own} {_beats(won, others)} {beaten}."


def _beats(won: Term, others: list[Term]) -> str:
    return "ties with or beats" if any(t.total == won.total for t in others) else "beats"


def _total(t: Term) -> str:
    return "∞" if t.total is None else number(t.total)


def _evaluated(e: Evaluated) -> str:
    oracle = " (oracle)" if e.oracle else ""
    if not e.rollouts:
        return f"{e.reward}{oracle} scores {name(e.node)} at {number(e.score)}."
    full = sum(r.score == 1.0 for r in e.rollouts)
    if all(r.score in (0.0, 1.0) for r in e.rollouts):
        how = f"{full} of {counted(len(e.rollouts), 'rollout')} from {name(e.node)} succeed"
        return f"{how}{oracle}, so it scores {full}/{len(e.rollouts)} = {number(e.score)}."
    shares = " + ".join(number(r.score) for r in e.rollouts)
    return f"The rollouts from {name(e.node)} score ({shares})/{len(e.rollouts)} = {number(e.score)}{oracle}."


def _backed_up(e: BackedUp, before: SearchTree) -> str:
    start, *up = e.path
    root = before.nodes[e.path[-1]]
    visits, q = root.visits + 1, (root.total + e.value) / (root.visits + 1)
    way = f" goes up from {start} to {listed(['the root' if n == ROOT else str(n) for n in up])}" if up else " stays at the root"
    return f"{number(e.value)}{way}; the root now has {counted(visits, 'visit')} and Q {number(q)}."


def _spent(e: Spent, before: SearchTree) -> str:
    parts = [f"{counted(e.generated, 'token')} generated for {PURPOSES.get(e.purpose, e.purpose)}"]
    if e.computed or e.reused:
        parts.append(f"{e.computed:,} prompt tokens computed and {e.reused:,} reused")
    if e.reward_passes:
        parts.append(counted(e.reward_passes, "reward pass", "reward passes"))
    if e.simulations:
        parts.append(f"{counted(e.simulations, 'simulation')} complete")
    return f"{listed(parts)}; {before.totals.generated + e.generated:,} tokens so far."


def _answered(e: Answered) -> str:
    how = METHODS.get(e.method, e.method)
    if e.answer is None:
        return f"There is no answer: 0 candidates were finished ({how})."
    verdict = {True: ", which is correct", False: ", which is wrong", None: ""}[e.correct]
    votes = next((v for v in e.votes if v.answer == e.answer), None)
    weight = f" It weighs {number(votes.weight)} over {counted(len(votes.nodes), 'candidate')}; " if votes else " "
    groups = f"{counted(len(e.votes), 'different answer')} stood for choice." if e.votes else ""
    return f"By {how}, the answer is {shorten(e.answer, STEP_SHOWN)} (node {e.node}){verdict}.{weight}{groups}".strip()
