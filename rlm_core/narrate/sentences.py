"""Each event as one sentence in plain words, with its real numbers in it. Plain text: a page that shows it must escape it."""

from __future__ import annotations

import math

from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.config import SHARED_BATCHES
from rlm_core.core.tree import ROOT, SearchTree
from rlm_core.core.wording import counted, listed, name, number, origin, problem_label, shorten, voters
from rlm_core.narrate import thinking
from rlm_core.search.rules import added

HEADLINES: dict[type, str] = {
    ev.RunStarted: "Start",
    ev.NodeAdded: "Expansion",
    ev.SampledAgain: "Sampled again",
    ev.Selected: "Selection",
    ev.Evaluated: "Evaluation",
    ev.BackedUp: "Backup",
    ev.Pruned: "Pruning",
    ev.Backtracked: "Backtracking",
    ev.Forced: "Budget forcing",
    ev.ToolCalled: "Tool call",
    ev.Corrected: "Correction",
    ev.Critiqued: "Critique",
    ev.Probed: "Probe",
    ev.Resampled: "Resampling",
    ev.EffortChosen: "Effort",
    ev.Spent: "Cost",
    ev.Answered: "Answer",
    ev.RunFinished: "End",
}
MAX_ANSWER_CHARACTERS = 70
MAX_LISTED = 8
"""Nodes, totals or scores that a sentence lists; it counts the others."""


def headline(event: ev.AnyEvent) -> str:
    """The kind of an event in one word."""
    return HEADLINES[type(event)]


def touched(event: ev.AnyEvent) -> tuple[int, ...]:
    """The nodes an event is about."""
    match event:
        case ev.Selected(node=node, choices=choices):
            return (*(c.parent for c in choices), node)
        case ev.NodeAdded(node=node) | ev.Evaluated(node=node) | ev.Forced(node=node) | ev.ToolCalled(node=node) | ev.Probed(node=node):
            return (node,)
        case ev.SampledAgain(node=node):
            return (node,)
        case ev.BackedUp(path=path):
            return path
        case ev.Pruned(nodes=nodes):
            return nodes
        case ev.Backtracked(source=source, target=target) | ev.Corrected(source=source, target=target):
            return (source, target)
        case ev.Critiqued(node=node, wrong=wrong):
            return (node,) if wrong is None or wrong == node else (node, wrong)
        case ev.Resampled(particles=particles):
            return tuple(dict.fromkeys(p.node for p in particles))
        case ev.Answered(node=int() as node):
            return (node,)
        case _:
            return ()


def sentence(record: ev.Record, before: SearchTree) -> str:
    """The event as a sentence, with its numbers. `before` is the tree just before the record."""
    match record.event:
        case ev.RunStarted() as e:
            return _started(e)
        case ev.NodeAdded() as e:
            return _added(e, origin(before.branch, e.node))
        case ev.SampledAgain(node=node, times=times):
            both = before.nodes[node].samples + times
            return f"{counted(times, 'more sample')} came out as {name(node)}: it stands for {both:,} samples."
        case ev.Selected() as e:
            return _selected(e, before)
        case ev.Evaluated() as e:
            return _evaluated(e)
        case ev.BackedUp() as e:
            return _backed_up(e, before)
        case ev.Pruned(nodes=nodes, reason=reason):
            one = len(nodes) == 1
            return f"{'Node' if one else 'Nodes'} {listed([str(n) for n in nodes], MAX_LISTED)} will not be continued: {reason}."
        case ev.Backtracked(source=source, target=target, reason=reason):
            return f"The search goes back from {name(source)} to {name(target)}: {reason}."
        case ev.Forced() as e:
            return thinking.forced(e)
        case ev.ToolCalled() as e:
            return thinking.tool_called(e)
        case ev.Corrected() as e:
            return thinking.corrected(e, before)
        case ev.Critiqued() as e:
            return thinking.critiqued(e)
        case ev.Probed() as e:
            return thinking.probed(e)
        case ev.Resampled() as e:
            return thinking.resampled(e)
        case ev.EffortChosen() as e:
            return thinking.effort_chosen(e)
        case ev.Spent() as e:
            return _spent(e, before)
        case ev.Answered() as e:
            return _answered(e, before)
        case ev.RunFinished(stop=stop, detail=detail):
            own = before.started is None or not before.started.elsewhere  # another program's log may know of no tokens and no times
            known = [f"{counted(before.totals.generated, 'token')} generated"] if own or before.totals.generated else []
            known += [counted(len(before.nodes), "node"), *([f"{record.time:,.1f} s"] if own or record.time else [])]
            totals = ", ".join(known)
            why = catalogue.stop_reason(stop).sentence
            without = ", without an answer" if before.answered is not None and before.answered.answer is None else ""
            return f"{why[0].upper()}{why[1:]}{without} ({totals}). {detail}".strip()


def _bare(node: int) -> str:
    return "the root" if node == ROOT else str(node)


