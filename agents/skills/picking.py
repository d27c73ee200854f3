"""Pick an item up: come down over it, take hold, lift, and see whether it came along."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.values import Action, Pose

from .crops import Tried, features
from .dragging import drag
from .grasp import Grasp, extent
from .moves import Move, Mover, NoMotionError, Skill, relative

_ATTEMPTS = 6
# Height above the grip from which the tool comes straight down [m].
_APPROACH = 0.10
# Length of the last stretch where the tool leans [m].
_SQUARE = 0.03
# The lift clears the carton's rim and the flaps' hinges [m].
_CLEAR = 0.12
# Free height between the rim and the lowest point of what passes over it [m].
_MARGIN = 0.03
# One that has moved so far between the jaws while it was lifted may be lost on the way [m], [rad].
_CREEP, _TURN = 0.004, 0.12
# An item that a grip is less likely to hold is dragged to where there may be a better one, unless
# it hardly came along the last time [m].
_WORTH, _ALONG = 0.5, 0.01


def pick(mover: Mover, belief: Belief, name: str, attempts: int = _ATTEMPTS) -> Skill:
    """Grip ``name`` and lift it; other grips are tried in turn, from where the item is by then.

    Where none can be reached, the item is moved to where one can, if the hand knows how. By a grip
    that will hardly hold, it is dragged to where there may be better ones, but not at the last
    attempt, or where it does not come along. A grip in which the item moves while it is lifted is
    let go, but for the last. Which grips did not hold an item is remembered.

    Args:
        mover: The body.
        belief: As it is now.
        name: Of the item.
        attempts: How often it is tried at most.
    """
    hand, cause, drags = mover.hand, "AFFORDANCE", True
    for attempt in range(attempts):
        before = mover.last_seen(belief, name)
        picture = hand.look(before, belief.look)
        grasps = hand.grasps(before, mover.tries[name], picture, mover.failed(name))
        mover.tries[name] += 1
        try:
            belief, grasp = yield from _reach(mover, belief, name, grasps)
        except NoMotionError as error:
            cause = str(error)
            if cause == "AFFORDANCE":
                return Outcome(False, cause)
            try:
                belief = yield from hand.nudge(mover, belief, name, mover.pushes[name])
            except NoMotionError:
                # All ways were tried; by the next time something may have changed.
                mover.pushes.pop(name, None)
                return Outcome(False, cause)
            mover.pushes[name] += 1
            continue
        if drags and grasp.chance < _WORTH and attempt < attempts - 1:
            with contextlib.suppress(NoMotionError):
                belief = yield from hand.seize(mover, belief)
                belief = yield from drag(mover, belief, name)
                after = mover.last_seen(belief, name)
                drags = math.dist(before.pose.position, after.pose.position) > _ALONG
                continue
        if picture is not None:
            # Until it has held, it did not; what is lost on the way up is not the grip before.
            (row,) = features(before, [grasp], picture)
            mover.tried.append(Tried(name, row, held=False))
        try:
            belief = yield from hand.seize(mover, belief)
            grip = mover.take(belief, name, gently=not grasp.sure)
            low = mover.motion.twin.pose(mover.joints)
            belief = yield from _lift(mover, belief)
            now = relative(belief.tool, mover.last_seen(belief, name).pose)
            if not _creeps(grip, now) or attempt == attempts - 1:
                mover.mark(held=True)
                return Outcome(True)
            # It is put back before it falls.
            belief = yield from mover.straight(low, belief, check=False)
        except NoMotionError:
            pass
        cause = "GRASP_SLIP"
        mover.held = None
        belief = yield from mover.grip(0.0, 10, belief)
    return Outcome(False, cause)


def _creeps(before: Pose, now: Pose) -> bool:
    """Tell whether an item moves between the jaws that hold it, by where it was and is in them."""
    one, other = (Rotation.from_quat(pose.orientation) for pose in (before, now))
    turned = float((one.inv() * other).magnitude())
    return math.dist(now.position, before.position) > _CREEP or turned > _TURN


def _reach(
    mover: Mover, belief: Belief, name: str, grasps: Sequence[Grasp]
) -> Generator[Action, Belief, tuple[Belief, Grasp]]:
    """Bring the open end effector to the item, by the first grip that can be reached."""
    cause = "AFFORDANCE"
    for grasp in grasps:
        try:
            return (yield from _approach(mover, belief, name, grasp)), grasp
        except NoMotionError as error:
            cause = str(error)
    raise NoMotionError(cause)


def _approach(mover: Mover, belief: Belief, name: str, grasp: Grasp) -> Move:
    mover.grips = (grasp.grip,)
    mover.believe(belief)
    x, y, z = grasp.position
    # Over the rim, so that the way into the carton is straight down.
    rim = mover.rim(belief, mover.last_seen(belief, name))
    over = (x, y, max(z + _APPROACH, rim + _MARGIN))
    stops = [(grasp.position, grasp.lean)]
    if any(grasp.lean):
        # The last stretch is along the tool, square on the face that it comes to.
        back = Rotation.from_rotvec(grasp.lean).apply((0.0, 0.0, _SQUARE))
        bx, by, bz = (np.array(grasp.position) + back).tolist()
        # It leans before it is between walls, where there is room for that.
        stops[:0] = [(over, grasp.lean), ((bx, by, bz), grasp.lean)]
    return (yield from mover.descend(over, grasp.yaw, stops, belief, frozenset({name})))


def _lift(mover: Mover, belief: Belief) -> Move:
    mover.believe(belief)
    here = mover.motion.twin.pose(mover.joints)
    x, y, z = here.position
    assert mover.held is not None
    item = mover.last_seen(belief, mover.held.name)
    # Out of the carton the whole item must clear the rim.
    lowest_point = item.pose.position[2] - extent(item) / 2
    rise = max(_CLEAR, mover.rim(belief, item) + _MARGIN - lowest_point)
    up = Pose((x, y, z + rise), here.orientation)
    return (yield from mover.straight(up, belief, check=False))
