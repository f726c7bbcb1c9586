"""The glossary: a term on the page opens its definition on a click or by Enter, and all of them stand in a dialog over the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import streamlit as st

from pages.shared.escape import html_text, markdown_text
from pages.shared.language import english, tr
from pages.shared.search_dialog import search_dialog
from rlm_core.core.paths import ROOT

FILE = ROOT / "docs" / "glossary.md"
_ENTRY = re.compile(r"- \*\*(?P<term>.+?)\*\*: (?P<definition>.+)")
_SIGN = re.compile(r"(?P<words>.+?) \((?P<sign>[^)]+)\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term of the glossary.

    term: as it is written there, such as "Value (Q)".
    definition: one sentence.
    section: the heading above it.
    """

    term: str
    definition: str
    section: str

    @property
    def id(self) -> str:
        """The name of its definition on the page."""
        return f"term-{_slug(self.term)}"


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """Every term of `docs/glossary.md`, in its order."""
    found, section = list[Entry](), ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif entry := _ENTRY.fullmatch(line):
            found.append(Entry(entry["term"], entry["definition"], section))
    return tuple(found)


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Entry]:
    """The terms by every way to write them: "Value (Q)" is also "value", "Value Q" and "Q"."""
    found = dict[str, Entry]()
    for entry in entries():
        names = [entry.term]
        if both := _SIGN.fullmatch(entry.term):
            names += [both["words"], both["sign"], f"{both['words']} {both['sign']}"]
        for name in names:
            found.setdefault(_folded(name), entry)
    return found


def known(name: str) -> Entry | None:
    """The entry of a term, in singular or plural, also where a name of its own or a flag follows it; None if the glossary has none.

    >>> known("rollouts").term, known("Q").term, known("q"), known("PRM · nano").term, known("Oracle ⚑").term
    ('Rollout', 'Value (Q)', None, 'Process reward model (PRM)', 'Oracle')
    """
    found, kind = _by_name(), english(name).partition(" · ")[0].removesuffix(" ⚑")
    return next((found[name] for name in map(_folded, (kind, kind.removesuffix("s"), kind.removesuffix("es"))) if name in found), None)


def _folded(name: str) -> str:
    """Without the difference of large and small letters, which counts in a sign of one letter only."""
    return name if len(name) == 1 else name.casefold()


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def term(name: str) -> str:
    """A term as HTML that opens its definition; the plain name, escaped, where the glossary has none.

    The page must have drawn `definitions_html`, as `shortcuts` does on every page.
    """
    entry = known(name)
    if entry is None:
        return html_text(name)
    hover = html_text(f"{tr(entry.term)}: {tr(entry.definition)}")
    return f'<button type="button" class="rlm-term" popovertarget="{entry.id}" title="{hover}">{html_text(name)}</button>'


def explained(name: str, meaning: str) -> str:
    """A name as HTML that opens its definition: the glossary's, or for a name that is not there, this one.

    meaning: a sentence. The name is plain where it is empty and the glossary has none.
    """
    if known(name) is not None or not meaning:
        return term(name)
    id = f"about-{_slug(english(name))}"
    button = f'<button type="button" class="rlm-term" popovertarget="{id}">{html_text(name)}</button>'
    return button + _definition(id, name, meaning)


def definitions_html() -> str:
    """Every definition, hidden until its term is pressed; once per page."""
    more = f'<button type="button" class="rlm-glossary">{html_text(tr("Glossary"))}</button>'
    return "".join(_definition(e.id, tr(e.term), tr(e.definition), more) for e in entries())


def _definition(id: str, name: str, meaning: str, more: str = "") -> str:
    """Closed by Escape and by a click elsewhere, as the browser's own popovers are."""
    return f'<span popover id="{id}" class="rlm-definition"><b>{html_text(name)}</b>: {html_text(meaning)} {more}</span>'


def matching(sought: str) -> list[Entry]:
    """The terms in whose name or definition every word stands."""
    words = sought.casefold().split()
    return [e for e in entries() if all(w in f"{tr(e.term)} {tr(e.definition)} {e.term}".casefold() for w in words)]


def glossary() -> None:
    """The terms in whose name or definition a person finds what is typed; at first all of them."""
    search_dialog(tr("Glossary"), tr("Search terms and definitions"), "glossary.search", _terms)


def _terms(sought: str) -> None:
    found = matching(sought)
    if not found:
        st.info(tr("No term has “{sought}” in its name or definition.", sought=markdown_text(sought)), icon=":material/search_off:")
    for section in dict.fromkeys(e.section for e in found):
        lines = [f"- **{tr(e.term)}**: {tr(e.definition)}" for e in found if e.section == section]
        st.markdown(f"##### {tr(section)}\n\n" + "\n".join(lines))
