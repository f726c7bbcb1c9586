"""Trying a connection for a person who waits: in a thread of its own, within a time, and until it is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from rlm_core.core.errors import ModelError, RlmError
from rlm_core.core.wording import listed
from rlm_core.models.address import parse
from rlm_core.models.remote import probe
from rlm_core.models.remote.client import Client
from rlm_core.models.remote.replies import decoded
from rlm_core.models.remote.server import Abilities, Server, Template, Way

SECONDS = 60.0
"""The longest that a try may take."""
SHOWN_MODELS = 20
"""Models of a server that are named."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a server was seen to do, whether or not it is used here.

    server: connected.
    chats, prefills: it takes messages; it goes on from an answer that has begun.
    tokenizes: it tells the tokens of a text.
    several: one request can ask for several choices (n).
    models: ids that it lists.
    """

    server: Server
    chats: bool
    prefills: bool
    tokenizes: bool
    several: bool
    models: tuple[str, ...]

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each ability, and what was seen of it."""
        can = self.server.abilities
        template = f", the prompt put through the chat template by {can.template.value}" if can.template is not Template.NONE else ""
        by = {Way.TEXT: f"by text{template}", Way.TURN: "by a turn that has begun", Way.WHOLE: "whole solutions only"}
        return [
            ("Models", listed(self.models, most=SHOWN_MODELS) or "lists none"),
            ("Asked", by[can.way]),
            ("Completions", _yes(can.texts)),
            ("Chat", _yes(self.chats)),
            ("Prefilled turn", _yes(self.prefills)),
            ("Log-probabilities", f"of the {can.top} likeliest tokens" if can.top > 1 else _yes(can.top > 0)),
            ("Echo", f"{_yes(can.echo)}{'' if can.echo else ' (steps that a person wrote have no log-probabilities)'}"),
            ("Stop strings", _yes(can.stop)),
            ("Seed", "heeded" if can.seed else "ignored"),
            ("Several choices (n)", f"{_yes(self.several)}; not used, since they would share one seed"),
            ("Tokenize", _yes(self.tokenizes)),
            ("Counts of tokens", _yes(can.counts) if can.counts else "no; they are estimated"),
            ("Thinking space", f"{can.delimiters.opening} … {can.delimiters.closing}" if can.delimiters else "none is known"),
            ("Context", f"{can.context:,} tokens" if can.context else "not told"),
        ]


class Trial:
    """A try of a connection; it begins when this is made.

    report: what is being done.
    found: what came of it; None before, and if it failed.
    error: why it failed, in a sentence; empty before, and if it did not.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.report = ""
        self.found: Found | None = None
        self.error = ""
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._try())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def going(self) -> bool:
        return self.found is None and not self.error

    def cancel(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    def wait(self, seconds: float) -> None:
        """Until it has ended, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.found = self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self.error = "The try was cancelled."
        except TimeoutError:
            self.error = f"{self.name} did not answer all that it was asked within {SECONDS:.0f} s; it may be busy, so try it again."
        except RlmError as error:
            self.error = str(error)
        except Exception as error:  # noqa: BLE001 - what an unknown server sends must not leave a person waiting
            self.error = f"What answers at {self.name} cannot be understood ({type(error).__name__}: {error}); correct the address."
        finally:
            self._loop.close()

    async def _try(self) -> Found:
        async with asyncio.timeout(SECONDS):
            server = await probe.connect(parse(self.name), self._reported)
            try:
                return await _all_of(server)
            finally:
                await server.client.close()

    def _reported(self, text: str) -> None:
        self.report = text


async def _all_of(server: Server) -> Found:
    """What else it does, each tried on a copy, so that what was found stays."""
    client = Client(server.address, probe.LOADING_SECONDS, probe.ABSENT_SECONDS)
    try:
        other = Server(server.address, client, Abilities(way=Way.WHOLE))
        chats = await _works(probe.chats(other))
        if chats:
            await _works(probe.find_continuation(other))
        entries = await probe.models(client) or []
        return Found(
            replace(server),
            chats,
            prefills=chats and other.abilities.way is Way.TURN,
            tokenizes=await _works(_tokens(other)),
            several=await _works(_choices(other, server.abilities)),
            models=tuple(e.id for e in entries),
        )
    finally:
        await client.close()


async def _works(asked: Awaitable[bool | None]) -> bool:
    """Did it answer, and not with a no?"""
    try:
        return await asked is not False
    except (ModelError, KeyError, TypeError):
        return False


async def _tokens(server: Server) -> bool:
    url, text = f"{server.address.root}/tokenize", "3+4=7"
    return bool((await server.client.post(url, {"model": server.address.model, "content": text, "prompt": text}))["tokens"])


async def _choices(server: Server, can: Abilities) -> bool:
    how = {"n": 2, "temperature": 1.0, can.limit: 1}
    if can.texts:
        answer = await server.post("/completions", {"prompt": "3+4="} | how)
    else:
        answer = await server.post("/chat/completions", {"messages": probe.HELLO} | how)
    return len(decoded(answer, server.address.base).choices) == 2


def _yes(does: bool) -> str:
    return "yes" if does else "not offered"
