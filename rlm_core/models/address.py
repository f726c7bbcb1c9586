"""The address of a model that a server has: `http://127.0.0.1:8080/v1#model-id`. Nothing is asked over the network here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from rlm_core.core.errors import ModelError

EXAMPLE = "http://127.0.0.1:8080/v1#model-id"
KEY_VARIABLES = ("RLM_EXPLORER_API_KEY", "OPENAI_API_KEY")
"""Environment variables that may hold the key for servers; the first one that is set is used."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is served.

    base: up to and with the version, such as http://127.0.0.1:8080/v1.
    model: its id, as the server lists it; empty where the server has one model only.
    """

    base: str
    model: str = ""

    @property
    def root(self) -> str:
        """The address without its version, below which servers keep what the OpenAI protocol does not have."""
        return re.sub(r"/v\d+$", "", self.base)


def is_address(name: str) -> bool:
    """Does a name say where a server is?

    >>> is_address("http://127.0.0.1:8080/v1"), is_address("owner/name")
    (True, False)
    """
    return name.strip().lower().startswith(("http://", "https://"))


def parse(name: str) -> Address:
    """The parts of an address; ModelError if it names no server, or holds what would be seen in logs.

    >>> parse("http://127.0.0.1:8080#qwen"), parse("https://host/api/v1/chat/completions")
    (Address(base='http://127.0.0.1:8080/v1', model='qwen'), Address(base='https://host/api/v1', model=''))
    """
    try:
        parts = urlsplit(name.strip())
        host, port = parts.hostname, parts.port  # a port that is no number raises ValueError
    except ValueError:
        host, port = None, None
        parts = urlsplit("http://")
    if not host or re.search(r"\s", name.strip()):
        raise ModelError(f"{name.strip()[:80]} is no address of a server; write it as {EXAMPLE}.")
    if parts.username or parts.password or parts.query:
        raise ModelError(f"An address is kept in every log, so it must hold no key; set {KEY_VARIABLES[0]} and write {EXAMPLE}.")
    path = re.sub(r"/(?:chat/)?completions$", "", parts.path.rstrip("/"))
    where = f"[{host}]" if ":" in host else host
    return Address(f"{parts.scheme.lower()}://{where}{f':{port}' if port else ''}{path or '/v1'}", unquote(parts.fragment).strip())
