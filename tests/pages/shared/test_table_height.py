"""A table has the room that its rows, its headings and the bar below them take."""

from __future__ import annotations

from pages.shared.table_height import ROW_PX, table_height


def test_a_table_grows_by_its_rows_up_to_those_that_are_seen_at_once():
    heights = [table_height(rows, 3) for rows in range(6)]
    assert heights[0] == heights[1]  # an empty table says that it is empty
    assert [b - a for a, b in zip(heights[1:], heights[2:], strict=False)] == [ROW_PX, ROW_PX, 0, 0]


def test_a_second_heading_takes_no_room_of_a_row():
    assert table_height(3, 3, headings=2) == table_height(3, 3) + ROW_PX
