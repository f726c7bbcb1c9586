"""Text of models and people, escaped for HTML and Markdown, so that it is never markup."""

from __future__ import annotations

import html

_MARKDOWN = frozenset("\\`*_{}[]()<>#+-.!|$~:&\"'=")


def markdown_text(text: str) -> str:
    """The text with every character escaped that Markdown could read as markup.

    >>> markdown_text("**a** <b>")
    '\\\\*\\\\*a\\\\*\\\\* \\\\<b\\\\>'
    """
    return "".join("\\" + c if c in _MARKDOWN else c for c in text)


def html_text(text: str) -> str:
    """The text with &, <, > and quotes as entities, line ends kept visible.

    >>> html_text("<b>1 & 2</b>")
    '&lt;b&gt;1 &amp; 2&lt;/b&gt;'
    """
    return html.escape(text, quote=True).replace("\n", "⏎")
