"""Servers that misbehave cost an answer at most: every demand ends in time, with a label."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from warewheel.agents.language import dialect, schema
from warewheel.agents.language.model import Demand, Message, ModelError
from warewheel.agents.language.server import ChatServer
from warewheel.agents.language.wire import write
from warewheel.agents.plan import Subgoal

pytest.importorskip("openai")

KEY = "sk-secret-of-the-house-0123456789"
TALK: tuple[Message, ...] = (
    {"role": "system", "content": "You plan."},
    {"role": "user", "content": "Unpack."},
)
STEPS = tuple(
    write(step) for step in (Subgoal("pick", "item-0"), Subgoal("pick", "item-1"), Subgoal("stop"))
)

Act = Callable[[socket.socket, dict[str, Any]], None]


class Rogue:
    """A server that does what it is told to: one act for each request, the last one for ever."""

    def __init__(self, *acts: Act) -> None:
        self.acts = list(acts)
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def close(self) -> None:
        self.over.set()
        self._socket.close()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            data = b""
            while b"\r\n\r\n" not in data:
                data += line.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += line.recv(65536)
            self.heads.append(head.decode())
            self.requests.append(json.loads(body))
            act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
            with suppress(OSError):
                act(line, self.requests[-1])


def http(body: bytes, status: int = 200, kind: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} So\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n{more}\r\n".encode() + body


def chat(content: Any = "fine", end: str = "stop", **more: Any) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": content},
              "finish_reason": end}  # fmt: skip
    return json.dumps({"id": "x", "object": "chat.completion", "created": 0, "model": "m",
                       "choices": [choice], **more}).encode()  # fmt: skip


def send(data: bytes) -> Act:
    return lambda line, _: line.sendall(data)


def status(code: int, more: str = "", message: str = "busy") -> Act:
    return send(http(json.dumps({"error": {"message": message}}).encode(), code, more=more))


def silent(line: socket.socket, _: dict[str, Any]) -> None:
    line.settimeout(5)
    line.recv(1)


def dribble(prefix: bytes) -> Act:
    """Send a byte now and then, for ever: no single wait is long."""

    def act(line: socket.socket, _: dict[str, Any]) -> None:
        line.sendall(prefix)
        for _k in range(100):
            threading.Event().wait(0.05)
            line.sendall(b" ")

    return act


GOOD = send(http(chat()))


@pytest.fixture
def rogue() -> Iterator[Callable[..., Rogue]]:
    made: list[Rogue] = []

    def make(*acts: Act) -> Rogue:
        made.append(Rogue(*acts))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def client(url: str, **options: Any) -> ChatServer:
    return ChatServer("m", url, **{"backoff": 0.001, "tries": 3, **options})


def demand(seconds: float = 5.0, **more: Any) -> Demand:
    return Demand(TALK, seconds=seconds, **more)


def failure(model: ChatServer, asked: Demand) -> ModelError:
    with pytest.raises(ModelError) as caught:
        model.complete(asked)
    assert KEY not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)
    return caught.value


BAD: dict[str, tuple[Act, str]] = {
    "too many requests": (status(429), "TIMEOUT"),
    "internal error": (status(500), "TIMEOUT"),
    "bad gateway": (send(http(b"<html>nginx</html>", 502, "text/html")), "TIMEOUT"),
    "unavailable": (status(503), "TIMEOUT"),
    "hangs up": (lambda line, _: line.close(), "TIMEOUT"),
    "not HTTP": (send(b"\x00\xff garbage\r\n\r\n"), "TIMEOUT"),
    "not JSON": (send(http(b"{garbage")), "PARSE"),
    "HTML": (send(http(b"<html>Welcome</html>", kind="text/html")), "PARSE"),
    "not UTF-8": (send(http(b"\xff\xfe\x00{")), "PARSE"),
    "nested": (send(http(b"[" * 100_000)), "PARSE"),
    "a list": (send(http(b"[]")), "PARSE"),
    "no message": (send(http(b'{"choices": [{}]}')), "PARSE"),
    "choices of another kind": (send(http(b'{"choices": {"0": 1}}')), "PARSE"),
    "content of another kind": (send(http(chat(content={"a": 1}))), "PARSE"),
    "half an answer": (send(http(chat())[:-20]), "PARSE"),
    "half a stream": (
        send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"choices\": ["), "PARSE"
    ),
    "empty": (send(http(b"")), "PARSE"),
    "no choices": (send(http(b'{"choices": []}')), "EMPTY"),
    "null choices": (send(http(b'{"choices": null}')), "EMPTY"),
    "an error that says 200": (send(http(b'{"error": {"message": "upstream"}}')), "EMPTY"),
}  # fmt: skip


@pytest.mark.parametrize(("act", "label"), BAD.values(), ids=BAD)
def test_what_goes_wrong_is_tried_again(rogue: Callable[..., Rogue], act: Act, label: str) -> None:
    once = rogue(act, act, GOOD)
    assert client(once.url).complete(demand()).text == "fine"
    assert len(once.requests) == 3
    always = rogue(act)
    error = failure(client(always.url), demand())
    assert error.label == label
    assert "3 tries" in str(error)
    assert len(always.requests) == 3


def test_an_answer_without_end_is_not_kept(rogue: Callable[..., Rogue]) -> None:
    def flood(line: socket.socket, _: dict[str, Any]) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _k in range(1000):
            line.sendall(b" " * 65536)

    assert failure(client(rogue(flood).url, tries=1), demand()).label == "PARSE"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(client(f"http://127.0.0.1:{port}/v1"), demand())
    assert error.label == "TIMEOUT"
    assert "reached" in str(error)


def stop_halfway(line: socket.socket, asked: dict[str, Any]) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    silent(line, asked)


SLOW: dict[str, Act] = {
    "never answers": silent,
    "dribbles a head": dribble(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "dribbles a body": dribble(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
    "dribbles an error": dribble(b"HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n"),
    "stops halfway": stop_halfway,
}


@pytest.mark.parametrize("act", SLOW.values(), ids=SLOW)
def test_a_demand_ends_in_time(rogue: Callable[..., Rogue], act: Act) -> None:
    server = rogue(act)
    began = time.monotonic()
    assert failure(client(server.url, patience=0.15), demand(0.4)).label == "TIMEOUT"
    assert time.monotonic() - began < 3.0
    assert len(server.requests) >= 2
    recovered = rogue(act, GOOD)
    assert client(recovered.url, patience=0.4).complete(demand()).text == "fine"


def test_a_demand_without_patience_uses_all_its_time(rogue: Callable[..., Rogue]) -> None:
    server = rogue(silent)
    assert failure(client(server.url), demand(0.3)).label == "TIMEOUT"
    assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_tried_again(rogue: Callable[..., Rogue], code: int) -> None:
    server = rogue(status(code, message=f"no {KEY} here\n" + "x" * 1000))
    error = failure(client(server.url), demand())
    assert error.label == "EMPTY"
    assert str(code) in str(error)
    assert "no *** here" in str(error)
    assert len(server.requests) == 1
    with pytest.raises(ValueError, match=f"m at 127.0.0.1: status {code}"):
        client(server.url).check()


def test_a_server_may_ask_for_a_pause(rogue: Callable[..., Rogue]) -> None:
    server = rogue(status(429, "Retry-After: 0.2\r\n"), GOOD)
    assert client(server.url).complete(demand()).seconds > 0.2
    hours = rogue(status(429, "Retry-After: 3000\r\n"))
    assert failure(client(hours.url), demand()).label == "TIMEOUT"
    assert len(hours.requests) == 1
    nonsense = rogue(status(429, "Retry-After: soon\r\n"), GOOD)
    assert client(nonsense.url).complete(demand()).text == "fine"


def test_pauses_double_and_follow_the_seed(
    rogue: Callable[..., Rogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    for _ in range(2):
        model = client(rogue(status(500)).url, backoff=0.5, rng=np.random.default_rng(3))
        failure(model, demand(60.0))
    assert pauses[:2] == pauses[2:]
    assert 0.5 <= pauses[0] <= 0.75 < 1.0 <= pauses[1] <= 1.5


def test_what_is_sent(rogue: Callable[..., Rogue]) -> None:
    server = rogue(GOOD)
    client(server.url, seed=7, extra={"top_k": 1}).complete(demand(limit=9))
    (sent,) = server.requests
    assert sent == {
        "model": "m", "messages": list(TALK), "temperature": 0.0, "seed": 7, "max_tokens": 9,
        "top_k": 1,
    }  # fmt: skip
    assert f"Bearer {KEY}" in server.heads[0]
    client(server.url, temperature=None).complete(demand())
    assert "temperature" not in server.requests[1]


def test_tokens_and_their_price(rogue: Callable[..., Rogue]) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010,
             "prompt_tokens_details": {"cached_tokens": 600}}  # fmt: skip
    server = rogue(send(http(chat(usage=usage, end="length"))))
    model = client(server.url, price_in=2.0, price_out=8.0, price_cached=0.5)
    found = model.complete(demand())
    assert (found.read, found.cached, found.written, found.cut) == (1000, 600, 10, True)
    assert found.cost == pytest.approx((400 * 2 + 600 * 0.5 + 10 * 8) / 1e6)
    assert 0.0 < found.seconds < 5.0


@pytest.mark.parametrize(
    "usage",
    [None, [], {}, {"prompt_tokens": "many"}, {"prompt_tokens": -1, "completion_tokens": True},
     {"prompt_tokens_details": None}],
)  # fmt: skip
def test_a_server_may_not_tell_tokens(rogue: Callable[..., Rogue], usage: Any) -> None:
    found = client(rogue(send(http(chat(usage=usage)))).url).complete(demand())
    assert (found.text, found.read, found.cached, found.written) == ("fine", 0, 0, 0)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("", ""),
        ([{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}], "ab"),
        ("\ud800 é", "\ufffd é"),
        (f"my key is {KEY}", "my key is ***"),
    ],
)
def test_what_a_message_may_be(rogue: Callable[..., Rogue], content: Any, text: str) -> None:
    found = client(rogue(send(http(chat(content)))).url).complete(demand())
    assert found.text == text
    found.text.encode()


def test_steps_by_dialect(rogue: Callable[..., Rogue]) -> None:
    server = rogue(send(http(chat('{"skill":"pick","item":"item-1"}'))))
    for word in dialect.DIALECTS:
        model = client(server.url, dialect=word)
        assert model.complete(demand(steps=STEPS)).text == STEPS[1]
    usual, strict, vllm, guided, plain = server.requests
    told = usual["response_format"]["json_schema"]
    assert told["schema"] == schema.one_of(STEPS)
    assert usual["response_format"]["type"] == "json_schema"
    assert not {"structured_outputs", "guided_choice"} & set(usual)
    assert strict["response_format"]["json_schema"]["strict"] is True
    assert strict["response_format"]["json_schema"]["schema"]["type"] == "object"
    assert "max_tokens" not in strict
    assert vllm["structured_outputs"] == {"choice": list(STEPS)}
    assert guided["guided_choice"] == list(STEPS)
    assert not {"response_format", "structured_outputs", "guided_choice"} & set(plain)
    assert not {"response_format"} & {*vllm, *guided}


def test_a_schema_by_dialect(rogue: Callable[..., Rogue]) -> None:
    form = schema.step()
    server = rogue(send(http(chat('{"answer":{"skill":"stop"}}'))))
    assert client(server.url).complete(demand(schema=form)).text == '{"answer":{"skill":"stop"}}'
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == form
    strict = client(server.url, dialect="openai")
    assert strict.complete(demand(schema=form)).text == STEPS[2]
    sent = json.dumps(server.requests[1])
    assert "maxLength" not in sent
    assert '"required": ["answer"]' in sent
    assert strict.complete(demand(steps=STEPS)).text == STEPS[2]
    assert strict.complete(demand()).text == '{"answer":{"skill":"stop"}}'


@pytest.mark.parametrize(
    "text",
    ["{}", "hello", '{"skill": "pick", "item": "item-9"}', '{"skill": "pick", "skill": "stop"}',
     "[" * 100_000],
)  # fmt: skip
def test_what_is_no_step_stays_as_it_is(rogue: Callable[..., Rogue], text: str) -> None:
    server = rogue(send(http(chat(text))))
    for word in dialect.DIALECTS:
        assert client(server.url, dialect=word).complete(demand(steps=STEPS)).text == text


def test_the_key_is_never_logged(
    rogue: Callable[..., Rogue], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        model = client(rogue(status(401, message=KEY)).url)
        failure(model, demand())
        assert KEY not in repr(model) + str(vars(model))
    assert KEY not in caplog.text


def test_this_machine_needs_no_key(
    rogue: Callable[..., Rogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    server = rogue(send(http(chat("none of these"))))
    assert client(server.url).complete(demand()).text == "none of these"
    with pytest.raises(ValueError, match="OPENAI_API_KEY is not set"):
        client("https://api.openai.com/v1")


@pytest.mark.parametrize(
    ("url", "options", "says"),
    [
        ("nonsense", {}, "no address"),
        ("file:///etc/passwd", {}, "no address"),
        ("http://[::1", {}, "no address"),
        ("http://127.0.0.1:x/v1", {}, "no address"),
        ("http://127.0.0.1/v1", {"dialect": "vlm"}, "did you mean 'vllm'"),
        ("http://127.0.0.1/v1", {"tries": 0}, "at least 1"),
    ],
)
def test_options_that_make_no_sense(url: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        client(url, **options)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(ValueError, match=r"pip install 'warewheel\[brain\]'"):
        client("http://127.0.0.1/v1")


def test_a_schema_of_steps_tells_the_steps_and_any_other_tells_none() -> None:
    form = schema.one_of(STEPS)
    assert sorted(schema.texts(form)) == sorted(STEPS)
    assert schema.texts(form, most=len(STEPS) - 1) == []
    first = form["anyOf"][0]
    for other in (
        {}, {"anyOf": "x"}, {"anyOf": [1]}, schema.step(), {"anyOf": [{**first, "required": []}]},
        {"anyOf": [{**first, "properties": {"skill": {"type": "number"}}}]},
    ):  # fmt: skip
        assert schema.texts(other) == []
