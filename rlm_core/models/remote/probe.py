"""What a server can do, found by small requests: what it documents or accepts may still be ignored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec

from rlm_core.core.errors import ModelError
from rlm_core.core.wording import listed
from rlm_core.models.address import Address
from rlm_core.models.prompts.line_text import Message
from rlm_core.models.prompts.thinking_delimiters import TABLE, Delimiters, known_by
from rlm_core.models.remote.client import Client, Refusal
from rlm_core.models.remote.replies import Reply, decoded
from rlm_core.models.remote.server import Abilities, Server, Template, Way, one_token, switched, templated

LOADING_SECONDS, ABSENT_SECONDS = 120.0, 2.0
"""How long a server may go on loading its model, and how long there may be none."""
NAMED_MODELS = 5
"""Models of a server that a sentence names."""
PLAIN_SAMPLING = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""Switches off what some servers do to the distribution where nothing is said (llama.cpp: top-k 40; vLLM: what the model recommends)."""
MOST_ALTERNATIVES = (20, 5, 1)
"""How many tokens are asked for with their log-probabilities: the most that vLLM and chats give, texts at OpenAI, any."""

HELLO: list[Message] = [{"role": "user", "content": "Hi"}]
DAYS = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"
RECITE: list[Message] = [{"role": "user", "content": f"Write the days of the week twice: {DAYS}, {DAYS}."}]
BROKEN_OFF, GOES_ON = f"{DAYS}, Monday, Tuesday, Wednes", "day"
"""A text that ends within a word, and how whoever goes on from it goes on."""
NUMBERS = "1\n2\n3\n4"
CONTINUATIONS: tuple[dict[str, Any], ...] = ({"continue_final_message": True, "add_generation_prompt": False}, {})
"""Fields that make a server go on from the last turn: vLLM's and SGLang's, and none (llama.cpp, Ollama)."""

Report = Callable[[str], None]


class Entry(msgspec.Struct):
    """A model that a server lists."""

    id: str
    aliases: list[str] = []
    max_model_len: int | None = None  # vLLM
    meta: Any = None  # llama.cpp


class _Models(msgspec.Struct):
    data: list[Entry]


async def connect(address: Address, report: Report) -> Server:
    """The model at an address, with what its server was seen to do. ModelError says in a sentence why it cannot be used."""
    report(f"Asking the server at {address.base} what it can do …")
    client = Client(address, LOADING_SECONDS, ABSENT_SECONDS)
    try:
        entry = _chosen(await models(client), address)
        server = Server(replace(address, model=entry.id), client, Abilities(context=_context(entry)))
        await _find_way(server)
        await _find_details(server)
    finally:
        await client.close()
    return Server(server.address, Client(address), server.abilities)


async def models(client: Client) -> list[Entry] | None:
    """The models that the server lists; None if it has no list."""
    base = client.address.base
    try:
        told = await client.get(f"{base}/models")
    except Refusal:
        return None
    try:
        return msgspec.convert(told, _Models, strict=False).data
    except msgspec.ValidationError:
        raise ModelError(f"What answers at {base} is no OpenAI-compatible server: it lists no models; correct the address.") from None


def _chosen(models: list[Entry] | None, address: Address) -> Entry:
    """The model that the address names, or the only one there is. ModelError names those that are there."""
    there = models or []
    for entry in there:
        if address.model in (entry.id, *entry.aliases) or (not address.model and len(there) == 1):
            return entry
    if address.model and models is None:
        return Entry(address.model)
    names = listed([e.id for e in there[:NAMED_MODELS]]) if there else "none"
    more = f" and {len(there) - NAMED_MODELS} more" if len(there) > NAMED_MODELS else ""
    if address.model:
        raise ModelError(f"The server at {address.base} has no model {address.model}; it has {names}{more}.")
    raise ModelError(f"{address.base} names no model; write its id behind it, as in {address.base}#model-id (there: {names}{more}).")


def _context(entry: Entry) -> int | None:
    meta = entry.meta if isinstance(entry.meta, dict) else {}
    said = entry.max_model_len or meta.get("n_ctx")
    return said if isinstance(said, int) and said > 0 else None


# -- how texts are asked for -------------------------------------------------------------------------


async def _find_way(server: Server) -> None:
    """By text where it goes on from one and can put messages through the template; else by turn, if it goes on from one; else whole."""
    if await _goes_on_from_text(server):
        server.abilities = replace(server.abilities, texts=True, template=await _template(server))
    by_text = replace(server.abilities, way=Way.TEXT)
    if by_text.template is Template.TOKENIZE:  # its text holds the mark for the beginning already
        by_text = replace(by_text, settings=by_text.settings | {"add_special_tokens": False})
    if by_text.template is not Template.NONE:
        server.abilities = by_text
        found = await _delimiters(server)
        shown = {"skip_special_tokens": False} if found and by_text.template is Template.TOKENIZE else {}  # else vLLM leaves them out
        server.abilities = replace(by_text, delimiters=found, settings=by_text.settings | shown)
    elif await chats(server):
        await find_continuation(server)
    elif by_text.texts:
        server.abilities = by_text
    else:
        raise ModelError(
            f"The server at {server.address.base} answers neither at /completions nor at /chat/completions; correct the address."
        )


async def _goes_on_from_text(server: Server) -> bool:
    """Is a text read as it is? Some servers put it into a template first; then even one letter is many tokens."""
    for settings in (PLAIN_SAMPLING, {}):
        server.abilities = replace(server.abilities, settings=settings)
        try:
            reply = await server.ask("a", seed=0, temperature=1.0, tokens=1)
        except Refusal as refusal:
            refuse_model(server, refusal)
            continue
        if reply.counted:
            return reply.prompt <= 3  # the letter, and perhaps a mark for the beginning
        return (await server.ask(BROKEN_OFF, seed=0, temperature=0.0, tokens=4)).text.startswith(GOES_ON)
    return False


