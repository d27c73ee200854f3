"""Conversations to learn from, as lines of JSON."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warewheel.agents.language.model import Message, learnt

ROLES = ("system", "user", "assistant")
Chat = list[Message]


def read(path: Path) -> list[Chat]:
    """Return the conversations of a file as `in_order` puts them.

    A row is ``{"messages": [{"role": ..., "content": ...}, ...]}``; a ``level`` may be there. A
    message of the assistant with ``"weight": 0`` was said, but is not to be learnt. Other keys are
    for others.

    Raises:
        ValueError: A line holds no such conversation, or none does; it names file and line.
        OSError: The file cannot be read.
    """
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                rows.append({"messages": _chat(row), "level": _level(row)})
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: not JSON: {error.msg}") from None
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    if not rows:
        raise ValueError(f"{path}: no rows")
    return in_order(rows)


def in_order(rows: Sequence[Mapping[str, Any]]) -> list[Chat]:
    """Return the conversations of rows as they are to be learnt.

    Those of a lower ``level`` come first, then those of a higher one, then those without. Among
    themselves they come in the order of their hashes, which means nothing.
    """
    keyed = sorted(
        (row.get("level", math.inf), digest([row["messages"]]), k) for k, row in enumerate(rows)
    )
    return [rows[k]["messages"] for _, _, k in keyed]


def _level(row: Mapping[str, Any]) -> float:
    level = row.get("level", math.inf)
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise ValueError(f"level {level!r}; a level is a number")
    return level


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
        weight = said.get("weight", 1)
        if isinstance(weight, bool) or weight not in (0, 1):
            raise ValueError(f"message {number}: weight {weight!r}; allowed: 0, 1")
        chat.append({"role": role, "content": content})
        if not weight:
            chat[-1]["weight"] = 0
    if not any(map(learnt, chat)):
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
