"""Branches: a run that goes on from a step that a person wrote into the tree of another run, its parent.

The branch has the parent's configuration, and begins with the steps up to the written one; the search begins behind them.
"""

from __future__ import annotations

import msgspec

from rlm_core import catalogue
from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import TREE, clean, name
from rlm_core.models.listed import NANO

TYPED_SIGNS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", " ": ""})
"""How a person may type what the bundled model's notation writes otherwise."""


def branch(config: RunConfig, tree: SearchTree, run: str, node: int, text: str, *, edit: bool) -> RunConfig:
    """The configuration of the branch in which a person wrote `text`, checked. ConfigError says in one sentence why there can be none.

    config, tree, run: of the parent: its configuration, its tree and its id.
    node: the node whose step is edited, or (`edit` False) under which a child is added.
    """
    refuse(config.search, tree, node, edit=edit)
    before = tree.path(node)[1:-1] if edit else tree.path(node)[1:]
    written = clean(text).translate(TYPED_SIGNS) if config.model == NANO.name else clean(text)
    if not written:
        raise ConfigError("A step without text says nothing; write the step, or close the form.")
    if edit and written == tree.nodes[node].text.strip():
        raise ConfigError("The step is as it was; change it, so that there is something to compare.")
    steps = (*(text for n in before if (text := tree.nodes[n].text)), written)
    return catalogue.checked(msgspec.structs.replace(config, branch=Branch(run, node, edit, steps)))


def refuse(search: str, tree: SearchTree, node: int, *, edit: bool) -> None:
    """ConfigError if no step can be written at this node of a run of that search."""
    catalogue.refuse_unbranching(search)
    at = tree.nodes[node]
    if edit and not at.text:
        raise ConfigError(f"{name(node).capitalize()} is the bare problem and has no step to edit; add a child instead.")
    if not edit and at.terminal:
        raise ConfigError(f"{name(node).capitalize()} ends its solution, so nothing can follow it; edit its step instead.")
    odd = next((n for n in tree.path(node)[1:] if tree.nodes[n].tag not in ("", TREE) or tree.nodes[n].thinking), None)
    if odd is not None:
        raise ConfigError(f"{name(odd).capitalize()} is no ordinary step of a solution, so a search cannot begin below it.")
