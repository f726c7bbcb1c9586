"""What a server answered: the text, its tokens where they are told, why it ended, and what it cost.

Servers differ in three ways here. Log-probabilities come as `tokens` and `token_logprobs` (the older form, as vLLM and SGLang
send them for texts) or as `content` (chats, and llama.cpp always). Why a text ended is `stop` for the model's own end and for
a stop string alike; vLLM and SGLang tell which it was in a field of their own, elsewhere the tokens tell it. And the token
that held the stop string is cut away in some logs, and not in others.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from rlm_core.core.errors import ModelError
from rlm_core.core.events import Token
from rlm_core.models.policy import CHARACTERS_PER_TOKEN

LEAST_LOGPROB = -1e4
"""Stands for the log-probability of what is impossible, which servers tell as −∞ or as the least number they have."""


class End(Enum):
    """Why a text ended."""

    TURN = "the model ended its turn"
    STOP = "a stop string came"
    LENGTH = "the limit of tokens"
    UNKNOWN = "one of the first two"


class Written(NamedTuple):
    """A token as the server tells it; id 0 where it tells none."""

    id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    text: as it was written, the stop string left out.
    tokens: with their log-probabilities, together the text; none where the server tells none.
    alternatives: log-probabilities of the texts that might have been the first token.
    end: why it ended.
    generated, prompt, cached: tokens written, read, and of those read the ones that the server still had.
    counted: the server told the numbers; else they are estimates.
    """

    text: str
    tokens: tuple[Token, ...]
    alternatives: dict[str, float]
    end: End
    generated: int
    prompt: int
    cached: int
    counted: bool


# -- as it comes -------------------------------------------------------------------------------------


class _Alternative(msgspec.Struct):
    token: str
    logprob: float | None = None


class _Content(msgspec.Struct):
    token: str
    logprob: float | None = None
    id: int = 0
    bytes: list[int] | None = None
    top_logprobs: list[_Alternative] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Content] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float | None] | None] | None = None


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    text: str | None = None
    message: _Message | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None
    stop_reason: Any = msgspec.UNSET  # vLLM
    matched_stop: Any = msgspec.UNSET  # SGLang


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Answer(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


def decoded(answer: Any, base: str) -> _Answer:
    """The answer of a server, checked. ModelError if it is none of the OpenAI protocol's."""
    try:
        found = msgspec.convert(answer, _Answer, strict=False)
    except msgspec.ValidationError as error:
        raise ModelError(f"What answers at {base} is no OpenAI-compatible server: its answer cannot be read ({error}).") from None
    if not found.choices:
        raise ModelError(f"What answers at {base} is no OpenAI-compatible server: its answer holds no text.")
    return found


def read(answer: Any, base: str, *, before: str = "", asked: int = 0, stop: Sequence[str] = ()) -> Reply:
    """The reply in an answer. ModelError if it cannot be read.

    before: text in front of it that the server repeats.
    asked: characters that were sent, for the estimate of a server that does not count.
    stop: the stop strings that were asked for.
    """
    found = decoded(answer, base)
    choice, usage = found.choices[0], found.usage or _Usage()
    text = choice.text if choice.text is not None else (choice.message.content if choice.message else None) or ""
    text = text.removeprefix(before)
    written = _written(choice.logprobs)
    tokens, rest = covering(text, written)
    generated, prompt = usage.completion_tokens, usage.prompt_tokens
    details = usage.prompt_tokens_details or _Details()
    return Reply(
        text,
        tokens,
        _alternatives(choice.logprobs),
        _end(choice, written, rest, generated, stop),
        generated if generated is not None else len(written) or -(-len(text) // CHARACTERS_PER_TOKEN),
        prompt if prompt is not None else -(-asked // CHARACTERS_PER_TOKEN),
        min(details.cached_tokens or 0, prompt or 0),
        counted=generated is not None and prompt is not None,
    )


def _written(told: _Logprobs | None) -> list[Written]:
    if told is None:
        return []
    if told.content is not None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may be several tokens
        texts = [t.token if t.bytes is None else decoder.decode(bytes(t.bytes)) for t in told.content]
        return [Written(t.id, text, _finite(t.logprob)) for t, text in zip(told.content, texts, strict=True)]
    return [Written(0, text, _finite(p)) for text, p in zip(told.tokens or [], told.token_logprobs or [], strict=False)]


def _alternatives(told: _Logprobs | None) -> dict[str, float]:
    if told is None:
        return {}
    if told.content:
        return {a.token: _finite(a.logprob) for a in told.content[0].top_logprobs or []}
    return {text: _finite(p) for text, p in ((told.top_logprobs or [None])[0] or {}).items()}


def _finite(logprob: float | None) -> float:
    return min(0.0, max(LEAST_LOGPROB, 0.0 if logprob is None else logprob))


def covering(text: str, written: Sequence[Written]) -> tuple[tuple[Token, ...], str | None]:
    r"""Tokens that together are the text, and what was written behind it: None if nothing was.

    Text whose token the server left out stands with the token before it.

    >>> covering("3+4", [Written(1, "3+", -0.5), Written(2, "4\n", -0.1)])
    ((Token(id=1, text='3+', logprob=-0.5), Token(id=2, text='4', logprob=-0.1)), '\n')
    >>> covering("a)", [Written(1, "a", -0.5)])
    ((Token(id=1, text='a)', logprob=-0.5),), None)
    """
    tokens: list[Token] = []
    at, rest = 0, None
    for one in written:
        if at >= len(text):
            rest = (rest or "") + one.text
            continue
        own = text[at : at + len(one.text)]
        tokens.append(Token(one.id, own, one.logprob))
        at += len(own)
        if len(own) < len(one.text):
            rest = one.text[len(own) :]
    if at < len(text) and tokens:
        tokens[-1] = Token(tokens[-1].id, tokens[-1].text + text[at:], tokens[-1].logprob)
    return tuple(tokens), rest


def echoed(answer: Any, base: str, text: str) -> tuple[Token, ...]:
    """The tokens of a text at the end of a prompt, from an answer that repeats the prompt and adds one token. ModelError if it does not."""
    choice = decoded(answer, base).choices[0]
    pieces: list[Written] = []
    length = 0
    for one in reversed(_written(choice.logprobs)[:-1]):
        if length >= len(text):
            break
        own = one.text[-(len(text) - length) :]
        pieces.insert(0, Written(one.id, own, one.logprob))
        length += len(own)
    if "".join(one.text for one in pieces) != text:
        raise ModelError(f"The server at {base} does not tell the log-probabilities of the text that it was given.")
    return tuple(Token(*one) for one in pieces)


def _end(choice: _Choice, written: Sequence[Written], rest: str | None, generated: int | None, stop: Sequence[str]) -> End:
    if choice.finish_reason == "length":
        return End.LENGTH
    if not stop:
        return End.TURN
    for told in (choice.stop_reason, choice.matched_stop):
        if told is not msgspec.UNSET:
            return End.STOP if told in stop else End.TURN
    if rest is not None:  # the model's end is a token without a text, or with one that is no stop string
        return End.STOP if any(s in rest or (rest and s.startswith(rest)) for s in stop) else End.TURN
    if written and generated is not None and generated > len(written):  # the token of the stop string was counted and cut away
        return End.STOP
    return End.UNKNOWN
