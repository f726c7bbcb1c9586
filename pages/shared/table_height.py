"""The height of a table whose rows are scrolled."""

from __future__ import annotations

ROW_PX, FRAME_PX, SCROLLBAR_PX = 35, 3, 10
"""Heights: of a row or a heading, of the frame, and of the bar that moves columns which do not fit; it would lie on the last row."""


def table_height(rows: int, most: int, headings: int = 1) -> int:
    """In px, of a table by `st.dataframe`.

    rows: that it has; an empty table has the height of one.
    most: rows that are seen at once.
    headings: above one another.
    """
    return (headings + max(1, min(most, rows))) * ROW_PX + FRAME_PX + SCROLLBAR_PX
