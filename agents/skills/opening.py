"""Open the carton, flap by flap."""

from __future__ import annotations

from warewheel.agents.inventory import OPEN
from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome

from .moves import Mover, NoMotionError, Skill

_ATTEMPTS = 3


def open_carton(mover: Mover, belief: Belief) -> Skill:
    """Open each closed flap; one that falls back is tried again."""
    hand = mover.hand
    for attempt in range(_ATTEMPTS):
        carton = belief.carton
        assert carton is not None, "the monitor lets this begin with a docked carton alone"
        closed = [k for k, angle in enumerate(carton.flaps) if angle < OPEN]
        if not closed:
            return Outcome(True)
        try:
            for flap in closed:
                belief = yield from hand.open_flap(mover, belief, flap, attempt)
        except NoMotionError as error:
            return Outcome(False, str(error))
    assert belief.carton is not None
    done = min(belief.carton.flaps) >= OPEN
    return Outcome(done, "" if done else "JAM")
