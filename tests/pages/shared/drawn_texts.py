"""Every text that a page draws, as a test reads it: of Streamlit's elements, of tables, of figures and of the app's own components."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

SILENT = {"id", "icon", "type", "form_id", "element_id", "format", "raw_value", "shortcut", "page", "url_path", "query_string", "color"}
"""Fields of elements that nobody reads."""
FIGURE = {"text", "hovertext", "ticktext", "name", "title"}
"""Where a plotly figure holds its words."""
COMPONENT = {"words", "buttons", "look", "amounts"}
"""Where a component of the app holds its words."""
TABLES = ("arrow_data_frame", "dataframe", "table")
SAID = re.compile(r'(?:title|aria-label|placeholder|alt)="([^"]*)"')
UNREAD = re.compile(r"<(script|style|kbd|code)\b.*?</\1>|`[^`]*`|:material/\w+:", re.DOTALL)
LINK = re.compile(r'\[[^\]]*\]\(http[^)]*\)|<a [^>]*href="http[^>]*>.*?</a>')
WITHIN_A_LINE = re.compile(r"</?(?:b|i|em|strong|small|span|a|sub|sup)\b[^>]*>")


def texts(at: AppTest) -> set[str]:
    """All of them, in lines, without tags, code, what is typed into tables, and links to other sites, whose words are names of papers."""
    return _lines(text for node in _nodes(at._tree) for text in _of(node))


def labels(at: AppTest) -> set[str]:
    """Those of figures, and the heads of tables."""
    return _lines(text for node in _nodes(at._tree) for text in (_heads(node) if node.type in TABLES else _figure(node)))


def _lines(found: Iterator[str]) -> set[str]:
    return {line.strip() for text in found for line in _plain(text) if line.strip()}


def _plain(text: str) -> list[str]:
    """What a tag says to a reader stands in a line of its own."""
    text = LINK.sub("¦", UNREAD.sub("¦", text)).replace("\\", "")
    words = re.sub(r"<[^>]+>", "\n", WITHIN_A_LINE.sub("", text))
    return html.unescape("\n".join([words, *SAID.findall(text)])).split("\n")


def _nodes(block: Block) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if isinstance(child, Block):
            yield from _nodes(child)


def _of(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if node.type in TABLES:
        yield from _heads(node)
        cells = (cell for column in node.value for cell in node.value[column])
        yield from (cell for cell in cells if isinstance(cell, str) and not node.proto.editing_mode)
    elif node.type in ("bidi_component", "plotly_chart"):
        yield from _figure(node)
        yield from (text for key, value in _data(node).items() if key in COMPONENT for text in _words(value, None))
    elif isinstance(proto, Message) and node.type != "code":
        yield from _fields(proto)


def _heads(node: Any) -> Iterator[str]:
    """The heads of a table's columns, and their help."""
    settings = {name: given for name, given in json.loads(node.proto.columns or "{}").items() if isinstance(given, dict)}
    for name in map(str, node.value.columns):
        given = settings.get(name, {})
        yield from (given.get("label") or name, given.get("help") or "")


def _figure(node: Any) -> Iterator[str]:
    if node.type == "plotly_chart":
        yield from _words(json.loads(node.proto.spec), FIGURE)
    elif figure := _data(node).get("figure"):
        yield from _words(json.loads(figure), FIGURE)


def _data(node: Any) -> dict[str, Any]:
    """What a component of the app was given."""
    return json.loads(node.proto.json or node.proto.mixed.json or "{}") if node.type == "bidi_component" else {}


def _fields(proto: Message) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name in SILENT:
            continue
        for each in value if field.is_repeated else (value,):
            if isinstance(each, str):
                yield each
            elif isinstance(each, Message):
                yield from _fields(each)


def _words(data: Any, keys: set[str] | None) -> Iterator[str]:
    """Texts below one of the keys of a piece of JSON; every text without keys."""
    if isinstance(data, str) and keys is None:
        yield data
    elif isinstance(data, list):
        for each in data:
            yield from _words(each, keys)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key != "font":
                yield from _words(value, None if keys is not None and key in keys else keys)
