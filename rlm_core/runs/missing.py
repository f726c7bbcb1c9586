"""What a log from elsewhere does not tell, and so cannot be shown."""

from __future__ import annotations

from rlm_core.core.tree import ROOT, SearchTree


def missing(tree: SearchTree) -> list[str]:
    """Things that a log lacks, each as "no …". Empty for a log of this program's own search."""
    if tree.started is None or not tree.started.elsewhere:
        return []
    steps = [n for n in tree.nodes.values() if n.id != ROOT]
    ends = [n for n in steps if n.finished]
    known = {
        "no finished solutions": bool(ends),
        "no answer": tree.answered is not None,
        "no right answer to compare with": tree.problem.reference is not None or tree.problem.self_checking,
        "no scores": any(n.evaluations for n in steps),
        "no visits and values (N, Q)": any(n.visits for n in steps),
        "no selection arithmetic": any(n.decision for n in tree.nodes.values()),
        "no token log-probabilities": any(n.tokens for n in steps),
        "no step probabilities (P)": any(n.prior < 1 for n in steps),
        "no token counts": tree.totals.generated > 0,
        "no times": tree.time > 0,
    }
    return [lack for lack in known if not known[lack]]
