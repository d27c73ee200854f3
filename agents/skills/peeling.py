"""Open a flap by suction: lift it by its free edge until it stands, then push it over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warewheel.agents.perceive import Belief

from .moves import Move, Mover, NoMotionError

if TYPE_CHECKING:
    from .hands import Hand


def peel(mover: Mover, hand: Hand, belief: Belief, flap: int, attempt: int) -> Move:
    """Lift a flap by its free edge, and push it over."""
    belief = yield from mover.rest(1, belief)
    raise NoMotionError("JAM")
