"""What a planner is asked, and the protocol that it answers by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .domain import Fact
from .perceive import Belief
from .plan import Done, Subgoal


@dataclass(frozen=True, slots=True)
class Request:
    """All that a planner gets to know when it is asked for the next subgoal.

    The skills that it may name are those of `domain.SIGNATURES`.

    Attributes:
        instruction: The sentence that the robot was told.
        belief: Poses and labels as perceived.
        facts: The same as facts, in the words of the domain.
        held: Name of the item in the hand, or None.
        history: Subgoals tried so far, with their outcomes.
    """

    instruction: str
    belief: Belief
    facts: frozenset[Fact]
    held: str | None
    history: Sequence[Done]


class Planner(Protocol):
    """The brain: chooses what to do next."""

    name: str

    def next(self, request: Request) -> Subgoal | None:
        """Return the next subgoal, or None to stop."""
        ...
