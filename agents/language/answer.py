"""A server's answer, which may hold anything, read as a chat completion."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_HALVES = re.compile("[\ud800-\udfff]")


class Odd(Exception):
    """A try that gave no message.

    Args:
        label: Error label of the planner's failure, should it stay the last try.
        reason: What went wrong, in the server's words.
        passing: The same request may do better later.
        after: How long to wait until then at least [s].
    """

    def __init__(self, label: str, reason: str, passing: bool = True, after: float = 0.0) -> None:
        super().__init__(reason)
        self.label, self.passing, self.after = label, passing, after


@dataclass(frozen=True, slots=True)
class Answer:
    """A message with what it took; tokens are 0 where the server does not tell.

    Attributes:
        text: The message.
        read: Tokens of the conversation.
        cached: Those of them that the server had kept.
        written: Tokens of the message.
        cut: It ran into the limit of tokens.
    """

    text: str
    read: int
    cached: int
    written: int
    cut: bool


def understand(body: bytes) -> Answer:
    """Return the message in an answer's body.

    A message may be empty: a model that thinks until its limit writes none.

    Raises:
        Odd: PARSE if it is no chat completion, EMPTY if it holds no choice.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Odd("PARSE", f"not JSON: {body[:40]!r}") from None
    if not isinstance(found, dict):
        raise Odd("PARSE", f"no chat completion: {body[:40]!r}")
    # Some routers answer 200 when the server behind them does not.
    if found.get("error"):
        raise Odd("EMPTY", f"error: {json.dumps(found['error'])}")
    choices = found.get("choices")
    if choices is None or choices == []:
        raise Odd("EMPTY", "no choices")
    choice = choices[0] if isinstance(choices, list) else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        raise Odd("PARSE", f"no chat completion: {body[:40]!r}")
    usage = found.get("usage")
    read, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    details = usage.get("prompt_tokens_details") if isinstance(usage, dict) else None
    return Answer(
        text=_text(choice["message"].get("content")),
        read=read,
        cached=min(read, _count(details, "cached_tokens")),
        written=written,
        cut=choice.get("finish_reason") == "length",
    )


def _text(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise Odd("PARSE", "the message is not text")
    # Half a character could not be sent back as part of the conversation.
    return _HALVES.sub("\ufffd", content)


def _count(usage: Any, key: str) -> int:
    count = usage.get(key) if isinstance(usage, dict) else None
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return count
    return 0
