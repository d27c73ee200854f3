"""Rest: the solver leaves out loose bodies that have stopped, until something comes near.

Bullet wakes a body whose surroundings overlap those of one that moves, in the same step and before
any contact is solved. Its own timer, two seconds at a walking pace, is too slow and too coarse.
"""

from __future__ import annotations

import math
from typing import Any

import pybullet as p

from .values import Vec3

# A body slower than this in every part [m/s, rad/s] in so many control steps on end is at rest.
_STILL, _TURN = 0.003, 0.03
_STEPS = 6
# No body that sleeps moves this far in a control step [m].
_MOVED = 0.001
# Sum of squared speeds from which Bullet wakes a body by itself.
_WAKE = 1e-4


# Control steps of rest and last pose of each body, and the bodies that the last step moved.
Memory = tuple[dict[int, int], dict[int, Any], frozenset[int]]


class Rest:
    """Puts the loose bodies of a world to sleep.

    Attributes:
        busy: Ids of the bodies that the last control step moved.
        seen: Pose and linear velocity of each of them.
    """

    def __init__(self, client: int) -> None:
        self._client = client
        self._joints: dict[int, list[int]] = {}
        self._still: dict[int, int] = {}
        self._poses: dict[int, Any] = {}
        self.busy: frozenset[int] = frozenset()
        self.seen: dict[int, tuple[Any, Vec3]] = {}

    def add(self, body: int) -> None:
        """Look after a body that has come into the world."""
        self._joints[body] = list(range(p.getNumJoints(body, physicsClientId=self._client)))
        self._still[body], self._poses[body] = 0, None
        self.busy |= {body}
        self._tell(body, p.ACTIVATION_STATE_ENABLE_SLEEPING)

    def drop(self, body: int) -> None:
        """Forget a body that leaves the world."""
        del self._joints[body], self._still[body], self._poses[body]
        self.busy -= {body}

    def wake(self, body: int) -> None:
        """Wake a body that something other than a contact is about to move."""
        self._still[body] = 0
        self._tell(body, p.ACTIVATION_STATE_WAKE_UP)

    def look(self) -> None:
        """After a control step: note in ``busy`` what it moved, and put to sleep what has stopped.

        What sleeps does not move by the last bit, so that whatever did costs the solver work.
        """
        self.seen = seen = {}
        c, poses = self._client, self._poses
        for body, still in self._still.items():
            pose, last = p.getBasePositionAndOrientation(body, c), poses[body]
            if pose == last:
                continue
            velocity, spin = p.getBaseVelocity(body, c)
            seen[body], poses[body] = (pose, velocity), pose
            if still >= _STEPS and math.dist(last[0], pose[0]) > _MOVED:
                # Bullet does not wake what a hand from outside has put elsewhere.
                self._tell(body, p.ACTIVATION_STATE_WAKE_UP)
                still = 0
            else:
                still = still + 1 if self._stopped(body, velocity, spin) else 0
            self._still[body] = still
            if still >= _STEPS:
                self._tell(body, p.ACTIVATION_STATE_SLEEP)
        self.busy = frozenset(seen)

    def pose(self, body: int) -> Any:
        """Return position and orientation of a body's base when `look` last saw it."""
        return self._poses[body]

    def _stopped(self, body: int, velocity: Vec3, spin: Vec3) -> bool:
        x, y, z = velocity
        if x * x + y * y + z * z > _STILL**2:
            return False
        x, y, z = spin
        if x * x + y * y + z * z > _TURN**2:
            return False
        joints = self._joints[body]
        states = p.getJointStates(body, joints, physicsClientId=self._client) if joints else ()
        return all(abs(state[1]) < _TURN for state in states)

    def _tell(self, body: int, state: int) -> None:
        p.changeDynamics(
            body, -1, activationState=state, sleepThreshold=_WAKE, physicsClientId=self._client
        )

    def memory(self) -> Memory:
        """Return what is known of each body, which PyBullet's own snapshots leave out."""
        return dict(self._still), dict(self._poses), self.busy

    def recall(self, memory: Memory) -> None:
        """Take back what `memory` returned; a step must pass before Bullet sees who sleeps."""
        still, poses, self.busy = memory
        self._still, self._poses = dict(still), dict(poses)
        for body, steps in still.items():
            asleep = steps >= _STEPS
            self._tell(body, p.ACTIVATION_STATE_SLEEP if asleep else p.ACTIVATION_STATE_WAKE_UP)
