"""The documentation names what exists: files, modules and what is in them, classes, commands and their options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.core
import typer.main

from rlm_core.cli import app

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("assets/**/*.md")])
OTHERS = {"st", "Plotly", "np", "torch", "rlm_explorer"}
"""Names that begin like those of other libraries, or of the groups of entry points."""
FILE = re.compile(r"[\w./-]+(\.(py|md|toml|json|jsonl|js)|/)")
DOTTED = re.compile(r"[A-Za-z_][\w/]*(\.[A-Za-z_]\w*)+")
CLASS = re.compile(r"[A-Z][a-z]\w*[A-Z]\w*|[A-Z][a-z]+")
COMMAND = re.compile(r"python -m rlm_core ([\w-]+)([^`\n#]*(?:\\\n[^`\n#]*)*)")


@cache
def paths() -> set[str]:
    """Every file and folder of the project, as a path from its root."""
    found = [
        p for part in ("rlm_core", "pages", "assets", "docs", "tests") for p in (ROOT / part).rglob("*") if "__pycache__" not in p.parts
    ]
    return {str(p.relative_to(ROOT)) for p in [*found, *ROOT.glob("*"), *(ROOT / part for part in ("rlm_core", "pages"))]}


@cache
def modules() -> dict[str, dict[str, set[str]]]:
    """By a module's path without ending: what it defines, and of each class what that defines."""
    return {
        str(f.relative_to(ROOT).with_suffix("")): defined(ast.parse(f.read_text()))
        for p in ("rlm_core", "pages")
        for f in (ROOT / p).rglob("*.py")
    }


def defined(module: ast.Module) -> dict[str, set[str]]:
    return {
        name: {n for part in node.body for n in names(part)} if isinstance(node, ast.ClassDef) else set()
        for node in module.body
        for name in names(node)
    }


def names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield node.name
    for target in [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []:
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name))


def has_file(name: str) -> bool:
    wanted = name.rstrip("/")
    return any(p == wanted or p.endswith(f"/{wanted}") for p in paths())


def has_name(dotted: str) -> bool:
    """`module.name`, `module.Class.member` or `Class.member`, the module by the end of its path."""
    parts = dotted.replace("/", ".").split(".")
    for path, inside in modules().items():
        way = path.removesuffix("/__init__").split("/")
        for cut in range(len(parts)):
            first, *rest = parts[cut:]
            if way[len(way) - cut :] == parts[:cut] and first in inside and all(r in inside[first] for r in rest) and (cut or rest):
                return True
    return False


def has_class(name: str) -> bool:
    return any(name in inside for inside in modules().values())


def missing(text: str) -> list[str]:
    """What a text names in backticks and is not there."""
    said = set(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    lost = [s for s in said if FILE.fullmatch(s) and not has_file(s)]
    lost += [s for s in said if DOTTED.fullmatch(s) and not FILE.fullmatch(s) and s.split(".")[0] not in OTHERS and not has_name(s)]
    return sorted(lost + [s for s in said if CLASS.fullmatch(s) and not has_class(s)])


@pytest.mark.parametrize("doc", DOCS, ids=lambda d: str(d.relative_to(ROOT)))
def test_what_a_document_names_is_there(doc):
    assert missing(doc.read_text()) == []


@pytest.mark.parametrize("doc", DOCS, ids=lambda d: str(d.relative_to(ROOT)))
def test_the_commands_a_document_gives_are_there_with_their_options(doc):
    group = typer.main.get_group(app)
    for name, rest in COMMAND.findall(doc.read_text()):
        assert name in group.commands, name
        command = group.commands[name]
        within: dict[str, typer.core.TyperCommand] = getattr(command, "commands", {})
        command = next((within[w] for w in rest.split() if w in within), command)
        known = {option for p in command.params for option in p.opts}
        assert set(re.findall(r"(?<=\s)--[\w-]+", rest)) <= known, (name, rest)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (
            "`ab_mcts.beta_posterior`, `algorithms/mcts.py`, `SearchRun.evaluate`, `MixedValue.mix`, `kv_cache.TokenStates`",
            [],
        ),
        ("`search/rules.beta_mass`", ["search/rules.beta_mass"]),
        ("`search/mtcs.py` and `rlm_core/serach/`", ["rlm_core/serach/", "search/mtcs.py"]),
        ("`SearchRun.value` of a `SearchRum`", ["SearchRum", "SearchRun.value"]),
        ("`tree_search.TreeSearch.evaluate_twice`", ["tree_search.TreeSearch.evaluate_twice"]),
        ("`chain:n=200`, `prm:nano`, `<revise>`, `st.plotly_chart`, `x = y.z(1)`", []),
    ],
)
def test_a_name_that_is_nowhere_is_found(text, lost):
    assert missing(text) == lost
