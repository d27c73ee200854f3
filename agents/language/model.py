"""What a language model is asked and what it answers, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict


class Message(TypedDict):
    """One turn of a conversation; ``role`` is ``system``, ``user`` or ``assistant``.

    An assistant's message with a ``weight`` of 0 was said, but is not to be learnt; the key is that
    of other fine-tuning formats.
    """

    role: str
    content: str
    weight: NotRequired[int]


def learnt(message: Message) -> bool:
    """Tell whether a message is the assistant's, and to be learnt."""
    return message["role"] == "assistant" and message.get("weight", 1) != 0


@dataclass(frozen=True, slots=True)
class Demand:
    """What a language model is asked to write: the assistant's next message.

    With ``steps`` it must write one of them exactly; with ``schema`` it must write JSON that
    matches; with neither it writes what it likes.

    Attributes:
        messages: The conversation so far; the last is the user's.
        steps: Texts of which one must be written.
        schema: A JSON schema that the text must match.
        limit: Most tokens to write.
        seconds: Longest time on the clock [s].
    """

    messages: tuple[Message, ...]
    steps: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    limit: int = 64
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Completion:
    """What a language model wrote.

    Attributes:
        text: The message.
        read: Tokens of the conversation.
        cached: Those of them that were not computed again.
        written: Tokens of the message.
        seconds: Time on the clock [s].
        cut: It ran into the limit of tokens.
        cost: In US dollars, where a server tells, else 0.
    """

    text: str
    read: int
    cached: int
    written: int
    seconds: float
    cut: bool = False
    cost: float = 0.0


class ModelError(Exception):
    """A model gave no answer; ``label`` is the error label of the planner's failure."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(reason)
        self.label = label


class LanguageModel(Protocol):
    """Writes the next message of a conversation."""

    name: str

    def complete(self, demand: Demand) -> Completion:
        """Return the assistant's next message.

        Raises:
            ModelError: No answer came in time, or none that is one.
        """
        ...


class Scorer(LanguageModel, Protocol):
    """Also tells how likely texts are as the assistant's next message."""

    def score(self, messages: Sequence[Message], texts: Sequence[str]) -> list[float]:
        """Return the log-likelihood of each text [nat]."""
        ...
