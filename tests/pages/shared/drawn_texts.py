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

SILENT = {
    "id", "icon", "key", "type", "body_type", "form_id", "component_name", "js_content", "js_source_path", "html_content", "css_content",
    "css_source_path", "format", "language", "raw_value", "shortcut", "click_action", "url", "page", "url_path", "spec", "json", "mixed",
    "arrow_data", "columns", "element_id", "alt", "config", "color", "step", "gap", "width",
}  # fmt: skip
"""Fields of elements that nobody reads."""
FIGURE = {"text", "hovertext", "ticktext", "name", "title"}
"""Where a plotly figure holds its words."""
COMPONENT = {"words", "buttons", "look", "amounts"}
"""Where a component of the app holds its words."""
SAID = re.compile(r'(?:title|aria-label|placeholder|alt)="([^"]*)"')


def texts(at: AppTest) -> set[str]:
    """All of them, as plain text, in lines."""
    found = set[str]()
    for node in _nodes(at._tree):
        found |= {line.strip() for text in _of(node) for line in _plain(text) if line.strip()}
    return found


def _nodes(block: Block) -> Iterator[Any]:
    for child in block.children.values():
        yield child
        if isinstance(child, Block):
            yield from _nodes(child)


def _of(node: Any) -> Iterator[str]:
    proto = getattr(node, "proto", None)
    if not isinstance(proto, Message):
        return
    if node.type in ("arrow_data_frame", "dataframe", "table"):
        frame, settings = node.value, json.loads(proto.columns or "{}")
        labels = {name: given.get("label") for name, given in settings.items() if isinstance(given, dict)}
        yield from (labels.get(str(name)) or str(name) for name in frame.columns)
        yield from (cell for column in frame for cell in frame[column] if isinstance(cell, str))
        yield from _words(settings, {"help"})
    elif node.type == "plotly_chart":
        yield from _words(json.loads(proto.spec), FIGURE)
    elif node.type == "bidi_component":
        data = json.loads(proto.json or proto.mixed.json or "{}")
        if data.get("figure"):
            yield from _words(json.loads(data["figure"]), FIGURE)
        yield from _words({key: value for key, value in data.items() if key in COMPONENT}, None)
    elif node.type != "code":
        yield from _fields(proto)


def _fields(proto: Message) -> Iterator[str]:
    for field, value in proto.ListFields():
        if field.name in SILENT:
            continue
        for each in value if field.is_repeated else (value,):
            if isinstance(each, str):
                yield each
            elif isinstance(each, Message):
                yield from _fields(each)


def _words(data: Any, keys: set[str] | None, inside: bool = False) -> Iterator[str]:
    """Texts below one of the keys of a piece of JSON; every text without keys."""
    if isinstance(data, str):
        if inside or keys is None:
            yield data
    elif isinstance(data, list):
        for each in data:
            yield from _words(each, keys, inside)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _words(value, keys, keys is not None and (key in keys or (inside and key == "text")))


def _plain(text: str) -> list[str]:
    """A text without code, tags, and directives of Markdown, in lines; what a tag says to a reader stands by itself."""
    text = re.sub(r"<(script|style|kbd)\b.*?</\1>", "\n", text, flags=re.DOTALL)
    said = SAID.findall(text)
    text = re.sub(r"`[^`]*`|<code>.*?</code>|\]\([^)]*\)|:material/\w+:", "¦", text, flags=re.DOTALL)
    text = re.sub(r"</?(?:b|i|em|strong|small|span|a|sub|sup)\b[^>]*>", "", text)
    return html.unescape("\n".join([re.sub(r"<[^>]+>", "\n", text), *said])).split("\n")