async def _template(server: Server) -> Template:
    for template in (Template.APPLY, Template.TOKENIZE):
        try:
            if "Hi" in await templated(server, template, HELLO):
                return template
        except (ModelError, KeyError, TypeError):  # there is no such thing, or it is another
            continue
    return Template.NONE


async def _delimiters(server: Server) -> Delimiters | None:
    """Those of the model's thinking space, by its chat template, by what that makes of a message, or else by its vocabulary."""
    template = server.abilities.template
    shown = [await templated(server, template, HELLO, thinking) for thinking in (True, False)]
    if found := known_by(" ".join([await _chat_template(server), *shown]), set):
        return found
    try:
        signs = [row.sign or row.closing for row in TABLE]
        vocabulary = {sign for sign in signs if await one_token(server, template, sign)}
    except (Refusal, KeyError, TypeError):
        return None
    return known_by("", lambda: vocabulary)


async def _chat_template(server: Server) -> str:
    """The model's chat template, where the server shows it (llama.cpp); else empty."""
    try:
        told = await server.client.get(f"{server.address.root}/props")
    except ModelError:
        return ""
    source = told.get("chat_template") if isinstance(told, dict) else None
    return source if isinstance(source, str) else ""


async def chats(server: Server) -> bool:
    for limit in ("max_tokens", "max_completion_tokens"):
        for settings in (PLAIN_SAMPLING | switched(False), PLAIN_SAMPLING, {}):
            server.abilities = replace(server.abilities, limit=limit, settings=settings)
            try:
                reply = await server.ask(HELLO, seed=0, temperature=1.0, tokens=1)
            except Refusal as refusal:
                refuse_model(server, refusal)
                continue
            server.abilities = replace(server.abilities, counts=reply.counted)
            return True
    return False


async def find_continuation(server: Server) -> None:
    """Does it go on from a turn that has begun? Then one letter more in that turn is one token more, and a broken word is completed."""
    bare = await server.ask(HELLO, seed=0, temperature=0.0, tokens=1)
    for continuing in CONTINUATIONS:
        server.abilities = replace(server.abilities, continuing=continuing, repeats=False)
        try:
            letter = await server.ask(HELLO, "a", seed=0, temperature=0.0, tokens=1)
            broken = await server.ask(RECITE, BROKEN_OFF, seed=0, temperature=0.0, tokens=4)
        except Refusal:
            continue
        repeats = broken.text.startswith(BROKEN_OFF)
        one_more = letter.counted and letter.prompt - bare.prompt == 1
        if one_more or broken.text.removeprefix(BROKEN_OFF).startswith(GOES_ON):
            server.abilities = replace(server.abilities, way=Way.TURN, repeats=repeats)
            return
    server.abilities = replace(server.abilities, way=Way.WHOLE, continuing={}, repeats=False)


# -- what else it does ------------------------------------------------------------------------------


async def _find_details(server: Server) -> None:
    sample = await _find_logprobs(server)
    server.abilities = replace(server.abilities, counts=sample.counted)
    server.abilities = replace(server.abilities, stop=await _stops(server))
    first, again, other = [await _drawn(server, seed) for seed in (1, 1, 2)]
    server.abilities = replace(server.abilities, seed=first == again != other)
    server.abilities = replace(server.abilities, echo=server.abilities.way is Way.TEXT and await _echoes(server))


async def _find_logprobs(server: Server) -> Reply:
    """The most alternatives that it tells; returns what it said last."""
    for top in (*MOST_ALTERNATIVES, 0):
        server.abilities = replace(server.abilities, top=top)
        try:
            reply = await server.ask(HELLO if _templates(server) else NUMBERS, seed=0, temperature=0.0, tokens=4, top=top)
        except Refusal:
            if top:
                continue
            raise
        if not top or reply.tokens:
            return reply
    raise AssertionError("without log-probabilities it was asked too")


def _templates(server: Server) -> bool:
    return server.abilities.way is not Way.TEXT or server.abilities.template is not Template.NONE


async def _stops(server: Server) -> bool:
    """Does it take stop strings, and leave out what comes from there on?"""
    server.abilities = replace(server.abilities, stop=True)
    opening = RECITE if _templates(server) else DAYS
    try:
        return "," not in (await server.ask(opening, seed=0, temperature=0.0, tokens=8, stop=(",",))).text
    except Refusal:
        return False


async def _drawn(server: Server, seed: int) -> str:
    """A text of high entropy."""
    opening = [{"role": "user", "content": "Write ten random words."}] if _templates(server) else "Random words: "
    return (await server.ask(opening, seed=seed, temperature=1.5, tokens=8)).text


async def _echoes(server: Server) -> bool:
    try:
        answer = await server.scored("one two", " three four")
    except ModelError:
        return False
    told = decoded(answer, server.address.base).choices[0]
    logprobs = told.logprobs
    text = told.text or ""
    return text.startswith("one two three four") and logprobs is not None and len(logprobs.token_logprobs or []) > 2


def refuse_model(server: Server, refusal: Refusal) -> None:
    """ModelError if what was refused is the model, although the server lists no models or one of this name."""
    if refusal.status == 404 and "model" in str(refusal).lower():
        raise ModelError(f"The server at {server.address.base} has no model {server.address.model}; it says: {refusal}") from None
