"""Faults: what goes wrong, when, and what really happened.

A fault waits for its moment, happens, and passes. Bodies are disturbed by forces, grips by a
weaker effector, belts and flaps by their motors, and sight by what cameras deliver: nothing is
ever put somewhere else. `fired` is the truth that a monitor's diagnosis is compared with.
"""

from __future__ import annotations

from dataclasses import dataclass

from warewheel.configs.schema import FaultKind


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of an episode's schedule.

    Attributes:
        kind: What goes wrong.
        after: Which occasion it waits for, from 0: the n-th lift of an item (grips), the n-th
            carton (belt, flaps), or that many control steps (sight, pushes).
        target: Item or line of a manifest that it is about, where that is known before.
        seconds: How long it lasts [s]; infinite for one that never ends.
        size: How strong it is, in the unit of its kind (see `FaultChance`).
        way: Direction in the floor's plane [rad], or which flap.
        recoverable: Whether a robot can still reach its goal.
    """

    kind: FaultKind
    after: int = 0
    target: str = ""
    seconds: float = 0.0
    size: float = 0.0
    way: float = 0.0
    recoverable: bool = True


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that has happened: which, at which control step, to what."""

    kind: FaultKind
    step: int
    target: str
    recoverable: bool
