"""A model's own chat template, and how messages are arranged so that the template takes all of them.

Templates differ in what they accept: some have no system role (Gemma), some want user and assistant to alternate strictly
(the first Mistrals), some take a single question, some leave out silently what they do not know, some want the content of a
turn as a list of parts. The form that a template takes is found by trying: texts of no meaning are rendered in the roles wanted, and
the first arrangement that shows every one of them is used from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from transformers import PreTrainedTokenizerBase

from rlm_core.core.errors import ModelError, first_line
from rlm_core.models.prompts.line_text import Message
from rlm_core.models.prompts.thinking_delimiters import switches

Arrangement = Callable[[Sequence[Message]], list[dict[str, Any]]]

SPECIAL_PURPOSE = ("tool_use", "rag")
"""Names of templates that stand beside a model's default one."""


class ChatTemplate:
    """Messages in, the text of a prompt out, up to where the assistant's next turn begins."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._found: dict[tuple[str, ...], Arrangement] = {}
        self.source = _chosen(tokenizer.chat_template)

    def render(self, messages: Sequence[Message], thinking: bool) -> str:
        """The prompt's text. ModelError if the template takes the messages in no arrangement.

        thinking: is the template asked to leave a thinking space open?
        """
        arrange = self.arrangement(tuple(m["role"] for m in messages))
        try:
            return self._apply(arrange(messages), thinking)
        except Exception as error:  # a template is a program that came with the model
            raise _refusal(error) from error

    def arrangement(self, roles: tuple[str, ...]) -> Arrangement:
        """The first arrangement in which the template shows the text of every one of these turns; ModelError if there is none."""
        if roles not in self._found:
            self._found[roles] = self._find(roles)
        return self._found[roles]

    def _find(self, roles: tuple[str, ...]) -> Arrangement:
        texts = [f"Trial text {i}." for i in range(len(roles))]
        messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
        refused: Exception | None = None
        for arrange in ARRANGEMENTS:
            try:
                shown = self._apply(arrange(messages), thinking=False)
            except Exception as error:  # noqa: BLE001 - a template is a program that came with the model
                refused = refused or error
                continue
            if all(text in shown for text in texts):
                return arrange
        raise _refusal(refused)

    def _apply(self, messages: list[dict[str, Any]], thinking: bool) -> str:
        how: dict[str, Any] = {"add_generation_prompt": True, "tokenize": False}
        how |= switches(thinking)
        if isinstance(self._tokenizer.chat_template, dict):
            how["chat_template"] = self.source
        return str(self._tokenizer.apply_chat_template(messages, **how))


def _chosen(template: object) -> str:
    """The template itself; of several by name the default one, or the first that is not for a special purpose."""
    if not isinstance(template, dict):
        return template if isinstance(template, str) else ""
    ordinary = [text for name, text in template.items() if name not in SPECIAL_PURPOSE]
    return template.get("default") or next(iter([*ordinary, *template.values()]), "")


def _refusal(error: Exception | None) -> ModelError:
    """Names what the template said itself, or that it said nothing and left a text out."""
    said = first_line(error) if error else "it leaves part of them out"
    return ModelError(f"The model's chat template cannot take the messages ({said[:120].rstrip('.')}); set the prompt format to plain.")


def _as_they_are(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [dict(m) for m in messages]


def _system_in_first_turn(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The system's text before that of the first turn."""
    if messages[0]["role"] != "system" or len(messages) == 1:
        return _as_they_are(messages)
    system, first, *rest = messages
    return _as_they_are([{**first, "content": f"{system['content']}\n\n{first['content']}"}, *rest])


def _one_question(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """All turns as one of the user's, each with its role before it; the system's stays as it is."""
    system = [m for m in messages if m["role"] == "system"]
    turns = [m for m in messages if m["role"] != "system"]
    if len(turns) < 2:
        return _as_they_are(messages)
    text = "\n\n".join(f"{m['role'].capitalize()}: {m['content']}" for m in turns)
    return _as_they_are([*system, {"role": "user", "content": text}])


def _all_in_one(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return _system_in_first_turn(_one_question(messages))


def _in_parts(arrange: Arrangement) -> Arrangement:
    """Each content a list of parts, as templates of models that also see pictures want it."""
    return lambda messages: [{**m, "content": [{"type": "text", "text": m["content"]}]} for m in arrange(messages)]


ARRANGEMENTS: tuple[Arrangement, ...] = tuple(
    way for arrange in (_as_they_are, _system_in_first_turn, _one_question, _all_in_one) for way in (arrange, _in_parts(arrange))
)
"""In the order in which they are tried: from the messages as they are to one question, which nearly any template takes."""
