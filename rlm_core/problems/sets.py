"""Sets of problems, named in one word.

"chain:n=200,steps=5" are the first 200 seeds of a kind. "set:GSM8K:n=20" are rows of a problem set that was imported, and
"gsm8k_test.jsonl:n=20" rows of a file; "set:GSM8K#17" and "gsm8k_test.jsonl#17" are row 17 alone. Rows have the numbers that an
import gives them: the lines of a JSON Lines file, the records behind the header of a CSV file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import parse_assignments, unknown
from rlm_core.core.problem import Problem
from rlm_core.problems import make, task, tasks
from rlm_core.problems.base import SEED, rng_for
from rlm_core.problems.datasets import Columns
from rlm_core.problems.tables import ENDINGS

MAX_PROBLEMS = 100_000
SET = "set"
_SET = re.compile(rf"{SET}:(?P<source>[^:#]+)(?::(?P<settings>[^#]*))?(?:#(?P<row>.*))?", re.DOTALL)
_FILE = re.compile(rf"(?P<source>.+?\.(?:{'|'.join(ENDINGS)}))(?::(?P<settings>[^#]*))?(?:#(?P<row>.*))?", re.DOTALL | re.IGNORECASE)


# -- rows of a set or a file -------------------------------------------------------------------------


class RowsSpec(msgspec.Struct, frozen=True):
    """Some rows of a problem set or of a file.

    text: the spec itself, for sentences.
    source: name of the set, or path of the file.
    stored: it is a set.
    row: the number of one row; None for several.
    n: number of rows; None for all.
    first: number of the first row that may be taken.
    seed: of a random choice of n rows; None for the first n.
    columns: of a file, as far as they are named; the others are guessed.
    """

    text: str
    source: str
    stored: bool
    row: int | None = None
    n: int | None = None
    first: int = 1
    seed: int | None = None
    columns: Columns = Columns("")

    def chosen(self, numbers: Sequence[int]) -> list[int]:
        """Those of the rows of a set or a file that are meant, in their order. ProblemError if there are fewer, or no such row."""
        if self.row is not None:
            if self.row not in numbers:
                known = f"its rows are from {numbers[0]:,} to {numbers[-1]:,}" if numbers else "it has no rows"
                raise ProblemError(f"{self.source} has no problem in row {self.row:,}; {known}.")
            return [self.row]
        found = [n for n in numbers if n >= self.first]
        wanted = len(found) if self.n is None else self.n
        if wanted > len(found) or not found:
            behind = f" from row {self.first:,} on" if self.first > 1 else ""
            raise ProblemError(f"{self.source} has {len(found):,} problems{behind}; '{self.text}' asks for {wanted or 1:,}.")
        if self.seed is None:
            return found[:wanted]
        return [found[i] for i in sorted(rng_for("rows", self.seed).sample(range(len(found)), wanted))]


def rows_spec(spec: str) -> RowsSpec | None:
    """What a spec says of rows of a set or a file; None if it speaks of generated problems. RlmError says what is wrong with it."""
    spec = spec.strip()
    if spec.partition(":")[0].strip() in tasks():
        return None
    stored = spec.startswith(f"{SET}:")
    found = (_SET if stored else _FILE).fullmatch(spec)
    if found is None:
        if stored:
            raise ProblemError(f"'{spec}' names no problem set; write for example set:GSM8K:n=20, or set:GSM8K#17 for one problem.")
        return None
    given = parse_assignments(found["settings"] or "", f"problems '{spec}'")
    allowed = ["n", "first", "seed", *(() if stored else Columns.__struct_fields__)]
    for name in given:
        if name not in allowed:
            raise unknown("setting of a problem set", name, allowed)
    columns = Columns(**{"question": "", **{k: v for k, v in given.items() if k in Columns.__struct_fields__}})
    return RowsSpec(
        spec,
        found["source"].strip(),
        stored,
        None if found["row"] is None else _whole(found["row"], "the row", spec),
        _whole(given["n"], "n", spec) if "n" in given else None,
        _whole(given.get("first", "1"), "first", spec),
        _whole(given["seed"], "seed", spec, 0) if "seed" in given else None,
        columns,
    )


def _whole(text: str, name: str, spec: str, low: int = 1) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < low:
        raise ProblemError(f"In '{spec}', {name} must be a whole number of at least {low}, and not '{text}'.")
    return int(text)


# -- generated problems ------------------------------------------------------------------------------


def problem_set(spec: str, count: int) -> list[Problem]:
    """The first `count` problems of a spec: seeds 0 … count−1 (test split unless the spec says otherwise)."""
    joint = "," if ":" in spec else ":"
    return [make(f"{spec}{joint}seed={i}") for i in range(count)]


def counted(spec: str, defaults: Mapping[str, str]) -> tuple[str, int]:
    """The spec of one problem without its seed, and how many are wanted: "chain:steps=5" and 200 of "chain:n=200,steps=5".

    defaults: parameters where the spec does not say. ProblemError if it does not say how many.
    """
    name, _, rest = spec.partition(":")
    if SEED not in task(name).description.parameters:
        raise ProblemError(f"Problems of the kind {name} are not made from seeds, so there is no set of them; choose another kind.")
    given = dict(defaults) | parse_assignments(rest, f"problems '{spec}'")
    wanted = given.pop("n", "")
    if not wanted.isascii() or not wanted.isdigit() or not 1 <= int(wanted) <= MAX_PROBLEMS:
        raise ProblemError(
            f"'{spec}' does not say how many problems; write for example {name or 'chain'}:n=200, from 1 to {MAX_PROBLEMS:,}."
        )
    return f"{name}:" + ",".join(f"{k}={v}" for k, v in given.items()) if given else name, int(wanted)
