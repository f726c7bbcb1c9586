"""A model on a server, as requests see it: what it can do, and how a text is asked for.

There are three ways to ask. By text: a prompt that was put through the model's chat template, and what was written so far, go
to `/completions`, and the model goes on from there. By turn: the messages go to `/chat/completions`, with an assistant turn that
is not over at their end. Whole: the messages alone; such a server writes whole solutions, and nothing can go on from a state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from rlm_core.core.errors import ModelError
from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.core.wording import counted, listed
from rlm_core.models.address import Address
from rlm_core.models.policy import ChatModel, Critic, Forcer, Known, Scorer, Stepper, TokenLogprobs
from rlm_core.models.prompts.line_text import Message
from rlm_core.models.prompts.thinking_delimiters import Delimiters, switches
from rlm_core.models.remote.client import Client, Refusal
from rlm_core.models.remote.replies import Reply, read

Opening = str | list[Message]
"""What stands before a solution: a text for a model without a chat template, or messages."""


def switched(thinking: bool) -> dict[str, Any]:
    """Asks a template to open a thinking space, or to leave it closed."""
    return {"chat_template_kwargs": switches(thinking)}


class Way(Enum):
    """How texts are asked for."""

    TEXT = "goes on from any text"
    TURN = "goes on from an answer that has begun"
    WHOLE = "writes whole solutions only"


class Template(Enum):
    """Where the text of messages comes from."""

    NONE = "nowhere"
    APPLY = "/apply-template"
    """llama.cpp"""
    TOKENIZE = "/tokenize and /detokenize"
    """vLLM"""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a server was seen to do.

    way: how texts are asked for.
    texts: it goes on from a text as it is, so that a model without a chat template can be used.
    template: where the text of messages comes from.
    settings: fields for sampling beyond the protocol's own, and others that every request is to hold.
    continuing: fields of a request that goes on from a turn that has begun.
    repeats: its answer begins with the part of the turn that it was given.
    limit: the field that holds the limit of tokens.
    top: how many tokens it names in each place with their log-probabilities; 0 for none.
    echo: it tells the log-probabilities of a text that it is given.
    stop: it ends at a stop string.
    seed: the same seed gives the same text.
    counts: it tells how many tokens it read and wrote.
    context: the most tokens of prompt and answer together; None if it does not say.
    delimiters: of the model's thinking space, where texts are asked for by text; None if it has none.
    """

    way: Way = Way.WHOLE
    texts: bool = False
    template: Template = Template.NONE
    settings: dict[str, Any] = field(default_factory=dict)
    continuing: dict[str, Any] = field(default_factory=dict)
    repeats: bool = False
    limit: str = "max_tokens"
    top: int = 0
    echo: bool = False
    stop: bool = False
    seed: bool = False
    counts: bool = False
    context: int | None = None
    delimiters: Delimiters | None = None

    @property
    def known(self) -> Known:
        """What a policy over it offers."""
        whole, found = self.way is Way.WHOLE, {ChatModel, Critic, Stepper}
        found |= {TokenLogprobs} if self.top else set[type]()
        found |= {Scorer} if self.echo and self.top else set[type]()
        return Known(frozenset(found if whole else found | {Forcer}), whole)

    @property
    def sentence(self) -> str:
        """What it does, and how far its seeds and counts hold."""
        does = [self.way.value, "tells log-probabilities" if self.top else "", "scores given texts" if self.echo else ""]
        holds = [
            "it heeds seeds as far as its batches and caches leave the numbers alone"
            if self.seed
            else "it ignores seeds, so that the same seed may give another run",
            "" if self.counts else "it tells no numbers of tokens, so that they are estimated by the length of the texts",
        ]
        return "; ".join([listed([d for d in does if d]), *filter(None, holds)])


