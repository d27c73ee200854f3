"""Put down what the hand holds: over the place, straight down, and let go."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from scipy.spatial.transform import Rotation

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.motion import down
from warewheel.sim.values import Pose, Vec3

from .moves import DroppedError, Mover, NoMotionError, Skill, lowest, relative

# Height above its final pose from which an item is let down [m].
_APPROACH = 0.10
# Free height below an item when it is let go [m].
_DROP = 0.004

# A point on a surface in W [m] and the angle of the jaws' opening axis there [rad].
Spot = tuple[Vec3, float]


def place(mover: Mover, belief: Belief, spots: Sequence[Spot]) -> Skill:
    """Set the held item down on the first of ``spots`` that can be reached."""
    held = mover.held
    assert held is not None, "the monitor lets this begin with something in the hand alone"
    cause = "IK"
    # What is held beside its middle may need room: with its own middle over the spot it has most.
    for ((x, y, z), yaw), centred in itertools.product(spots, (False, True)):
        mover.believe(belief)
        assert mover.held is not None
        if centred:
            aside = Rotation.from_quat(down(yaw)).apply(mover.held.pose.position)
            x, y = x - float(aside[0]), y - float(aside[1])
        size = mover.last_seen(belief, held.name).size
        height = z - lowest(mover.held.pose, size, down(yaw)) + _DROP
        try:
            belief = yield from mover.travel((x, y, height + _APPROACH), yaw, belief)
            here = mover.motion.twin.pose(mover.joints)
            # On the way the item may have settled in the hand.
            height = z - lowest(mover.held.pose, size, here.orientation) + _DROP
            belief = yield from mover.straight(Pose((x, y, height), here.orientation), belief, 0.35)
        except DroppedError as error:
            return Outcome(False, str(error))
        except NoMotionError as error:
            cause = str(error)
            continue
        belief = yield from mover.hand.release(mover, belief)
        gripped, mover.held = mover.held, None
        mover.believe(belief)
        up = Pose((x, y, height + _APPROACH), here.orientation)
        belief = yield from mover.straight(up, belief, check=False)
        belief = yield from mover.rest(4, belief)
        assert gripped is not None
        now = relative(belief.tool, mover.last_seen(belief, held.name).pose)
        if math.dist(now.position, gripped.pose.position) < _APPROACH / 2:
            mover.take(belief, held.name, mover.gently)  # it came back up with the tool
            return Outcome(False, "STUCK")
        mover.start_over(held.name)
        return Outcome(True)
    return Outcome(False, cause)
