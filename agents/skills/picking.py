"""Pick an item up: come down over it, take hold, lift, and see whether it came along."""

from __future__ import annotations

import math

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.facts import inside
from warewheel.sim.twin import Held
from warewheel.sim.values import ItemState, Pose

from .grasp import Grasp, extent
from .hands import hand_of
from .moves import Move, Mover, NoMotionError, Skill, relative

_ATTEMPTS = 3
# Height above the grip from which the tool comes straight down [m].
_APPROACH = 0.10
# The lift clears the carton's rim and the flaps' hinges [m].
_CLEAR = 0.12
# Free height between the rim and the lowest point of what passes over it [m].
_MARGIN = 0.03
# An item that is farther from the tool than it was when gripped has slipped [m].
_SLIP = 0.03


def pick(mover: Mover, belief: Belief, name: str) -> Skill:
    """Grip ``name`` and lift it; other grips are tried in turn, from where the item is by then."""
    hand, cause = hand_of(mover.body), "AFFORDANCE"
    for attempt in range(_ATTEMPTS):
        candidates = hand.grasps(mover.last_seen(belief, name))
        for k in range(len(candidates)):
            grasp = candidates[(k + attempt) % len(candidates)]
            try:
                belief = yield from _reach(mover, belief, name, grasp)
            except NoMotionError as error:
                cause = str(error)
                continue
            try:
                belief = yield from hand.seize(mover, belief)
                grip = relative(belief.tool, mover.last_seen(belief, name).pose)
                mover.held = Held(name, grip)
                belief = yield from _lift(mover, belief)
                now = relative(belief.tool, mover.last_seen(belief, name).pose)
                if math.dist(now.position, grip.position) < _SLIP:
                    return Outcome(True)
            except NoMotionError:
                pass
            cause = "GRASP_SLIP"
            mover.held = None
            belief = yield from mover.grip(0.0, 10, belief)
            break
        else:
            return Outcome(False, cause)
    return Outcome(False, cause)


def _reach(mover: Mover, belief: Belief, name: str, grasp: Grasp) -> Move:
    """Bring the open end effector to the item."""
    target = frozenset({name})
    mover.grips = (grasp.grip,)
    mover.believe(belief)
    x, y, z = grasp.position
    # Over the rim, so that the way into the carton is straight down.
    above = max(z + _APPROACH, _rim(belief, mover.last_seen(belief, name)) + _MARGIN)
    belief = yield from mover.travel((x, y, above), grasp.yaw, belief, target)
    here = mover.motion.twin.pose(mover.joints)
    return (yield from mover.straight(Pose((x, y, z), here.orientation), belief, ignore=target))


def _lift(mover: Mover, belief: Belief) -> Move:
    mover.believe(belief)
    here = mover.motion.twin.pose(mover.joints)
    x, y, z = here.position
    assert mover.held is not None
    item = mover.last_seen(belief, mover.held.name)
    # Out of the carton the whole item must clear the rim.
    lowest_point = item.pose.position[2] - extent(item) / 2
    rise = max(_CLEAR, _rim(belief, item) + _MARGIN - lowest_point)
    up = Pose((x, y, z + rise), here.orientation)
    return (yield from mover.straight(up, belief, check=False))


def _rim(belief: Belief, item: ItemState) -> float:
    """Return the height of the carton's rim if the item is inside it, otherwise 0 [m]."""
    carton = belief.carton
    if carton is None or not inside(carton, item):
        return 0.0
    return carton.pose.position[2] + carton.inner[2]
