"""The tables of the documents that are made from the descriptions in the code: `python -m tests.document_tables` writes them anew."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rlm_core import catalogue
from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.paths import ROOT, VARIABLE
from rlm_core.core.sampling import OPTIONS
from rlm_core.models.listed import MODELS
from rlm_core.runs.formats import formats
from rlm_core.runs.formats.base import Format
from rlm_core.search.breakpoints import KINDS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The text of a document with every generated block as the code has it now. KeyError for a block that is not known."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)


def reference(descriptions: Iterable[Description[Any]]) -> str:
    """A section per choice: what it is, its source, and a table of its settings."""
    return "\n".join(map(_section, descriptions)) + "\n"


def _section(d: Description[Any]) -> str:
    source = f" [{d.paper}]({d.url})." if d.url else f" {d.paper}." if d.paper else ""
    lines = ["", f"### {d.title}: `{d.name}`", "", f"{d.sentence}{source}"]
    if d.parameters:
        lines += ["", _table(d)]
    return "\n".join(lines)


def _table(d: Description[Any]) -> str:
    return "\n".join(["| setting | default | allowed | meaning |", "|---|---|---|---|", *map(_row, d.parameters)])


def _row(p: Parameter) -> str:
    formerly = f" Formerly `{p.formerly}`." if p.formerly else ""
    return f"| `{p.name}` | {_default(p)} | {_cell(p.allowed)} | {_cell(p.help)}{formerly} |"


def _default(p: Parameter) -> str:
    return _value(p.default) + (f" (with {p.default_with[0]} {p.default_with[1]}: {_value(p.default_with[2])})" if p.default_with else "")


def _value(value: object) -> str:
    if value == "":
        return "–"
    return _cell(f"{value:.6g}" if isinstance(value, float) else str(value))


def _cell(text: str) -> str:
    """Text that keeps its place in a table's cell."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")


def strategies(descriptions: Mapping[str, Description[Any]]) -> str:
    """One line: the title of every strategy."""
    return " · ".join(d.title for d in descriptions.values()) + "\n"


def foreign_formats(offered: Mapping[str, Format]) -> str:
    """A table of the formats of other programs: their names, which are written too, and what they cannot carry."""
    lines = ["| format | | what it cannot carry |", "|---|---|---|"]
    for name, f in offered.items():
        lines.append(f"| {f.description.title}, `{name}` | {'read, written' if f.write else 'read'} | {_cell(f.description.sentence)} |")
    return "\n".join(lines) + "\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "searches": lambda: reference(catalogue.searches().values()),
    "rewards": lambda: reference(catalogue.reward_models().values()),
    "problems": lambda: reference(catalogue.tasks().values()),
    "models": lambda: reference(MODELS.values()),
    "sampling": lambda: _table(OPTIONS) + "\n",
    "formats": lambda: foreign_formats(formats()),
    "breakpoints": lambda: reference(kind.description for kind in KINDS.values()),
    "strategies": lambda: strategies(catalogue.searches()),
}
"""The text of each block by its name."""


def main() -> None:
    with tempfile.TemporaryDirectory() as empty:
        os.environ[VARIABLE] = empty  # reward heads of your own are not part of the documents
        for path in DOCUMENTS:
            before = path.read_text(encoding="utf-8")
            if (now := renewed(before)) != before:
                path.write_text(now, encoding="utf-8")
                print(f"{path.relative_to(ROOT)} was written anew.")


if __name__ == "__main__":
    main()
