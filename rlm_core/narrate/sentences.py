"""Each event as one sentence in plain words, with its real numbers in it. Plain text: a page that shows it must escape it."""

from __future__ import annotations

import math

from rlm_core import catalogue
from rlm_core.core import events as ev
from rlm_core.core.config import SHARED_BATCHES
from rlm_core.core.phrases import say
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
    return say(HEADLINES[type(event)])


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
            more = counted(times, "more sample")
            return say("{more} came out as {node}: it stands for {both:,} samples.", more=more, node=name(node), both=both)
        case ev.Selected() as e:
            return _selected(e, before)
        case ev.Evaluated() as e:
            return _evaluated(e)
        case ev.BackedUp() as e:
            return _backed_up(e, before)
        case ev.Pruned(nodes=nodes, reason=reason):
            which = listed([str(n) for n in nodes], MAX_LISTED)
            if len(nodes) == 1:
                return say("Node {which} will not be continued: {reason}.", which=which, reason=say(reason))
            return say("Nodes {which} will not be continued: {reason}.", which=which, reason=say(reason))
        case ev.Backtracked(source=source, target=target, reason=reason):
            return say(
                "The search goes back from {source} to {target}: {reason}.", source=name(source), target=name(target), reason=say(reason)
            )
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
            tokens = counted(before.totals.generated, "token")
            known = [say("{tokens} generated", tokens=tokens)] if own or before.totals.generated else []
            known += [counted(len(before.nodes), "node"), *([say("{seconds:,.1f} s", seconds=record.time)] if own or record.time else [])]
            why = say(catalogue.stop_reason(stop).sentence)
            without = say(", without an answer") if before.answered is not None and before.answered.answer is None else ""
            values = {"why": why[0].upper() + why[1:], "without": without, "totals": say(", ").join(known), "detail": detail}
            return say("{why}{without} ({totals}). {detail}", **values).strip()


def _bare(node: int) -> str:
    return say("the root") if node == ROOT else str(node)


def _started(e: ev.RunStarted) -> str:
    oracle = say(" The reward may look at the reference answer: this run is an oracle.") if e.oracle else ""
    search, reward, seed = (str(e.config.get(k, "?")) for k in ("search", "reward", "seed"))
    judged = catalogue.judged(search, e.config.get("search_parameters") or {})
    by = say(", reward {reward}", reward=say(catalogue.title("reward", reward))) if judged and reward else ""
    by += say(", as told by {source}", source=e.elsewhere) if e.elsewhere else say(" and seed {seed}", seed=seed)
    computation = say(" Its model is {computation}", computation=e.computation) if e.computation else ""
    shared = f" {say(SHARED_BATCHES)}" if e.config.get("batching") == "shared" else ""
    title = say(catalogue.title("search", search))
    begins = say("The run begins on “{problem}” with {search}{by}.", problem=problem_label(e.problem), search=title, by=by)
    return f"{begins}{oracle}{computation}{shared}"


def _added(e: ev.NodeAdded, put_by: str) -> str:
    if e.parent is None:
        return say("The root joins the tree: the bare problem, 0 steps so far.")
    text = say("Node {node} joins under {parent}: {step}", node=e.node, parent=name(e.parent), step=thinking.quoted(e.text, e.tag))
    if e.prior != 1.0:
        text += say(", prior {prior}", prior=number(e.prior))
    if e.tokens:
        mean = sum(t.logprob for t in e.tokens) / len(e.tokens)
        text += say(", mean log-probability {mean} over {tokens}", mean=number(mean), tokens=counted(len(e.tokens), "token"))
    elif isinstance(e.length, int):
        text += say(", ") + counted(e.length, "token")
    if how := thinking.tagged(e, put_by):
        text += f"; {how}"
    if e.cut:
        return say("{text}; it was cut off before it ended.", text=text)
    if not e.finished:
        return text + say(".")
    if e.answer is None:
        return say("{text}; the solution ends here: it states no answer.", text=text)
    verdict = {
        True: say("which the verifier calls correct"),
        False: say("which the verifier calls wrong"),
        None: say("which nothing here can check"),
    }[e.correct]
    answer = shorten(e.answer, MAX_ANSWER_CHARACTERS)
    return say("{text}; the solution ends here: it answers {answer}, {verdict}.", text=text, answer=answer, verdict=verdict)


