"""Bodies in the simulated world: the protocol that the world knows, and arms on a pedestal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import pybullet as p

from warewheel.configs.schema import Body, Cup, Jaws
from warewheel.sim.values import Action, Array, Pose, Proprioception

from .arms import Model, load
from .cup import CupBody
from .effector import Effector
from .jaws import JawsBody
from .outside import Outside

# Moves of the tool: how far the joints' set points may run ahead [rad], in how many parts a move
# is worked out, and what keeps it finite near singular postures.
_LEAD = 0.1
_PARTS = 2
_DAMPING = 1e-5
_GAIN = 0.12
# Play in the limits of what may be commanded.
_SLACK = 1e-6


class BodyError(ValueError):
    """A command that no body could follow."""


class SimBody(Protocol):
    """What the world needs of a body.

    Attributes:
        id: Its PyBullet id.
        lower: Lower limits of the arm's joints, shape (dof,) [rad].
        upper: Upper limits, shape (dof,) [rad].
        forearm: PyBullet's index of the link past the elbow.
        effectors: Its end effectors, in the order of an action's grips.
    """

    id: int
    lower: Array
    upper: Array
    forearm: int
    effectors: tuple[Effector, ...]

    def place(self, joints: Array, grips: tuple[float, ...]) -> None:
        """Put the body at rest in a posture; only for building a world."""
        ...

    def check(self, action: Action) -> None:
        """Raise BodyError if ``action`` is not one that this body can be told."""
        ...

    def command(self, action: Action) -> None:
        """Set the motors for one control period."""
        ...

    def settle(self) -> None:
        """Do what each physics step calls for, after it."""
        ...

    def nudge(self, shift: Array, turn: Array) -> Array:
        """Return joint targets that move the tool's set point."""
        ...

    def feel(self) -> Proprioception:
        """Return what the body feels now."""
        ...

    def memory(self) -> Any:
        """Return what PyBullet's own snapshots leave out."""
        ...

    def recall(self, memory: Any) -> None:
        """Take back what `memory` returned."""
        ...


def make_body(client: int, body: Body, period: float, substeps: int) -> SimBody:
    """Load a body into a world; see `ArmBody`."""
    return ArmBody(client, body, period, substeps)


