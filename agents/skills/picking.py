"""Pick an item up: come down over it, close the jaws, lift, and see whether it came along."""

from __future__ import annotations

import math

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.facts import inside
from warewheel.sim.twin import Held
from warewheel.sim.values import Pose

from .grasp import Grasp, extent, grasps
from .moves import DroppedError, Move, Mover, NoMotionError, Skill, relative

# Extra jaw opening on the way down [m].
_SPREAD = 0.018
# Height above the grip from which the tool comes straight down [m].
_APPROACH = 0.10
# The lift clears the carton's rim and the flaps' hinges [m].
_CLEAR = 0.12
# Free height between the rim and the lowest point of what passes over it [m].
_MARGIN = 0.03
# An item that is farther from the tool than it was when gripped has slipped [m].
_SLIP = 0.03


def pick(mover: Mover, belief: Belief, name: str) -> Skill:
    """Grip ``name`` by friction and lift it; other grips are tried in turn."""
    cause = "AFFORDANCE"
    for attempt in range(3):
        candidates = grasps(belief.item(name), mover.body.gripper)
        for k in range(len(candidates)):
            grasp = candidates[(k + attempt) % len(candidates)]
            try:
                belief = yield from _reach(mover, belief, name, grasp)
            except NoMotionError as error:
                cause = str(error)
                continue
            belief = yield from mover.jaws(0.0, 16, belief)
            grip = relative(belief.body.tool, belief.item(name).pose)
            mover.held = Held(name, grip)
            try:
                belief = yield from _lift(mover, belief)
            except DroppedError:
                cause = "GRASP_SLIP"
                belief = yield from mover.jaws(mover.body.gripper.opening, 10, belief)
                break
            now = relative(belief.body.tool, belief.item(name).pose)
            if math.dist(now.position, grip.position) < _SLIP:
                return Outcome(True)
            mover.held = None
            cause = "GRASP_SLIP"
            belief = yield from mover.jaws(mover.body.gripper.opening, 10, belief)
            break
        else:
            return Outcome(False, cause)
    return Outcome(False, cause)


def _reach(mover: Mover, belief: Belief, name: str, grasp: Grasp) -> Move:
    """Bring the open jaws around the item."""
    target = frozenset({name})
    spread = min(mover.body.gripper.opening, grasp.width + _SPREAD)
    mover.opening = spread
    mover.believe(belief)
    x, y, z = grasp.position
    belief = yield from mover.travel((x, y, z + _APPROACH), grasp.yaw, belief, target)
    here = mover.motion.twin.pose(mover.joints)
    return (yield from mover.straight(Pose((x, y, z), here.orientation), belief, ignore=target))


def _lift(mover: Mover, belief: Belief) -> Move:
    mover.believe(belief)
    here = mover.motion.twin.pose(mover.joints)
    x, y, z = here.position
    # Out of the carton the whole item must clear the rim.
    item = belief.item(mover.held.name) if mover.held else None
    rise = _CLEAR
    if item is not None and belief.carton is not None and inside(belief.carton, item):
        rim = belief.carton.pose.position[2] + belief.carton.inner[2]
        rise = max(rise, rim + _MARGIN - (item.pose.position[2] - extent(item) / 2))
    up = Pose((x, y, z + rise), here.orientation)
    return (yield from mover.straight(up, belief, check=False))