def _started(e: ev.RunStarted) -> str:
    oracle = " The reward may look at the reference answer: this run is an oracle." if e.oracle else ""
    search, reward, seed = (str(e.config.get(k, "?")) for k in ("search", "reward", "seed"))
    judged = catalogue.judged(search, e.config.get("search_parameters") or {})
    by = f", reward {catalogue.title('reward', reward)}" if judged and reward else ""
    if e.elsewhere:
        by += f", as told by {e.elsewhere}"
    else:
        by += f" and seed {seed}"
    computation = f" Its model is {e.computation}" if e.computation else ""
    shared = f" {SHARED_BATCHES}" if e.config.get("batching") == "shared" else ""
    return f"The run begins on “{problem_label(e.problem)}” with {catalogue.title('search', search)}{by}.{oracle}{computation}{shared}"


def _added(e: ev.NodeAdded, put_by: str) -> str:
    if e.parent is None:
        return "The root joins the tree: the bare problem, 0 steps so far."
    text = f"Node {e.node} joins under {name(e.parent)}: {thinking.quoted(e.text, e.tag)}"
    if e.prior != 1.0:
        text += f", prior {number(e.prior)}"
    if e.tokens:
        mean = sum(t.logprob for t in e.tokens) / len(e.tokens)
        text += f", mean log-probability {number(mean)} over {counted(len(e.tokens), 'token')}"
    elif isinstance(e.length, int):
        text += f", {counted(e.length, 'token')}"
    if how := thinking.tagged(e, put_by):
        text += f"; {how}"
    if e.cut:
        return f"{text}; it was cut off before it ended."
    if not e.finished:
        return f"{text}."
    verdict = {True: "which the verifier calls correct", False: "which the verifier calls wrong", None: "which nothing here can check"}
    answer = (
        f"it answers {shorten(e.answer, MAX_ANSWER_CHARACTERS)}, {verdict[e.correct]}" if e.answer is not None else "it states no answer"
    )
    return f"{text}; the solution ends here: {answer}."


def _selected(e: ev.Selected, before: SearchTree) -> str:
    choices = list(e.choices)
    if not choices and e.node != ROOT and before.started is not None and before.started.elsewhere:
        return f"The search goes to {name(e.node)}; how it weighed the others is not in the log."
    if not choices:
        children = before.nodes[e.node].children
        left = f"none of its {counted(len(children), 'child', 'children')} can be continued" if children else "0 children so far"
        return f"The walk starts and ends at {name(e.node)}: {left}."
    decisive = choices[-1] if choices[-1].drawn else next((c for c in reversed(choices) if len(c.terms) > 1), choices[-1])
    way = [str(n) for n in dict.fromkeys((*(c.parent for c in choices), e.node))]
    walk = " → ".join(way if len(way) <= MAX_LISTED else [*way[:3], "…", *way[-3:]])
    return f"{f'Walk {walk}: ' if len(choices) > 1 else ''}{why(decisive)}"


def why(c: ev.Choice) -> str:
    """One decision of a walk, with its arithmetic."""
    if c.wider is not None and c.deeper is not None:
        return _drawn(c, c.wider, c.deeper)
    won = next(t for t in c.terms if t.node == c.chosen)
    others = [t for t in c.terms if t.node != c.chosen]
    over = f" over {listed([str(t.node) for t in others], MAX_LISTED)}" if others else ""
    if not others:
        return f"node {won.node}, the only child of {name(c.parent)} ({counted(won.visits, 'visit')} so far)."
    if won.total is None:
        unvisited = sum(t.total is None for t in c.terms)
        rank = f"; of {unvisited} such children the one of the highest prior" if unvisited > 1 else ""
        return f"node {won.node}{over}, because it has 0 visits, and what was never visited goes first{rank}."
    return f"node {won.node}{over}, because {added(won)} {_beats(won.total, others)}."


def _drawn(c: ev.Choice, wider: float, deeper: float) -> str:
    """A decision by Thompson sampling between a new child (GEN) and one there is."""
    if c.chosen == c.parent:
        return f"goes wider at {name(c.parent)}: drew {number(wider)} for a new child against {number(deeper)} for going deeper."
    won, *others = (
        number(t.total or 0.0) for t in sorted(c.terms, key=lambda t: (t.node != c.chosen, -(t.total or 0.0))) if t.node != c.parent
    )
    child = (
        f"node {c.chosen} drew {won} against {listed(others, MAX_LISTED)}" if others else f"node {c.chosen} is the only child to go into"
    )
    return f"goes deeper at {name(c.parent)}: drew {number(deeper)} against {number(wider)} for a new child, and {child}."


def _beats(total: float, others: list[ev.Term]) -> str:
    """How a total compares with the others', from the highest down."""
    ranked = sorted(others, key=lambda t: -math.inf if t.total is None else -t.total)
    listing = listed(["∞" if t.total is None else number(t.total) for t in ranked], MAX_LISTED)
    first = ranked[0].total
    if first is None or first > total:
        return f"was drawn against {listing}"
    if first == total:
        return f"ties with the highest of {listing}, and at a tie the higher prior, then the older node goes first"
    return f"{'narrowly beats' if number(first) == number(total) else 'beats'} {listing}"