def _selected(e: ev.Selected, before: SearchTree) -> str:
    choices = list(e.choices)
    if not choices and e.node != ROOT and before.started is not None and before.started.elsewhere:
        return say("The search goes to {node}; how it weighed the others is not in the log.", node=name(e.node))
    if not choices:
        children = before.nodes[e.node].children
        if not children:
            return say("The walk starts and ends at {node}: 0 children so far.", node=name(e.node))
        those = counted(len(children), "child", "children")
        return say("The walk starts and ends at {node}: none of its {children} can be continued.", node=name(e.node), children=those)
    decisive = choices[-1] if choices[-1].drawn else next((c for c in reversed(choices) if len(c.terms) > 1), choices[-1])
    way = [str(n) for n in dict.fromkeys((*(c.parent for c in choices), e.node))]
    walk = " → ".join(way if len(way) <= MAX_LISTED else [*way[:3], "…", *way[-3:]])
    return (say("Walk {walk}: ", walk=walk) if len(choices) > 1 else "") + why(decisive)


def why(c: ev.Choice) -> str:
    """One decision of a walk, with its arithmetic."""
    if c.wider is not None and c.deeper is not None:
        return _drawn(c, c.wider, c.deeper)
    won = next(t for t in c.terms if t.node == c.chosen)
    others = [t for t in c.terms if t.node != c.chosen]
    if not others:
        visits = counted(won.visits, "visit")
        return say("node {node}, the only child of {parent} ({visits} so far).", node=won.node, parent=name(c.parent), visits=visits)
    values = {"node": won.node, "others": listed([str(t.node) for t in others], MAX_LISTED)}
    if won.total is None:
        unvisited = sum(t.total is None for t in c.terms)
        rank = say("; of {n} such children the one of the highest prior", n=unvisited) if unvisited > 1 else ""
        return say("node {node} over {others}, because it has 0 visits, and what was never visited goes first{rank}.", rank=rank, **values)
    return say("node {node} over {others}, because {total} {beats}.", total=added(won), beats=_beats(won.total, others), **values)


def _drawn(c: ev.Choice, wider: float, deeper: float) -> str:
    """A decision by Thompson sampling between a new child (GEN) and one there is."""
    if c.chosen == c.parent:
        values = {"node": name(c.parent), "wider": number(wider), "deeper": number(deeper)}
        return say("goes wider at {node}: drew {wider} for a new child against {deeper} for going deeper.", **values)
    won, *others = (
        number(t.total or 0.0) for t in sorted(c.terms, key=lambda t: (t.node != c.chosen, -(t.total or 0.0))) if t.node != c.parent
    )
    child = (
        say("node {node} drew {won} against {others}", node=c.chosen, won=won, others=listed(others, MAX_LISTED))
        if others
        else say("node {node} is the only child to go into", node=c.chosen)
    )
    values = {"node": name(c.parent), "wider": number(wider), "deeper": number(deeper), "child": child}
    return say("goes deeper at {node}: drew {deeper} against {wider} for a new child, and {child}.", **values)


def _beats(total: float, others: list[ev.Term]) -> str:
    """How a total compares with the others', from the highest down."""
    ranked = sorted(others, key=lambda t: -math.inf if t.total is None else -t.total)
    listing = listed(["∞" if t.total is None else number(t.total) for t in ranked], MAX_LISTED)
    first = ranked[0].total
    if first is None or first > total:
        return say("was drawn against {listing}", listing=listing)
    if first == total:
        return say("ties with the highest of {listing}, and at a tie the higher prior, then the older node goes first", listing=listing)
    return say("narrowly beats {listing}", listing=listing) if number(first) == number(total) else say("beats {listing}", listing=listing)


def _evaluated(e: ev.Evaluated) -> str:
    oracle = say(" (oracle)") if e.oracle else ""
    if e.parts or not e.rollouts:
        ahead = say(" after looking {steps} ahead", steps=counted(len(e.ahead), "step")) if e.ahead else ""
        parts = f" ({' + '.join(f'{number(p.weight)}·{number(p.score)} {p.name}' for p in e.parts)})" if e.parts else ""
        values = {"reward": e.reward, "oracle": oracle, "node": name(e.node), "score": number(e.score)}
        more = {"parts": parts, "ahead": ahead, "steps": _by_step(e), "note": _noted(e)}
        return say("{reward}{oracle} scores {node} at {score}{parts}{ahead}{steps}{note}.", **values, **more)
    full = sum(r.score == 1.0 for r in e.rollouts)
    if all(r.score in (0.0, 1.0) for r in e.rollouts):
        rollouts = counted(len(e.rollouts), "rollout")
        how = say("{full} of {rollouts} from {node} succeed{oracle}", full=full, rollouts=rollouts, node=name(e.node), oracle=oracle)
        if abs(e.score - full / len(e.rollouts)) > 1e-4:  # logs from before scores were kept unrounded hold four decimals
            return say("{how}; one is enough, so it scores {score}.", how=how, score=number(e.score))
        values = {"how": how, "full": full, "n": len(e.rollouts), "score": number(e.score), "steps": _by_step(e)}
        return say("{how}, so it scores {full}/{n} = {score}{steps}.", **values)
    scores = [r.score for r in e.rollouts]
    if abs(e.score - sum(scores) / len(scores)) > 0.01:  # no mean, then: a hard estimate
        values = {"n": len(scores), "node": name(e.node), "best": number(max(scores)), "oracle": oracle, "score": number(e.score)}
        return say("The best of {n} rollouts from {node} scores {best}{oracle}; judged hard, it counts {score}.", **values)
    if len(scores) > MAX_LISTED:
        values = {"n": len(scores), "node": name(e.node), "low": number(min(scores)), "high": number(max(scores))}
        more = {"mean": number(e.score), "oracle": oracle}
        return say("{n} rollouts from {node} score from {low} to {high}, {mean} on average{oracle}.", **values, **more)
    shares = " + ".join(map(number, scores))
    equal = "=" if number(sum(round(s, 2) for s in scores) / len(scores)) == number(e.score) else "≈"
    values = {"node": name(e.node), "shares": shares, "n": len(scores), "equal": equal, "score": number(e.score), "oracle": oracle}
    return say("The rollouts from {node} score ({shares})/{n} {equal} {score}{oracle}.", **values)


