"""What a brain says, and how it ended: subgoals, instructions to stop, outcomes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subgoal:
    """One grounded skill: its name and, where it takes them, an item and a place."""

    skill: str
    item: str = ""
    place: str = ""

    def __str__(self) -> str:
        return f"{self.skill}({', '.join(a for a in (self.item, self.place) if a)})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a skill ended; ``cause`` is empty on success and otherwise says why."""

    success: bool
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A subgoal that was tried, and its outcome."""

    subgoal: Subgoal
    outcome: Outcome