@dataclass(slots=True)
class Server:
    """A model on a server.

    address: the server and the model's id there.
    client: sends the requests.
    abilities: what it was seen to do.
    """

    address: Address
    client: Client
    abilities: Abilities
    _templated: dict[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The model and its server in a sentence."""
        return f"{self.address.model} at {self.address.base}"

    async def ask(
        self,
        opening: Opening,
        begun: str = "",
        *,
        seed: int,
        temperature: float,
        tokens: int,
        stop: Sequence[str] = (),
        top: int = 1,
        warping: Warping = UNWARPED,
        thinking: bool = False,
    ) -> Reply:
        """The text that the model goes on with. ModelError says in a sentence why there is none.

        begun: what it has written so far.
        seed: a whole number from 0 to 2**31 − 1.
        tokens: at most so many, at least one.
        top: how many tokens to name with their log-probabilities in each place, where the server tells them.
        thinking: the answer begins in the model's thinking space, if it has one.
        """
        can = self.abilities
        stop = tuple(stop) if can.stop else ()
        by_text = isinstance(opening, str) or can.way is Way.TEXT
        body: dict[str, Any] = {"temperature": temperature, "seed": seed, can.limit: tokens} | can.settings | self._warped(warping)
        body |= {"stop": list(stop)} if stop else {}
        if by_text:
            body |= {"prompt": await self.text(opening, thinking) + begun}
            body |= {"logprobs": min(top, can.top)} if can.top else {}
        else:
            body |= {"messages": [*opening, {"role": "assistant", "content": begun}] if begun else opening}
            body |= can.continuing if begun else {}
            body |= {"logprobs": True, "top_logprobs": min(top, can.top)} if can.top else {}
        answer = await self.post("/completions" if by_text else "/chat/completions", body)
        length = len(body["prompt"]) if by_text else sum(len(m["content"]) for m in body["messages"])
        reply = read(answer, self.address.base, before=begun if can.repeats and not by_text else "", asked=length, stop=stop)
        if reply.counted and reply.generated > tokens:
            raise ModelError(
                f"{self.shown} wrote {counted(reply.generated, 'token')} where {tokens:,} were allowed, so no budget can be kept; "
                "choose another server."
            )
        return reply

    def _warped(self, warping: Warping) -> dict[str, Any]:
        """The fields of a request that warp the distributions. ModelError if the server does not take one that is set."""
        can = self.abilities.settings
        own = {"top_k": warping.top_k or -1, "min_p": warping.min_p, "repetition_penalty": warping.repetition_penalty}
        for name, value in own.items():
            if name not in can and getattr(warping, name) != getattr(UNWARPED, name):
                raise ModelError(f"{self.shown} does not take {name}={value:g}; leave it at {getattr(UNWARPED, name):g}.")
        found: dict[str, Any] = {"top_p": warping.top_p} | {name: value for name, value in own.items() if name in can}
        penalties = {"presence_penalty": warping.presence_penalty, "frequency_penalty": warping.frequency_penalty}
        if warping.repetition_penalty != UNWARPED.repetition_penalty:  # the name in llama.cpp, which else looks at 64 tokens
            penalties |= {"repeat_penalty": warping.repetition_penalty, "repeat_last_n": -1}
        return found | {name: value for name, value in penalties.items() if value}

    async def scored(self, before: str, text: str) -> Any:
        """The answer in which the server tells the log-probabilities of a text after another."""
        return await self.post("/completions", {"prompt": before + text, "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0.0})

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to a request of the protocol, the model's id put into it."""
        named = {"model": self.address.model} if self.address.model else {}
        return await self.client.post(self.address.base + path, named | body)

    async def text(self, opening: Opening, thinking: bool = False) -> str:
        """The text of an opening, up to where the answer begins: in the model's thinking space or behind it."""
        if isinstance(opening, str):
            return opening
        key = repr((opening, thinking))
        if key not in self._templated:
            text = await templated(self, self.abilities.template, opening, thinking)
            if self.abilities.delimiters:
                switched = not thinking and text != await templated(self, self.abilities.template, opening, True)
                text = self.abilities.delimiters.left_open(text, thinking, switched)
            self._templated[key] = text
        return self._templated[key]


async def one_token(server: Server, template: Template, text: str) -> bool:
    """Is a text one token of the model's vocabulary? A Refusal if the server does not say."""
    url = f"{server.address.root}/tokenize"
    if template is Template.APPLY:
        asked: dict[str, Any] = {"content": text, "add_special": False, "parse_special": True}
    else:
        asked = {"model": server.address.model, "prompt": text, "add_special_tokens": False}
    return len((await server.client.post(url, asked))["tokens"]) == 1


async def templated(server: Server, template: Template, messages: list[Message], thinking: bool = False) -> str:
    """The messages put through the model's chat template by the server. ModelError if it does not."""
    root, named = server.address.root, {"model": server.address.model}
    if template is Template.APPLY:
        answer = await server.client.post(f"{root}/apply-template", {"messages": messages} | switched(thinking))
    else:
        asked = named | {"messages": messages, "add_generation_prompt": True} | switched(thinking)
        ids = (await server.client.post(f"{root}/tokenize", asked))["tokens"]
        answer = await server.client.post(f"{root}/detokenize", named | {"tokens": ids})
    text = answer.get("prompt") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text:
        raise Refusal(f"The server at {server.address.base} does not put messages through the model's chat template.", 404)
    return text
