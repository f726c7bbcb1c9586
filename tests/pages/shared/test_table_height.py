"""A table has the room that its rows, its headings and the bar below them take."""

from __future__ import annotations

from itertools import pairwise

from pages.shared.table_height import ROW_PX, table_height


def test_a_table_grows_by_its_rows_up_to_those_that_are_seen_at_once():
    heights = [table_height(rows, 3) for rows in range(6)]
    assert [b - a for a, b in pairwise(heights)] == [0, ROW_PX, ROW_PX, 0, 0]  # an empty table says in a row that it is empty


def test_a_second_heading_takes_no_room_of_a_row():
    assert table_height(3, 3, headings=2) == table_height(3, 3) + ROW_PX