def _by_step(e: ev.Evaluated) -> str:
    """Where a reward that scores steps sees the weakest of several; one without any chance is the first wrong one."""
    if len(e.steps) < 2:
        return ""
    weakest = min(range(len(e.steps)), key=e.steps.__getitem__)
    if e.steps[weakest] == 0.0:
        return say("; of {n} steps the first wrong one is step {step}", n=len(e.steps), step=weakest + 1)
    values = {"steps": counted(len(e.steps), "step"), "step": weakest + 1, "score": number(e.steps[weakest])}
    return say("; the weakest of {steps} is step {step} at {score}", **values)


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
        left_out = say("{n:,} more", n=len(e.path) - len(up) - 1)
        way = listed([*map(str, up[:-1]), left_out, _bare(up[-1])])
    else:
        way = listed([_bare(n) for n in up])
    values = {"value": number(e.value), "start": start, "way": way, "visits": counted(visits, "visit"), "q": number(q)}
    if up:
        return say("{value} goes up from {start} to {way}; the root now has {visits} and Q {q}.", **values)
    return say("{value} stays at the root; the root now has {visits} and Q {q}.", **values)


def _spent(e: ev.Spent, before: SearchTree) -> str:
    tokens, purpose = counted(e.generated, "token"), say(catalogue.purpose(e.purpose).sentence)
    parts = [say("{tokens} generated for {purpose}", tokens=tokens, purpose=purpose)]
    if e.computed or e.reused:
        parts.append(say("{tokens} computed", tokens=counted(e.computed, "prompt token")))
        parts.append(say("{n:,} reused from the prefix cache", n=e.reused))
    if e.reward_passes:
        parts.append(counted(e.reward_passes, "reward pass", "reward passes"))
    if e.simulations:
        parts.append(say("{simulations} complete", simulations=counted(e.simulations, "simulation")))
    if e.purpose == "probe":
        return say("{spent}; they are counted apart from the run's {n:,} tokens.", spent=listed(parts), n=before.totals.generated)
    return say("{spent}; {n:,} tokens so far.", spent=listed(parts), n=before.totals.generated + e.generated)


def _answered(e: ev.Answered, before: SearchTree) -> str:
    how = say(catalogue.answer_method(e.method).sentence)
    if e.answer is None:
        finished = before.candidates()
        of = counted(len(finished), "finished candidate")
        if not finished:
            return say("There is no answer: 0 candidates were finished ({how}).", how=how)
        if all(n.answer is None for n in finished):
            return say("There is no answer: 0 of {candidates} stated an answer ({how}).", candidates=of, how=how)
        return say("There is no answer: 0 of {candidates} could be weighed ({how}).", candidates=of, how=how)
    verdict = {True: say(", which is correct"), False: say(", which is wrong"), None: ""}[e.correct]
    votes = next((v for v in e.votes if v.answer == e.answer), None)
    weight = say(" It weighs {weight} over {voters}; ", weight=number(votes.weight), voters=voters(votes, before)) if votes else " "
    where = say(" (node {node})", node=e.node) if e.node is not None else ""
    groups = say("{answers} stood for choice.", answers=counted(len(e.votes), "different answer")) if e.votes else ""
    answer = shorten(e.answer, MAX_ANSWER_CHARACTERS)
    told = say("By {how}, the answer is {answer}{where}{verdict}.", how=how, answer=answer, where=where, verdict=verdict)
    return f"{told}{weight}{groups}".strip()