class ArmBody:
    """One arm on a pedestal with one end effector, driven by position targets.

    Args:
        client: PyBullet client id.
        body: What to load, and its limits.
        period: Control period [s].
        substeps: Physics steps in it.
    """

    def __init__(self, client: int, body: Body, period: float, substeps: int) -> None:
        self._client = client
        self._period, self._substeps = period, substeps
        self._body, self._rate = body, substeps / period
        # A set point that jumps once a control period makes the arm's speed swing within it, from
        # twice the mean to half of it. Jaws hold on through that; it would tear a seal. So an arm
        # with a cup gets speeds that rise evenly, which lag half a period behind.
        self._parts = substeps if isinstance(body.effector, Cup) else 0
        self._model = model = load(client, body)
        self.id, self.forearm = model.id, model.arm[4]
        self.lower, self.upper = model.lower, model.upper
        self.effectors: tuple[Effector, ...] = (_effector(client, model, body, period),)
        self._gains, self._damping = [_GAIN] * len(model.arm), [1.0] * len(model.arm)
        self._effort = model.effort.tolist()
        self._reach = model.speed * period
        # Limits with a little slack, and the shares of a control period, as a column.
        self._least = (self.lower - _SLACK).tolist()
        self._most = (self.upper + _SLACK).tolist()
        self._shares = (np.arange(1, self._parts + 1) / max(1, self._parts))[:, None]
        self._halves = (1.0 - self._shares) / 2
        p.enableJointForceTorqueSensor(self.id, model.arm[-1], True, physicsClientId=client)
        self.place(np.array(body.home), (0.0,) * len(self.effectors))

    def place(self, joints: Array, grips: tuple[float, ...]) -> None:
        """Put the body at rest in a posture; only for building a world."""
        for j, q in zip(self._model.arm, joints, strict=True):
            p.resetJointState(self.id, j, float(q), physicsClientId=self._client)
        self._target = np.array(joints, dtype=float)
        self._pace = np.zeros(len(self._target))
        self._ramp: Iterator[tuple[list[float], list[float]]] = iter(())
        self._count = 0
        self._felt: tuple[Any, ...] = ()
        for effector, grip in zip(self.effectors, grips, strict=True):
            effector.place(grip)

    def check(self, action: Action) -> None:
        """Raise BodyError if ``action`` is not one that this body can be told."""
        joints = np.asarray(action.joints, dtype=float)
        if joints.shape != self.lower.shape:
            raise BodyError(f"joint targets have shape {joints.shape}; expected {self.lower.shape}")
        if len(action.grips) != len(self.effectors):
            raise BodyError(f"got {len(action.grips)} grips; expected {len(self.effectors)}")
        if not all(map(math.isfinite, action.grips)):
            raise BodyError(f"action holds a value that is not finite: {action}")
        # What is not a number is not within limits either; why it is not is told only then.
        bounds = zip(self._least, joints.tolist(), self._most, strict=True)
        if not all(least <= angle <= most for least, angle, most in bounds):
            if not np.isfinite(joints).all():
                raise BodyError(f"action holds a value that is not finite: {action}")
            k = int(np.argmax((joints < self.lower - _SLACK) | (joints > self.upper + _SLACK)))
            raise BodyError(
                f"target of joint {k + 1} is {joints[k]:.4f} rad; "
                f"allowed are {self.lower[k]:.4f} to {self.upper[k]:.4f}"
            )
        for k, grip in enumerate(action.grips):
            if not -_SLACK <= grip <= 1.0 + _SLACK:
                raise BodyError(f"grip {k + 1} is {grip:.4f}; allowed are 0 to 1")
        if any(action.base):
            raise BodyError(f"base velocity is {action.base}; this body does not drive")

    def command(self, action: Action) -> None:
        """Set the motors for one control period, within the joints' speed limits."""
        step = np.minimum(np.maximum(action.joints - self._target, -self._reach), self._reach)
        self._target = self._target + step
        before, self._pace = self._pace, step / self._period
        self._count = 0
        if self._parts:
            self._ramp = self._ramps(before)
            self._drive(*next(self._ramp))
        else:
            self._drive(self._target.tolist(), self._pace.tolist())
        for effector, grip in zip(self.effectors, action.grips, strict=True):
            effector.command(grip)

    def settle(self) -> None:
        """Do what each physics step calls for, after it."""
        self._count += 1
        if self._count == self._substeps - 1:
            self._felt = p.getJointStates(self.id, self._model.arm, physicsClientId=self._client)
        part = next(self._ramp, None)
        if part is not None:
            self._drive(*part)
        for effector in self.effectors:
            effector.settle()

    def _ramps(self, before: Array) -> Iterator[tuple[list[float], list[float]]]:
        """Return the parts of a control period, from the speed ``before`` to this one's."""
        pace = before + (self._pace - before) * self._shares
        # Where the set point is short of the target at the end, and what is to go until then.
        short = self._pace / 2 + (pace + self._pace) * self._halves
        joints = self._target - short * self._period
        return zip(joints.tolist(), pace.tolist(), strict=True)

    def _drive(self, joints: list[float], pace: list[float]) -> None:
        """Set the arm's motors: where to [rad] and how fast [rad/s]."""
        p.setJointMotorControlArray(
            self.id, self._model.arm, p.POSITION_CONTROL, targetPositions=joints,
            targetVelocities=pace, forces=self._effort, positionGains=self._gains,
            velocityGains=self._damping, physicsClientId=self._client,
        )  # fmt: skip

    def nudge(self, shift: Array, turn: Array) -> Array:
        """Return joint targets that move the tool's set point.

        Args:
            shift: In W, shape (3,) [m].
            turn: Rotation vector in W, shape (3,) [rad].

        Returns:
            Shape (dof,), within limits; a move too fast for a joint is shortened as a whole [rad].
        """
        twist = np.concatenate([shift, turn])
        joints = self._target
        if not twist.any():
            return joints.copy()
        # A blocked arm's set point must not run ahead without end.
        felt = p.getJointStates(self.id, self._model.arm, physicsClientId=self._client)
        at = np.array([s[0] for s in felt])
        start = joints = np.clip(joints, at - _LEAD, at + _LEAD)
        for _ in range(_PARTS):
            middle = joints + self._follow(joints, twist / _PARTS) / 2
            joints = joints + self._follow(middle, twist / _PARTS)
        step = joints - start
        share = min(1.0, float(np.min(self._reach / np.maximum(np.abs(step), 1e-9))))
        moved: Array = np.clip(start + share * step, self.lower, self.upper)
        return moved

    def _follow(self, joints: Array, twist: Array) -> Array:
        """Return the change of the joints that moves the tool by a small twist, shape (dof,)."""
        fingers = [0.0] * len(self._model.fingers)
        still = [0.0] * (len(joints) + len(fingers))
        rows = p.calculateJacobian(
            self.id, self._model.tool, [0, 0, 0], [*joints, *fingers], still, still,
            physicsClientId=self._client,
        )  # fmt: skip
        jacobian = np.vstack(rows)[:, : len(joints)]
        square = jacobian @ jacobian.T + _DAMPING * np.eye(6)
        change: Array = jacobian.T @ np.linalg.solve(square, twist)
        return change

    def feel(self) -> Proprioception:
        """Return what the body feels now."""
        states = p.getJointStates(self.id, self._model.arm, physicsClientId=self._client)
        link = p.getLinkState(
            self.id, self._model.tool, computeForwardKinematics=1, physicsClientId=self._client
        )
        grips = [effector.feel() for effector in self.effectors]
        angles, speeds, _, efforts = zip(*states, strict=True)
        joints, velocities, torques = np.array(angles), np.array(speeds), np.array(efforts)
        before = tuple(s[1] for s in self._felt) if self._count else ()
        return Proprioception(
            joints=joints,
            velocities=velocities,
            torques=torques,
            outside=Outside(self._body, joints, velocities, before, torques, self._rate),
            tracking=self._target - joints,
            closure=tuple(closure for closure, _ in grips),
            grip_force=tuple(force for _, force in grips),
            tool=Pose(link[4], link[5]),
            wrench=np.array(states[-1][2]),
        )

    def memory(self) -> tuple[Array, Array, tuple[Any, ...]]:
        """Return the set points, which PyBullet's own snapshots leave out."""
        parts = tuple(effector.memory() for effector in self.effectors)
        return self._target.copy(), self._pace.copy(), parts

    def recall(self, memory: tuple[Array, Array, tuple[Any, ...]]) -> None:
        """Take back what `memory` returned."""
        self._target, self._pace = memory[0].copy(), memory[1].copy()
        for effector, part in zip(self.effectors, memory[2], strict=True):
            effector.recall(part)


def _effector(client: int, model: Model, body: Body, period: float) -> Effector:
    if isinstance(body.effector, Jaws):
        return JawsBody(client, model, body.effector, period)
    return CupBody(client, model, body.effector)
