"""Parallel jaws: two fingers on one gear."""

from __future__ import annotations

import pybullet as p

from warewheel.configs.schema import Jaws

from .arms import Model

# Speed of each jaw's set point [m/s]; the maker allows 0.1 m/s without load, and a set point this
# slow closes on an item without knocking it over.
_SPEED = 0.06
# How far the set point runs ahead of jaws that are blocked [m].
_SQUEEZE = 0.012
# A soft pad resists twisting over its whole face; the solver, which may put all of a grip's force
# on one corner of it, needs telling (Bullet's spinning friction of the pads).
_PAD_SPIN = 0.1


class JawsBody:
    """Jaws in the world; see `Effector`.

    Args:
        client: PyBullet client id.
        model: The loaded robot.
        config: The jaws' measures.
        period: Control period [s].
    """

    def __init__(self, client: int, model: Model, config: Jaws, period: float) -> None:
        self.strength = 1.0
        self.override: float | None = None
        self._force = config.force
        self._client, self._robot, self._fingers = client, model.id, model.fingers
        self._config, self._period = config, period
        # Jaws mirror each other, as the real hand's gear makes them.
        gear = p.createConstraint(
            model.id, self._fingers[0], model.id, self._fingers[1], p.JOINT_GEAR, [1, 0, 0],
            [0, 0, 0], [0, 0, 0], physicsClientId=client,
        )  # fmt: skip
        p.changeConstraint(gear, gearRatio=-1, erp=0.2, maxForce=60, physicsClientId=client)
        for finger in self._fingers:
            p.changeDynamics(
                model.id, finger, lateralFriction=config.pad_friction * 1.2,
                spinningFriction=_PAD_SPIN, physicsClientId=client,
            )  # fmt: skip

    def place(self, grip: float) -> None:
        """Put the jaws somewhere at once."""
        self._target = (1.0 - grip) * self._config.opening / 2
        for finger in self._fingers:
            p.resetJointState(self._robot, finger, self._target, physicsClientId=self._client)

    def command(self, grip: float) -> None:
        """Set the motors for one control period, within the jaws' speed."""
        if self.override is not None:
            grip = self.override
        goal = (1.0 - grip) * self._config.opening / 2
        # Closed on an item, the set point stays just inside the jaws: enough for full force, and
        # near enough to let go at once.
        state = p.getJointState(self._robot, self._fingers[0], physicsClientId=self._client)
        self._target = max(self._target, state[0] - _SQUEEZE)
        reach = _SPEED * self._period
        step = min(max(goal - self._target, -reach), reach)
        self._target += step
        self._force = force = self._config.force * self.strength
        p.setJointMotorControlArray(
            self._robot, self._fingers, p.POSITION_CONTROL, targetPositions=[self._target] * 2,
            targetVelocities=[step / self._period] * 2, forces=[force] * 2,
            positionGains=[0.2] * 2, velocityGains=[1.0] * 2, physicsClientId=self._client,
        )  # fmt: skip

    def settle(self) -> None:
        """Jaws need nothing between physics steps."""

    def feel(self) -> tuple[float, float]:
        """Return how far the jaws are closed and the mean force of their motors [N]."""
        states = p.getJointStates(self._robot, self._fingers, physicsClientId=self._client)
        closure = 1.0 - (states[0][0] + states[1][0]) / self._config.opening
        force = (abs(states[0][3]) + abs(states[1][3])) / 2
        # Of a motor without force the engine keeps telling the last one.
        return min(max(closure, 0.0), 1.0), min(force, self._force)

    def memory(self) -> float:
        """Return the set point."""
        return self._target

    def recall(self, memory: float) -> None:
        """Take back what `memory` returned."""
        self._target = memory
