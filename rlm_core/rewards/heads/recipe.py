"""The plan of a reward head, as plain data that a page or the command line fills in."""

from __future__ import annotations

import msgspec

from rlm_core.core.errors import TrainingError
from rlm_core.rewards.heads.head import KINDS

MAKERS = {
    "oracle": "The exact solver's word: exact and free of tokens, where a task has a solver.",
    "noisy": "The exact solver's word with a share flipped: as a careful person would label.",
    "hard": "Monte-Carlo: right if any rollout after the step succeeds.",
    "soft": "Monte-Carlo: the share of rollouts after the step that succeed.",
    "judge": "Another model's verdict on every prefix.",
}
"""Who can label without a person, and how."""


MAX_NAME_CHARACTERS = 40


class HeadRecipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan of a reward head.

    kind: "prm" or "orm".
    name: at most 40 letters, digits, "-" and "_".
    model: the model whose hidden states it reads.
    labels: weight of each source of labels, above 0.
    problems: sets to sample solutions from, such as "chain:n=300,steps=5" (training split unless they say otherwise); without
        any, the labels are those given by people and jobs.
    samples: solutions per problem.
    rollouts: per prefix, where labels come from rollouts.
    noise: share of labels that are flipped, in [0,1], where they are noisy.
    judge: the model that labels, where a judge does.
    measure: the sets it is measured on afterwards.
    measure_samples: solutions per problem of these sets.
    temperature: of the sampling.
    seed: of sampling and training.
    note: free text.
    backbone: folder of a model of its own that reads the steps; "" where the model's own hidden states are read.
    """

    kind: str
    name: str
    model: str = "nano"
    labels: dict[str, float] = msgspec.field(default_factory=lambda: {"oracle": 1.0})
    problems: tuple[str, ...] = ()
    samples: int = 4
    rollouts: int = 8
    noise: float = 0.1
    judge: str = "smollm2"
    measure: tuple[str, ...] = ()
    measure_samples: int = 16
    temperature: float = 1.0
    seed: int = 0
    note: str = ""
    backbone: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise TrainingError(f"There is no reward head of kind '{self.kind}'; allowed are {', '.join(KINDS)}.")
        if (
            len(self.name) > MAX_NAME_CHARACTERS
            or not self.name
            or not self.name.replace("-", "").replace("_", "").isalnum()
            or not self.name.isascii()
        ):
            raise TrainingError(
                f"'{self.name}' cannot name a head; use at most {MAX_NAME_CHARACTERS} letters, digits, - and _, for example my-prm."
            )
        if not self.labels or any(not w > 0 for w in self.labels.values()):
            raise TrainingError("A head needs at least one source of labels, each with a weight above 0.")
