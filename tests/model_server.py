"""A server of the OpenAI protocol over real sockets, with manners of its own: it does or ignores what a test wants it to.

Its model writes a line of arithmetic and then an answer, which one depends on the seed. A token is a word with the space before it,
or a line break.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DAYS = "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"
END = "<end>"


@dataclass
class Manners:
    """What the server does.

    texts, template, chats, continues: it goes on from texts, tells the templated text, takes messages, goes on from an assistant's turn.
    logprobs: the form in which it tells log-probabilities: "old", "content", or "" for none.
    seeds, stops, usage, limits, echoes: it heeds seeds and stop strings, counts tokens, keeps to max_tokens, repeats the prompt.
    key: without it in the request the answer is 401; empty for none.
    models: those it has.
    context: tokens it reads.
    answers: (status, headers, body) with which it answers the next requests to complete something, before it does as asked.
    cuts: connections that it cuts before that.
    leaves: it stops for good after so many answers; None for never.
    thinks: its chat template knows a thinking space.
    says: what it goes on with behind a prompt, a token a character; None for its arithmetic.
    """

    texts: bool = True
    template: bool = True
    chats: bool = True
    continues: bool = True
    logprobs: str = "content"
    seeds: bool = True
    stops: bool = True
    usage: bool = True
    limits: bool = True
    echoes: bool = False
    key: str = ""
    models: list[str] = field(default_factory=lambda: ["tiny"])
    context: int = 4096
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    cuts: int = 0
    leaves: int | None = None
    thinks: bool = False
    says: Callable[[str], str] | None = None


class ModelServer:
    """The server while it runs.

    asked: path, body, headers and time of every request.
    """

    def __init__(self, manners: Manners, port: int = 0) -> None:
        self.manners = manners
        self.asked: list[tuple[str, dict[str, Any], dict[str, str], float]] = []
        self.drawn = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.serve(self, {})

            def do_POST(self) -> None:
                outer.serve(self, json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Of whoever left before the answer came nothing is said."""

        self.http = Server(("127.0.0.1", port), Handler)
        self.port = self.http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    # -- answering -----------------------------------------------------------------------------------

    def serve(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        self.asked.append((handler.path, body, dict(handler.headers), time.monotonic()))
        completing = handler.path.endswith("/completions")
        if completing and self.manners.cuts:
            self.manners.cuts -= 1
            handler.close_connection = True
            handler.connection.close()
            return
        status, headers, answer = self.manners.answers.pop(0) if completing and self.manners.answers else self._answer(handler, body)
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        handler.send_response(status)
        for name, value in ({"content-type": "text/html" if isinstance(answer, str) else "application/json"} | headers).items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)
        if self.manners.leaves is not None and len(self.asked) >= self.manners.leaves:
            self.stop()

    def _answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
        can, missing = self.manners, (404, {}, {"error": {"message": "no such thing"}})
        if can.key and handler.headers.get("authorization") != f"Bearer {can.key}":
            return 401, {}, {"error": {"message": f"wrong key {handler.headers.get('authorization', '')}"}}
        match handler.path:
            case "/v1/models":
                return 200, {}, {"data": [{"id": m, "max_model_len": can.context} for m in can.models]}
            case "/props":
                return 200, {}, {"chat_template": "{with <think> and </think>}" if can.thinks else "{}"}
            case "/tokenize":
                return 200, {}, {"tokens": [1, 2]}
            case "/apply-template" if can.template:
                return 200, {}, {"prompt": templated(body["messages"])}
            case "/v1/completions" if can.texts:
                return self._completed(body, body["prompt"], "text")
            case "/v1/chat/completions" if can.chats:
                messages = body["messages"]
                begun = messages[-1]["content"] if messages[-1]["role"] == "assistant" else ""
                prompt = templated(messages[:-1]) + begun if begun and can.continues else templated(messages)
                return self._completed(body, prompt, "message")
        return missing

    def _completed(self, body: dict[str, Any], prompt: str, kind: str) -> tuple[int, dict[str, str], Any]:
        can = self.manners
        divided = list if can.says else words
        read = len(divided(prompt))
        if read > can.context:
            return 400, {}, {"error": {"message": f"maximum context length is {can.context} tokens, and {read} were given"}}
        self.drawn += 1
        seed = body["seed"] if can.seeds and "seed" in body else self.drawn
        stop = body.get("stop", []) if can.stops else []
        limit = body["max_tokens"] if can.limits else 99
        written, shown, reason = [], "", "length"
        for word in [*divided(can.says(prompt) if can.says else said(prompt, seed)), END]:
            if len(written) == limit:
                break
            written.append(word)
            shown += "" if word == END else word
            if word == END or any(s in shown for s in stop):
                shown, reason = shown.partition(stop[0])[0] if stop else shown, "stop"
                break
        cut = len(divided(stop[0])) if reason == "stop" and written[-1] != END else 0
        told = written[: len(written) - cut]  # llama.cpp leaves the stop string's tokens out
        echo = divided(prompt) if can.echoes and body.get("echo") else []
        choice = {"index": 0, "finish_reason": reason, "logprobs": self._logprobs([*echo, *told]) if body.get("logprobs") else None}
        choice |= {"text": "".join(echo) + shown} if kind == "text" else {"message": {"role": "assistant", "content": shown}}
        usage = {"prompt_tokens": read, "completion_tokens": len(written), "total_tokens": read + len(written)}
        return 200, {}, {"choices": [choice]} | ({"usage": usage} if can.usage else {})

    def _logprobs(self, told: list[str]) -> dict[str, Any] | None:
        texts = ["" if t == END else t for t in told]
        if self.manners.logprobs == "old":
            top = [{t: -0.25, " No": -2.0} for t in texts]
            return {"tokens": texts, "token_logprobs": [None, *[-0.25] * (len(texts) - 1)] if texts else [], "top_logprobs": top}
        if self.manners.logprobs == "content":
            tops = [[{"token": t, "logprob": -0.25}, {"token": " No", "logprob": -2.0}] for t in texts]
            return {"content": [{"token": t, "logprob": -0.25, "top_logprobs": top} for t, top in zip(texts, tops, strict=True)]}
        return None


def templated(messages: list[dict[str, str]]) -> str:
    return "".join(f"[{m['role']}] {m['content']} [end]\n" for m in messages) + "[assistant] "


def words(text: str) -> list[str]:
    return re.findall(r" ?[^\s]+|\n| ", text)


def said(prompt: str, seed: int) -> str:
    """What the model goes on with."""
    question, _, begun = prompt.rpartition("[assistant] ")
    if prompt.endswith("Wednes"):
        return "day, Thursday"
    if "andom words" in prompt:
        return "".join(f" w{seed * k % 97}" for k in range(3, 12))
    if "days of the week" in question.rpartition("[user]")[2]:
        return DAYS if not begun else " and so on"
    if "Yes or No" in question.rpartition("[user]")[2]:
        return "Yes"
    if "Verdict:" in question.rpartition("[user]")[2]:
        return "All is well.\nVerdict: correct"
    first = f"3+4={7 + seed % 3}\n"
    if not begun:
        return f"{first}Answer: {7 + seed % 3}"
    return f"Answer: {7 + seed % 2}" if begun.endswith("\n") else "!"


@contextmanager
def served(manners: Manners | None = None) -> Generator[ModelServer]:
    server = ModelServer(manners or Manners())
    try:
        yield server
    finally:
        server.stop()
