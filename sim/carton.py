"""The carton: a box whose taped flaps swing on hinges."""

from __future__ import annotations

from typing import Any

import pybullet as p

from warewheel.configs.schema import Carton

from .assets import carton_urdf
from .values import CartonState, Pose

# A flap that has swung this far has torn its tape [rad].
_TEAR_ANGLE = 0.06
# How far the flaps are swung of a carton that was opened before it came [rad].
_SPREAD = 2.2
# Torque with which board resists swinging once the tape is torn [N m].
_HINGE_FRICTION = 0.012


class CartonBody:
    """A carton in the world.

    Tape is a motor that holds a closed flap with a limited torque; a flap pushed past the tear
    angle loses it for good. Nothing but contact and gravity opens a flap, once it is there.

    Args:
        client: PyBullet client id.
        name: Of the carton.
        config: Its measures.
        pose: X_WC.
        opened: Its tape is torn and its flaps hang open from the start.
    """

    def __init__(
        self, client: int, name: str, config: Carton, pose: Pose, opened: bool = False
    ) -> None:
        self.name = name
        self.config = config
        self._client = client
        self.id = int(
            p.loadURDF(
                carton_urdf(config), pose.position, pose.orientation,
                flags=p.URDF_INITIALIZE_SAT_FEATURES, physicsClientId=client,
            )
        )  # fmt: skip
        # The base's frame in PyBullet is its centre of mass; poses here are of the floor's centre.
        offset = p.getDynamicsInfo(self.id, -1, physicsClientId=client)[3]
        self._inverse_inertial = p.invertTransform(offset, [0, 0, 0, 1])
        p.resetBasePositionAndOrientation(
            self.id, *p.multiplyTransforms(*pose, offset, [0, 0, 0, 1]), physicsClientId=client
        )
        self._hinges = list(range(p.getNumJoints(self.id, physicsClientId=client)))
        self._sealed = [not opened] * len(self._hinges)
        self._angles: tuple[float, ...] = ()
        self._seen: tuple[Any, ...] = ()
        self._last: CartonState | None = None
        for link in (-1, *self._hinges):
            p.changeDynamics(
                self.id, link, lateralFriction=0.6 if link >= 0 else 0.7, physicsClientId=client
            )
        for hinge in self._hinges if opened else ():
            p.resetJointState(self.id, hinge, _SPREAD, physicsClientId=client)
        self.drive()

    def drive(self) -> None:
        """Set the flap motors by the state of the tape."""
        for hinge, sealed in zip(self._hinges, self._sealed, strict=True):
            if sealed:
                p.setJointMotorControl2(
                    self.id, hinge, p.POSITION_CONTROL, targetPosition=0.0,
                    force=self.config.tape_torque, physicsClientId=self._client,
                )  # fmt: skip
            else:
                p.setJointMotorControl2(
                    self.id, hinge, p.VELOCITY_CONTROL, targetVelocity=0.0,
                    force=_HINGE_FRICTION, physicsClientId=self._client,
                )  # fmt: skip

    def spring(self, flap: int, torque: float) -> None:
        """Let a flap's hinge swing it shut with a torque [N m]; `drive` sets it free again."""
        p.setJointMotorControl2(
            self.id, self._hinges[flap], p.POSITION_CONTROL, targetPosition=0.0, force=torque,
            maxVelocity=2.5, physicsClientId=self._client,
        )  # fmt: skip

    def tear(self) -> tuple[int, ...]:
        """After a control step: tear the tape of flaps that were forced open; return which tore."""
        self._angles = angles = self.flaps()
        if not any(self._sealed):
            return ()
        torn = tuple(k for k, angle in enumerate(angles) if self._sealed[k] and angle > _TEAR_ANGLE)
        for k in torn:
            self._sealed[k] = False
        if torn:
            self.drive()
        return torn

    def flaps(self) -> tuple[float, ...]:
        """Return the opening angle of each flap [rad]."""
        states = p.getJointStates(self.id, self._hinges, physicsClientId=self._client)
        return tuple(s[0] for s in states)

    def pose(self) -> Pose:
        """Return X_WC."""
        base = p.getBasePositionAndOrientation(self.id, physicsClientId=self._client)
        return Pose(*p.multiplyTransforms(*base, *self._inverse_inertial))

    def state(self, docked: bool, base: Any = None) -> CartonState:
        """Return the carton's part of the scene: the same object for as long as nothing changes.

        Args:
            docked: Whether it rests at the dock.
            base: Where its base has just been seen, `tear` having looked at the flaps; without it
                all is looked at anew.
        """
        if base is None:
            base = p.getBasePositionAndOrientation(self.id, physicsClientId=self._client)
            self._angles = self.flaps()
        seen = base, self._angles, tuple(self._sealed), docked
        if self._last is None or seen != self._seen:
            self._seen = seen
            pose = Pose(*p.multiplyTransforms(*base, *self._inverse_inertial))
            self._last = CartonState(
                name=self.name, layout=self.config, pose=pose, flaps=self._angles,
                sealed=seen[2], docked=docked,
            )  # fmt: skip
        return self._last

    def memory(self) -> tuple[bool, ...]:
        """Return which flaps are sealed, which PyBullet's own snapshots leave out."""
        return tuple(self._sealed)

    def recall(self, memory: tuple[bool, ...]) -> None:
        """Take back what `memory` returned."""
        self._sealed = list(memory)
        self.drive()
