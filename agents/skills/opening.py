"""Open the carton: closed fingers go in through the gap and sweep a flap up and over."""

from __future__ import annotations

import math

import numpy as np

from warewheel.agents.domain import OPEN
from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.sim.motion import down
from warewheel.sim.values import CartonState, Pose, Quat

from .moves import Move, Mover, NoMotionError, Skill

# Depth of the tool centre below a closed flap, and its distance from the hinge while it sweeps [m].
_DEPTH = 0.022
_HOOK = 0.002
# The hand leans, so that the fingertips reach under the flap and not only against its edge [rad].
_LEAN = 0.61
# The sweep ends well past the vertical [rad].
_SWEEP = 2.1
_HOVER = 0.08


def open_carton(mover: Mover, belief: Belief) -> Skill:
    """Sweep each closed flap open; a flap that falls back is swept once more, further."""
    for attempt in range(3):
        carton = belief.carton
        assert carton is not None, "the monitor lets this begin with a docked carton alone"
        closed = [k for k, angle in enumerate(carton.flaps) if angle < OPEN]
        if not closed:
            return Outcome(True)
        try:
            for flap in closed:
                belief = yield from _sweep(mover, belief, flap, _SWEEP + 0.2 * attempt)
        except NoMotionError as error:
            return Outcome(False, str(error))
    assert belief.carton is not None
    done = min(belief.carton.flaps) >= OPEN
    return Outcome(done, "" if done else "JAM")


def _sweep(mover: Mover, belief: Belief, flap: int, end: float) -> Move:
    carton = belief.carton
    assert carton is not None
    mover.believe(belief)
    layout = carton.layout
    x, y, z = carton.pose.position
    rim = z + carton.inner[2] + layout.wall
    yaw = _yaw(carton)
    side = 1.0 if flap == 0 else -1.0

    def spot(across: float, height: float) -> tuple[float, float, float]:
        return (x - math.sin(yaw) * across, y + math.cos(yaw) * across, rim + height)

    hinge = carton.inner[1] / 2 + layout.wall
    lever = carton.levers[flap] - _HOOK
    start = side * (hinge - lever)
    back = _HOVER * math.tan(_LEAN)
    hover = spot(start - side * back, _HOVER - _DEPTH)
    # A wrist in mid-range can lean both ways.
    unwound = np.array([*mover.joints[:-1], 0.0])
    belief = yield from mover.travel(hover, yaw, belief, near=unwound)
    belief = yield from mover.grip(1.0, 14, belief)
    lean = _leaning(mover_yaw(mover), yaw, side * _LEAN)
    belief = yield from mover.straight(Pose(hover, lean), belief, check=False)
    inside = Pose(spot(start, -_DEPTH), lean)
    belief = yield from mover.straight(inside, belief, check=False)
    arc = [mover.joints]
    for angle in np.linspace(0.0, end, 16):
        across = hinge - lever * math.cos(angle) - _DEPTH * math.sin(angle)
        height = lever * math.sin(angle) - _DEPTH * math.cos(angle)
        goal = Pose(spot(side * across, height), inside.orientation)
        joints = mover.motion.twin.solve(goal, arc[-1])
        if joints is None:
            raise NoMotionError("IK")
        arc.append(joints)
    belief = yield from mover.follow(np.array(arc), belief, slow=0.5)
    here = mover.motion.twin.pose(mover.joints)
    up = Pose((*here.position[:2], here.position[2] + 0.05), here.orientation)
    return (yield from mover.straight(up, belief, check=False))


def _leaning(tool: float, carton: float, lean: float) -> Quat:
    """Return the tool's orientation, leaning about the carton's x axis."""
    x, y, z, w = down(tool)
    s, c = math.sin(lean / 2), math.cos(lean / 2)
    ax, ay = s * math.cos(carton), s * math.sin(carton)
    # Quaternion product (ax, ay, 0, c) * (x, y, z, w).
    return (
        c * x + ax * w + ay * z,
        c * y + ay * w - ax * z,
        c * z + ax * y - ay * x,
        c * w - ax * x - ay * y,
    )


def _yaw(carton: CartonState) -> float:
    x, y, z, w = carton.pose.orientation
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def mover_yaw(mover: Mover) -> float:
    """Return the yaw at which the tool points down now (see `down`)."""
    x, y, _, _ = mover.motion.twin.pose(mover.joints).orientation
    return 2 * math.atan2(y, x) + math.pi / 2
