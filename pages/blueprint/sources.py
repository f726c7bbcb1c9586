"""Sources as a person reads them."""

from __future__ import annotations

from pages.shared.escape import html_text, markdown_text
from rlm_core.blueprint.reading import Source


def source_markdown(source: Source) -> str:
    """The source with its date, as a link where it has an address."""
    words = markdown_text(f"{source.text} ({source.date})")
    return f"[{words}]({source.url})" if source.url else words


def source_html(source: Source) -> str:
    words = html_text(f"{source.text} ({source.date})")
    return f'<a href="{html_text(source.url)}" target="_blank" rel="noopener">{words}</a>' if source.url else words