def _evaluated(e: ev.Evaluated) -> str:
    oracle = " (oracle)" if e.oracle else ""
    if e.parts or not e.rollouts:
        ahead = f" after looking {counted(len(e.ahead), 'step')} ahead" if e.ahead else ""
        parts = f" ({' + '.join(f'{number(p.weight)}·{number(p.score)} {p.name}' for p in e.parts)})" if e.parts else ""
        return f"{e.reward}{oracle} scores {name(e.node)} at {number(e.score)}{parts}{ahead}{_by_step(e)}{_noted(e)}."
    full = sum(r.score == 1.0 for r in e.rollouts)
    if all(r.score in (0.0, 1.0) for r in e.rollouts):
        how = f"{full} of {counted(len(e.rollouts), 'rollout')} from {name(e.node)} succeed"
        if abs(e.score - full / len(e.rollouts)) > 1e-4:  # logs from before scores were kept unrounded hold four decimals
            return f"{how}{oracle}; one is enough, so it scores {number(e.score)}."
        return f"{how}{oracle}, so it scores {full}/{len(e.rollouts)} = {number(e.score)}{_by_step(e)}."
    scores = [r.score for r in e.rollouts]
    if abs(e.score - sum(scores) / len(scores)) > 0.01:  # no mean, then: a hard estimate
        best = f"The best of {len(scores)} rollouts from {name(e.node)} scores {number(max(scores))}{oracle}"
        return f"{best}; judged hard, it counts {number(e.score)}."
    if len(scores) > MAX_LISTED:
        reach = f"from {number(min(scores))} to {number(max(scores))}"
        return f"{len(scores)} rollouts from {name(e.node)} score {reach}, {number(e.score)} on average{oracle}."
    shares = " + ".join(map(number, scores))
    equal = "=" if number(sum(round(s, 2) for s in scores) / len(scores)) == number(e.score) else "≈"
    return f"The rollouts from {name(e.node)} score ({shares})/{len(scores)} {equal} {number(e.score)}{oracle}."


def _by_step(e: ev.Evaluated) -> str:
    """Where a reward that scores steps sees the weakest of several; one without any chance is the first wrong one."""
    if len(e.steps) < 2:
        return ""
    weakest = min(range(len(e.steps)), key=e.steps.__getitem__)
    if e.steps[weakest] == 0.0:
        return f"; of {len(e.steps)} steps the first wrong one is step {weakest + 1}"
    return f"; the weakest of {counted(len(e.steps), 'step')} is step {weakest + 1} at {number(e.steps[weakest])}"


def _noted(e: ev.Evaluated) -> str:
    """The beginning of what a judge wrote."""
    return f": “{' '.join(e.note.split())[:80]} …”" if e.note else ""


def _backed_up(e: ev.BackedUp, before: SearchTree) -> str:
    start, *up = e.path
    root = before.nodes[e.path[-1]]
    visits = root.visits + 1
    q = e.values[-1] if e.values else (root.total + e.value) / visits
    if len(up) > MAX_LISTED:
        up = [*up[: MAX_LISTED - 2], up[-1]]
        way = f" goes up from {start} to {', '.join(map(str, up[:-1]))}, {len(e.path) - len(up) - 1} more and {_bare(up[-1])}"
    else:
        way = f" goes up from {start} to {listed([_bare(n) for n in up])}" if up else " stays at the root"
    return f"{number(e.value)}{way}; the root now has {counted(visits, 'visit')} and Q {number(q)}."


def _spent(e: ev.Spent, before: SearchTree) -> str:
    parts = [f"{counted(e.generated, 'token')} generated for {catalogue.purpose(e.purpose).sentence}"]
    if e.computed or e.reused:
        parts += [counted(e.computed, "prompt token") + " computed", f"{e.reused:,} reused from the prefix cache"]
    if e.reward_passes:
        parts.append(counted(e.reward_passes, "reward pass", "reward passes"))
    if e.simulations:
        parts.append(f"{counted(e.simulations, 'simulation')} complete")
    if e.purpose == "probe":
        return f"{listed(parts)}; they are counted apart from the run's {before.totals.generated:,} tokens."
    return f"{listed(parts)}; {before.totals.generated + e.generated:,} tokens so far."


def _answered(e: ev.Answered, before: SearchTree) -> str:
    how = catalogue.answer_method(e.method).sentence
    if e.answer is None:
        finished = before.candidates()
        silent = all(n.answer is None for n in finished)
        why = f"0 of {counted(len(finished), 'finished candidate')} {'stated an answer' if silent else 'could be weighed'}"
        return f"There is no answer: {why if finished else '0 candidates were finished'} ({how})."
    verdict = {True: ", which is correct", False: ", which is wrong", None: ""}[e.correct]
    votes = next((v for v in e.votes if v.answer == e.answer), None)
    weight = f" It weighs {number(votes.weight)} over {voters(votes, before)}; " if votes else " "
    where = f" (node {e.node})" if e.node is not None else ""
    groups = f"{counted(len(e.votes), 'different answer')} stood for choice." if e.votes else ""
    return f"By {how}, the answer is {shorten(e.answer, MAX_ANSWER_CHARACTERS)}{where}{verdict}.{weight}{groups}".strip()
