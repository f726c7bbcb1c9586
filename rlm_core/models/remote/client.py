"""Requests to a server: many at once, tried again where trouble may pass, and every refusal in one sentence.

The key comes from the environment alone. It is sent to the server and goes nowhere else: no log and no sentence holds it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any

import httpx2

from rlm_core.core import standstill
from rlm_core.core.errors import ModelError, first_line
from rlm_core.models.address import KEY_VARIABLES, Address

MAX_IN_FLIGHT = 256
"""Requests to one server at a time; others wait here. It batches those that it has."""
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 600.0
"""How long a server may be silent while it writes one answer."""
LOST_SECONDS = 1800.0
"""How long a run waits for a server that does not answer, before it fails with what it has."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
"""Seconds before the second try; each pause is twice as long as the one before, up to the longest, and drawn from its upper half."""
TELL_SECONDS = 2.0
"""Trouble that lasts longer is told."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Answers after which the same request may succeed."""
MAX_FAULTS = 5
"""Tries after which a server that answers 500 is taken at its word."""

logging.getLogger("httpx2").setLevel(logging.WARNING)  # else each request is a line of the worker's log


class Refusal(ModelError):
    """The server understood a request and does not do it.

    status: of the HTTP answer.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def api_key() -> tuple[str, str]:
    """The key for servers and the variable it comes from; both empty if none is set."""
    return next(((key, name) for name in KEY_VARIABLES if (key := os.environ.get(name, "").strip())), ("", ""))


@dataclass(frozen=True, slots=True)
class _Connection:
    """Connections belong to an event loop."""

    loop: asyncio.AbstractEventLoop
    http: httpx2.AsyncClient
    places: asyncio.Semaphore


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a try did not succeed, though a later one may.

    what: goes on after "The server at …".
    pause: seconds that the server asked for; None if it asked for none.
    absent: nothing answered.
    """

    what: str
    pause: float | None = None
    absent: bool = False


class Client:
    """Requests to the server at an address.

    patience: seconds for which a server that is busy or not ready is waited for.
    absence: the same for one that does not answer at all.
    """

    def __init__(self, address: Address, patience: float = LOST_SECONDS, absence: float = LOST_SECONDS) -> None:
        self.address = address
        self.patience = patience
        self.absence = absence
        self._connection: _Connection | None = None

    async def get(self, url: str) -> Any:
        """The JSON at an address. ModelError says in a sentence what is in the way; it is a Refusal if the server says no."""
        return await self._request("GET", url, None)

    async def post(self, url: str, body: dict[str, Any]) -> Any:
        """The JSON answer to a JSON request; errors as in `get`."""
        return await self._request("POST", url, body)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.http.aclose()
            self._connection = None

    async def _request(self, method: str, url: str, body: dict[str, Any] | None) -> Any:
        began, told = time.monotonic(), False
        with ExitStack() as waiting:
            for tries in count(1):
                answer = await self._try(method, url, body, tries)
                if isinstance(answer, httpx2.Response):
                    return self._read(answer)
                pause = self._pause(tries, answer)
                passed = time.monotonic() - began + pause
                if passed > (self.absence if answer.absent else self.patience):
                    raise ModelError(f"The server at {self.address.base} {answer.what}; start it, or correct the address.")
                if passed > TELL_SECONDS and not told:
                    told = True
                    waiting.enter_context(standstill.current().because(self._waits(answer)))
                await asyncio.sleep(pause)

    async def _try(self, method: str, url: str, body: dict[str, Any] | None, tries: int) -> httpx2.Response | _Trouble:
        here = self._here()
        key, _ = api_key()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            async with here.places:
                response = await here.http.request(method, url, json=body, headers=headers)
        except httpx2.ConnectError as error:
            return _Trouble(f"does not answer ({_unkeyed(first_line(error), key)})", absent=True)
        except httpx2.TimeoutException:
            return _Trouble("does not answer (it was silent for too long)", absent=True)
        except httpx2.TransportError:
            return _Trouble("ends the connection in the middle of an answer", absent=True)
        except (httpx2.InvalidURL, httpx2.HTTPError, UnicodeError, ValueError) as error:
            raise ModelError(f"{self.address.base} cannot be asked: {_unkeyed(first_line(error), key)}") from None
        status = response.status_code
        if status in PASSING and (status != 500 or tries < MAX_FAULTS):
            return _Trouble(f"is busy or not ready (status {status}{_quoted(response, key)})", _retry_after(response))
        return response

    def _here(self) -> _Connection:
        loop = asyncio.get_running_loop()
        if self._connection is None or self._connection.loop is not loop:
            limits = httpx2.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=MAX_IN_FLIGHT)
            patience = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
            encrypted = self.address.base.startswith("https://")  # certificates are read only where there are some to check
            http = httpx2.AsyncClient(verify=encrypted, timeout=patience, limits=limits)
            self._connection = _Connection(loop, http, asyncio.Semaphore(MAX_IN_FLIGHT))
        return self._connection

    @staticmethod
    def _pause(tries: int, trouble: _Trouble) -> float:
        """Seconds to the next try: twice as many each time, with jitter, and never fewer than the server asked for."""
        most = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 30))
        return max(random.uniform(most / 2, most), trouble.pause or 0.0)

    def _waits(self, trouble: _Trouble) -> str:
        return f"The server at {self.address.base} {trouble.what}; the run goes on when it is back, and cancelling ends it."

    def _read(self, response: httpx2.Response) -> Any:
        """The JSON of an answer; a sentence for one that is a refusal, or no JSON."""
        key, variable = api_key()
        status = response.status_code
        if status in (401, 403):
            given = f"the key in {variable}" if variable else "requests without a key"
            raise ModelError(
                f"The server at {self.address.base} refuses {given} (status {status}); set {KEY_VARIABLES[0]} to a key that it takes."
            )
        if status >= 400:
            raise Refusal(f"The server at {self.address.base} refuses a request (status {status}{_quoted(response, key)}).", status)
        try:
            return response.json()
        except ValueError:
            kind = response.headers.get("content-type", "").split(";")[0] or "something"
            raise ModelError(
                f"What answers at {self.address.base} is no OpenAI-compatible server: it sent {kind} instead of JSON; correct the address."
            ) from None


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds that a server asks to wait, given as a number or a date; None if it does not say."""
    said = response.headers.get("retry-after", "")
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _quoted(response: httpx2.Response, key: str) -> str:
    """What an error says itself, as the end of a parenthesis; empty if it says nothing that can be read."""
    try:
        told = response.json()
    except ValueError:
        return ""
    for name in ("error", "detail", "message"):
        while isinstance(told, dict) and name in told:
            told = told[name]
    said = _unkeyed(" ".join(told.split())[:200].rstrip(".") if isinstance(told, str) else "", key)
    return f": {said}" if said else ""


def _unkeyed(text: str, key: str) -> str:
    return text.replace(key, "…") if key else text
