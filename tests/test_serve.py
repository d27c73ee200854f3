"""The server of our own models: what clients of OpenAI's protocol get, and what is refused."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from warewheel.agents.language import schema
from warewheel.agents.language.model import Completion, Demand, ModelError
from warewheel.agents.language.wire import read, write
from warewheel.agents.plan import Subgoal
from warewheel.flywheel.serve import Server
from warewheel.scripts import serve as command
from warewheel.scripts.main import main

STEPS = (write(Subgoal("pick", "item-0")), write(Subgoal("stop")))
TALK: list[dict[str, Any]] = [{"role": "user", "content": "Unpack."}]


class Fake:
    """Writes the last of the steps, else what the user said; counts words as tokens."""

    name = "fake"

    def __init__(self) -> None:
        self.demands: list[Demand] = []
        self.error: Exception | None = None
        self.busy = self.most = 0
        self.pause = 0.0

    def complete(self, demand: Demand) -> Completion:
        self.busy += 1
        self.most = max(self.most, self.busy)
        time.sleep(self.pause)
        self.busy -= 1
        if self.error is not None:
            raise self.error
        known = len(self.demands)
        self.demands.append(demand)
        said = demand.messages[-1]["content"]
        words = (demand.steps[-1] if demand.steps else said).split(" ")
        written = words[: demand.limit]
        return Completion(
            " ".join(written), read=len(said.split()), cached=min(known, 1), written=len(written),
            seconds=0.0, cut=len(words) > demand.limit,
        )  # fmt: skip


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def server(fake: Fake) -> Iterator[Server]:
    with Server(fake, 0, limit=50, seconds=5.0) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.shutdown()


def call(
    server: Server, body: Any = None, path: str = "/v1/chat/completions", method: str = "POST",
    **headers: str,
) -> tuple[int, Any, http.client.HTTPResponse]:  # fmt: skip
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    line.request(method, path, None if method == "GET" else data, headers)
    response = line.getresponse()
    got = response.read()
    line.close()
    text = got.decode()
    return response.status, json.loads(text) if text.startswith("{") else text, response


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "fake", "messages": TALK, **more}


def test_models_are_listed(server: Server) -> None:
    status, found, _ = call(server, path="/v1/models", method="GET")
    assert status == 200
    assert [one["id"] for one in found["data"]] == ["fake"]


def test_an_answer(server: Server, fake: Fake) -> None:
    status, found, _ = call(server, chat())
    assert status == 200
    assert found["object"] == "chat.completion"
    assert found["model"] == "fake"
    (choice,) = found["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Unpack."}
    assert choice["finish_reason"] == "stop"
    assert found["usage"] == {
        "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2,
        "prompt_tokens_details": {"cached_tokens": 0},
    }  # fmt: skip
    assert fake.demands == [Demand(({"role": "user", "content": "Unpack."},), (), None, 50, 5.0)]


def test_the_same_request_gets_the_same_bytes(fake: Fake) -> None:
    found = []
    for _ in range(2):
        with Server(Fake(), 0) as made:
            threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
            found.append((call(made, chat())[1], call(made, chat(stream=True))[1]))
            made.shutdown()
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("told", "steps", "form"),
    [
        ({"structured_outputs": {"choice": list(STEPS)}}, STEPS, None),
        ({"guided_choice": [*STEPS, STEPS[0]]}, STEPS, None),
        ({"structured_outputs": {"json": schema.step()}}, (), schema.step()),
        ({"guided_json": {"type": "array"}}, (), {"type": "array"}),
        ({"response_format": {"type": "text"}}, (), None),
        ({"response_format": {"type": "json_object"}}, (), {"type": "object"}),
        ({"response_format": {"type": "json_schema",
                              "json_schema": {"name": "x", "schema": schema.plan()}}},
         (), schema.plan()),
    ],
)  # fmt: skip
def test_what_must_be_written_reaches_the_model(
    server: Server, fake: Fake, told: dict[str, Any], steps: tuple[str, ...], form: Any
) -> None:
    assert call(server, chat(**told))[0] == 200
    assert (fake.demands[0].steps, fake.demands[0].schema) == (steps, form)


@pytest.mark.parametrize(
    ("more", "limit"),
    [({}, 50), ({"max_tokens": 2}, 2), ({"max_completion_tokens": 3}, 3), ({"max_tokens": 99}, 50)],
)
def test_limits(server: Server, fake: Fake, more: dict[str, Any], limit: int) -> None:
    talk = [{"role": "user", "content": "a b c d"}]
    _, found, _ = call(server, chat(**{**more, "messages": talk}))
    assert fake.demands[0].limit == limit
    assert found["choices"][0]["finish_reason"] == ("length" if limit < 4 else "stop")


def test_roles_and_parts(server: Server, fake: Fake) -> None:
    talk = [
        {"role": "developer", "content": "You plan."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "\ud800"},
    ]
    assert call(server, chat(messages=talk))[0] == 200
    assert [(one["role"], one["content"]) for one in fake.demands[0].messages] == [
        ("system", "You plan."), ("user", "ab"), ("assistant", "yes"), ("user", "\ufffd"),
    ]  # fmt: skip


def test_a_stream(server: Server) -> None:
    told = {"structured_outputs": {"choice": [STEPS[0]]}}
    status, text, response = call(
        server, chat(stream=True, stream_options={"include_usage": True}, **told)
    )
    assert status == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    lines = text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]
    choices = [event["choices"][0] for event in events[:-1]]
    assert choices[0]["delta"]["role"] == "assistant"
    assert "".join(choice["delta"].get("content", "") for choice in choices) == STEPS[0]
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["total_tokens"] > 0
    assert len({event["id"] for event in events}) == 1


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        ([], 400, "no JSON object"),
        (chat(model="other"), 404, "'fake' is"),
        (chat(n=2), 400, "n is"),
        (chat(tools=[{}]), 400, "tools"),
        (chat(stop=["x"]), 400, "stop"),
        (chat(max_tokens=0), 400, "max_tokens"),
        (chat(max_tokens="many"), 400, "max_tokens"),
        (chat(messages=[]), 400, "messages"),
        (chat(messages=["hi"]), 400, "messages[0]"),
        (chat(messages=[{"role": "tool", "content": ""}]), 400, "messages[0].role"),
        (chat(messages=[{"role": ["user"], "content": ""}]), 400, "messages[0].role"),
        (chat(messages=[{"role": "user", "content": [{"type": "image_url"}]}]), 400, "not text"),
        (chat(messages=[{"role": "user", "content": None}]), 400, "not text"),
        (chat(messages=[{"role": "assistant", "content": "a"}]), 400, "user's"),
        (chat(response_format={"type": "xml"}), 400, "response_format"),
        (chat(response_format={"type": "json_schema"}), 400, "schema is missing"),
        (chat(guided_json="{}"), 400, "no object"),
        (chat(guided_choice=[]), 400, "choice"),
        (chat(guided_choice=[3]), 400, "choice"),
        (chat(guided_choice=[""]), 400, "choice"),
        (chat(structured_outputs={"regex": "a"}), 400, "choice or json"),
        (chat(structured_outputs=["a"]), 400, "choice or json"),
        (chat(guided_choice=["a"], guided_json={}), 400, "more than once"),
    ],
)
def test_what_cannot_be_done_is_refused(
    server: Server, fake: Fake, body: Any, status: int, says: str
) -> None:
    got, found, _ = call(server, body)
    assert got == status
    assert says in found["error"]["message"]
    assert found["error"]["type"] == "invalid_request_error"
    assert not fake.demands


def test_other_paths_and_sizes(server: Server) -> None:
    assert call(server, {}, path="/v1/embeddings")[0] == 404
    assert call(server, path="/", method="GET")[0] == 404
    assert call(server, path="/v1/models/?x=1", method="GET")[0] == 200
    assert call(server, path="/v1/models", method="DELETE")[0] == 501
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as line:
        line.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 411 " in line.recv(100)
    for length in (b"9" * 5000, b"5000000", b"-1"):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as line:
            line.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ")
            line.sendall(length + b"\r\n\r\n")
            assert line.recv(100).split()[1] in (b"413", b"411")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ModelError("TIMEOUT", "too slow"), 504, "TIMEOUT"),
        (ModelError("TRUNCATED", "too long"), 500, "TRUNCATED"),
        (ValueError("no such schema"), 400, None),
        (RuntimeError("secret"), 500, None),
    ],
)
def test_a_model_that_fails(
    server: Server, fake: Fake, error: Exception, status: int, code: str | None
) -> None:
    fake.error = error
    got, found, _ = call(server, chat())
    assert (got, found["error"]["code"]) == (status, code)
    assert "secret" not in found["error"]["message"]
    fake.error = None
    assert call(server, chat())[0] == 200


def test_one_answer_at_a_time(server: Server, fake: Fake) -> None:
    fake.pause = 0.02
    found: list[int] = []
    clients = [
        threading.Thread(target=lambda: found.append(call(server, chat())[0])) for _ in range(8)
    ]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    assert found == [200] * 8
    assert fake.most == 1


def test_who_waits_too_long_is_sent_away(server: Server, fake: Fake) -> None:
    fake.pause, server.seconds = 0.5, 0.05
    first = threading.Thread(target=call, args=(server, chat()))
    first.start()
    while not fake.busy:
        time.sleep(0.005)
    status, found, response = call(server, chat())
    assert (status, found["error"]["code"]) == (503, "TIMEOUT")
    assert response.headers["Retry-After"] == "1"
    first.join()


def test_a_line_is_used_again(server: Server) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    for body in (chat(), {"model": "other"}, chat(stream=True), chat()):
        line.request("POST", "/v1/chat/completions", json.dumps(body))
        kept = line.sock
        line.getresponse().read()
        assert line.sock is kept
    line.close()


def test_a_client_that_hangs_up_does_no_harm(server: Server, fake: Fake) -> None:
    for sent in (b"", b"POST", b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"):
        with socket.create_connection(("127.0.0.1", server.server_port)) as line:
            line.sendall(sent)
    assert call(server, chat())[0] == 200


@pytest.mark.parametrize("word", ["schema", "vllm", "guided", "plain"])
def test_our_client_understands_our_server(server: Server, fake: Fake, word: str) -> None:
    pytest.importorskip("openai")
    from warewheel.agents.language.server import ChatServer

    model = ChatServer("fake", server.url, dialect=word, price_in=1.0)
    model.check()
    demand = Demand(({"role": "user", "content": "a b c"},), steps=STEPS, limit=20)
    found = model.complete(demand)
    assert (found.read, found.cached, found.cut) == (3, 1, False)
    assert found.cost == pytest.approx(3e-6)
    if word in ("vllm", "guided"):
        assert read(found.text) == Subgoal("stop")
        assert fake.demands[-1].steps == STEPS
    if word == "schema":
        assert fake.demands[-1].schema == schema.one_of(STEPS)
    fake.error = ModelError("TIMEOUT", "too slow")
    with pytest.raises(ModelError, match="504: too slow") as caught:
        ChatServer("fake", server.url, tries=2, backoff=0.001).complete(demand)
    assert caught.value.label == "TIMEOUT"
    model.close()


def test_openais_own_client_reads_the_stream(server: Server) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(api_key="none", base_url=server.url)
    with client.chat.completions.create(stream=True, **chat()) as stream:
        text = "".join(event.choices[0].delta.content or "" for event in stream)
    assert text == "Unpack."
    client.close()


def test_the_command_serves(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load", lambda *_: fake)

    def once(self: Server, *_: Any) -> None:
        thread = threading.Thread(target=self.handle_request)
        thread.start()
        assert call(self, path="/v1/models", method="GET")[0] == 200
        thread.join()
        raise KeyboardInterrupt

    monkeypatch.setattr(Server, "serve_forever", once)
    result = CliRunner().invoke(main, ["serve", "--model", "x", "--port", "0", "--name", "brain"])
    assert result.exit_code == 0, result.output
    assert "brain is served at http://127.0.0.1:" in result.output


def test_help() -> None:
    result = CliRunner().invoke(main, ["serve", "--help"])
    assert result.exit_code == 0
    assert "--model" in result.output
    assert "127.0.0.1" in result.output


@pytest.mark.parametrize(
    "words",
    [[], ["--model", "x", "--port", "70000"], ["--model", "x", "--seconds", "0"],
     ["--model", "x", "--limit", "0"], ["--model", "missing"],
     ["--model", "x", "--host", "192.0.2.1", "--port", "0"]],
)  # fmt: skip
def test_mistakes_end_with_one_message(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def load(model: str, *_: Any) -> Fake:
        if model == "missing":
            raise ValueError("'missing' is no folder with a language model")
        return fake

    monkeypatch.setattr(command, "load", load)
    result = CliRunner().invoke(main, ["serve", *words])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.output.count("Error: ") == 1


def test_a_port_that_is_taken(server: Server, fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load", lambda *_: fake)
    words = ["serve", "--model", "x", "--port", str(server.server_port)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "in use" in result.output
