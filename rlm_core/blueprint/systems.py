"""Published systems, decomposed as in Table 1 of the Blueprint: a file each in `systems/`, and the searches of this app (`searches.json`).

The marks are those of the table (arXiv 2501.11223, version 1): a system has an operator, a model or a pipeline in full, in part or not.
UNKNOWN is no "none": it is in no distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from rlm_core.blueprint.reading import FOLDER, Source, read
from rlm_core.core.errors import ConfigError

MIN_KNOWN = 10
"""Marks of fifteen that must be known of both for a distance: of fewer, a system of which little is known would be near to everything."""
SYSTEMS, SEARCHES = FOLDER / "systems", FOLDER / "searches.json"


class Mark(StrEnum):
    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    UNKNOWN = "unknown"


AMOUNT = {Mark.FULL: 1.0, Mark.PARTIAL: 0.5, Mark.NONE: 0.0}
"""What a mark counts in a distance."""


class Operators(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ten operators, in the order of the table."""

    generate: Mark
    refine: Mark
    aggregate: Mark
    prune: Mark
    restructure: Mark
    select: Mark
    backtrack: Mark
    backpropagate: Mark
    intermediate_evaluation: Mark
    final_evaluation: Mark


class Models(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """policy: is one trained or adapted for reasoning? value: is there a value or reward model of steps or states?"""

    policy: Mark
    value: Mark


class Pipelines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    inference: Mark
    training: Mark
    data_generation: Mark


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reasoning scheme.

    kind: explicit (a program builds the structure) or implicit (the model writes it into one text).
    structure: what is built; `shape` says it in more words where there are any, such as "tree of chains".
    coarse, fine: what a step is at coarse and at fine granularity; "" where there is none.
    strategies: such as MCTS; none where the model decides alone.
    """

    kind: Literal["explicit", "implicit"]
    structure: Literal["chain", "multi-chain", "tree", "graph"]
    shape: str = ""
    coarse: str = ""
    fine: str = ""
    strategies: tuple[str, ...] = ()


class System(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A published system.

    name: of its file.
    summary: a sentence.
    origin: "table" for the marks of the paper's table, "ours" for marks that were set here.
    note: what a reader must know of the marks; "" where nothing.
    inferred: one of its marks was inferred from the text of the paper and not read off the table; the note says what is known of it.
    """

    name: str
    title: str
    summary: str
    origin: Literal["table", "ours"]
    scheme: Scheme
    operators: Operators
    models: Models
    pipelines: Pipelines
    source: Source
    note: str = ""
    inferred: bool = False

    @property
    def marks(self) -> dict[str, Mark]:
        """Every mark by its name in MARKS."""
        return marks_of(self.operators, self.models, self.pipelines)


class Technique(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A search or thinking technique of this app, decomposed. part: is it a search or a technique of long chains of thought?"""

    part: Literal["search", "thought"]
    scheme: Scheme
    operators: Operators


@dataclass(frozen=True, slots=True)
class MarkName:
    """A mark in words. group: "Operators", "Models" or "Pipelines"."""

    name: str
    group: str
    title: str


MARKS = tuple(
    MarkName(name, group, name.replace("_", " ").capitalize() + suffix)
    for group, kind, suffix in (("Operators", Operators, ""), ("Models", Models, " model"), ("Pipelines", Pipelines, ""))
    for name in kind.__struct_fields__
)
"""The fifteen marks in the order of the table."""


def marks_of(operators: Operators, models: Models, pipelines: Pipelines) -> dict[str, Mark]:
    return {m.name: getattr(part, m.name) for m in MARKS for part in (operators, models, pipelines) if hasattr(part, m.name)}


@dataclass(frozen=True, slots=True)
class Difference:
    """Two decompositions, mark by mark.

    distance: mean difference of the marks known of both, in [0,1]; None where fewer than MIN_KNOWN are.
    agree, differ, unknown: names of marks.
    """

    distance: float | None
    agree: tuple[str, ...]
    differ: tuple[str, ...]
    unknown: tuple[str, ...]


def difference(a: dict[str, Mark], b: dict[str, Mark]) -> Difference:
    """A full mark is 1, a partial one ½ and none 0; a mark that is unknown of one of the two counts nowhere."""
    known = [m.name for m in MARKS if a[m.name] in AMOUNT and b[m.name] in AMOUNT]
    apart = {name: abs(AMOUNT[a[name]] - AMOUNT[b[name]]) for name in known}
    return Difference(
        sum(apart.values()) / len(known) if len(known) >= MIN_KNOWN else None,
        tuple(name for name in known if not apart[name]),
        tuple(name for name in known if apart[name]),
        tuple(m.name for m in MARKS if m.name not in apart),
    )


def nearest(marks: dict[str, Mark], scheme: Scheme) -> list[tuple[System, Difference]]:
    """The systems with their differences, the nearest first; where two are as near, those of the same scheme and structure first.

    Systems of which too few marks are known are left out.
    """
    found = [(system, difference(marks, system.marks)) for system in systems().values()]

    def order(pair: tuple[System, Difference]) -> tuple[float, int, int, str]:
        other = pair[0].scheme
        return (pair[1].distance or 0.0, -(other.kind == scheme.kind), -(other.structure == scheme.structure), pair[0].title)

    return sorted((pair for pair in found if pair[1].distance is not None), key=order)


@cache
def systems(folder: Path = SYSTEMS) -> dict[str, System]:
    """The systems by name, those of the table first. ConfigError if a file is wrong."""
    found = dict[str, System]()
    for file in sorted(folder.glob("*.json")):
        system = read(file, System)
        if system.name != file.stem:
            raise ConfigError(
                f"The file {file.name} of the Blueprint has the name {system.name}; it must be {file.stem}, as the file is called."
            )
        found[system.name] = system
    return dict(sorted(found.items(), key=lambda item: (item[1].origin != "table", item[1].title.casefold())))


@cache
def techniques() -> dict[str, Technique]:
    """The searches and thinking techniques of this app by their names in the catalogue."""
    return read(SEARCHES, dict[str, Technique])


@dataclass(frozen=True, slots=True)
class Feature:
    """Something to filter systems by. name: in addresses."""

    name: str
    title: str

    def of(self, system: System) -> bool:
        """Has the system it? What is unknown of it is no."""
        match self.name:
            case "mcts":
                return "MCTS" in system.scheme.strategies
            case "explicit" | "implicit":
                return system.scheme.kind == self.name
            case "table" | "ours":
                return system.origin == self.name
            case "tree" | "chain" | "multi-chain" | "graph":
                return system.scheme.structure == self.name
            case mark:
                return system.marks[mark] in (Mark.FULL, Mark.PARTIAL)


FEATURES = (
    Feature("mcts", "MCTS"),
    Feature("value", "Value model"),
    Feature("policy", "Policy model"),
    Feature("explicit", "Explicit scheme"),
    Feature("implicit", "Implicit scheme"),
    Feature("tree", "Tree"),
    Feature("chain", "Chain"),
    Feature("multi-chain", "Several chains"),
    Feature("graph", "Graph"),
    Feature("refine", "Refine"),
    Feature("aggregate", "Aggregate"),
    Feature("prune", "Prune"),
    Feature("backtrack", "Backtrack"),
    Feature("backpropagate", "Backpropagate"),
    Feature("training", "Training pipeline"),
    Feature("data_generation", "Data generation"),
    Feature("table", "In the paper’s table"),
    Feature("ours", "Our decomposition"),
)
