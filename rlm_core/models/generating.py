"""A policy over a back end that only generates: it tells the log-probabilities of what it wrote, and nothing of any other text."""

from __future__ import annotations

from rlm_core.models.backends import GENERATING
from rlm_core.models.chat import ChatPolicy

COMPUTATION = (
    "computed by OpenVINO with weights in 8 bits; how many prompt tokens it computed and how many it reused is not known, so only "
    "generated tokens are counted."
)


class GeneratingPolicy(ChatPolicy):
    """A `ChatPolicy` computed by OpenVINO; a `policy.Remote`, since it has not all of a chat policy's abilities."""

    offers = GENERATING
    whole_only = False
