"""Files in every format: the good rows are read, and each bad one is named by its number and reason."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_core.core.errors import ProblemError
from rlm_core.problems.tables import read, read_file

ROWS = [{"q": 'He said "7, or 8".\nWhich?', "a": "7"}, {"q": "Größe; in |m|\t?", "a": "ä"}]


def values(content: bytes, name: str) -> list[dict[str, object]]:
    return [row for _, row in read(content, name).rows]


def refused(content: bytes, name: str) -> list[str]:
    table = read(content, name)
    return [table.sentence(r) for r in table.refused]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_csv_file_keeps_quotes_line_breaks_and_delimiters_in_its_fields(encoding, delimiter):
    text = pd.DataFrame(ROWS).to_csv(index=False, sep=delimiter)
    assert values(text.encode(encoding), "rows.csv") == ROWS


def test_a_tsv_file_is_divided_at_tabs_only():
    assert values(b"q\ta\n1, 2; 3\t6\n", "rows.tsv") == [{"q": "1, 2; 3", "a": "6"}]


def test_a_csv_file_of_one_column_is_read_whole():
    assert values(b"question\r\nHow many are 2?\r\n\r\nAnd 3?\r\n", "rows.csv") == [{"question": "How many are 2?"}, {"question": "And 3?"}]


def test_the_rows_of_a_csv_file_count_behind_the_header_and_a_bad_one_costs_only_itself():
    content = b'q,a\n"two\nlines",1\nshort\n"x"y,2\nlong,1,2\ngood,3\n"open,4\n'
    table = read(content, "rows.csv")
    assert [number for number, _ in table.rows] == [1, 5]
    assert [r.number for r in table.refused] == [2, 3, 4, 6]
    reasons = " ".join(r.reason for r in table.refused)
    assert "1 fields, and the header has 2" in reasons
    assert "3 fields, and the header has 2" in reasons
    assert reasons.count("its quotes do not match") == 2


def test_columns_of_one_name_or_none_are_told_apart():
    assert read(b"a,,a\n1,2,3\n", "rows.csv").columns == ("a", "column 2", "a 2")


def test_a_parquet_file_of_pandas_is_read_with_its_lists_and_empty_cells():
    rows = [{"q": "x", "a": [1, 2], "d": Decimal("2.50")}, {"q": "y", "a": None, "d": None}]
    file = io.BytesIO()
    pd.DataFrame(rows).to_parquet(file)
    assert values(file.getvalue(), "rows.parquet") == rows
    assert values(file.getvalue(), "rows") == rows


def test_broken_json_lines_are_named_by_their_line_and_the_others_are_read():
    content = b'\xef\xbb\xbf{"q": 1}\r\n\r\n{"q": \n[1]\n{"q": 2}'
    table = read(content, "rows.jsonl")
    assert [number for number, _ in table.rows] == [1, 5]
    assert refused(content, "rows.jsonl") == [
        "Line 3 of rows.jsonl was not taken: it is not JSON.",
        "Line 4 of rows.jsonl was not taken: it is not a JSON object.",
    ]


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows"])
def test_a_json_list_is_read_item_by_item(name):
    assert values(json.dumps(ROWS, indent=2).encode(), name) == ROWS
    assert refused(b'[{"q": 1}, 7]', name) == [f"Row 2 of {name} was not taken: it is not a JSON object."]


@pytest.mark.parametrize("rest", [b'{"q": ', b'{"q": 2} {"q": 3}]', b"", b"nonsense]"])
def test_a_json_list_that_breaks_off_keeps_what_came_before(rest):
    table = read(b'[{"q": 1}, ' + rest, "rows.json")
    assert table.rows[0] == (1, {"q": 1})
    assert "neither it nor what follows can be read" in table.refused[-1].reason


@pytest.mark.parametrize("content", [{"data": ROWS, "version": 1}, {"version": [], "rows": ROWS}])
def test_a_json_object_around_a_list_is_that_list(content):
    assert values(json.dumps(content, indent=1).encode(), "rows.json") == ROWS


def test_json_lines_in_a_file_called_json_are_read():
    assert values(b'{"q": 1}\n{"q": 2}\n', "rows.json") == [{"q": 1}, {"q": 2}]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "rows.jsonl", "is empty"),
        (b" \n ", "rows.csv", "is empty"),
        (b"q,a\n", "rows.csv", "holds no problems"),
        (b"[]", "rows.json", "holds no problems"),
        (b"hello", "rows.jsonl", "Line 1 of rows.jsonl was not taken: it is not JSON"),
        (b"\xff\xd8\xff", "image.jsonl", "not a text file in UTF-8"),
        (b"PAR1 and no more", "rows.parquet", "not a Parquet file"),
        (b"", "rows.parquet", "not a Parquet file"),
        (b'"a', "rows.csv", "The first line must name the columns"),
    ],
)
def test_a_file_without_problems_is_one_sentence(content, name, said):
    with pytest.raises(ProblemError) as found:
        read(content, name)
    assert said in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("path", ["/no/such/file.jsonl", "\0.jsonl", "/"])
def test_a_path_that_is_no_file_is_one_sentence(path):
    with pytest.raises(ProblemError, match="cannot be read"):
        read_file(path)


@given(st.binary(max_size=200), st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet", "a"]))
def test_no_file_whatever_it_holds_raises_another_error(content, name):
    try:
        table = read(content, name)
    except ProblemError:
        return
    assert table.rows
