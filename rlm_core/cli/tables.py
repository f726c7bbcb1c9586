"""Tables of measurements in Markdown, as they stand in the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlm_core.evaluation.comparison import figures, pairs_at_each_budget
from rlm_core.evaluation.statistics import PairedComparison, compared
from rlm_core.evaluation.sweep import Cell, CellResult, Sweep, budget_title

Row = Mapping[str, Any]


def share(measured: Sequence[float]) -> str:
    """A share with the ends of its interval.

    >>> share([0.5, 0.43, 0.57])
    '0.500 [0.430, 0.570]'
    """
    value, low, high = measured
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def chance(p: float) -> str:
    """A p value: four decimals, and never 0.

    >>> chance(0.03125), chance(1e-9), chance(1.0)
    ('0.0312', '< 0.0001', '1.0000')
    """
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def against(c: PairedComparison) -> list[str]:
    """Problems only it solves and only the other solves, and the corrected p."""
    return [f"+{c.wins} −{c.losses}", chance(c.corrected)]


def strategies_table(rows: Sequence[Row]) -> list[str]:
    """The first row is what the others are compared with."""
    base, *others = rows
    tests = compared([r["right"] for r in others], base["right"])
    lines = ["| strategy | settings | accuracy [95 %] | against greedy | p | tokens | reward passes |", "|---|---|---|---|---|---|---|"]
    for row, test in zip(rows, [None, *tests], strict=True):
        cells = [row["search"] + (" (oracle)" if row["oracle"] else ""), row["settings"], share(row["accuracy"])]
        cells += against(test) if test else ["–", "–"]
        lines.append(_line([*cells, f"{row['tokens_per_problem']:,.0f}", f"{row['reward_passes_per_problem']:,.1f}"]))
    return lines


def forcing_table(rows: Sequence[Row], greedy: Row) -> list[str]:
    """Each row against the greedy chain; the rows after the first, which is free thinking, against that too."""
    free = rows[0]
    by_greedy = compared([r["right"] for r in rows], greedy["right"])
    by_free = compared([r["right"] for r in rows[1:]], free["right"])
    head = ["at most", "waits", "thinking tokens used", "accuracy [95 %]", "against greedy", "p", "against free thinking", "p"]
    lines = [_line(head), _line(["---"] * len(head)).replace(" ", "")]
    lines.append(_line(["greedy chain, no thinking", "–", "0.0", share(greedy["accuracy"]), "–", "–", "–", "–"]))
    for row, test, freely in zip(rows, by_greedy, [None, *by_free], strict=True):
        cells = [
            str(row["most"]) if row["most"] else "no limit",
            str(row["waits"]),
            f"{row['thinking_tokens']:.1f}",
            share(row["accuracy"]),
        ]
        lines.append(_line([*cells, *against(test), *(against(freely) if freely else ["–", "–"])]))
    return lines


def sweep_table(sweep: Sweep, results: Mapping[Cell, CellResult]) -> list[str]:
    """One row per strategy and budget."""
    head = [
        "strategy",
        "budget",
        "problems",
        "accuracy [95 %]",
        "tokens",
        "reward passes",
        "tokens per solved problem",
        "failed",
        "not checked",
    ]
    lines = [_line(head), _line(["---"] * len(head)).replace(" ", "")]
    for s, b in sweep.settings():
        found = figures(results, (s, b))
        if found is None:
            continue
        solved = "–" if found.tokens_per_solved is None else f"{found.tokens_per_solved:,.0f}"
        cells = [sweep.strategies[s].title + (" (oracle)" if found.oracle else ""), budget_title(sweep.budgets[b]), f"{found.problems:,}"]
        cells += [
            "–" if found.accuracy is None else share(found.accuracy.as_list()),
            f"{found.tokens:,.0f}",
            f"{found.passes:,.1f}",
            solved,
        ]
        lines.append(_line([*cells, str(found.failed), str(found.problems - found.known - found.failed)]))
    return lines


def pairs_table(sweep: Sweep, results: Mapping[Cell, CellResult]) -> list[str]:
    """One row per budget and pair of strategies; p is McNemar's, corrected for all these rows (Holm)."""
    head = ["budget", "first", "second", "problems", "difference [95 %]", "only first", "only second", "p"]
    lines = [_line(head), _line(["---"] * len(head)).replace(" ", "")]
    for pair in pairs_at_each_budget(sweep, results):
        titles = [sweep.strategies[s].title for s, _ in (pair.first, pair.second)]
        difference = "–" if pair.difference is None else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*pair.difference.as_list())
        cells = [budget_title(sweep.budgets[pair.first[1]]), *titles, str(pair.problems), difference]
        lines.append(_line([*cells, str(len(pair.wins)), str(len(pair.losses)), chance(pair.corrected)]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
