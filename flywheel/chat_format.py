"""The format of OpenAI's chat completions, as a server of ours reads and writes it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from warewheel.agents.language.model import Completion, Demand, Message

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
# What would change the answer, and is not done.
_UNDONE = ("tools", "functions", "logprobs", "stop", "guided_regex", "guided_grammar")
_HALVES = re.compile("[\ud800-\udfff]")
# Characters of one piece of a stream.
_PIECE = 16


class Refused(Exception):
    """A request that is not answered; ``status`` is HTTP's."""

    def __init__(self, reason: str, status: int = 400, label: str = "") -> None:
        super().__init__(reason)
        self.status, self.label = status, label

    def body(self) -> bytes:
        """Return the answer that says so."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        told = {"message": str(self), "type": kind, "param": None, "code": self.label or None}
        return _json({"error": told})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for.

    Attributes:
        demand: For the model.
        stream: The answer is wanted piece by piece.
        usage: At the end of a stream, the tokens are wanted too.
        mark: Name of the answer; the same for the same request.
    """

    demand: Demand
    stream: bool
    usage: bool
    mark: str


def ask(body: bytes, model: str, limit: int, seconds: float) -> Asked:
    """Read the body of a request.

    Answers are the likeliest ones, so ``temperature``, ``top_p`` and ``seed`` change nothing.
    ``response_format`` may be a JSON schema. ``structured_outputs`` may hold a ``choice`` of texts
    or a schema under ``json``; ``guided_choice`` and ``guided_json`` are older names for them.

    Args:
        body: Of the request.
        model: Name of the one that is served.
        limit: Most tokens of an answer; a request may lower it.
        seconds: Longest time of an answer [s].

    Raises:
        Refused: It is not a request, or one that cannot be met.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Refused("the body is no JSON object")
    if found.get("model") != model:
        raise Refused(f"model {found.get('model')!r} is not served here; {model!r} is", 404)
    if found.get("n") not in (None, 1):
        raise Refused("n is more than 1; one answer is given")
    for key in _UNDONE:
        if found.get(key):
            raise Refused(f"{key} is not supported")
    for key in ("max_tokens", "max_completion_tokens"):
        most = found.get(key)
        if most is None:
            continue
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            raise Refused(f"{key} is {json.dumps(most)[:40]}; it should be a number from 1 on")
        limit = min(limit, most)
    steps, schema = _told(found)
    options = found.get("stream_options")
    return Asked(
        Demand(_messages(found.get("messages")), steps, schema, limit, seconds),
        stream=found.get("stream") is True,
        usage=isinstance(options, dict) and options.get("include_usage") is True,
        mark=f"chatcmpl-{hashlib.sha256(body).hexdigest()[:24]}",
    )


def answer(asked: Asked, model: str, completion: Completion) -> bytes:
    """Return the body of an answer; it depends on the request and the completion alone."""
    choice = {
        "index": 0, "message": {"role": "assistant", "content": completion.text},
        "logprobs": None, "finish_reason": _end(completion),
    }  # fmt: skip
    return _json({
        **_head(asked, model, "chat.completion"), "choices": [choice],
        "usage": _usage(completion),
    })  # fmt: skip


def stream(asked: Asked, model: str, completion: Completion) -> Iterator[bytes]:
    """Yield an answer as server-sent events."""
    head = _head(asked, model, "chat.completion.chunk")

    def event(choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: " + _json({**head, "choices": choices, **more}) + b"\n\n"

    def piece(delta: dict[str, str], end: str | None = None) -> bytes:
        return event([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": end}])

    yield piece({"role": "assistant", "content": ""})
    for start in range(0, len(completion.text), _PIECE):
        yield piece({"content": completion.text[start : start + _PIECE]})
    yield piece({}, _end(completion))
    if asked.usage:
        yield event([], usage=_usage(completion))
    yield b"data: [DONE]\n\n"


def models(model: str) -> bytes:
    """Return the list of models, which is one."""
    one = {"id": model, "object": "model", "created": 0, "owned_by": "warewheel"}
    return _json({"object": "list", "data": [one]})


def _messages(found: Any) -> tuple[Message, ...]:
    if not isinstance(found, list) or not found:
        raise Refused("messages is no list of messages")
    messages: list[Message] = []
    for k, one in enumerate(found):
        if not isinstance(one, dict):
            raise Refused(f"messages[{k}] is no object")
        role = one.get("role")
        if not isinstance(role, str) or role not in _ROLES:
            raise Refused(f"messages[{k}].role should be one of {', '.join(_ROLES)}")
        content = one.get("content")
        if isinstance(content, list):
            content = "".join(_part(k, part) for part in content)
        if not isinstance(content, str):
            raise Refused(f"messages[{k}].content is not text")
        messages.append({"role": _ROLES[role], "content": _HALVES.sub("\ufffd", content)})
    if messages[-1]["role"] != "user":
        raise Refused("the last message is not the user's")
    return tuple(messages)


def _part(k: int, part: Any) -> str:
    text = part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None
    if not isinstance(text, str):
        raise Refused(f"messages[{k}].content holds something that is not text")
    return text


def _told(found: Mapping[str, Any]) -> tuple[tuple[str, ...], Mapping[str, Any] | None]:
    """Return the texts of which one must be written, and the schema that must be matched."""
    told = found.get("structured_outputs") or {}
    if not isinstance(told, dict) or set(told) - {"choice", "json"}:
        raise Refused("structured_outputs may hold choice or json")
    form = _schema(found.get("response_format"))
    choices = _given(told.get("choice"), found.get("guided_choice"))
    schemas = _given(told.get("json"), found.get("guided_json"), form)
    if len(choices) + len(schemas) > 1:
        raise Refused("what must be written is said more than once")
    for texts in choices:
        good = isinstance(texts, list) and texts and all(isinstance(one, str) for one in texts)
        if not good or not all(texts):
            raise Refused("a choice is no list of texts")
        return tuple(dict.fromkeys(texts)), None
    for schema in schemas:
        if not isinstance(schema, dict):
            raise Refused("a schema is no object")
        return (), schema
    return (), None


def _given(*values: Any) -> list[Any]:
    return [value for value in values if value is not None]


def _schema(form: Any) -> Any:
    if form is None:
        return None
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return {"type": "object"}
    if kind != "json_schema":
        raise Refused("response_format.type should be text, json_object or json_schema")
    described = form.get("json_schema")
    if not isinstance(described, dict) or "schema" not in described:
        raise Refused("response_format.json_schema.schema is missing")
    return described["schema"]


def _head(asked: Asked, model: str, kind: str) -> dict[str, Any]:
    # The time would be the one thing that differs from run to run.
    return {"id": asked.mark, "object": kind, "created": 0, "model": model}


def _usage(completion: Completion) -> dict[str, Any]:
    return {
        "prompt_tokens": completion.read,
        "completion_tokens": completion.written,
        "total_tokens": completion.read + completion.written,
        "prompt_tokens_details": {"cached_tokens": completion.cached},
    }


def _end(completion: Completion) -> str:
    return "length" if completion.cut else "stop"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
