"""The protocol that every end effector keeps."""

from __future__ import annotations

from typing import Any, Protocol


class Effector(Protocol):
    """What grips at the end of an arm.

    A grip is a number from 0, open or suction off, to 1, closed or suction on.

    Attributes:
        strength: Factor on the force of the grip; a fault lowers it, down to 0.
        override: A grip that takes the place of the commanded one, or None; a fault sets it.
    """

    strength: float
    override: float | None

    def place(self, grip: float) -> None:
        """Put it in a state at once; only for building a world."""
        ...

    def command(self, grip: float) -> None:
        """Ask for a grip for one control period."""
        ...

    def settle(self) -> None:
        """Do what each physics step calls for, after it."""
        ...

    def feel(self) -> tuple[float, float]:
        """Return closure and force; see `Proprioception`."""
        ...

    def memory(self) -> Any:
        """Return what PyBullet's own snapshots leave out."""
        ...

    def recall(self, memory: Any) -> None:
        """Take back what `memory` returned."""
        ...
