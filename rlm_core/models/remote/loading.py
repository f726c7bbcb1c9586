"""Connecting to a model on a server, by its address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from rlm_core.core.errors import ModelError
from rlm_core.models.address import parse
from rlm_core.models.remote.policy import RemotePolicy
from rlm_core.models.remote.probe import connect
from rlm_core.models.remote.server import Server, Template, Way


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model on a server. `policy()` opens one search's view of it.

    name: its address, as it was given.
    server: what it was seen to do, and how it is asked.
    plain: problems are put to it as plain text, without a chat template.
    """

    name: str
    server: Server
    plain: bool

    @property
    def together(self) -> bool:
        """Searches share it at the same time: the server makes batches of all their requests."""
        return True

    def policy(self, shared: bool = False) -> RemotePolicy:
        """shared: has no meaning here."""
        return RemotePolicy(self.name, self.server, self.plain)


def load(name: str, fmt: str, report: Callable[[str], None]) -> RemoteModel:
    """The model at an address, its server asked what it can do. ModelError says in a sentence why it cannot be used.

    fmt: "plain" for a model without a chat template; "chat" and "auto" for any other.
    """
    server = asyncio.run(connect(parse(name), report))
    can = server.abilities
    plain = fmt == "plain" or (fmt == "auto" and can.way is Way.TEXT and can.template is Template.NONE)
    if plain and not can.texts:
        raise ModelError(
            f"{server.shown} takes messages only, so it cannot be used without its chat template; set the prompt format to auto."
        )
    if plain:
        server.abilities = replace(can, way=Way.TEXT, template=Template.NONE, delimiters=None)
    report(f"Connected to {server.shown}, which {server.abilities.sentence}.")
    return RemoteModel(name, server, plain)
