"""What a brain says, and how it ended: subgoals, instructions to stop, outcomes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subgoal:
    """One grounded skill: its name and, where it takes them, its arguments.

    Attributes:
        skill: Its name.
        item: Name of an item; for ``report``, of what is reported: an item or a manifest's line.
        place: Where to put the item.
        finding: What is reported of it.
        reason: Why an instruction is refused.
    """

    skill: str
    item: str = ""
    place: str = ""
    finding: str = ""
    reason: str = ""

    def __str__(self) -> str:
        words = (self.item, self.place, self.finding, self.reason)
        return f"{self.skill}({', '.join(word for word in words if word)})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a skill ended; ``cause`` is empty on success and otherwise says why."""

    success: bool
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A subgoal that was tried, and its outcome.

    Attributes:
        subgoal: What was tried.
        outcome: What came of it.
        needless: All that it would bring about held already.
    """

    subgoal: Subgoal
    outcome: Outcome
    needless: bool = False

    @property
    def label(self) -> str:
        """What there is to say against it, or an empty string."""
        return "ADDITIONAL_STEP" if self.needless else self.outcome.cause


class Unusable(Exception):
    """A planner wrote what is no subgoal; ``label`` is the error label."""

    def __init__(self, label: str, reason: str = "") -> None:
        super().__init__(reason or label)
        self.label = label
