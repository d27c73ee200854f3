"""A vacuum cup: suction that holds what seals it, up to a limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pybullet as p

from warewheel.configs.schema import Cup
from warewheel.sim.values import Pose, Vec3

from .arms import Model

# Points of the rim that must lie on one surface.
_RIM = 8
# How far before and behind the rim a surface may be to be sealed against [m], and how uneven.
_BEHIND, _AHEAD, _UNEVEN = 0.004, 0.003, 0.0022
# Largest angle between the cup's axis and the surface's normal at any point of the rim [rad].
_TILT = 0.2
# A seal breaks when the cup has moved so far from where it was on what it holds [m], [rad].
_SLIP, _TURN = 0.004, 0.15
# A bellows gives: its stiffness against what it is pressed on [N/m], [N s/m].
_STIFFNESS, _DAMPING = 4000.0, 120.0


@dataclass(frozen=True, slots=True)
class Seal:
    """What the cup holds: a link of a body, and where the cup sits in its (inertial) frame."""

    body: int
    link: int
    pose: Pose


class CupBody:
    """A cup in the world; see `Effector`.

    Suction is a fixed constraint between the cup and a surface. It is made only where the cup
    touches and all of its rim lies flat on one body, its force is limited, and it is taken away
    when suction ends or the cup has moved on the surface: under a load over the limit the
    constraint yields, and cup and surface part.
    """

    def __init__(self, client: int, model: Model, config: Cup) -> None:
        self.strength = 1.0
        self.override: float | None = None
        self._client, self._robot, self._link = client, model.id, model.tool
        self._config = config
        self._on = False
        self.seal: Seal | None = None
        self._constraint = -1
        self._bound = 0.0
        p.changeDynamics(
            model.id, model.tool, lateralFriction=1.0, contactStiffness=_STIFFNESS,
            contactDamping=_DAMPING, physicsClientId=client,
        )  # fmt: skip
        angles = np.arange(_RIM) * (2 * math.pi / _RIM)
        self._rim = config.radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def place(self, grip: float) -> None:
        """Turn suction on or off at once."""
        self._on = grip >= 0.5

    def command(self, grip: float) -> None:
        """Turn suction on or off."""
        self._on = (grip if self.override is None else self.override) >= 0.5

    def settle(self) -> None:
        """Seal, or see whether the seal still holds."""
        if self.seal is not None:
            if not self._on or not self._bears(self.seal):
                self._let_go()
        elif self._on and self.strength > 0.0:
            seal = self._find()
            if seal is not None:
                self._hold(seal)

    def load(self) -> tuple[Vec3, Vec3]:
        """Return force [N] and torque [N m] on the seal in W; along the cup's axis is a pull."""
        if self.seal is None:
            return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        state = p.getConstraintState(self._constraint, physicsClientId=self._client)
        return tuple(state[:3]), tuple(state[3:])

    def feel(self) -> tuple[float, float]:
        """Return whether suction is on and the pull that the seal can bear [N]."""
        limit = 0.0 if self.seal is None else self._config.force * self.strength
        return float(self._on), limit

    def memory(self) -> tuple[bool, Seal | None]:
        """Return the valve's state and the seal; constraints are not in PyBullet's snapshots."""
        return self._on, self.seal

    def recall(self, memory: tuple[bool, Seal | None]) -> None:
        """Take back what `memory` returned."""
        self._let_go()
        self._on, seal = memory
        if seal is not None:
            self._hold(seal)

    def _find(self) -> Seal | None:
        """Return the seal that can be made here, or None."""
        c = self._client
        touching = {
            (q[2], q[4])
            for q in p.getContactPoints(
                self._robot, linkIndexA=self._link, physicsClientId=c
            )
            if q[2] != self._robot
        }  # fmt: skip
        if len(touching) != 1:
            return None
        ((body, link),) = touching
        cup = self._at(self._robot, self._link)
        turn = np.array(p.getMatrixFromQuaternion(cup.orientation)).reshape(3, 3)
        axis = turn[:, 2]
        rim = np.array(cup.position) + self._rim @ turn[:, :2].T
        starts, ends = rim - _BEHIND * axis, rim + _AHEAD * axis
        hits = p.rayTestBatch(starts.tolist(), ends.tolist(), physicsClientId=c)
        if any((hit[0], hit[1]) != (body, link) for hit in hits):
            return None
        depths = [hit[2] for hit in hits]
        if (max(depths) - min(depths)) * (_BEHIND + _AHEAD) > _UNEVEN:
            return None
        if min(-float(axis @ np.array(hit[4])) for hit in hits) < math.cos(_TILT):
            return None
        return Seal(body, link, self._within(body, link, cup))

    def _bears(self, seal: Seal) -> bool:
        """Tell whether the seal still holds."""
        limit = self._config.force * self.strength
        if limit <= 0.0:
            return False
        cup = self._at(self._robot, self._link)
        now = self._within(seal.body, seal.link, cup)
        slip = math.dist(now.position, seal.pose.position)
        same = abs(sum(a * b for a, b in zip(now.orientation, seal.pose.orientation, strict=True)))
        if slip > _SLIP or same < math.cos(_TURN / 2):
            return False
        if limit != self._bound:
            self._limit(limit)
        return True

    def _hold(self, seal: Seal) -> None:
        self.seal = seal
        self._constraint = p.createConstraint(
            self._robot, self._link, seal.body, seal.link, p.JOINT_FIXED, [0, 0, 0],
            [0, 0, 0], seal.pose.position, [0, 0, 0, 1], seal.pose.orientation,
            physicsClientId=self._client,
        )  # fmt: skip
        self._limit(self._config.force * self.strength)

    def _limit(self, force: float) -> None:
        self._bound = force
        p.changeConstraint(self._constraint, maxForce=force, physicsClientId=self._client)

    def _let_go(self) -> None:
        if self.seal is not None:
            p.removeConstraint(self._constraint, physicsClientId=self._client)
            self.seal = None

    def _at(self, body: int, link: int) -> Pose:
        """Return the pose of a link's inertial frame in W."""
        c = self._client
        if link < 0:
            return Pose(*p.getBasePositionAndOrientation(body, physicsClientId=c))
        # Without it, a link's pose is that before the last physics step.
        state = p.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=c)
        return Pose(*state[:2])

    def _within(self, body: int, link: int, cup: Pose) -> Pose:
        """Return the cup's pose in the inertial frame of a link."""
        inverse = p.invertTransform(*self._at(body, link))
        return Pose(*p.multiplyTransforms(*inverse, *cup))
