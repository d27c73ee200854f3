"""Moves that skills are made of.

A skill is a generator: it yields the next action, is sent the belief that followed, and returns
its outcome. A move is a part of one.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Outcome
from warewheel.configs.schema import Facility
from warewheel.sim.motion import Motion
from warewheel.sim.values import Action, Array, Pose

Move = Generator[Action, Belief, Belief]
Skill = Generator[Action, Belief, Outcome]


class NoMotionError(Exception):
    """No motion to where a skill wants to go; carries the failure's cause."""


class Mover:
    """Turns goals into actions and remembers what was commanded last.

    Args:
        facility: The site's layout.
        motion: Plans the motions.
        joints: Where the arm starts [rad].
        opening: Where the jaws start [m].
        period: Control period [s].
    """

    def __init__(
        self, facility: Facility, motion: Motion, joints: Array, opening: float, period: float
    ) -> None:
        self.facility = facility
        self.motion = motion
        self.joints = np.array(joints, dtype=float)
        self.opening = opening
        self._period = period

    def follow(self, waypoints: Array, belief: Belief, slow: float = 1.0) -> Move:
        """Run along joint waypoints; ``slow`` is the share of full speed."""
        for joints in self.motion.timed(waypoints, slow, self._period):
            self.joints = joints
            belief = yield Action(joints, self.opening)
        return belief

    def travel(
        self, position: tuple[float, float, float], yaw: float, belief: Belief,
        ignore: frozenset[str] = frozenset(), near: Array | None = None,
    ) -> Move:  # fmt: skip
        """Go to where the tool points down at ``position``, around everything believed.

        Of the postures there, the one nearest to ``near`` (by default, to where the arm is) wins.
        """
        near = self.joints if near is None else near
        for goal in self.motion.postures(position, yaw, near):
            path = self.motion.path(self.joints, goal, ignore)
            if path is not None:
                return (yield from self.follow(path, belief))
        raise NoMotionError("IK")

    def straight(
        self, goal: Pose, belief: Belief, slow: float = 0.5, ignore: frozenset[str] = frozenset(),
        check: bool = True,
    ) -> Move:  # fmt: skip
        """Go straight to ``goal``; without ``check``, contact is meant."""
        line = self.motion.line(self.joints, goal, ignore, check)
        if line is None:
            raise NoMotionError("IK")
        return (yield from self.follow(line, belief, slow))

    def rest(self, steps: int, belief: Belief) -> Move:
        """Hold still."""
        for _ in range(steps):
            belief = yield Action(self.joints, self.opening)
        return belief

    def jaws(self, opening: float, steps: int, belief: Belief) -> Move:
        """Drive the jaws to ``opening`` [m] and wait."""
        self.opening = opening
        return (yield from self.rest(steps, belief))
