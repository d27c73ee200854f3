"""Moves that skills are made of.

A skill is a generator: it yields the next action, is sent the belief that followed, and returns
its outcome. A move is a part of one.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.configs.schema import Body, Facility
from warewheel.sim.facts import inside
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Held
from warewheel.sim.values import Action, Array, ItemState, Pose, Quat, Vec3

from .crops import Features, Tried

if TYPE_CHECKING:
    from .hands import Hand

Move = Generator[Action, Belief, Belief]
Skill = Generator[Action, Belief, Outcome]

# Share of full speed while the hand holds something.
_CARRY = 0.7
# Shares of full speed and acceleration where it may not hold that firmly: goods creep between the
# jaws until they jump out, the more so the faster they are carried.
_GENTLY, _SOFTLY = 0.2, 0.07
# Rise from a posture in touch with something, again and again [m].
_BACK_OFF = 0.04
_BACK_OFFS = 3
# A picture older than this is waited out, for so long at most [control steps].
_OLD, _BLIND = 8, 200
# An item that moves this far in the hand from one step to the next has left it, or so far since it
# was gripped: jaws that rise slowly leave it behind little by little [m].
_LOST, _SLIPPED = 0.02, 0.03


class NoMotionError(Exception):
    """A move cannot be made or went wrong; carries the failure's cause."""


class DroppedError(NoMotionError):
    """The hand has lost what it held."""


