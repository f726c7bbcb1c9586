"""The table of nodes that were compared, as HTML."""

from __future__ import annotations

from pages.shared.escape import html_text
from pages.shared.language import tr
from rlm_core.figures.ranks.table import CHOSEN, OWN_ROW, Ranks, Row

MAX_INLINE = 18
"""Characters of the longest text that still stands in a column; longer ones stand on a line of their own."""


def ranks_html(found: Ranks) -> str:
    """The table as HTML, escaped."""
    ranked, inline = any(r.rank for r in found.rows), all(len(r.text) <= MAX_INLINE for r in found.rows)
    head = [(tr("rank"), "")] * ranked + [(tr("node"), "")] + [(tr(found.text), "l")] * inline + [(tr(h), "") for h in found.head]
    cells = "".join(f'<th class="{kind}">{html_text(name)}</th>' for name, kind in head)
    bodies = "".join(_body(r, found.asked, ranked, inline, len(head)) for r in found.rows)
    return f'<table class="rlm-table rlm-ranks"><thead><tr>{cells}</tr></thead>{bodies}</table>'


def _body(row: Row, asked: int | None, ranked: bool, inline: bool, columns: int) -> str:
    """A row, and what stands below it: a long text, the reason."""
    kind = " ".join(filter(None, ("win" * row.chosen, "own" * (row.node == asked))))
    cells = [("", row.rank)] * ranked + [("", marked(row, asked))] + [("l", row.text)] * inline + [("", f) for f in row.figures]
    line = "".join(f'<td class="{k}">{html_text(text)}</td>' for k, text in cells)
    more = [] if inline else [f"<span>{html_text(row.text)}</span>"]
    more += [f"<small>{html_text(row.reason)}</small>"] if row.reason else []
    below = f'<tr class="more"><td colspan="{columns}">{"".join(more)}</td></tr>' if more else ""
    return f'<tbody class="{kind}"><tr>{line}</tr>{below}</tbody>'


def marked(row: Row, asked: int | None) -> str:
    """The node's number with its marks."""
    return " ".join(filter(None, (CHOSEN * row.chosen, str(row.node), OWN_ROW * (row.node == asked))))
