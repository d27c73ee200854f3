"""Conversations to learn from, as lines of JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from warewheel.agents.language.model import Message

ROLES = ("system", "user", "assistant")
Chat = list[Message]


def read(path: Path) -> list[Chat]:
    """Return the conversations of a file: ``{"messages": [{"role": ..., "content": ...}, ...]}``.

    Other keys of a row are for others.

    Raises:
        ValueError: A line holds no such conversation, or none does; it names file and line.
        OSError: The file cannot be read.
    """
    chats = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                chats.append(_chat(json.loads(line)))
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: not JSON: {error.msg}") from None
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    if not chats:
        raise ValueError(f"{path}: no rows")
    return chats


def _chat(row: Any) -> Chat:
    messages = row.get("messages") if isinstance(row, dict) else None
    if not isinstance(messages, list) or not messages:
        raise ValueError('a row is an object with a list of "messages"')
    chat: Chat = []
    for number, message in enumerate(messages, 1):
        said = message if isinstance(message, dict) else {}
        role, content = said.get("role"), said.get("content")
        if role not in ROLES:
            raise ValueError(f"message {number}: role {role!r}; allowed: {', '.join(ROLES)}")
        if not isinstance(content, str) or not content:
            raise ValueError(f"message {number}: content must be a text that is not empty")
        chat.append({"role": role, "content": content})
    if all(message["role"] != "assistant" for message in chat):
        raise ValueError("no message of the assistant to learn from")
    if chat[0]["role"] == "assistant":
        raise ValueError("message 1: the assistant answers, and so cannot begin")
    return chat


def digest(chats: Sequence[Chat]) -> str:
    """Return the SHA-256 of conversations and their order."""
    return hashlib.sha256(json.dumps(chats).encode()).hexdigest()


def hold_out(chats: Sequence[Chat], share: float, most: int) -> tuple[list[Chat], list[Chat]]:
    """Split conversations into those to learn from and those to measure on.

    A conversation's own hash decides, so that two that are the same never part.

    Args:
        chats: At least one; if all are the same, they are measured on too.
        share: Of different conversations, those to measure on, 0 to 1; at least one is.
        most: Most different conversations to measure on.
    """
    keys = [digest([chat]) for chat in chats]
    different = sorted(set(keys))
    count = min(most, max(1, round(share * len(different))))
    held = set(different[:count])
    rest = [chat for chat, key in zip(chats, keys, strict=True) if key not in held]
    first = {key: chat for chat, key in zip(chats, keys, strict=True) if key in held}
    return rest or list(chats), list(first.values())
