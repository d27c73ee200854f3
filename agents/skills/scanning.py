"""Bring what the hand holds over the scanner's window until its label is read."""

from __future__ import annotations

import math

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.motion import down

from .moves import DroppedError, Mover, NoMotionError, Skill, lowest

# Heights of the item over the window that are tried in turn [m].
_HEIGHTS = (0.05, 0.035, 0.08)
# Control steps to wait for the label.
_PATIENCE = 12


def scan(mover: Mover, belief: Belief) -> Skill:
    """Hold the item over the window; other heights and angles are tried in turn."""
    held = mover.held
    assert held is not None, "the monitor lets this begin with something in the hand alone"
    x, y, z = mover.facility.scanner.position
    cause = "UNREADABLE"
    for height in _HEIGHTS:
        for yaw in (math.pi / 2, 0.0):
            mover.believe(belief)
            assert mover.held is not None
            base = (
                z
                + height
                - lowest(mover.held.pose, mover.last_seen(belief, held.name).size, down(yaw))
            )
            try:
                belief = yield from mover.travel((x, y, base), yaw, belief)
            except DroppedError as error:
                return Outcome(False, str(error))
            except NoMotionError as error:
                cause = str(error)
                continue
            for _ in range(_PATIENCE):
                if held.name in belief.labels:
                    return Outcome(True)
                belief = yield from mover.rest(1, belief)
            cause = "UNREADABLE"
    return Outcome(False, cause)
