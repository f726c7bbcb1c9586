"""Sets of problems: the first n seeds of a kind, named in one word such as "chain:n=200,steps=5"."""

from __future__ import annotations

from collections.abc import Mapping

from rlm_core.core.errors import ProblemError
from rlm_core.core.parameters import parse_assignments
from rlm_core.core.problem import Problem
from rlm_core.problems import make, task
from rlm_core.problems.base import SEED

MAX_PROBLEMS = 100_000


def problem_set(spec: str, count: int) -> list[Problem]:
    """The first `count` problems of a spec: seeds 0 … count−1 (test split unless the spec says otherwise)."""
    joint = "," if ":" in spec else ":"
    return [make(f"{spec}{joint}seed={i}") for i in range(count)]


def counted_set(spec: str, defaults: Mapping[str, str]) -> list[Problem]:
    """The problems of a spec that says how many: "chain:n=200,steps=5" is seeds 0 … 199 of "chain:steps=5".

    defaults: parameters where the spec does not say. ProblemError if it does not say how many.
    """
    return problem_set(*_read(spec, defaults))


def check_set(spec: str) -> int:
    """How many problems such a spec names; ProblemError, as `counted_set` has it, if it cannot be made. Only the first is made."""
    kind, count = _read(spec, {})
    problem_set(kind, 1)
    return count


def _read(spec: str, defaults: Mapping[str, str]) -> tuple[str, int]:
    """The spec of one problem without its seed, and how many are wanted."""
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
