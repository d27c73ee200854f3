"""Drag an item that jaws can close on but will hardly lift to where they may grip it better.

Along the floor of a carton the weakest grip takes an item with it.
"""

from __future__ import annotations

from warewheel.agents.perceive import Belief
from warewheel.sim.facts import inside
from warewheel.sim.values import Pose

from .moves import Move, Mover, NoMotionError
from .nudging import SLOW, rise, ways_inward


def drag(mover: Mover, belief: Belief, name: str) -> Move:
    """Take ``name``, which the hand has closed on, towards the middle of its carton; let it go.

    Raises:
        NoMotionError: It is in no carton, near the middle, or something is in the way; the hand
            still holds it.
    """
    item, carton = mover.last_seen(belief, name), belief.carton
    if carton is None or not inside(carton, item):
        raise NoMotionError("IK")
    mover.believe(belief)
    here = mover.motion.twin.pose(mover.joints)
    x, y, z = here.position
    for way in ways_inward(belief, carton, item):
        end = Pose((x + float(way[0]), y + float(way[1]), z), here.orientation)
        if mover.motion.line(mover.joints, end, frozenset({name})) is None:
            continue
        belief = yield from mover.straight(end, belief, SLOW, check=False)
        belief = yield from mover.hand.release(mover, belief)
        return (yield from rise(mover, belief, end, mover.rim(belief, item)))
    raise NoMotionError("IK")