class Mover:
    """Turns goals into actions and remembers what was commanded last.

    It starts at the body's home posture with open end effectors.

    Args:
        facility: The site's layout.
        body: The body that moves.
        motion: Plans the motions.
        period: Control period [s].
        hand: What is at its end.
    """

    def __init__(
        self, facility: Facility, body: Body, motion: Motion, period: float, hand: Hand
    ) -> None:
        self.facility = facility
        self.body = body
        self.hand = hand
        self.motion = motion
        self.joints = np.array(body.home, dtype=float)
        self.grips = (0.0,) * body.effectors
        self.held: Held | None = None
        # What the hand holds may not be held firmly.
        self.gently = False
        # How often each item was tried to grip since it was put down last.
        self.tries = Counter[str]()
        # How often each was pushed to where it could be gripped.
        self.pushes = Counter[str]()
        # Grips that were tried so far, for who learns from them.
        self.tried: list[Tried] = []
        self._period = period
        self._known: dict[str, ItemState] = {}
        self._gripped: Pose | None = None
        # The step of the last picture that showed whether the hand still holds it.
        self._pictured = -1

    def believe(self, belief: Belief) -> None:
        """Arrange the twin as the belief says, with what the hand holds."""
        self.motion.twin.believe(belief.carton, belief.items, self.held, self.grips)

    def follow(self, waypoints: Array, belief: Belief, slow: float = 1.0) -> Move:
        """Run along joint waypoints; ``slow`` is the share of full speed.

        Raises:
            DroppedError: What the hand held is no longer in it.
        """
        gently = self.held is not None and self.gently
        if self.held is not None:
            slow *= _GENTLY if gently else _CARRY
        smooth = _SOFTLY if gently else None
        for joints in self.motion.timed(waypoints, slow, self._period, smooth):
            self.joints = joints
            belief = yield Action(joints, self.grips)
            self._watch(belief)
        return belief

    def take(self, belief: Belief, name: str, gently: bool) -> Pose:
        """Note that the hand now holds ``name``; return how, X_TI."""
        grip = relative(belief.tool, self.last_seen(belief, name).pose)
        self.held, self.gently, self._gripped = Held(name, grip), gently, grip
        return grip

    def last_seen(self, belief: Belief, name: str) -> ItemState:
        """Return the item as it is believed, or as it last was; raise KeyError if it never was."""
        for item in belief.items:
            if item.name == name:
                self._known[name] = item
        return self._known[name]

    @staticmethod
    def rim(belief: Belief, item: ItemState) -> float:
        """Return the height of the carton's rim if the item is inside it, otherwise 0 [m]."""
        carton = belief.carton
        if carton is None or not inside(carton, item):
            return 0.0
        return carton.pose.position[2] + carton.inner[2]

    def notice(self, belief: Belief) -> None:
        """Forget what the hand held if it is plainly no longer in it."""
        with contextlib.suppress(DroppedError):
            self._watch(belief)

    def start_over(self, name: str) -> None:
        """Forget how often an item was tried and pushed: it was put down."""
        self.tries.pop(name, None)
        self.pushes.pop(name, None)

    def failed(self, name: str) -> list[Features]:
        """Return the features of grips that did not hold an item, if such are kept."""
        return [one.row for one in self.tried if one.item == name and not one.held]

    def mark(self, held: bool) -> None:
        """Say of the last grip that was tried whether it held, if such are kept."""
        if self.tried:
            self.tried[-1] = replace(self.tried[-1], held=held)

    def _watch(self, belief: Belief) -> None:
        if self.held is None:
            return
        before, self._pictured = self._pictured, belief.step - belief.age
        if self._pictured == before:
            return  # nothing new was seen: a camera may be out
        item = self.last_seen(belief, self.held.name)
        now = relative(belief.tool, item.pose)
        moved = math.dist(now.position, self.held.pose.position)
        since = math.dist(now.position, self._gripped.position) if self._gripped else 0.0
        if moved > _LOST or since > _SLIPPED:
            self.held = None
            # A grip that loses what it carries did not hold.
            self.mark(held=False)
            raise DroppedError("DROP")
        # What the hand holds may settle a little; plans are made with where it is now.
        self.held = Held(self.held.name, now)

    def travel(
        self, position: tuple[float, float, float], yaw: float, belief: Belief,
        ignore: frozenset[str] = frozenset(), near: Array | None = None,
    ) -> Move:  # fmt: skip
        """Go to where the tool points down at ``position``, around everything believed.

        Of the postures there, the one nearest to ``near`` (by default, to where the arm is) wins.
        """
        belief = yield from self.fresh(belief)
        belief = yield from self._back_off(belief, ignore)
        near = self.joints if near is None else near
        for goal in self.motion.postures(position, yaw, near):
            path = self.motion.path(self.joints, goal, ignore)
            if path is not None:
                return (yield from self.follow(path, belief))
        raise NoMotionError("IK")

    def descend(
        self, over: Vec3, yaw: float, stops: Sequence[tuple[Vec3, Vec3]], belief: Belief,
        ignore: frozenset[str] = frozenset(),
    ) -> Move:  # fmt: skip
        """Go to where the tool points down at ``over``, and straight on from stop to stop.

        Nothing moves unless all of that can be. A stop is a position in W [m] and a rotation
        vector in W [rad] by which the tool leans there.
        """
        belief = yield from self.fresh(belief)
        belief = yield from self._back_off(belief, ignore)
        for goal in self.motion.postures(over, yaw, self.joints):
            lines = self._lines(goal, stops, ignore)
            if lines is None:
                continue
            path = self.motion.path(self.joints, goal, ignore)
            if path is None:
                continue
            belief = yield from self.follow(path, belief)
            for line in lines:
                belief = yield from self.follow(line, belief, 0.5)
            return belief
        raise NoMotionError("IK")

    def _lines(
        self, start: Array, stops: Sequence[tuple[Vec3, Vec3]], ignore: frozenset[str]
    ) -> list[Array] | None:
        facing = Rotation.from_quat(self.motion.twin.pose(start).orientation)
        lines: list[Array] = []
        for position, lean in stops:
            x, y, z, w = (Rotation.from_rotvec(lean) * facing).as_quat().tolist()
            line = self.motion.line(start, Pose(position, (x, y, z, w)), ignore)
            if line is None:
                return None
            lines.append(line)
            start = line[-1]
        return lines

    def _back_off(self, belief: Belief, ignore: frozenset[str]) -> Move:
        """Rise out of whatever touches the arm or what it holds; nothing is planned from there."""
        for _ in range(_BACK_OFFS):
            if not self.motion.twin.touches(self.joints, ignore):
                break
            here = self.motion.twin.pose(self.joints)
            x, y, z = here.position
            up = Pose((x, y, z + _BACK_OFF), here.orientation)
            belief = yield from self.straight(up, belief, check=False)
        return belief

    def straight(
        self, goal: Pose, belief: Belief, slow: float = 0.5, ignore: frozenset[str] = frozenset(),
        check: bool = True,
    ) -> Move:  # fmt: skip
        """Go straight to ``goal``; without ``check``, contact is meant."""
        line = self.motion.line(self.joints, goal, ignore, check)
        if line is None:
            raise NoMotionError("IK")
        return (yield from self.follow(line, belief, slow))

    def fresh(self, belief: Belief) -> Move:
        """Wait for a picture that is not old; nothing is begun blindly.

        Raises:
            NoMotionError: None comes.
        """
        for _ in range(_BLIND):
            if belief.age <= _OLD:
                return belief
            belief = yield Action(self.joints, self.grips)
        raise NoMotionError("MISS")

    def rest(self, steps: int, belief: Belief) -> Move:
        """Hold still."""
        for _ in range(steps):
            belief = yield Action(self.joints, self.grips)
        return belief

    def grip(self, grip: float, steps: int, belief: Belief) -> Move:
        """Close to ``grip`` (0 is open or suction off, 1 closed or on) and wait."""
        self.grips = (grip,)
        belief = yield from self.rest(steps, belief)
        return (yield from self.fresh(belief))


def relative(tool: Pose, item: Pose) -> Pose:
    """Return X_TI from X_WT and X_WI; plain numbers, for every step of a carry asks for it."""
    x, y, z, w = tool.orientation
    back = (-x, -y, -z, w)
    px, py, pz = (a - b for a, b in zip(item.position, tool.position, strict=True))
    *shift, _ = _product(_product(back, (px, py, pz, 0.0)), tool.orientation)
    return Pose((shift[0], shift[1], shift[2]), _product(back, item.orientation))


def _product(a: Quat, b: Quat) -> Quat:
    (ax, ay, az, aw), (bx, by, bz, bw) = a, b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def lowest(grip: Pose, size: Vec3, tool: Quat) -> float:
    """Return the height of a held box's lowest point over the tool centre (negative) [m].

    Args:
        grip: X_TI, the box's centre in the tool's frame.
        size: Extents of the box [m].
        tool: Orientation of the tool in W.
    """
    turn = Rotation.from_quat(tool)
    centre = turn.apply(grip.position)[2]
    axes = (turn * Rotation.from_quat(grip.orientation)).as_matrix()
    return float(centre - np.abs(axes[2]) @ np.array(size) / 2)
